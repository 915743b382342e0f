"""Rulings take effect within 30 s, cost a request nothing, and fail closed."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from support.fakes.memory import NOON, USER, Clocks, MemoryDocuments
from vending.errors import StoreUnavailable
from vending.guard.ruling import ALL, Ruling, RulingsSnapshot
from vending.guard.ruling_store import Rulings, RulingStore
from vending.store.retry import OutcomeUnknown

HOUR_MS = 3_600_000
BLOCK = Ruling("block", f"user:{USER}", NOON, NOON + HOUR_MS, "guard", "too many")
PAUSE = Ruling("pause", ALL, NOON, NOON + HOUR_MS, "budget", "spent")
DOWN = StoreUnavailable("scripted", retry_after_s=5)


class Instance:
    def __init__(self, *always: Ruling, documents: MemoryDocuments | None = None) -> None:
        self.documents = documents or MemoryDocuments()
        self.clocks = Clocks(self.documents.clock)
        self.rulings = Rulings(RulingStore(self.documents), *always, clocks=self.clocks)

    async def standing_after(self, s: float) -> RulingsSnapshot:
        """Ask after a while, and let what was begun beside it finish."""
        self.clocks.forward(s)
        snapshot = await self.rulings.current()
        for _ in range(10):
            await asyncio.sleep(0)
        return snapshot

    @property
    def readings(self) -> int:
        return self.documents.calls["lasting"]


def other(instance: Instance) -> Instance:
    """Another instance over the same store."""
    return Instance(documents=instance.documents)


async def test_block_put_by_one_instance_holds_on_every_other_within_30_s() -> None:
    one = Instance()
    two = other(one)
    assert (await two.standing_after(0)).block_of(USER) is None

    await one.rulings.current()
    await one.rulings.put(replace(BLOCK, since=NOON))

    assert (await one.rulings.current()).block_of(USER) == BLOCK
    assert (await two.standing_after(30)).block_of(USER) == BLOCK


async def test_thousand_requests_of_20_s_read_once() -> None:
    instance = Instance()

    for _ in range(1000):
        await instance.standing_after(0.0199)

    assert instance.readings == 1


async def test_reading_of_20_s_is_renewed_beside_the_request() -> None:
    instance = Instance()
    await instance.standing_after(0)
    await RulingStore(instance.documents).put(BLOCK, 1)
    instance.documents.gate = asyncio.Event()

    waited_for_nothing = await instance.standing_after(20)
    instance.documents.gate.set()
    await instance.standing_after(0)
    renewed = await instance.standing_after(1)

    assert waited_for_nothing.block_of(USER) is None
    assert renewed.block_of(USER) == BLOCK
    assert instance.readings == 2


async def test_readings_that_are_wanted_at_once_are_one() -> None:
    instance = Instance()

    await asyncio.gather(*(instance.rulings.current() for _ in range(50)))

    assert instance.readings == 1


async def test_ruling_ends_by_itself_and_by_the_clock_of_the_store() -> None:
    instance = Instance()
    await instance.standing_after(0)
    await instance.rulings.put(replace(BLOCK, until=NOON + 10_000))

    before = await instance.standing_after(9.999)
    after = await instance.standing_after(0.001)

    assert before.block_of(USER)
    assert after.block_of(USER) is None
    assert instance.readings == 1


@pytest.mark.parametrize(
    "fault", [DOWN, OutcomeUnknown("scripted")], ids=["down", "outcome unknown"]
)
async def test_unreadable_rulings_hold_for_a_minute_and_then_nothing_is_allowed(
    fault: Exception,
) -> None:
    instance = Instance()
    await RulingStore(instance.documents).put(PAUSE, 1)
    await instance.standing_after(0)
    instance.documents.down = fault

    held = await instance.standing_after(59.9)
    instance.clocks.forward(0.2)
    with pytest.raises(StoreUnavailable) as refused:
        await instance.rulings.current()
    instance.documents.down = None
    again = await instance.standing_after(1)

    assert held.paused == PAUSE
    assert refused.value.retry_after_s
    assert again.paused == PAUSE


async def test_instance_that_never_read_allows_nothing_while_it_cannot() -> None:
    instance = Instance()
    instance.documents.down = DOWN

    for _ in range(100):
        with pytest.raises(StoreUnavailable):
            await instance.rulings.current()

    assert instance.readings == 1


async def test_clock_that_jumps_and_an_instance_that_sleeps_read_again() -> None:
    for clock in ("wall", "monotonic"):
        instance = Instance()
        await instance.standing_after(0)
        setattr(instance.clocks, clock, 10_000.0)
        await instance.standing_after(0)
        assert instance.readings == 2


async def test_lifted_ruling_ends_here_at_once_and_elsewhere_within_30_s() -> None:
    one = Instance()
    two = other(one)
    await one.rulings.current()
    await one.rulings.put(PAUSE)
    assert (await two.rulings.current()).paused

    await one.rulings.lift("pause", ALL)

    assert (await one.rulings.current()).paused is None
    assert (await two.standing_after(30)).paused is None


async def test_ruling_put_while_a_reading_is_under_way_is_not_forgotten() -> None:
    instance = Instance()
    await instance.standing_after(0)
    instance.clocks.forward(20)
    await instance.rulings.current()

    await instance.rulings.put(BLOCK)

    assert (await instance.standing_after(0)).block_of(USER) == BLOCK


async def test_what_always_holds_is_stored_nowhere_and_cannot_be_read_away() -> None:
    always = replace(PAUSE, by="settings", until=NOON * 2)
    instance = Instance(always)

    assert instance.rulings.remembered().paused == always
    assert (await instance.standing_after(0)).paused == always
    assert (await instance.standing_after(40)).paused == always
    assert instance.documents.calls.keys() == {"lasting"}


def snapshot(*rulings: Ruling, now: int = NOON) -> RulingsSnapshot:
    return RulingsSnapshot({ruling.name: ruling for ruling in rulings}, now)


def test_pause_tells_when_to_try_again_but_never_later_than_in_five_minutes() -> None:
    assert snapshot().pause_s == 0
    assert snapshot(PAUSE).pause_s == 300
    assert snapshot(PAUSE, now=PAUSE.until - 1500).pause_s == 2
    assert snapshot(PAUSE, now=PAUSE.until).pause_s == 0


def test_block_is_its_user_s_alone_until_it_ends() -> None:
    assert snapshot(BLOCK).block_of(USER) == BLOCK
    assert snapshot(BLOCK).block_of("another") is None
    assert snapshot(BLOCK, now=BLOCK.until - 1).block_of(USER) == BLOCK
    assert snapshot(BLOCK, now=BLOCK.until).block_of(USER) is None
    assert snapshot(now=BLOCK.until - 61_001).left_s(BLOCK) == 62


def test_rulings_of_a_user_and_of_a_prefix_are_apart() -> None:
    of_prefix = replace(BLOCK, subject="prefix:ab")
    tier = replace(BLOCK, kind="tier", tier="gold")

    stands = snapshot(of_prefix, tier)

    assert stands.block_of(USER) is None
    assert stands.block_of_prefix("ab") == of_prefix
    assert stands.tier_of(USER) == "gold"
    assert stands.tier_of("another") is None


async def test_put_of_unknown_outcome_that_took_effect_is_told_as_done() -> None:
    instance = Instance()
    write, outcomes = instance.documents.write, [OutcomeUnknown("scripted")]

    async def lost(*args: object, **more: object) -> None:
        await write(*args, **more)  # type: ignore[arg-type]
        if outcomes:
            raise outcomes.pop()

    instance.documents.write = lost  # type: ignore[method-assign]
    await instance.rulings.current()

    assert await instance.rulings.put(BLOCK)
    assert (await instance.rulings.current()).block_of(USER) == BLOCK


@pytest.mark.parametrize("bad", [{"until": 2**62}, {"since": 2**62}, {"since": -1}, {"level": -1}])
def test_ruling_whose_numbers_nobody_writes_is_none(bad: dict[str, int]) -> None:
    assert Ruling.of(BLOCK.document()) == BLOCK
    assert Ruling.of({**BLOCK.document(), **bad}) is None
