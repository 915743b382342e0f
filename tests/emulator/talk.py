"""A talk: what is kept of it between connections, and the handles that find it again."""

from __future__ import annotations

import hmac
import math
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

TALKS_BETWEEN_SWEEPS = 50
ID_BYTES = 12
NUMBER_BYTES = 4
LINES_BYTES = 3
MAC_BYTES = 8
"""27 bytes in all are 36 characters of base64, as long as those that were measured."""


@dataclass(slots=True)
class Line:
    """One turn of one side; a model's grows while it speaks, and stays as it was interrupted."""

    role: Literal["user", "model", "tool"]
    text: str = ""
    audio_s: float = 0.0
    pictures: int = 0


@dataclass(slots=True)
class Call:
    """A function that the model called."""

    id: str
    name: str
    blocking: bool
    state: Literal["open", "abandoned", "answered", "cancelled", "lost"] = "open"


@dataclass(slots=True)
class Talk:
    """Everything of a conversation that outlives a connection."""

    id: str
    model: str
    lines: list[Line] = field(default_factory=list)
    calls: dict[str, Call] = field(default_factory=dict)
    utterances: int = 0
    connections: int = 0
    ended_at: float | None = None
    """When its last connection ended; None while one is open."""
    dropped_idle_at: float = -math.inf
    """When a connection was last lost while nobody spoke."""
    forgotten: int = 0
    """How many lines the compression took away."""

    def rewind(self, lines: int) -> None:
        """Forget what came after that many lines, counted from the beginning."""
        del self.lines[max(0, lines - self.forgotten) :]

    def open_calls(self) -> list[Call]:
        """Return the calls that wait for an answer."""
        return [call for call in self.calls.values() if call.state == "open"]

    def shown(self) -> dict[str, Any]:
        """Return it as the control API shows it."""
        return {**asdict(self), "dropped_idle_at": max(self.dropped_idle_at, 0.0)}


@dataclass(frozen=True, slots=True)
class Found:
    """What a handle finds: a talk, and how many lines it had when the handle was given."""

    talk: Talk
    lines: int


class TalkBook:
    """All talks that can still be resumed.

    A handle is the talk's id, a number, how long the talk was, and a signature.
    """

    def __init__(self, life_s: float) -> None:
        self.life_s = life_s
        self._secret = secrets.token_bytes(32)
        self._talks: dict[str, Talk] = {}
        self._begun = 0
        self._handles = 0

    def begin(self, model: str, now: float) -> Talk:
        """Return a new talk."""
        self._begun += 1
        if self._begun % TALKS_BETWEEN_SWEEPS == 0:
            self._talks = {id_: talk for id_, talk in self._talks.items() if self._lives(talk, now)}
        talk = Talk(secrets.token_hex(ID_BYTES), model)
        self._talks[talk.id] = talk
        return talk

    def handle(self, talk: Talk) -> str:
        """Return a new handle of a talk; no two are the same."""
        self._handles += 1
        number = self._handles.to_bytes(NUMBER_BYTES, "big")
        lines = (talk.forgotten + len(talk.lines)).to_bytes(LINES_BYTES, "big")
        content = bytes.fromhex(talk.id) + number + lines
        return urlsafe_b64encode(content + self._mac(content)).decode().rstrip("=")

    def find(self, handle: str, now: float) -> Found | None:
        """Return what a handle finds, if it was given here and is not stale."""
        try:
            raw = urlsafe_b64decode(handle + "=" * (-len(handle) % 4))
        except (NotBase64, ValueError):
            return None
        content, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(content)):
            return None
        talk = self._talks.get(content[:ID_BYTES].hex())
        if talk is None or not self._lives(talk, now):
            return None
        return Found(talk, int.from_bytes(content[-LINES_BYTES:], "big"))

    def all(self) -> list[Talk]:
        """Return every talk, oldest first."""
        return list(self._talks.values())

    def _lives(self, talk: Talk, now: float) -> bool:
        return talk.ended_at is None or now < talk.ended_at + self.life_s

    def _mac(self, content: bytes) -> bytes:
        return hmac.digest(self._secret, content, "sha256")[:MAC_BYTES]
