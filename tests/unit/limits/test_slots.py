"""A refresh hands over a talk or starts another; a token takes a slot for each talk it can hold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.fakes.memory import NOON
from vending.errors import MintingPaused, QuotaExceeded
from vending.gemini.pricing import expected_micros
from vending.limits.admit import admit, charge, end
from vending.limits.counts import slots_used
from vending.limits.grant import Grant
from vending.limits.session import Session, handover_from
from vending.limits.usage import Usage
from vending.policy import Limits

MINUTE = 60_000
MODEL = "gemini-3.8-live"
LIMITS = Limits(cooldown_minutes=0)


def mint(name: str = "s", minutes: int = 30, uses: int = 1) -> Grant:
    return Grant("mint", name, f"c-{name}", minutes, uses, MODEL)


def refresh(n: int = 1, session: str = "s", minutes: int = 30) -> Grant:
    return Grant("refresh", session, f"r{n}", minutes)


def vended(usage: Usage, minute: float, grant: Grant, limits: Limits = LIMITS) -> Usage:
    now = NOON + int(minute * MINUTE)
    return charge(usage, now, grant, admit(usage, now, grant, limits), limits)


def used(usage: Usage, minute: float, limits: Limits = LIMITS) -> int:
    return slots_used(usage, NOON + int(minute * MINUTE), limits.sessions)


def refusal(usage: Usage, minute: float, grant: Grant, limits: Limits = LIMITS) -> QuotaExceeded:
    with pytest.raises(QuotaExceeded) as refused:
        admit(usage, NOON + int(minute * MINUTE), grant, limits)
    return refused.value


def test_refresh_near_the_end_takes_no_slot_and_one_before_takes_another() -> None:
    usage = vended(Usage(), 0, mint())

    assert used(vended(usage, 27, refresh()), 27) == 1
    assert used(vended(usage, 26.99, refresh()), 26.99) == 2


def test_refreshes_at_once_are_as_many_talks_as_there_are_slots() -> None:
    usage = vended(Usage(), 0, mint())
    for n in range(2):
        usage = vended(usage, 0, refresh(n))

    assert used(usage, 0) == 3
    assert refusal(usage, 0, refresh(2)).violated == ("sessions",)


@pytest.mark.parametrize(("minutes", "ms"), [(30, 180_000), (10, 120_000), (1, 12_000)])
def test_handover_begins_three_minutes_or_a_fifth_of_the_life_before_the_end(
    minutes: int, ms: int
) -> None:
    (session,) = vended(Usage(), 0, mint(minutes=minutes)).sessions

    assert handover_from(session, LIMITS) == NOON + minutes * MINUTE - ms


def test_second_handover_waits_until_the_first_predecessor_has_expired() -> None:
    usage = vended(vended(Usage(), 0, mint()), 27, refresh(minutes=2))

    (session,) = usage.sessions
    assert session.expires == NOON + 30 * MINUTE  # does not outlive the head: another talk
    assert used(usage, 27) == 2
    assert used(vended(vended(Usage(), 0, mint()), 28, refresh(minutes=2)), 28) == 2
    usage = vended(vended(Usage(), 0, mint()), 28, refresh(minutes=3))
    assert handover_from(usage.sessions[0], LIMITS) == NOON + 31 * MINUTE - 36_000
    assert used(vended(usage, 29.5, refresh(2, minutes=3)), 29.5) == 2


def test_handover_of_a_handover_is_one_only_when_its_predecessor_is_over() -> None:
    limits = replace(LIMITS, handover_minutes=60)
    usage = vended(vended(Usage(), 0, mint(minutes=60)), 50, refresh(minutes=11), limits)

    (session,) = usage.sessions
    assert handover_from(session, limits) == NOON + 60 * MINUTE
    assert used(vended(usage, 59.9, refresh(2), limits), 59.9) == 2
    assert used(vended(usage, 60, refresh(2), limits), 60) == 1


def test_two_handovers_from_one_token_are_one_handover_and_another_talk() -> None:
    usage = vended(vended(Usage(), 0, mint()), 28, refresh(1))

    assert used(vended(usage, 28, refresh(2)), 28) == 2


def test_handover_counts_from_when_its_predecessor_expires() -> None:
    usage = vended(vended(Usage(), 0, mint()), 28, refresh())

    assert usage.sessions[0].micros == expected_micros(MODEL, 58)


def test_talk_in_short_tokens_is_counted_like_one_in_a_long_one() -> None:
    usage = vended(Usage(), 0, mint(minutes=5))
    for n in range(1, 12):
        usage = vended(usage, 4.98 * n, refresh(n, minutes=5))

    assert usage.sessions[0].micros == pytest.approx(expected_micros(MODEL, 60), rel=0.02)


def test_last_token_that_the_session_s_age_allows_is_never_handed_over() -> None:
    limits = replace(LIMITS, session_minutes=30)
    usage = vended(Usage(), 0, mint(minutes=20), limits)
    assert handover_from(usage.sessions[0], limits) == NOON + 17 * MINUTE

    usage = vended(usage, 18, refresh(), limits)

    assert usage.sessions[0].expires == NOON + 30 * MINUTE
    assert handover_from(usage.sessions[0], limits) is None
    assert used(usage, 18) == 1


def test_token_of_an_older_revision_is_never_handed_over() -> None:
    tokens = {"old": NOON + MINUTE}
    usage = Usage(sessions=(Session("s", MODEL, NOON, NOON, tokens),))

    assert handover_from(usage.sessions[0], LIMITS) is None
    assert used(vended(usage, 0.99, refresh()), 0.99) == 2


def test_token_for_several_talks_takes_as_many_slots() -> None:
    usage = vended(Usage(), 0, mint(uses=2), replace(LIMITS, max_uses=3))

    assert used(usage, 0) == 2
    assert refusal(usage, 1, mint("t", uses=2)).violated == ("sessions",)
    assert used(vended(usage, 1, mint("t")), 1) == 3
    assert used(vended(usage, 28, refresh()), 28) == 2
    assert used(vended(usage, 28, refresh()), 30) == 1


def test_ended_sessions_hold_no_slot_up_to_as_many_as_there_are() -> None:
    usage = Usage()
    for n in range(3):
        usage = vended(usage, n, mint(f"e{n}"))
        usage = end(usage, NOON + n * MINUTE, f"e{n}")
    assert used(usage, 3) == 0

    usage = vended(usage, 3, mint("e3"))
    usage = end(usage, NOON + 3 * MINUTE, "e3")
    assert used(usage, 3) == 1
    assert used(usage, 3, Limits(sessions=0)) == 0
    for n in range(2):
        usage = vended(usage, 4, mint(f"l{n}"))

    refused = refusal(usage, 5, mint())
    assert (refused.violated, refused.retry_after_s) == (("sessions",), 25 * 60)


def test_refused_refresh_may_wait_for_its_handover_instead_of_a_slot() -> None:
    limits = replace(LIMITS, sessions=1)
    usage = vended(Usage(), 0, mint(), limits)

    refused = refusal(usage, 1, refresh(), limits)

    assert (refused.violated, refused.retry_after_s) == (("sessions",), 26 * 60)
    assert refusal(usage, 27, refresh(minutes=1), limits).retry_after_s == 2 * 60 + 1


def test_handover_off_makes_every_refresh_another_talk() -> None:
    limits = replace(LIMITS, handover_minutes=0)
    usage = vended(Usage(), 0, mint(), limits)

    assert used(vended(usage, 29.9, refresh(), limits), 29.9) == 2


def test_pause_lets_a_handover_through_once_and_nothing_else() -> None:
    usage = vended(Usage(), 0, mint())
    for grant, minute in ((mint("t"), 1), (refresh(), 1), (refresh(minutes=1), 28)):
        with pytest.raises(MintingPaused) as refused:
            admit(usage, NOON + minute * MINUTE, grant, LIMITS, pause_s=77)
        assert refused.value.retry_after_s == 77

    session = admit(usage, NOON + 28 * MINUTE, refresh(), LIMITS, pause_s=77)
    usage = charge(usage, NOON + 28 * MINUTE, refresh(), session, LIMITS)

    usage = Usage.of(usage.document())
    with pytest.raises(MintingPaused):
        admit(usage, NOON + 57 * MINUTE, refresh(2), LIMITS, pause_s=77)
    assert admit(usage, NOON + 57 * MINUTE, refresh(2), LIMITS)


def test_each_pause_lets_each_session_be_handed_over_once() -> None:
    first, second = NOON + 20 * MINUTE, NOON + 40 * MINUTE
    usage = vended(Usage(), 0, mint())
    for minute, since in ((28, first), (57, second)):
        now, grant = NOON + minute * MINUTE, refresh(minute)
        session = admit(usage, now, grant, LIMITS, pause_s=77, paused_since=since)
        usage = Usage.of(charge(usage, now, grant, session, LIMITS).document())

    for since in (first, second):
        with pytest.raises(MintingPaused):
            admit(usage, NOON + 86 * MINUTE, refresh(), LIMITS, pause_s=77, paused_since=since)


def test_handover_as_the_pause_begins_is_of_that_pause() -> None:
    """The clock of whoever paused may be ahead of the store's."""
    usage, now, since = vended(Usage(), 0, mint()), NOON + 28 * MINUTE, NOON + 29 * MINUTE
    session = admit(usage, now, refresh(), LIMITS, pause_s=77, paused_since=since)
    usage = charge(usage, now, refresh(), session, LIMITS)

    with pytest.raises(MintingPaused):
        admit(usage, NOON + 57 * MINUTE, refresh(2), LIMITS, pause_s=77, paused_since=since)
    assert admit(usage, NOON + 57 * MINUTE, refresh(2), LIMITS, pause_s=77, paused_since=since + 1)


