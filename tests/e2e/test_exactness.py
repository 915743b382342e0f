"""No race admits one request too many or too few: concurrent callers, two servers, both ledgers."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from emulator.process import EmulatedGemini
from support.identity.issuer import People
from support.people.callers import Answer, Callers
from support.runs import tables
from support.runs.trials import CALLERS, PROCESSES, TRIALS
from support.servers.canaries import Evidence, request_key
from support.servers.fleet import STAGED, Fleet, fleet
from support.stores.books import SqliteBooks
from vending.clock import HOUR_MS
from vending.limits.usage import Usage

NAIVE_TRIALS = 5
NAIVE_ROUNDS = 12
SAME_KEY = 32
SAME_KEY_TRIALS = min(TRIALS, 500)
AT_THE_EDGE = min(TRIALS, 200)
MINT_S = 0.03
MINUTE_MS = 60_000
MOST_SHED = 0.01 if CALLERS > 64 else 0  # of callers, where they are too many for this machine
TITLE = f"Exactness: callers of one user at once, {PROCESSES} server processes, mint {MINT_S:g} s"
HEADS = (
    "ledger",
    "case",
    "callers",
    "cases",
    "passed",
    "admitted",
    "refused",
    "other",
    "upstream mints",
    "wall s",
    "worst",
    "seed",
)


@dataclass(frozen=True, slots=True)
class Case:
    """What a user has used before the crowd comes, and how many of it are admitted."""

    name: str
    admitted: int
    used: Callable[[int], Usage]
    tier: str | None = None
    callers: int = CALLERS
    trials: int = TRIALS

    @property
    def exact(self) -> Counter[int]:
        """What a crowd is answered, by status."""
        return Counter({201: self.admitted, 429: self.callers - self.admitted})


def nothing(now: int) -> Usage:
    return Usage(last=now)


def nine_in_the_hour(now: int) -> Usage:
    return Usage(last=now, mints=tuple(now - MINUTE_MS * i for i in range(50, 41, -1)))


def ninety_nine_in_the_day(now: int) -> Usage:
    mints = tuple(now - 2 * HOUR_MS - MINUTE_MS * i for i in range(50, 0, -1))
    return Usage(last=now, mints=mints, refreshes=mints[:49])


CASES = (
    Case("fresh, cooldown off", 10, nothing),
    Case("fresh, cooldown on", 1, nothing, tier="patient"),
    Case("9 of 10 in the hour", 1, nine_in_the_hour, None, 32, AT_THE_EDGE),
    Case("99 of 100 in the day", 1, ninety_nine_in_the_day, None, 32, AT_THE_EDGE),
)


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of a crowd."""

    answers: Sequence[Answer]
    counted: int

    @property
    def statuses(self) -> Counter[int]:
        return Counter(answer.status for answer in self.answers)

    @property
    def shed(self) -> int:
        """How many found a store too slow for its patience, and may come again."""
        return sum(answer.code == "store-unavailable" for answer in self.answers)

    @property
    def tokens(self) -> list[str]:
        return [answer.token for answer in self.answers if answer.status == 201]


