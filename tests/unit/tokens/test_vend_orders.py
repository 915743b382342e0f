"""What is ordered from Gemini is what was requested and admitted, with our times."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.fakes.memory import NOON, USER, FakeMinter, MemoryLedger
from support.fakes.vend_requests import (
    NO_COOLDOWN,
    OFF,
    SETTINGS,
    ask,
    mint,
    refresh,
    rival_mint,
    total,
    vending,
)
from vending.clock import MINUTE_MS
from vending.errors import (
    InvalidRequest,
)
from vending.limits.usage import Usage
from vending.settings import Settings
from vending.tokens.locked_fields import LOCKED


async def test_order_locks_every_field_and_times_are_ours() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()

    vended = await vending(minter).vend(ask(ledger, mint(minutes=10, uses=3)))

    order = minter.orders[0]
    assert set(LOCKED) - set(order.locked) == {"historyConfig"}  # which the default model seeds
    assert order.uses == 3
    assert order.expires_ms == NOON + 10 * MINUTE_MS
    assert order.start_before_ms == NOON + 2 * MINUTE_MS
    assert vended.start_before == NOON + 2 * MINUTE_MS
    assert vended.session.tokens == {"c-s1": NOON + 10 * MINUTE_MS}


async def test_order_locks_the_handle_of_a_refresh_and_that_a_mint_resumes_nothing() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    vend = vending(minter, settings=replace(SETTINGS, lock_resumption=True))
    await vend.vend(ask(ledger, mint()))
    await vend.vend(ask(ledger, replace(refresh(), handle="h1")))

    assert [order.setup["sessionResumption"] for order in minter.orders] == [{}, {"handle": "h1"}]
    assert {order.locked[-1] for order in minter.orders} == {"sessionResumption"}
    assert "h1" not in str(ledger.document())


async def test_milliseconds_survive_the_way_to_gemini_and_back() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    for ms in (1, 7, 333, 999):
        ledger.clock.ms = NOON + ms

        vended = await vending(minter).vend(ask(ledger, mint(f"s{ms}"), OFF))

        assert minter.orders[-1].expires_ms == NOON + ms + 30 * MINUTE_MS
        assert vended.start_before == NOON + ms + 2 * MINUTE_MS


async def test_start_window_ends_with_the_token() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()

    vended = await vending(minter, window=60).vend(ask(ledger, mint(minutes=1)))

    assert vended.start_before == NOON + MINUTE_MS
    assert minter.orders[0].start_before_ms == minter.orders[0].expires_ms


async def test_token_ends_when_its_session_is_as_old_as_it_may_get() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    limits = replace(NO_COOLDOWN, session_minutes=40)
    vend = vending(minter)
    await vend.vend(ask(ledger, mint(minutes=30), limits))
    ledger.clock.forward(minutes=25)

    refreshed = await vend.vend(ask(ledger, refresh(minutes=30), limits))

    assert refreshed.session.tokens["r1"] == NOON + 40 * MINUTE_MS
    assert minter.orders[1].expires_ms == NOON + 40 * MINUTE_MS


async def test_token_that_lost_a_write_is_counted_with_the_end_it_was_made_with() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()

    def later(usage: Usage, now: int) -> Usage:
        ledger.clock.forward(s=3)
        return rival_mint(usage, now)

    ledger.rivals.append(later)

    vended = await vending(minter).vend(ask(ledger, mint()))

    assert vended.session.tokens == {"c-s1": NOON + 30 * MINUTE_MS}
    assert vended.start_before == NOON + 2 * MINUTE_MS
    assert ledger.usage().mints == (NOON, NOON + 3000)


async def test_refresh_keeps_the_model_voice_and_instruction_of_the_mint() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    vend = vending(minter, settings=replace(SETTINGS, allow_custom_instructions=True))
    requested = {
        "voice": "Kore",
        "systemInstruction": "Speak like a pilot.",
        "tools": ["get_weather"],
    }
    model = "gemini-3.8-live-extended-thinking"
    await vend.vend(ask(ledger, mint(model=model, requested=requested)))

    refreshed = await vend.vend(ask(ledger, refresh()))

    minted, again = (order.setup for order in minter.orders)
    assert again == minted
    assert again["model"] == f"models/{model}"
    assert "Kore" in str(again["generationConfig"])
    assert again["systemInstruction"] == {"parts": [{"text": "Speak like a pilot."}]}
    assert refreshed.session.model == model


async def test_refresh_of_a_model_no_longer_offered_is_refused_uncounted() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    await vending(minter).vend(ask(ledger, mint()))
    fewer = replace(SETTINGS, default_model="other", allowed_models=("other",))

    with pytest.raises(InvalidRequest):
        await vending(minter, settings=fewer).vend(ask(ledger, refresh()))

    assert total(ledger.usage()) == 1


@pytest.mark.parametrize(
    ("requested", "allowing"),
    [
        (
            {"systemInstruction": "Speak like a pilot."},
            replace(SETTINGS, allow_custom_instructions=True),
        ),
        (
            {"functionDeclarations": '[{"name":"ring_bell"}]'},
            replace(SETTINGS, client_tools=True),
        ),
    ],
)
async def test_refresh_with_what_clients_may_no_longer_send_is_refused_uncounted(
    requested: dict[str, str], allowing: Settings
) -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    await vending(minter, settings=allowing).vend(ask(ledger, mint(requested=requested)))

    with pytest.raises(InvalidRequest, match="is no longer offered"):
        await vending(minter).vend(ask(ledger, refresh()))

    assert total(ledger.usage()) == 1


async def test_refresh_of_a_wish_of_a_newer_revision_is_refused_uncounted() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    vend = vending(minter)
    await vend.vend(ask(ledger, mint(requested={"voice": "Puck"})))
    newer = replace(ledger.usage().sessions[0], requested={"voice": "Puck", "hologram": True})
    ledger.put(USER, ledger.usage().with_session(newer))

    with pytest.raises(InvalidRequest):
        await vend.vend(ask(ledger, refresh()))

    assert len(minter.orders) == 1
