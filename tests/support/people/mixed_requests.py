"""One user's requests of all kinds, drawn by chance: alone, in batches, under keys they share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from support.people.callers import Answer, Callers
from support.servers.canaries import request_key
from support.servers.fleet import Person

Kind = Literal["mint", "refresh", "end", "report", "usage", "sessions"]
KINDS: tuple[Kind, ...] = (
    *("mint", "mint", "refresh", "refresh", "refresh", "end", "report", "report"),
    *("usage", "sessions"),
)
MINUTES = 5  # a talk so short that its first minute may cost more than was expected of all
USED = {"prompt": {"audio": 10**7}}  # more than any talk


@dataclass(frozen=True, slots=True)
class Request:
    """A request; `session` is what it refreshes, reports of or ends, `key` its Idempotency-Key, if
    any, `count` how many tokens it mints.
    """

    kind: Kind
    session: str = ""
    key: str | None = None
    count: int = 1

    async def send(self, callers: Callers, person: Person, at: int) -> Answer:
        """Send it to a server."""
        method, path, body = self._as_http()
        return await callers.call(method, path, person.id_token, body=body, key=self.key, at=at)

    def _as_http(self) -> tuple[str, str, Mapping[str, Any] | None]:
        match self.kind:
            case "mint":
                return "POST", "", {"durationMinutes": MINUTES, "count": self.count}
            case "refresh":
                body = {"sessionId": self.session, "durationMinutes": MINUTES}
                return "POST", "/refresh", body
            case "end":
                return "DELETE", f"/sessions/{self.session}", None
            case "report":
                return "POST", f"/sessions/{self.session}/usage", USED
            case _:
                return "GET", f"/{self.kind}", None


@dataclass(frozen=True, slots=True)
class Sent:
    """A request and its answer. `wave` tells what was surely before what."""

    wave: int
    request: Request
    answer: Answer

    @property
    def given(self) -> list[Mapping[str, Any]]:
        """Its tokens with their sessions, if nobody was given them before."""
        if self.answer.status != 201 or self.answer.replayed:
            return []
        return list(self.answer.body.get("tokens", [self.answer.body]))


def drawn(random: Random, sessions: Sequence[str]) -> Iterator[Request]:
    """Draw what is asked at once: some with a key of their own, some with one they share."""
    shared = {kind: request_key() for kind in ("mint", "refresh")}
    together = random.randint(1, 2)
    for _ in range(random.randint(4, 10)):
        kind, session = random.choice(KINDS), random.choice(sessions)
        key = random.choice((None, request_key(), shared.get(kind)))
        count = random.randint(1, 2) if kind == "mint" else 1
        if key is not None and key == shared.get(kind):  # one key, one request
            session, count = sessions[0], together if kind == "mint" else 1
        yield Request(kind, session, key if kind in shared else None, count)
