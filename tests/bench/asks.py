"""The requests of the benchmark: to whom, by how many users, at which points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle

from bench.contenders import NODE_COMMANDS, NODE_MODULES, PATH, Contender, Surroundings
from bench.figures import Point
from bench.load import request
from bench.promises import MANY

CALLERS = {0: (1, 16), 50: (16, 64, 256), 150: (64,)}  # by Gemini's delay in ms
FEW, FEW_AT = (1, 4), (50, 16)  # users, and where it is measured what fewer of them change
FEW_FIRST, FEW_POOL = 7_000, 400  # users whom nobody else is, for each of them
EACH = 50  # mints of a user, who may have a hundred live sessions, before others take the turn
REPEATING = 64  # users over their limit
SECONDS = {0: 0.6, 50: 1.0, 150: 1.5}  # of a point in a round: longer where answers are fewer
EXPECTED = {"hello": 200, "mint": 201, "preflight": 204, "401": 401, "429": 429}
PREFLIGHT = request(PATH, {"Origin": "https://app.example.com"}, method="OPTIONS")
NOBODY = request(PATH, {"Authorization": "Bearer nobody"})
Asks = Mapping[tuple[str, int], Iterator[bytes]]  # by what is asked for, and the number of users


def asked(around: Surroundings) -> Iterator[tuple[Contender, Asks]]:
    """Yield every contender with its requests, endless. A second server of each refuses."""
    usual = around.baseline("usual")
    yield around.baseline("hello"), {("hello", 1): cycle([request("/", {})])}
    for name in ("floor", "sdks"):  # they give up when one user asks twice at once
        alone = around.baseline(name)
        yield alone, _mints(alone, around, ())
    others, refusing = [usual], [around.baseline("usual", 1)]
    if NODE_MODULES.exists():
        for name in NODE_COMMANDS:
            others.append(around.baseline(name))
            refusing.append(around.baseline(name, 1))
    for ledger in ("sqlite", "firestore"):
        livepass = around.livepass(ledger)
        public = {("preflight", 1): cycle([PREFLIGHT]), ("401", 1): cycle([NOBODY])}
        yield livepass, _mints(livepass, around) | (public if ledger == "sqlite" else {})
        refusing.append(around.livepass(ledger, LIVE_API_COOLDOWN_PERIOD_MINUTES="60"))
    for contender in others:
        yield contender, _mints(contender, around)
    for contender in refusing:
        requests = around.requests(contender, MANY + REPEATING)[MANY:]
        yield contender, {("429", REPEATING): cycle(requests)}


def points(contender: Contender, asks: Asks) -> Iterator[Point]:
    """Yield where a contender is measured."""
    for ask, users in asks:
        if ask != "mint":
            yield Point(ask, 0, 16, users, contender.name)
        elif users in FEW:
            yield Point(ask, *FEW_AT, users, contender.name)
        else:
            for delay, counts in CALLERS.items():
                yield from (Point(ask, delay, n, users, contender.name) for n in counts)


def has_few_users(point: Point) -> bool:
    """Whether requests of one user meet."""
    return point.ask == "mint" and point.users in FEW


def _mints(
    contender: Contender, around: Surroundings, few: tuple[int, ...] = FEW
) -> dict[tuple[str, int], Iterator[bytes]]:
    asks: dict[tuple[str, int], Iterator[bytes]] = {}
    asks["mint", MANY] = cycle(around.requests(contender, MANY))
    for number, users in enumerate(few, 1):
        last = FEW_FIRST + number * FEW_POOL
        pool = around.requests(contender, last)[last - FEW_POOL :]
        asks["mint", users] = in_turns(pool, users)
    return asks


def in_turns(pool: Sequence[bytes], users: int) -> Iterator[bytes]:
    """Yield requests of so many users between them, then of as many others, and so on."""
    for first in cycle(range(0, len(pool), users)):
        for _ in range(EACH):
            yield from pool[first : first + users]
