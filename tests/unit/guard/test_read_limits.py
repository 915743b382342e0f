"""How many reads a user has per minute and instance, and how often they reach the store."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.fakes.memory import NOON, USER, Seconds
from vending.errors import QuotaExceeded, StoreUnavailable
from vending.guard.read_limits import (
    MINUTE_S,
    MOST_CALLERS_COUNTED,
    MOST_READINGS_KEPT,
    READINGS_KEPT_S,
    ReadKind,
    ReadLimits,
)
from vending.limits.reading import Reading
from vending.limits.usage import Usage

OTHER = "4e" * 20


class Store:
    """What is read; each reading waits for `gate`, where one is set."""

    def __init__(self) -> None:
        self.now = NOON
        self.reads = 0
        self.mints: tuple[int, ...] = ()
        self.gate: asyncio.Event | None = None
        self.down = False

    async def read(self) -> Reading:
        self.reads += 1
        usage = Usage(mints=self.mints)  # as it is when the reading begins
        await asyncio.sleep(0)
        if self.gate:
            await self.gate.wait()
        if self.down:
            raise StoreUnavailable("scripted", retry_after_s=5)
        return Reading(usage, "a version", self.now)


class Instance:
    """The reads of one instance, by a clock that is set."""

    def __init__(self) -> None:
        self.clock = Seconds()
        self.reads = ReadLimits(self.clock)

    def refused_s(self, kind: ReadKind = "reads", limit: int = 3, user: str = USER) -> int | None:
        """Ask; None when it is let through, else what is told to wait."""
        try:
            self.reads.admit(user, kind, limit)
        except QuotaExceeded as refusal:
            return refusal.retry_after_s
        return None


def test_one_more_than_the_limit_waits_until_the_first_is_a_minute_old() -> None:
    instance = Instance()
    told = []
    for instance.clock.now in (0, 10, 20.5, 20.5, 59.5, 60, 60, 69.999, 70):
        told.append(instance.refused_s())

    assert told == [None, None, None, 40, 1, None, 10, 1, None]


def test_users_and_kinds_are_counted_apart() -> None:
    instance = Instance()
    for _ in range(3):
        assert instance.refused_s() is None

    assert instance.refused_s()
    assert instance.refused_s("tools") is None
    assert instance.refused_s(user=OTHER) is None


def test_changes_that_came_to_nothing_are_counted_apart_and_refused_as_reads() -> None:
    instance, refused = Instance(), list[tuple[tuple[str, ...], int | None]]()
    for instance.clock.now in (0, 10, 20, 59.5, 60, 60, 69):
        try:
            instance.reads.admit_change(USER, 3)
        except QuotaExceeded as refusal:
            refused.append((refusal.violated, refusal.retry_after_s))
        else:
            instance.reads.in_vain(USER, 3)

    assert refused == [(("reads",), 1), (("reads",), 10), (("reads",), 1)]
    assert instance.refused_s() is None
    instance.reads.admit_change(OTHER, 3)


def test_changes_are_not_counted_where_there_is_no_limit_and_not_by_being_admitted() -> None:
    reads = ReadLimits(Seconds())
    for _ in range(5):
        reads.in_vain(USER, 0)
        reads.admit_change(USER, 1)

    reads.in_vain(USER, 1)
    reads.admit_change(USER, 0)


def test_refusal_names_its_kind() -> None:
    reads = ReadLimits(Seconds())
    reads.admit(USER, "tools", 1)

    with pytest.raises(QuotaExceeded) as refused:
        reads.admit(USER, "tools", 1)

    assert refused.value.violated == ("tools",)


def test_zero_is_no_limit() -> None:
    instance = Instance()

    assert {instance.refused_s(limit=0) for _ in range(10_000)} == {None}


def test_smaller_limit_of_another_tier_holds_at_once() -> None:
    instance = Instance()
    for instance.clock.now in range(10):
        assert instance.refused_s(limit=10) is None

    assert instance.refused_s(limit=2) == 59  # when the ninth is a minute old
    instance.clock.now = 68
    assert instance.refused_s(limit=2) is None


@given(
    st.lists(st.tuples(st.integers(0, 200), st.sampled_from(["a", "b"])), max_size=60),
    st.integers(1, 5),
)
def test_window_is_that_of_a_plain_list(asked: list[tuple[int, str]], limit: int) -> None:
    instance, through = Instance(), list[tuple[int, str]]()
    for at, user in sorted(asked):
        instance.clock.now = at
        counted = [t for t, who in through if who == user and at - t < MINUTE_S]

        refused = instance.refused_s(limit=limit, user=user)

        assert (refused is not None) == (len(counted) >= limit)
        if refused is None:
            through.append((at, user))


def test_no_more_users_are_counted_than_there_is_room_for() -> None:
    instance = Instance()
    instance.refused_s(limit=1)

    for n in range(MOST_CALLERS_COUNTED - 1):
        instance.refused_s(limit=1, user=f"{n}")
    assert instance.refused_s(limit=1)
    for n in range(MOST_CALLERS_COUNTED):
        instance.refused_s(limit=1, user=f"{n}")

    assert instance.refused_s(limit=1) is None


async def test_what_was_read_is_told_again_for_two_seconds_as_of_then() -> None:
    instance, store = Instance(), Store()

    nows = []
    for instance.clock.now in (0, 1, 1.999, 2):
        nows.append((await instance.reads.of(USER, store.read)).now - NOON)

    assert nows == [0, 1000, 1999, 0]
    assert store.reads == 2
    assert READINGS_KEPT_S == 2


async def test_what_was_read_of_one_is_told_to_nobody_else() -> None:
    instance, store = Instance(), Store()
    await instance.reads.of(USER, store.read)
    store.mints = (NOON,)

    assert (await instance.reads.of(OTHER, store.read)).usage.mints == (NOON,)


async def test_what_was_read_for_an_answer_can_be_written_on_by_nobody() -> None:
    instance, store = Instance(), Store()
    await instance.reads.of(USER, store.read)

    assert (await instance.reads.of(USER, store.read)).version is None


async def test_concurrent_callers_share_one_reading() -> None:
    instance, store = Instance(), Store()

    told = await asyncio.gather(*(instance.reads.of(USER, store.read) for _ in range(50)))

    assert store.reads == 1
    assert len(told) == 50


async def test_cancelled_caller_leaves_the_others_their_reading() -> None:
    instance, store = Instance(), Store()
    asking = [asyncio.create_task(instance.reads.of(USER, store.read)) for _ in range(3)]
    await asyncio.sleep(0)

    asking[0].cancel()
    told = await asyncio.gather(*asking[1:])

    assert [reading.now for reading in told] == [NOON, NOON]
    assert store.reads == 1


async def test_failed_reading_fails_those_waiting_and_none_later() -> None:
    instance, store = Instance(), Store()
    store.down = True
    waiting = (instance.reads.of(USER, store.read) for _ in range(3))

    failed = await asyncio.gather(*waiting, return_exceptions=True)
    store.down = False
    told = await instance.reads.of(USER, store.read)

    assert [type(each) for each in failed] == [StoreUnavailable] * 3
    assert told.now == NOON
    assert store.reads == 2


async def test_change_is_told_at_once() -> None:
    instance, store = Instance(), Store()
    await instance.reads.of(USER, store.read)

    store.mints = (NOON,)
    instance.reads.forget(USER)

    assert (await instance.reads.of(USER, store.read)).usage.mints == (NOON,)


@pytest.mark.parametrize("is_over_first", [True, False])
async def test_reading_begun_before_a_change_is_not_returned_after_it(
    is_over_first: bool,
) -> None:
    instance, store = Instance(), Store()
    store.gate = asyncio.Event()
    before = asyncio.create_task(instance.reads.of(USER, store.read))
    await asyncio.sleep(0.001)

    store.mints = (NOON,)  # written, and acknowledged
    instance.reads.forget(USER)
    if is_over_first:
        store.gate.set()
        await before
    after = asyncio.create_task(instance.reads.of(USER, store.read))
    await asyncio.sleep(0.001)
    store.gate.set()

    assert (await before).usage.mints == ()
    assert (await after).usage.mints == (NOON,)
    assert (await instance.reads.of(USER, store.read)).usage.mints == (NOON,)
    assert store.reads == 2


async def test_no_more_readings_are_kept_than_there_is_room_for() -> None:
    instance, store = Instance(), Store()

    for n in range(MOST_READINGS_KEPT + 1):
        await instance.reads.of(f"{n}", store.read)
    await instance.reads.of("0", store.read)

    assert store.reads == MOST_READINGS_KEPT + 2
