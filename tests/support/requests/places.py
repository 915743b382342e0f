"""Where a request can go, by the table of routes; who sends it, and what they have beforehand."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from support.fakes.livepass import Livepass, id_token
from support.fakes.network import NOW
from vending.clock import MINUTE_MS
from vending.guard.networks import UNKNOWN
from vending.http.operation import Operation
from vending.limits.session import Session
from vending.limits.usage import Usage
from vending.policy import Limits

MS = NOW * 1000
LIMITS = Limits(cooldown_minutes=0, batch=3)
ALICE, BOB = id_token("alice"), id_token("bob")
# Carol has had all she may; Dana is an admin.
PEOPLE = {
    "alice": ALICE,
    "bob": BOB,
    "carol": id_token("carol"),
    "dana": id_token("dana", admin=True),
}
NAMED = sorted(PEOPLE)
LIVE = {name: f"{number:x}1" * 12 for number, name in enumerate(NAMED, 10)}
ENDED = {name: f"{number:x}e" * 12 for number, name in enumerate(NAMED, 10)}
NOBODYS = "c" * 24
SESSIONS = (*LIVE.values(), *ENDED.values(), NOBODYS)
SUBJECT = "3f" * 20
KEYS = ("8e03978e-40d5-43e8-bc93-6894a57f9324", '"8e03978e-40d5-43e8-bc93-6894a57f9324"', "x" * 64)


@dataclass(frozen=True)
class HostileRequest:
    """One request; `body` in the pieces it comes in."""

    method: str
    target: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: list[bytes] = field(default_factory=lambda: [b""])


def paths(route: Operation, who: str = "") -> list[str]:
    """Fill in a route's template: with sessions of one of them, or of everybody."""
    mine = (LIVE[who], LIVE[who], ENDED[who], LIVE["bob"], NOBODYS) if who else SESSIONS
    filled = {"sessionId": mine, "user": (SUBJECT,), "subject": (SUBJECT, "7" * 16, UNKNOWN)}
    variable = [name for name in filled if f"{{{name}}}" in route.path]
    return [
        route.path.format(**dict(zip(variable, values, strict=True)))
        for values in itertools.product(*(filled[name] for name in variable))
    ]


@dataclass(frozen=True, slots=True)
class Known:
    """What is kept of somebody: their hash, and what was counted for them."""

    user: str
    usage: Usage


async def known_people() -> Mapping[str, Known]:
    """Each has a live session and an ended one; alice has used the key, carol all she may."""
    livepass = Livepass(LIMITS)
    await livepass.mint(ALICE, key=KEYS[0])
    return {name: await _known(livepass, name) for name in NAMED}


async def _known(livepass: Livepass, name: str) -> Known:
    user = str((await livepass.get("/usage", PEOPLE[name])).body["user"])
    usage, tokens = livepass.ledger.usage(user), {"c": MS + 20 * MINUTE_MS}
    live = Session(LIVE[name], "gemini-3.8-live", MS - MINUTE_MS, MS - MINUTE_MS, tokens)
    ended = replace(live, id=ENDED[name], ended=True)
    most = LIMITS.mints_per_hour if name == "carol" else 2
    mints = (*(MS - MINUTE_MS for _ in range(most)), *usage.mints)
    sessions = (ended, live, *usage.sessions)
    livepass.ledger.put(user, replace(usage, last=mints[0], mints=mints, sessions=sessions))
    return Known(user, livepass.ledger.usage(user))