@dataclass(frozen=True, slots=True)
class Arena:
    """Where trials take place."""

    ledger: str
    callers: Callers
    fleet: Fleet
    gemini: EmulatedGemini

    async def trial(self, case: Case) -> Trial:
        """Let the crowd in on a new user."""
        person, before = self.fleet.person(case.tier), case.used(time.time_ns() // 1_000_000)
        if before.mints:
            self.fleet.books.seed(person.alias, before)
        answers = await self.callers.crowd(case.callers, person.id_token)
        return Trial(answers, len(self.fleet.usage(person).mints) - len(before.mints))

    async def trials(self, count: int, case: Case) -> tuple[list[Trial], int]:
        """Repeat; return the mints that Gemini saw too."""
        self.gemini.set(mint_latency_s=MINT_S)
        before, began = self._minted(), time.perf_counter()
        done = [await self.trial(case) for _ in range(count)]
        upstream = self._minted() - before
        self._report(case, done, upstream, time.perf_counter() - began)
        return done, upstream

    def _minted(self) -> int:
        return self.gemini.counts().get("token", 0)

    def _report(self, case: Case, done: Sequence[Trial], upstream: int, wall_s: float) -> None:
        of = sum((t.statuses for t in done), Counter[int]())
        codes = Counter(a.code for t in done for a in t.answers if a.status not in (201, 429))
        other = ", ".join(f"{count} {code}" for code, count in codes.items()) or 0
        each = sorted({t.statuses[201] for t in done})
        admitted = f"{each[0]} each" if len(each) == 1 else f"{each[0]} to {each[-1]}"
        passed = sum(t.statuses == case.exact for t in done)
        slowest = max(a.seconds for t in done for a in t.answers)
        row = (self.ledger, case.name, case.callers, len(done), passed, admitted, of[429], other)
        tables.add(TITLE, HEADS, (*row, upstream, f"{wall_s:.1f}", f"{slowest:.2f} s", "none"))


@pytest.fixture
def arena(
    both: Fleet, callers: Callers, gemini: EmulatedGemini, request: pytest.FixtureRequest
) -> Arena:
    return Arena(request.node.callspec.params["both"], callers, both, gemini)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.callers}, {case.name}")
async def test_callers_at_once_get_exactly_what_is_left(arena: Arena, case: Case) -> None:
    done, upstream = await arena.trials(case.trials, case)

    assert [t.statuses for t in done if not t.shed] == [case.exact] * sum(not t.shed for t in done)
    assert all(len(t.tokens) <= t.counted <= case.admitted for t in done), "counted too few or many"
    assert all(len(set(t.tokens)) == len(t.tokens) for t in done), "a token was given out twice"
    assert sum(t.shed for t in done) <= MOST_SHED * case.trials * case.callers
    spare_of_each = len(arena.fleet.urls) - 1
    assert upstream <= case.trials * (case.admitted + spare_of_each), "too many spare mints"


async def test_same_harness_catches_a_plain_read_check_write_ledger(
    gemini: EmulatedGemini,
    people: People,
    evidence: Evidence,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    books = SqliteBooks(tmp_path_factory.mktemp("naive") / "livepass.sqlite3")
    naive = {"source": STAGED, "STAGED_LEDGER": "naive"}

    with fleet(2, books, gemini.url, people, evidence, **naive) as on:  # type: ignore[arg-type]
        async with Callers(on) as callers:
            arena = Arena("read-check-write", callers, on, gemini)
            for case in CASES:
                assert await sees_too_many(arena, case), f"{case.name}: a fault was not seen"


async def sees_too_many(arena: Arena, case: Case) -> bool:
    """A busy machine may take the callers one by one for a while."""
    for _ in range(NAIVE_ROUNDS):
        outcomes, _ = await arena.trials(NAIVE_TRIALS, case)
        if max(trial.statuses[201] for trial in outcomes) > case.admitted:
            return True
    return False


async def test_32_callers_with_one_key_are_one_charge_and_one_token(arena: Arena) -> None:
    arena.gemini.set(mint_latency_s=MINT_S)
    began, slowest = time.perf_counter(), 0.0

    for _ in range(SAME_KEY_TRIALS):
        person = arena.fleet.person()
        crowd = await arena.callers.crowd(SAME_KEY, person.id_token, key=request_key())
        assert [answer.status for answer in crowd] == [201] * SAME_KEY
        assert len({answer.token for answer in crowd}) == 1
        assert sum(not answer.replayed for answer in crowd) == 1
        assert arena.fleet.counted(person) == 1
        slowest = max([slowest, *(answer.seconds for answer in crowd)])

    wall_s, upstream = time.perf_counter() - began, arena.gemini.counts()["token"]
    cases = (SAME_KEY_TRIALS, SAME_KEY_TRIALS)
    row = (arena.ledger, "one Idempotency-Key", SAME_KEY, *cases, "1 each", 0, 0, upstream)
    tables.add(TITLE, HEADS, (*row, f"{wall_s:.1f}", f"{slowest:.2f} s", "none"))