def test_what_a_session_knows_of_its_tokens_survives_the_store() -> None:
    limits = replace(LIMITS, max_uses=3)
    usage = vended(vended(Usage(), 0, mint(uses=2), limits), 28, refresh(), limits)

    assert Usage.of(usage.document()) == usage
    (session,) = usage.sessions
    assert session.uses == {"c-s": 2}
    assert session.handovers == {"r1": "c-s"}
    assert session.issued == {"c-s": NOON, "r1": NOON + 28 * MINUTE}


@pytest.mark.parametrize(
    "broken",
    [
        {"uses": {"c-s": 0}},
        {"uses": {"c-s": 2, "r1": 0}},
        {"uses": {"c-s": 1.5}},
        {"uses": {"c-s": True}},
        {"handovers": {"r1": 7}},
        {"handovers": {"r1": None}},
        {"pause_handover": "once"},
        {"reported": 1.5},
    ],
)
def test_document_with_tokens_that_nobody_writes_is_refused(broken: dict[str, object]) -> None:
    document = vended(Usage(), 0, mint()).document()
    session = {**document["sessions"][0], **broken}

    with pytest.raises(ValueError, match=r"."):
        Usage.of({**document, "sessions": [session]})


def test_session_is_active_until_it_is_ended_or_its_last_token_expires() -> None:
    usage = vended(vended(Usage(), 0, mint()), 28, refresh())
    (session,) = usage.sessions
    ended = replace(session, ended=True)

    told = [session.state(NOON + 58 * MINUTE - left_ms) for left_ms in (1, 0)]
    assert [*told, ended.state(NOON), ended.state(NOON + 58 * MINUTE)] == [
        "active",
        "expired",
        "ended",
        "ended",
    ]


