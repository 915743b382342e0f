"""Every token that is vended was counted, and nothing else was."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from support.fakes.memory import NOON, FakeMinter, Fault, MemoryLedger
from support.fakes.vend_requests import (
    GEMINI_DOWN,
    NO_COOLDOWN,
    ask,
    key,
    mint,
    outcome,
    refresh,
    rival_mint,
    total,
    vending,
)
from support.runs.margin import MARGIN_S
from vending.clock import MINUTE_MS
from vending.errors import (
    LivepassError,
    QuotaExceeded,
    SessionEnded,
    StoreUnavailable,
    UpstreamRejected,
)
from vending.policy import Limits
from vending.tokens.vended import Vended


async def test_token_is_counted_before_it_is_answered() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()

    vended = await vending(minter).vend(ask(ledger, mint()))

    assert vended.token == f"auth_tokens/{1:064x}"
    assert ledger.usage().mints == (NOON,)
    assert ledger.usage().holds("s1", "c-s1")
    assert vended.reading.usage == ledger.usage()
    assert (ledger.reads, ledger.writes, len(minter.orders)) == (1, 1, 1)


async def test_refused_request_never_reaches_gemini() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    await vending(minter).vend(ask(ledger, mint("s1"), Limits()))

    with pytest.raises(QuotaExceeded):
        await vending(minter).vend(ask(ledger, mint("s2"), Limits()))

    assert len(minter.orders) == 1
    assert ledger.writes == 1


@pytest.mark.parametrize("error", [GEMINI_DOWN, UpstreamRejected("400")], ids=["503", "502"])
async def test_nothing_is_counted_when_gemini_fails(error: LivepassError) -> None:
    ledger, minter = MemoryLedger(), FakeMinter([error])

    with pytest.raises(type(error)):
        await vending(minter).vend(ask(ledger, mint("s1"), Limits()))
    again = await vending(minter).vend(ask(ledger, mint("s2"), Limits()))

    assert ledger.writes == 1
    assert ledger.usage().mints == (NOON,)
    assert again.session.id == "s2"


async def test_request_that_loses_the_write_decides_again_with_its_token_in_hand() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    ledger.rivals.append(rival_mint)

    vended = await vending(minter).vend(ask(ledger, mint()))

    assert len(minter.orders) == 1
    assert vended.token == f"auth_tokens/{1:064x}"
    assert ledger.usage().holds("rival", "c-rival")
    assert ledger.usage().holds("s1", "c-s1")
    assert total(ledger.usage()) == 2


async def test_token_in_hand_is_dropped_when_another_request_took_the_last_place() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    ledger.rivals.append(rival_mint)

    with pytest.raises(QuotaExceeded) as refused:
        await vending(minter).vend(ask(ledger, mint(), replace(NO_COOLDOWN, mints_per_hour=1)))

    assert refused.value.violated == ("hour",)
    assert len(minter.orders) == 1
    assert ledger.usage().holds("rival", "c-rival")
    assert total(ledger.usage()) == 1


@pytest.mark.parametrize(("rivals_minutes", "fits"), [(15, True), (16, False)])
async def test_token_in_hand_is_dropped_when_fewer_minutes_are_left_than_it_has(
    rivals_minutes: int, fits: bool
) -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    limits = replace(NO_COOLDOWN, minutes_per_day=45)
    ledger.rivals.append(
        lambda usage, now: rival_mint(usage, now).granting(now, rivals_minutes * MINUTE_MS)
    )

    answer = await outcome(vending(minter), ask(ledger, mint(), limits))

    if fits:
        assert isinstance(answer, Vended)
        assert sum(ms for _, ms in ledger.usage().granted) == 45 * MINUTE_MS
        return
    assert isinstance(answer, QuotaExceeded)
    assert (answer.violated, answer.retry_after_s) == (("minutes",), 1)
    assert total(ledger.usage()) == 1
    again = await vending(minter).vend(ask(ledger, mint("s2"), limits))
    assert again.session.expires == NOON + 29 * MINUTE_MS


async def test_refresh_in_hand_is_dropped_when_its_session_was_ended_meanwhile() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    vend = vending(minter)
    await vend.vend(ask(ledger, mint()))
    ledger.rivals.append(
        lambda usage, now: usage.with_session(replace(usage.sessions[0], ended=True))
    )

    with pytest.raises(SessionEnded):
        await vend.vend(ask(ledger, refresh()))

    assert total(ledger.usage()) == 1


async def test_two_tabs_cannot_share_the_last_token() -> None:
    ledger, limits = MemoryLedger(), replace(NO_COOLDOWN, mints_per_hour=1)
    minters = [FakeMinter(), FakeMinter()]
    instances = [vending(minter) for minter in minters]

    outcomes = await asyncio.gather(
        *(outcome(v, ask(ledger, mint(f"s{n}"), limits)) for n, v in enumerate(instances))
    )

    assert sorted(type(o).__name__ for o in outcomes) == ["QuotaExceeded", "Vended"]
    assert [len(minter.orders) for minter in minters] == [1, 1]
    assert total(ledger.usage()) == 1


@pytest.mark.parametrize("fault", ["outcome unknown after effect", "hang after effect"])
async def test_commit_that_succeeds_and_reports_failure_is_not_counted_twice(fault: Fault) -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    ledger.write_faults.append(fault)

    vended = await vending(minter).vend(ask(ledger, mint()))

    assert vended.token == f"auth_tokens/{1:064x}"
    assert ledger.usage().mints == (NOON,)
    assert ledger.writes == 1


@pytest.mark.parametrize("fault", ["down", "outcome unknown", "hang"])
async def test_unreachable_store_refuses_before_gemini_is_asked(fault: Fault) -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    ledger.read_faults.extend([fault] * 1000)
    began = time.monotonic()

    with pytest.raises(StoreUnavailable) as refused:
        await vending(minter).vend(ask(ledger, mint(), patience_s=0.3))

    assert time.monotonic() - began < 0.3 + MARGIN_S
    assert refused.value.retry_after_s == 5
    assert minter.orders == []


@pytest.mark.parametrize("fault", ["down", "outcome unknown", "hang", "conflict"])
async def test_token_is_dropped_when_it_cannot_be_counted(fault: Fault) -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    ledger.write_faults.extend([fault] * 1000)
    began = time.monotonic()

    with pytest.raises(StoreUnavailable):
        await vending(minter).vend(ask(ledger, mint(), patience_s=0.3))

    assert time.monotonic() - began < 0.3 + MARGIN_S
    assert len(minter.orders) == 1
    assert ledger.document() == {}


async def test_store_that_stumbles_is_asked_again() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    ledger.read_faults.extend(["outcome unknown", "conflict"])
    ledger.write_faults.extend(["conflict", "outcome unknown"])

    vended = await vending(minter).vend(ask(ledger, mint()))

    assert vended.session.id == "s1"
    assert ledger.usage().mints == (NOON,)
    assert len(minter.orders) == 1


async def test_burst_of_one_user_reaches_gemini_once() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    vend = vending(minter)

    outcomes = await asyncio.gather(
        *(outcome(vend, ask(ledger, mint(f"s{n}"), Limits())) for n in range(64))
    )

    assert sum(isinstance(o, Vended) for o in outcomes) == 1
    assert sum(isinstance(o, QuotaExceeded) for o in outcomes) == 63
    assert (len(minter.orders), minter.most_at_once) == (1, 1)


@pytest.mark.parametrize("instances", [1, 2, 5])
async def test_sixty_four_callers_get_exactly_ten_tokens(instances: int) -> None:
    ledger = MemoryLedger()
    vends = [vending(FakeMinter()) for _ in range(instances)]
    limits = replace(NO_COOLDOWN, sessions=0)

    outcomes = await asyncio.gather(
        *(outcome(vends[n % instances], ask(ledger, mint(f"s{n}"), limits)) for n in range(64))
    )

    assert sum(isinstance(o, Vended) for o in outcomes) == 10
    assert sum(isinstance(o, QuotaExceeded) for o in outcomes) == 54
    assert total(ledger.usage()) == 10


async def test_cancelled_request_releases_its_turn_and_counts_nothing() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    minter.gate = asyncio.Event()
    vend = vending(minter)
    working = asyncio.create_task(vend.vend(ask(ledger, mint("s1"))))
    waiting = asyncio.create_task(vend.vend(ask(ledger, mint("s2"))))
    await minter.reached.wait()

    working.cancel()
    minter.gate.set()
    vended = await waiting

    assert vended.session.id == "s2"
    assert [s.id for s in ledger.usage().sessions] == ["s2"]
    with pytest.raises(asyncio.CancelledError):
        await working


async def test_token_never_prints() -> None:
    vended = await vending(FakeMinter()).vend(ask(MemoryLedger(), mint(), key=key()))

    assert vended.token not in repr(vended)
    assert vended.token.removeprefix("auth_tokens/") not in str(vended.reading.usage.document())
