"""A refusal from memory is the one the store would give."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from support.fakes.memory import NOON, USER, Clock, Clocks, FakeMinter, MemoryLedger
from vending.clock import Stopwatch
from vending.errors import QuotaExceeded
from vending.limits.grant import Grant
from vending.limits.reading import Reading
from vending.limits.usage import Session, Usage
from vending.policy import Limits
from vending.settings import Settings
from vending.store.ledger import Account
from vending.tokens.idempotency import RequestKey
from vending.tokens.refusal_cache import MOST_REFUSALS_KEPT, REFUSALS_KEPT_S, RefusalCache
from vending.tokens.shape import Shaper
from vending.tokens.token_request import TokenRequest
from vending.tokens.user_queue import UserQueue
from vending.tokens.vend import Vending

SETTINGS = Settings(gemini_api_key="any", issuers=(), ledger="", tiers={})


class Instance:
    """One of several instances over one ledger."""

    def __init__(self, ledger: MemoryLedger, clocks: Clocks) -> None:
        self.ledger = ledger
        self.minter = FakeMinter()
        self.vending = Vending(
            self.minter, Shaper(SETTINGS), UserQueue(), 2, refusals=RefusalCache(clocks)
        )
        self.number = 0

    async def ask(
        self,
        limits: Limits = Limits(),  # noqa: B008 - a value
        kind: str = "mint",
        session: str = "",
        key: RequestKey | None = None,
    ) -> QuotaExceeded | None:
        self.number += 1
        name = session or f"{id(self) % 10**9}-{self.number}"
        charge = f"{name}-{self.number}"
        grant = Grant(kind, name, charge, 30, model="gemini-3.8-live")  # type: ignore[arg-type]
        self.account = Account(self.ledger, USER, Stopwatch())
        try:
            await self.vending.vend(TokenRequest(self.account, limits, grant, key))
        except QuotaExceeded as refusal:
            return refusal
        return None


@pytest.fixture
def clocks() -> Clocks:
    return Clocks(Clock())


@pytest.fixture
def ledger(clocks: Clocks) -> MemoryLedger:
    return MemoryLedger(clocks.store)


async def test_second_refusal_costs_no_read_and_is_true_to_the_second(
    ledger: MemoryLedger, clocks: Clocks
) -> None:
    one, other = Instance(ledger, clocks), Instance(ledger, clocks)
    await one.ask()
    first = await other.ask()
    reads = ledger.reads
    clocks.forward(1.5)

    again = await other.ask()
    read = await Instance(ledger, clocks).ask()

    assert first
    assert again
    assert read
    assert ledger.reads == reads + 1
    assert again.violated == read.violated == ("cooldown",)
    assert (first.retry_after_s, again.retry_after_s, read.retry_after_s) == (300, 299, 299)
    assert other.account.latest is not None
    assert other.account.latest.now == clocks.store.ms
    assert other.minter.orders == []


async def test_burst_of_refused_requests_reads_once(ledger: MemoryLedger, clocks: Clocks) -> None:
    instance = Instance(ledger, clocks)

    refusals = await asyncio.gather(*(instance.ask() for _ in range(50)))

    assert refusals.count(None) == 1
    assert ledger.reads == 2  # for the one that was admitted, and for the first that was not


async def test_memory_never_outlives_the_refusal(ledger: MemoryLedger, clocks: Clocks) -> None:
    ledger.put(USER, Usage(NOON, mints=(NOON - 299_000,)))
    instance = Instance(ledger, clocks)
    assert await instance.ask()

    clocks.forward(0.9)
    refused_until_then = await instance.ask()
    clocks.forward(0.1)

    assert refused_until_then
    assert await instance.ask() is None


async def test_memory_is_not_prolonged_by_asking(ledger: MemoryLedger, clocks: Clocks) -> None:
    instance = Instance(ledger, clocks)
    await instance.ask()
    await instance.ask()
    reads = ledger.reads

    for _ in range(9):
        clocks.forward(0.2)
        await instance.ask()
    within = ledger.reads
    clocks.forward(0.25)
    await instance.ask()

    assert (within, ledger.reads) == (reads, reads + 1)
    assert REFUSALS_KEPT_S == 2


@pytest.mark.parametrize("moves", ["wall", "monotonic"])
async def test_either_clock_ends_it(ledger: MemoryLedger, clocks: Clocks, moves: str) -> None:
    instance = Instance(ledger, clocks)
    await instance.ask()
    await instance.ask()
    reads = ledger.reads

    setattr(clocks, moves, getattr(clocks, moves) + REFUSALS_KEPT_S)
    await instance.ask()

    assert ledger.reads == reads + 1


async def test_session_ended_elsewhere_is_noticed_at_once(
    ledger: MemoryLedger, clocks: Clocks
) -> None:
    limits = Limits(cooldown_minutes=0, sessions=1)
    one, other = Instance(ledger, clocks), Instance(ledger, clocks)
    await one.ask(limits, session="s")
    assert await other.ask(limits)

    await one.vending.end(Account(ledger, USER, Stopwatch()), "s")

    assert await other.ask(limits) is None


async def test_other_limits_are_decided_anew(ledger: MemoryLedger, clocks: Clocks) -> None:
    instance = Instance(ledger, clocks)
    await instance.ask()
    assert await instance.ask()

    assert await instance.ask(replace(Limits(), cooldown_minutes=0)) is None


async def test_mint_by_other_limits_elsewhere_frees_nothing(
    ledger: MemoryLedger, clocks: Clocks
) -> None:
    strict, free = Limits(), replace(Limits(), cooldown_minutes=0)
    one, other = Instance(ledger, clocks), Instance(ledger, clocks)
    await one.ask(strict)
    assert await one.ask(strict)

    assert await other.ask(free) is None
    clocks.forward(REFUSALS_KEPT_S - 0.1)

    refused = await one.ask(strict)
    assert refused
    assert refused.violated == ("cooldown",)
    assert len(one.minter.orders) == 1


async def test_what_this_instance_writes_is_not_refused_on_what_was_before(
    ledger: MemoryLedger, clocks: Clocks
) -> None:
    instance = Instance(ledger, clocks)
    await instance.ask(session="s")
    await instance.ask()
    reads = ledger.reads

    await instance.ask(kind="refresh", session="s")
    await instance.ask()

    assert ledger.reads == reads + 2


@pytest.mark.parametrize(
    ("refreshes", "is_kept"), [(86, True), (87, False), (98, False), (99, True), (100, True)]
)
async def test_day_that_others_could_fill_is_read(
    ledger: MemoryLedger, clocks: Clocks, refreshes: int, is_kept: bool
) -> None:
    past = tuple(NOON - 2 * 3_600_000 + n for n in range(refreshes))
    live = Session("s", "gemini-3.8-live", NOON - 1, NOON - 1, {"c": NOON + 3_600_000})
    ledger.put(USER, Usage(NOON - 1, (NOON - 1,), past, (live,)))
    instance = Instance(ledger, clocks)
    assert await instance.ask()
    reads = ledger.reads

    await instance.ask()

    assert ledger.reads == reads + (not is_kept)


@pytest.mark.parametrize(
    ("room", "is_live", "is_kept"),
    [
        ((9_999, 2_001), True, True),  # nobody can prolong anything
        ((9_999, 2_000), True, False),  # within two seconds somebody may
        ((10_000, 2_001), True, False),
        ((10_000, 2_001), False, True),  # nothing to prolong
    ],
)
async def test_minutes_that_refreshes_elsewhere_could_use_up_are_read(
    ledger: MemoryLedger,
    clocks: Clocks,
    room: tuple[int, int],
    is_live: bool,
    is_kept: bool,
) -> None:
    (left_ms, leaves_in_ms), day_ago, hour = room, NOON - 86_400_000, 3_600_000
    granted = ((day_ago + leaves_in_ms, 600_000), (NOON - 1, hour - 600_000 - left_ms))
    live = Session("s", "gemini-3.8-live", NOON - 1, NOON - 1, {"c": NOON + hour * is_live})
    ledger.put(USER, Usage(NOON - 1, (NOON - 1,), (), (live,), granted=granted))
    instance, limits = Instance(ledger, clocks), Limits(minutes_per_day=60)
    assert await instance.ask(limits)
    reads = ledger.reads

    assert await instance.ask(limits)

    assert ledger.reads == reads + (not is_kept)


async def test_key_that_was_answered_is_answered_again(
    ledger: MemoryLedger, clocks: Clocks
) -> None:
    key = RequestKey.of("a-key-of-this-request", USER, b"mint")
    one, other = Instance(ledger, clocks), Instance(ledger, clocks)
    await one.ask(key=key)
    assert await other.ask()

    assert await other.ask(key=key) is None


def test_no_more_users_are_kept_than_there_is_room_for(clocks: Clocks) -> None:
    refusals, limits = RefusalCache(clocks), Limits()
    reading = Reading(Usage(NOON, mints=(NOON,)), 1, NOON)

    for n in range(MOST_REFUSALS_KEPT + 3):
        refusals.keep(f"{n}", reading, limits, QuotaExceeded(("cooldown",), 300))

    kept = [n for n in range(MOST_REFUSALS_KEPT + 3) if refusals.recall(f"{n}", limits)]
    assert kept == list(range(3, MOST_REFUSALS_KEPT + 3))
