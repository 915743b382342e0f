"""Usage reports raise what is counted, up to what a talk can cost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.fakes.memory import NOON
from vending.clock import DAY_MS, MINUTE_MS, day_of
from vending.errors import NoSuchSession, QuotaExceeded, SessionExpired
from vending.gemini.pricing import Tokens, expected_micros, reported_micros, worst_micros
from vending.limits.admit import admit, charge, end
from vending.limits.grant import Grant
from vending.limits.report import AT_ONCE, PAUSE_MS, report
from vending.limits.retention import LATE_MS, pruned
from vending.limits.usage import Session, Usage
from vending.policy import Limits

MODEL = "gemini-3.8-live"
LIMITS = Limits(cooldown_minutes=0)
ENDLESS = Tokens(audio_in=1_000_000_000)


def vended(usage: Usage, now: int, **more: object) -> Usage:
    grant = replace(Grant("mint", "s1", "c1", 30, model=MODEL), **more)  # type: ignore[arg-type]
    return charge(usage, now, grant, admit(usage, now, grant, LIMITS), LIMITS)


def test_charge_counts_what_its_minutes_are_expected_to_cost() -> None:
    usage = vended(Usage(), NOON)

    assert usage.spent == {day_of(NOON): expected_micros(MODEL, 30)}
    assert usage.sessions[0].micros == expected_micros(MODEL, 30)


def test_token_that_may_start_two_talks_counts_two() -> None:
    assert vended(Usage(), NOON, uses=2).sessions[0].micros == 2 * expected_micros(MODEL, 30)


def test_token_cut_short_by_its_session_counts_the_minutes_it_has() -> None:
    usage = vended(Usage(), NOON)
    later = NOON + 25 * MINUTE_MS
    grant = Grant("refresh", "s1", "r1", 60)

    limits = Limits(session_minutes=45)
    usage = charge(usage, later, grant, admit(usage, later, grant, limits), limits)

    assert usage.sessions[0].micros == expected_micros(MODEL, 30) + expected_micros(MODEL, 20)


def test_report_of_less_than_expected_changes_nothing() -> None:
    usage = vended(Usage(), NOON)

    assert report(usage, NOON + 5 * MINUTE_MS, "s1", Tokens(audio_in=5)) is usage


def test_report_of_what_was_counted_changes_nothing() -> None:
    usage, tokens = vended(Usage(), NOON), Tokens(audio_in=1_000_000)
    usage = report(usage, NOON + 10 * MINUTE_MS, "s1", tokens)

    assert report(usage, NOON + 11 * MINUTE_MS, "s1", tokens) is usage


def test_report_of_more_is_counted_once() -> None:
    usage = vended(Usage(), NOON)
    tokens = Tokens(audio_in=1_000_000)

    for minute in (10, 11, 12):
        usage = report(usage, NOON + minute * MINUTE_MS, "s1", tokens)

    assert usage.sessions[0].micros == reported_micros(MODEL, tokens)
    assert usage.spent == {day_of(NOON): reported_micros(MODEL, tokens)}


@pytest.mark.parametrize(
    ("after_s", "most"), [(60, 1), (29 * 60, 29), (29 * 60 + 0.001, 30), (1800, 30), (30_000, 30)]
)
def test_report_counts_for_no_more_than_the_time_that_has_passed(after_s: float, most: int) -> None:
    usage = report(vended(Usage(), NOON), NOON + int(after_s * 1000), "s1", ENDLESS)

    micros = max(worst_micros(MODEL, most), expected_micros(MODEL, 30))
    assert sum(usage.spent.values()) == micros


def test_report_counts_for_as_many_talks_as_the_tokens_can_hold() -> None:
    limits = replace(LIMITS, max_uses=3)
    two = replace(Grant("mint", "s1", "c1", 30, model=MODEL), uses=2)
    usage = charge(Usage(), NOON, two, admit(Usage(), NOON, two, limits), limits)
    third = NOON + 10 * MINUTE_MS
    refresh = Grant("refresh", "s1", "r1", 30)
    usage = charge(usage, third, refresh, admit(usage, third, refresh, limits), limits)

    usage = report(usage, NOON + 20 * MINUTE_MS, "s1", ENDLESS)

    assert usage.sessions[0].micros == worst_micros(MODEL, 2 * 20 + 10)


def test_tokens_that_are_over_count_for_the_time_they_lived() -> None:
    limits, usage = replace(LIMITS, sessions=0), vended(Usage(), NOON)
    for n in range(1, 12):
        now, refresh = NOON + n * 8 * MINUTE_MS, Grant("refresh", "s1", f"r{n}", 10)
        usage = charge(usage, now, refresh, admit(usage, now, refresh, limits), limits)

    lied = report(usage, NOON + 97 * MINUTE_MS, "s1", ENDLESS)

    assert lied.sessions[0].micros == worst_micros(
        MODEL, 30 + 3 * 10 + 63
    )  # from the fourth on handovers


def test_report_of_one_session_keeps_no_other_from_counting() -> None:
    limits, usage = replace(LIMITS, cooldown_minutes=0), vended(Usage(), NOON)
    other = Grant("mint", "s2", "c2", 30, model=MODEL)
    usage = charge(usage, NOON, other, admit(usage, NOON, other, limits), limits)
    now = NOON + 20 * MINUTE_MS

    for session in ("s1", "s2"):
        usage = report(usage, now, session, ENDLESS)
    usage = end(usage, now + 1, "s1")
    last = report(usage, now + 10_000, "s1", ENDLESS)

    assert [s.micros for s in usage.sessions] == [worst_micros(MODEL, 20)] * 2
    assert last.session("s1").micros > worst_micros(MODEL, 20)  # type: ignore[union-attr]


def test_talk_that_is_handed_over_is_one_however_long() -> None:
    usage = vended(Usage(), NOON)
    late, refresh = NOON + 28 * MINUTE_MS, Grant("refresh", "s1", "r1", 30)
    usage = charge(usage, late, refresh, admit(usage, late, refresh, LIMITS), LIMITS)

    usage = report(usage, NOON + 50 * MINUTE_MS, "s1", ENDLESS)

    assert usage.sessions[0].micros == worst_micros(MODEL, 50)


def reported(usage: Usage, offset_ms: int, audio: int) -> Usage | int | None:
    """Report some time after 20 minutes; what is counted, or what is told to wait."""
    try:
        return report(usage, NOON + 20 * MINUTE_MS + offset_ms, "s1", Tokens(audio_in=audio))
    except QuotaExceeded as refusal:
        return refusal.retry_after_s


def test_last_report_counts_though_it_follows_another_at_once() -> None:
    usage = vended(Usage(), NOON)
    for offset_ms, audio in ((0, 1_000_000), (1, 1_500_000), (9_999, 2_000_000)):
        usage = reported(usage, offset_ms, audio)  # type: ignore[assignment]

    assert usage.sessions[0].micros == reported_micros(MODEL, Tokens(audio_in=2_000_000))


def test_reports_in_quick_succession_write_three_times_and_then_once_in_ten_seconds() -> None:
    usage, written, waits = vended(Usage(), NOON), [], []
    for second in range(60):
        told = reported(usage, second * 1000, 1_000_000 + second * 10_000)
        if isinstance(told, Usage):
            usage = Usage.of(told.document())
            written.append(second)
        else:
            waits.append(told)

    assert written == [0, 1, 2, 10, 20, 30, 40, 50]
    assert waits[:8] == [7, 6, 5, 4, 3, 2, 1, 9]
    assert (PAUSE_MS, AT_ONCE) == (10_000, 3)


def test_report_that_was_too_soon_counts_when_it_is_told_again() -> None:
    usage = vended(Usage(), NOON)
    for audio in (1_000_000, 1_100_000, 1_200_000):
        usage = reported(usage, 0, audio)  # type: ignore[assignment]

    assert reported(usage, 9_001, 2_000_000) == 1
    told = reported(usage, 10_001, 2_000_000)

    assert isinstance(told, Usage)
    assert told.sessions[0].micros == reported_micros(MODEL, Tokens(audio_in=2_000_000))


def test_report_of_no_more_uses_up_nothing() -> None:
    usage = vended(Usage(), NOON)
    for audio in (1_000_000, 1_000_000, 1_000_000, 1_000_000, 1_100_000, 1_200_000):
        usage = reported(usage, 0, audio)  # type: ignore[assignment]

    assert usage.sessions[0].micros == reported_micros(MODEL, Tokens(audio_in=1_200_000))


def test_an_older_revision_s_report_is_waited_for() -> None:
    usage = vended(Usage(), NOON)
    by_old = replace(usage.sessions[0], reported=NOON + 20 * MINUTE_MS)

    assert reported(usage.with_session(by_old), 4_000, 1_000_000) == 6


def test_report_after_midnight_is_spent_on_the_new_day() -> None:
    begun = (NOON // DAY_MS + 1) * DAY_MS - 10 * MINUTE_MS
    usage = report(vended(Usage(), begun), begun + 20 * MINUTE_MS, "s1", ENDLESS)

    assert usage.spent == {
        day_of(begun): expected_micros(MODEL, 30),
        day_of(begun + DAY_MS): worst_micros(MODEL, 20) - expected_micros(MODEL, 30),
    }


def test_three_days_are_kept() -> None:
    usage = Usage()
    for day in range(5):
        usage = vended(usage, NOON + day * DAY_MS, session_id=f"s{day}")

    assert list(usage.spent) == [day_of(NOON + day * DAY_MS) for day in (2, 3, 4)]


@pytest.mark.parametrize("ended", [False, True])
def test_report_counts_for_five_minutes_after_the_last_token(ended: bool) -> None:
    usage, over = vended(Usage(), NOON, session_id="0a" * 12), NOON + 30 * MINUTE_MS
    usage = end(usage, over - 1, "0a" * 12) if ended else usage
    usage = vended(usage, over + LATE_MS - 1, session_id="0b" * 12, charge_id="c2")

    usage = report(usage, over + LATE_MS - 1, "0a" * 12, ENDLESS)

    assert usage.sessions[0].micros == worst_micros(MODEL, 30)
    assert LATE_MS == 5 * MINUTE_MS


def test_session_that_was_put_away_takes_no_report_and_says_so() -> None:
    usage, over = vended(Usage(), NOON, session_id="0a" * 12), NOON + 30 * MINUTE_MS
    late = report(usage, over + 2 * LATE_MS, "0a" * 12, ENDLESS)  # not yet archived
    usage = vended(usage, over + LATE_MS, session_id="0b" * 12, charge_id="c2")

    assert late.spent == {day_of(NOON): worst_micros(MODEL, 30)}
    assert usage.finished.count("\n") == 1
    with pytest.raises(SessionExpired):
        report(usage, over + LATE_MS, "0a" * 12, ENDLESS)


def test_session_of_more_than_a_day_ago_is_kept_for_its_last_report_too() -> None:
    began, over = NOON - 2 * DAY_MS, NOON - LATE_MS + 1
    long = Session("0a" * 12, MODEL, began, began, {"c1": over}, issued={"c1": began})

    assert pruned(Usage(sessions=(long,)), NOON).sessions == (long,)
    assert pruned(Usage(sessions=(long,)), NOON + 1).sessions == ()


def test_session_of_nobody_is_not_found() -> None:
    with pytest.raises(NoSuchSession):
        report(vended(Usage(), NOON), NOON, "s2", ENDLESS)


@pytest.mark.parametrize("spent", [{"d20261121": -1}, {"d20261121": 1.5}, {"d20261121": True}, 7])
def test_document_with_an_impossible_cost_is_refused(spent: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        Usage.of({**Usage().document(), "spent": spent})
