"""A talk: what is kept of it between connections, and the handles that find it again."""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

TALKS_BETWEEN_SWEEPS = 50
ID_BYTES = 12
MAC_BYTES = 12


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
    state: Literal["open", "answered", "cancelled"] = "open"


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

    def open_calls(self, *, blocking: bool) -> list[Call]:
        """Return the calls that wait for an answer."""
        return [c for c in self.calls.values() if c.state == "open" and c.blocking == blocking]

    def shown(self) -> dict[str, Any]:
        """Return it as the control API shows it."""
        return asdict(self)


class TalkBook:
    """All talks that can still be resumed.

    A handle is the talk's id, a number and a signature: any of a talk's handles finds it, as it is
    now. Guess: the real one may restore the moment it was given at; nobody has seen a difference.
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
        content = bytes.fromhex(talk.id) + self._handles.to_bytes(8, "big")
        return urlsafe_b64encode(content + self._mac(content)).decode().rstrip("=")

    def find(self, handle: str, now: float) -> Talk | None:
        """Return the talk of a handle, if it was given here and is not stale."""
        try:
            raw = urlsafe_b64decode(handle + "=" * (-len(handle) % 4))
        except (NotBase64, ValueError):
            return None
        content, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(content)):
            return None
        talk = self._talks.get(content[:ID_BYTES].hex())
        return talk if talk is not None and self._lives(talk, now) else None

    def all(self) -> list[Talk]:
        """Return every talk, oldest first."""
        return list(self._talks.values())

    def _lives(self, talk: Talk, now: float) -> bool:
        return talk.ended_at is None or now < talk.ended_at + self.life_s

    def _mac(self, content: bytes) -> bytes:
        return hmac.digest(self._secret, content, "sha256")[:MAC_BYTES]
