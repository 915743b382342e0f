"""A session continues while it lives and its talk can be handed over; an ended one does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.fakes.memory import NOON, FakeMinter, MemoryLedger
from support.fakes.vend_requests import (
    ask,
    mint,
    refresh,
    vending,
)
from vending.errors import (
    LivepassError,
    MintingPaused,
    NoSuchSession,
    QuotaExceeded,
    SessionEnded,
    SessionExpired,
)
from vending.limits.grant import Grant
from vending.policy import Limits


async def test_pause_lets_each_talk_go_on_once_and_none_begin() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    vend = vending(minter)
    await vend.vend(ask(ledger, mint()))

    async def refused_in_pause(grant: Grant) -> int | None:
        with pytest.raises(MintingPaused) as refused:
            await vend.vend(replace(ask(ledger, grant), pause_s=300))
        return refused.value.retry_after_s

    assert await refused_in_pause(mint("s2")) == 300
    assert await refused_in_pause(refresh()) == 300
    ledger.clock.forward(minutes=28)
    handed_over = await vend.vend(replace(ask(ledger, refresh()), pause_s=300))
    ledger.clock.forward(minutes=28)
    assert await refused_in_pause(refresh(charge_id="r2")) == 300

    assert handed_over.session.id == "s1"
    assert len(minter.orders) == 2


@pytest.mark.parametrize(
    ("minted", "wait_s", "latest_s"),
    [
        (30, 1650, 1650 + 120),  # the start window ends before the old token does
        (30, 1740, 1800),
        (1, 50, 60),
        (1, 59, 60),
    ],
)
async def test_talk_that_goes_on_after_a_pause_s_handover_began_while_the_old_token_lived(
    minted: int, wait_s: int, latest_s: int
) -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    vend = vending(minter)
    await vend.vend(ask(ledger, mint(minutes=minted)))
    ledger.clock.forward(s=wait_s)

    vended = await vend.vend(replace(ask(ledger, refresh(minutes=60)), pause_s=300))

    assert vended.start_before == NOON + latest_s * 1000
    assert minter.orders[1].start_before_ms == NOON + latest_s * 1000
    assert vended.session.expires == NOON + (wait_s + 3600) * 1000


async def test_token_of_a_handover_starts_talks_for_its_whole_window_where_nothing_is_paused() -> (
    None
):
    ledger, minter = MemoryLedger(), FakeMinter()
    vend = vending(minter)
    await vend.vend(ask(ledger, mint(minutes=1)))
    ledger.clock.forward(s=50)

    assert (await vend.vend(ask(ledger, refresh()))).start_before == NOON + 170_000


@pytest.mark.parametrize(("session", "error"), [("s1", SessionExpired), ("s2", NoSuchSession)])
async def test_only_a_live_session_of_the_caller_is_refreshed(
    session: str, error: type[LivepassError]
) -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    await vending(minter).vend(ask(ledger, mint("s1")))
    ledger.clock.forward(minutes=30)

    with pytest.raises(error):
        await vending(minter).vend(ask(ledger, refresh(session)))

    assert len(minter.orders) == 1


async def test_clock_that_goes_back_frees_nothing() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    await vending(minter).vend(ask(ledger, mint("s1"), Limits()))
    ledger.clock.forward(hours=-1)

    with pytest.raises(QuotaExceeded) as refused:
        await vending(minter).vend(ask(ledger, mint("s2"), Limits()))

    assert refused.value.retry_after_s == 300


async def test_ended_session_is_refreshed_no_more() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    vend = vending(minter)
    await vend.vend(ask(ledger, mint()))
    ledger.write_faults.extend(["conflict", "outcome unknown after effect"])

    await vend.end(ask(ledger, mint()).account, "s1")

    assert ledger.usage().sessions[0].ended
    with pytest.raises(SessionEnded):
        await vend.vend(ask(ledger, refresh()))


async def test_ending_twice_writes_once() -> None:
    ledger = MemoryLedger()
    vend = vending(FakeMinter())
    await vend.vend(ask(ledger, mint()))

    for _ in range(2):
        await vend.end(ask(ledger, mint()).account, "s1")

    assert ledger.writes == 2
