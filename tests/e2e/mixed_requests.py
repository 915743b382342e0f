"""One user's requests of all kinds, and what must hold of their answers and of what was counted,
in whatever order the servers took them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from e2e.callers import Answer, Callers
from e2e.canaries import request_key
from e2e.servers import TIERS, Person
from vending.usage import Usage

Kind = Literal["mint", "refresh", "end", "usage", "sessions"]
KINDS: tuple[Kind, ...] = (
    "mint",
    "mint",
    "refresh",
    "refresh",
    "refresh",
    "end",
    "usage",
    "sessions",
)
TIGHT = TIERS["tight"]
MAY_BE = {
    "mint": {201, 429},
    "refresh": {201, 429, 409},
    "end": {204},
    "usage": {200},
    "sessions": {200},
}


@dataclass(frozen=True, slots=True)
class Request:
    """A request; `session` is what it refreshes or ends, `key` its Idempotency-Key, if any."""

    kind: Kind
    session: str = ""
    key: str | None = None

    async def send(self, callers: Callers, person: Person, at: int) -> Answer:
        """Send it to a server."""
        match self.kind:
            case "mint":
                return await callers.mint(person.id_token, key=self.key, at=at)
            case "refresh":
                body = {"sessionId": self.session}
                return await callers.call(
                    "POST", "/refresh", person.id_token, body=body, key=self.key, at=at
                )
            case "end":
                path = f"/sessions/{self.session}"
                return await callers.call("DELETE", path, person.id_token, at=at)
            case _:
                return await callers.call("GET", f"/{self.kind}", person.id_token, at=at)


@dataclass(frozen=True, slots=True)
class Sent:
    """A request and its answer. `wave` tells what was surely before what."""

    wave: int
    request: Request
    answer: Answer


def drawn(random: Random, sessions: Sequence[str]) -> Iterator[Request]:
    """Draw what is asked at once: some with a key of their own, some with one they share."""
    shared = {kind: request_key() for kind in ("mint", "refresh")}
    for _ in range(random.randint(4, 10)):
        kind, session = random.choice(KINDS), random.choice(sessions)
        key = random.choice((None, request_key(), shared.get(kind)))
        if kind == "refresh" and key == shared["refresh"]:
            session = sessions[0]  # one key, one request
        yield Request(kind, session, key if kind in shared else None)


def wrongs(sent: Sequence[Sent], usage: Usage) -> Iterator[str]:
    """Say what does not hold."""
    for one in sent:
        if one.answer.status not in MAY_BE[one.request.kind]:
            yield f"a {one.request.kind} was answered {one.answer.status} {one.answer.code}"
    yield from _of_tokens(sent, usage)
    yield from _of_keys(sent)
    yield from _of_refusals(sent, usage)
    yield from _of_ends(sent, usage)


def _given(sent: Sequence[Sent]) -> list[Sent]:
    """Return those that were given a token which nobody was given before."""
    return [one for one in sent if one.answer.status == 201 and not one.answer.replayed]


def _of_tokens(sent: Sequence[Sent], usage: Usage) -> Iterator[str]:
    """What was given was counted, what was counted was given, and no limit was passed."""
    given = _given(sent)
    kinds: Counter[str] = Counter(one.request.kind for one in given)
    per_session = Counter(one.answer.body["session"]["id"] for one in given)
    if len({one.answer.token for one in given}) != len(given):
        yield "a token was given twice"
    counted = Counter({s.id: len(s.tokens) for s in usage.sessions})
    for kind, log in (("mint", usage.mints), ("refresh", usage.refreshes)):
        open_outcomes = sum(o.request.kind == kind and o.answer.status == 503 for o in sent)
        if not 0 <= len(log) - kinds[kind] <= open_outcomes:
            yield f"given {kinds[kind]}, counted {len(log)} of {kind}"
    if per_session - counted or counted.total() != len(usage.mints) + len(usage.refreshes):
        yield "a session has other tokens than were given"
    live = len([s for s in usage.sessions if not s.ended])
    most = max(per_session.values(), default=0)
    reached = (len(usage.mints), len(usage.refreshes), most, live)
    if any(n > limit for n, limit in zip(reached, TIGHT.values(), strict=True)):
        yield f"a limit was passed: {reached}"


def _of_keys(sent: Sequence[Sent]) -> Iterator[str]:
    """One key is one token, new to one of those who sent it."""
    by_key: dict[str, list[Answer]] = defaultdict(list)
    for one in sent:
        if one.request.key and one.answer.status == 201:
            by_key[one.request.key].append(one.answer)
    for answers in by_key.values():
        if len({a.token for a in answers}) != 1 or sum(not a.replayed for a in answers) != 1:
            yield "one key, several tokens"


def _of_refusals(sent: Sequence[Sent], usage: Usage) -> Iterator[str]:
    """A limit that refused was reached: within the hour what is used only grows."""
    reached = {
        "hour": len(usage.mints) >= TIGHT["mints_per_hour"],
        "refreshHour": len(usage.refreshes) >= TIGHT["refreshes_per_hour"],
        "sessions": len(usage.mints) >= TIGHT["sessions"],
    }
    full = {s.id for s in usage.sessions if len(s.tokens) >= TIGHT["tokens_per_session"]}
    for one in sent:
        for name in one.answer.body.get("violated", ()):
            if not reached.get(name, one.request.session in full):
                yield f"refused by {name}, which was not reached"


def _of_ends(sent: Sequence[Sent], usage: Usage) -> Iterator[str]:
    """What was ended stays so: no token after it, and no refusal without it."""
    ended: dict[str, int] = {}
    for one in sent:
        if one.request.kind == "end":
            ended[one.request.session] = min(one.wave, ended.get(one.request.session, one.wave))
    for session in ended:
        stored = usage.session(session)
        if stored is None or not stored.ended:
            yield "an ended session goes on"
    for one in sent:
        if one.request.kind != "refresh":
            continue
        if one.answer.status == 409 and one.request.session not in ended:
            yield "a session was ended by nobody"
        fresh = one.answer.status == 201 and not one.answer.replayed
        if fresh and ended.get(one.request.session, one.wave) < one.wave:
            yield "a token for a session that had been ended"
