"""The sentence keeps its promises: what was handed out was counted, and nothing else was."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from support.fakes.memory import NOON, USER, FakeMinter, Fault, MemoryLedger
from support.fakes.vend_requests import (
    GEMINI_DOWN,
    NO_COOLDOWN,
    OFF,
    SETTINGS,
    ask,
    key,
    mint,
    outcome,
    refresh,
    rival_mint,
    total,
    vending,
)
from vending.clock import MINUTE_MS
from vending.errors import (
    IdempotencyKeyReused,
    InvalidRequest,
    LivepassError,
    MintingPaused,
    NotFound,
    QuotaExceeded,
    ReplayExpired,
    SessionEnded,
    SessionExpired,
    StoreUnavailable,
    UpstreamRejected,
    UpstreamUnavailable,
)
from vending.limits.admit import end
from vending.limits.grant import Grant
from vending.limits.usage import Usage
from vending.policy import Limits
from vending.tokens.shape import LOCKED
from vending.tokens.vended import Vended

# --- each row of the table ------------------------------------------------------------------------


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


async def test_nothing_is_counted_after_ten_upstream_failures() -> None:
    ledger, minter = MemoryLedger(), FakeMinter([GEMINI_DOWN] * 10)
    vend = vending(minter)

    for n in range(10):
        with pytest.raises(UpstreamUnavailable):
            await vend.vend(ask(ledger, mint(f"s{n}"), Limits(), key()))

    assert ledger.writes == 0
    assert ledger.document() == {}


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


async def test_write_of_unknown_outcome_counts_once() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    ledger.write_faults.extend(["doubt", "doubt"])

    vended = await vending(minter).vend(ask(ledger, mint()))

    assert ledger.usage().mints == (NOON,)
    assert ledger.usage().session("s1") == vended.session
    assert len(minter.orders) == 1


@pytest.mark.parametrize("fault", ["doubt after effect", "hang after effect"])
async def test_commit_that_succeeds_and_reports_failure_is_not_counted_twice(fault: Fault) -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    ledger.write_faults.append(fault)

    vended = await vending(minter).vend(ask(ledger, mint(), patience_s=2.5))

    assert vended.token == f"auth_tokens/{1:064x}"
    assert ledger.usage().mints == (NOON,)
    assert ledger.writes == 1


@pytest.mark.parametrize("fault", ["down", "doubt", "hang"])
async def test_unreachable_store_refuses_before_gemini_is_asked(fault: Fault) -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    ledger.read_faults.extend([fault] * 1000)
    began = time.monotonic()

    with pytest.raises(StoreUnavailable) as refused:
        await vending(minter).vend(ask(ledger, mint()))

    assert time.monotonic() - began < 0.3 + 0.5
    assert refused.value.retry_after_s == 5
    assert minter.orders == []


@pytest.mark.parametrize("fault", ["down", "doubt", "hang", "conflict"])
async def test_token_is_dropped_when_it_cannot_be_counted(fault: Fault) -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    ledger.write_faults.extend([fault] * 1000)
    began = time.monotonic()

    with pytest.raises(StoreUnavailable):
        await vending(minter).vend(ask(ledger, mint()))

    assert time.monotonic() - began < 0.3 + 0.5
    assert len(minter.orders) == 1
    assert ledger.document() == {}


async def test_store_that_stumbles_is_asked_again() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    ledger.read_faults.extend(["doubt", "conflict"])
    ledger.write_faults.extend(["conflict", "doubt"])

    vended = await vending(minter).vend(ask(ledger, mint(), patience_s=2.5))

    assert vended.session.id == "s1"
    assert ledger.usage().mints == (NOON,)


# --- repeated requests ----------------------------------------------------------------------------


async def test_repeated_request_gets_the_same_token_and_is_not_counted_again() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    vend = vending(minter)

    first = await vend.vend(ask(ledger, mint("s1"), Limits(), key()))
    again = await vend.vend(ask(ledger, mint("s2"), Limits(), key()))

    assert again.token == first.token
    assert (first.replayed, again.replayed) == (False, True)
    assert again.session == first.session
    assert (again.charge, again.start_before) == (first.charge, first.start_before)
    assert total(ledger.usage()) == 1
    assert len(minter.orders) == 1


async def test_repeated_request_in_two_instances_at_once_is_one_charge_and_one_token() -> None:
    ledger, gate = MemoryLedger(), asyncio.Event()
    minters = [FakeMinter(), FakeMinter()]
    for minter in minters:
        minter.gate = gate
    requests = [ask(ledger, mint(f"s{n}"), Limits(), key(), 2.5) for n in range(2)]
    both = [
        asyncio.create_task(vending(minter).vend(request))
        for minter, request in zip(minters, requests, strict=True)
    ]
    await asyncio.gather(*(minter.reached.wait() for minter in minters))

    gate.set()
    first, second = await asyncio.gather(*both)

    assert first.token == second.token
    assert first.session.id == second.session.id
    assert sorted((first.replayed, second.replayed)) == [False, True]
    assert total(ledger.usage()) == 1


async def test_key_of_another_request_is_refused_and_costs_nothing() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    vend = vending(minter)
    await vend.vend(ask(ledger, mint("s1"), key=key()))

    with pytest.raises(IdempotencyKeyReused):
        await vend.vend(ask(ledger, mint("s2"), key=key(request=b'mint {"voice":"Kore"}')))

    assert len(minter.orders) == 1
    assert ledger.writes == 1


async def test_repetition_gets_the_same_token_as_long_as_it_lives_and_is_not_counted() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    vend = vending(minter)
    vended = await vend.vend(ask(ledger, mint("s1"), key=key()))
    ledger.clock.ms = vended.session.expires - 1

    again = await vend.vend(ask(ledger, mint("s2"), key=key()))

    assert (again.token, again.replayed) == (vended.token, True)
    assert again.start_before == vended.start_before < ledger.clock.ms
    ledger.clock.forward(ms=1)
    with pytest.raises(ReplayExpired):
        await vend.vend(ask(ledger, mint("s2"), key=key()))

    assert total(ledger.usage()) == 1
    assert len(minter.orders) == 1


async def test_token_of_a_session_that_was_ended_is_not_given_again() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    vend = vending(minter)
    await vend.vend(ask(ledger, mint("s1"), key=key()))
    await vend.vend(ask(ledger, refresh(), key=key("b" * 16)))
    await vend.end(ask(ledger, mint()).account, "s1")

    for grant, name in ((mint("s2"), "a-key-of-sixteen-characters"), (refresh(), "b" * 16)):
        with pytest.raises(SessionEnded):
            await vend.vend(ask(ledger, grant, key=key(name)))

    ledger.clock.forward(minutes=30)
    with pytest.raises(ReplayExpired):
        await vend.vend(ask(ledger, mint("s2"), key=key()))
    assert (len(minter.orders), total(ledger.usage())) == (2, 2)


async def test_key_that_another_instance_answered_for_a_session_ended_since_gets_nothing() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    await vending(minter).vend(ask(ledger, mint("s1"), key=key()))
    answered = ledger.usage()
    ledger.put(USER, Usage())
    ledger.rivals.append(lambda _usage, now: end(answered, now, "s1"))

    with pytest.raises(SessionEnded):
        await vending(minter).vend(ask(ledger, mint("s2"), key=key()))

    assert ledger.usage().holds("s1", "c-s1")
    assert total(ledger.usage()) == 1


async def test_repeated_refresh_gets_the_same_token() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    vend, request = vending(minter), b"refresh s1"
    await vend.vend(ask(ledger, mint("s1")))

    first = await vend.vend(ask(ledger, refresh("s1", "r1"), key=key(request=request)))
    again = await vend.vend(ask(ledger, refresh("s1", "r2"), key=key(request=request)))

    assert again.token == first.token
    assert ledger.usage().refreshes == (NOON,)


async def test_replay_of_a_session_that_was_forgotten_is_expired() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    vend = vending(minter)
    await vend.vend(ask(ledger, mint("s1", minutes=1190), OFF))
    ledger.clock.forward(hours=13)
    await vend.vend(ask(ledger, refresh("s1", "r1", 1190), OFF))
    ledger.clock.forward(hours=13)
    await vend.vend(ask(ledger, refresh("s1", "r2", 1190), OFF, key()))
    await vend.end(ask(ledger, refresh()).account, "s1")
    ledger.clock.forward(hours=20)

    with pytest.raises(ReplayExpired):
        await vend.vend(ask(ledger, refresh("s1", "r3", 1190), OFF, key()))

    assert len(minter.orders) == 3


async def test_failed_request_leaves_its_key_free() -> None:
    ledger, minter = MemoryLedger(), FakeMinter([GEMINI_DOWN])
    vend = vending(minter)
    with pytest.raises(UpstreamUnavailable):
        await vend.vend(ask(ledger, mint("s1"), key=key()))

    vended = await vend.vend(ask(ledger, mint("s2"), key=key()))

    assert not vended.replayed
    assert total(ledger.usage()) == 1


# --- what is ordered ------------------------------------------------------------------------------


async def test_order_locks_every_field_and_times_are_ours() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()

    vended = await vending(minter).vend(ask(ledger, mint(minutes=10, uses=3)))

    order = minter.orders[0]
    assert order.locked == LOCKED
    assert order.uses == 3
    assert order.expires == datetime.fromtimestamp(NOON / 1000 + 600, UTC)
    assert order.start_before == datetime.fromtimestamp(NOON / 1000 + 120, UTC)
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

        assert minter.orders[-1].expires.microsecond == ms * 1000
        assert vended.start_before == NOON + ms + 2 * MINUTE_MS


async def test_start_window_ends_with_the_token() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()

    vended = await vending(minter, window=60).vend(ask(ledger, mint(minutes=1)))

    assert vended.start_before == NOON + MINUTE_MS
    assert minter.orders[0].start_before == minter.orders[0].expires


async def test_token_ends_when_its_session_is_as_old_as_it_may_get() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    limits = replace(NO_COOLDOWN, session_minutes=40)
    vend = vending(minter)
    await vend.vend(ask(ledger, mint(minutes=30), limits))
    ledger.clock.forward(minutes=25)

    refreshed = await vend.vend(ask(ledger, refresh(minutes=30), limits))

    assert refreshed.session.tokens["r1"] == NOON + 40 * MINUTE_MS
    assert minter.orders[1].expires == datetime.fromtimestamp(NOON / 1000 + 40 * 60, UTC)


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


async def test_refresh_of_a_wish_of_a_newer_revision_is_refused_uncounted() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    vend = vending(minter)
    await vend.vend(ask(ledger, mint(requested={"voice": "Puck"})))
    newer = replace(ledger.usage().sessions[0], requested={"voice": "Puck", "hologram": True})
    ledger.put(USER, ledger.usage().with_session(newer))

    with pytest.raises(InvalidRequest):
        await vend.vend(ask(ledger, refresh()))

    assert len(minter.orders) == 1


# --- refusals that are no limits ------------------------------------------------------------------


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
    assert minter.orders[1].start_before == datetime.fromtimestamp(NOON // 1000 + latest_s, UTC)
    assert vended.session.expires == NOON + (wait_s + 3600) * 1000


async def test_token_of_a_handover_starts_talks_for_its_whole_window_where_nothing_is_paused() -> (
    None
):
    ledger, minter = MemoryLedger(), FakeMinter()
    vend = vending(minter)
    await vend.vend(ask(ledger, mint(minutes=1)))
    ledger.clock.forward(s=50)

    assert (await vend.vend(ask(ledger, refresh()))).start_before == NOON + 170_000


@pytest.mark.parametrize(("session", "error"), [("s1", SessionExpired), ("s2", NotFound)])
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


# --- ending, and turns ----------------------------------------------------------------------------


async def test_ended_session_is_refreshed_no_more() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    vend = vending(minter)
    await vend.vend(ask(ledger, mint()))
    ledger.write_faults.extend(["conflict", "doubt after effect"])

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
        *(
            outcome(vends[n % instances], ask(ledger, mint(f"s{n}"), limits, None, 2.5))
            for n in range(64)
        )
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