def test_handover_in_a_pause_that_an_earlier_revision_noted_is_the_one_there_is() -> None:
    session = Session("0a" * 12, "m", NOON, NOON + 5, {"c": NOON + 9})
    noted = {**session.document(NOON), "handed_over_in_pause": True}

    read = Session.of(noted)

    assert read.pause_handover == NOON + 5
    assert read.unknown == {}


def test_refresh_waits_to_the_second_for_the_moment_its_token_would_outlive_the_head() -> None:
    usage, one = vended(Usage(), 0, mint()), replace(LIMITS, sessions=1)
    outlives = NOON + 29 * MINUTE + 1

    for wait_ms, seconds in ((5_000, 5), (5_001, 6)):
        with pytest.raises(QuotaExceeded) as refused:
            admit(usage, outlives - wait_ms, refresh(minutes=1), one)
        assert refused.value.retry_after_s == seconds


def test_token_in_hand_needs_the_minutes_of_all_its_talks() -> None:
    limits = replace(LIMITS, minutes_per_day=60, max_uses=2)
    usage = Usage(granted=((NOON - 1, 45 * MINUTE),))
    grant, held_until = mint(minutes=10, uses=2), NOON + 10 * MINUTE

    with pytest.raises(QuotaExceeded) as refused:
        admit(usage, NOON, grant, limits, held_until=held_until)

    assert refused.value.violated == ("minutes",)
    assert admit(replace(usage, granted=()), NOON, grant, limits, held_until=held_until)
