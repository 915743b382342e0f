"""The account retries its store, within a request's patience."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Any

import pytest

from support.fakes.memory import NOON, MemoryLedger
from support.runs.margin import MARGIN_S
from support.stores.ledgers import account, one_more
from vending.clock import Stopwatch
from vending.errors import LivepassError, QuotaExceeded, StoreUnavailable
from vending.limits.reading import Reading
from vending.limits.usage import Usage
from vending.store.ledger import Account
from vending.store.retry import ATTEMPT_S, STORE_PATIENCE_S, Conflict, OutcomeUnknown


async def test_conflict_is_decided_again_on_what_is_there_now() -> None:
    ledger = MemoryLedger()
    ledger.rivals.extend([lambda usage, now: replace(usage, mints=(1,))])
    counting, seen = account(ledger), list[tuple[int, ...]]()

    def decide(reading: Reading) -> Usage:
        seen.append(reading.usage.mints)
        return one_more(reading)

    settled = await counting.change(await counting.read(), decide)

    assert seen == [(), (1,)]
    assert settled.usage.mints == (1, NOON)
    assert counting.latest == settled


async def test_unknown_outcome_is_settled_by_reading_again() -> None:
    ledger = MemoryLedger()
    ledger.write_faults.append("outcome unknown after effect")
    counting = account(ledger, "someone")

    def once(reading: Reading) -> Usage | None:
        return None if reading.usage.mints else one_more(reading)

    settled = await counting.change(await counting.read(), once)

    assert settled.usage.mints == (NOON,)
    assert (ledger.reads, ledger.writes) == (2, 1)


async def test_refusal_while_deciding_again_writes_nothing() -> None:
    ledger = MemoryLedger()
    ledger.write_faults.append("conflict")
    counting, refusals = account(ledger), [None, QuotaExceeded(("hour",), 5)]

    def decide(reading: Reading) -> Usage:
        if refused := refusals.pop(0):
            raise refused
        return one_more(reading)

    with pytest.raises(QuotaExceeded):
        await counting.change(await counting.read(), decide)

    assert ledger.document("someone") == {}


async def test_nothing_to_write_is_not_written() -> None:
    ledger = MemoryLedger()
    counting = account(ledger)
    reading = await counting.read()

    settled = await counting.change(reading, lambda _: None)

    assert settled is reading
    assert ledger.writes == 0


@pytest.mark.parametrize("fault", ["conflict", "outcome unknown", "hang"])
async def test_patience_is_for_all_of_a_request_together(fault: Any) -> None:
    ledger = MemoryLedger()
    counting = account(ledger, patience_s=0.4)
    ledger.read_faults.append("outcome unknown")
    ledger.write_faults.extend([fault] * 10_000)
    began = time.monotonic()

    reading = await counting.read()
    with pytest.raises(StoreUnavailable) as refused:
        await counting.change(reading, one_more)

    assert time.monotonic() - began < 0.4 + MARGIN_S
    assert counting.stopwatch.spans_s["store"] < 0.4 + MARGIN_S
    assert ledger.writes < 40  # it waits between them
    assert isinstance(refused.value.__cause__, Conflict | OutcomeUnknown)


async def test_pauses_are_random_and_their_bound_doubles_five_times() -> None:
    bounds: list[tuple[float, float]] = []

    def drawn(low: float, high: float) -> float:
        bounds.append((low, high))
        return 0.0

    ledger = MemoryLedger()
    ledger.read_faults.extend(["conflict"] * 8)

    await Account(ledger, "someone", Stopwatch(), draw=drawn).read()

    assert bounds == [(0, 0.01 * times) for times in (1, 2, 4, 8, 16, 32, 32, 32)]


async def test_pause_that_would_take_all_that_is_left_is_not_made() -> None:
    ledger = MemoryLedger()
    ledger.read_faults.extend(["conflict"] * 3)
    stopped = Account(ledger, "someone", Stopwatch(lambda: 7.0), 0.1, draw=lambda *_: 0.1)

    with pytest.raises(StoreUnavailable):
        await stopped.read()

    assert ledger.reads == 1


async def test_time_spent_on_gemini_is_not_taken_from_the_store() -> None:
    counting = account(MemoryLedger(), patience_s=0.2)
    reading = await counting.read()
    with counting.stopwatch.span("gemini"):
        await asyncio.sleep(0.25)

    settled = await counting.change(reading, one_more)

    assert settled.usage.mints == (NOON,)


def test_patience_is_two_and_a_half_seconds_for_two_attempts() -> None:
    counting = Account(MemoryLedger(), "someone", Stopwatch())

    assert counting._patience.left_s == STORE_PATIENCE_S == 2.5
    assert 2 * ATTEMPT_S < STORE_PATIENCE_S < 3 * ATTEMPT_S


async def test_error_that_is_no_store_s_passes_at_once() -> None:
    ledger = MemoryLedger()
    ledger.read_faults.append("down")

    with pytest.raises(LivepassError):
        await account(ledger).read()

    assert ledger.reads == 1
