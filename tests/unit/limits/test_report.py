"""Reports of what a talk used: they raise what is counted, within what a talk can cost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.fakes.memory import NOON
from vending.clock import DAY_MS, MINUTE_MS, day_of
from vending.errors import NotFound
from vending.gemini.pricing import Tokens, expected_micros, reported_micros, worst_micros
from vending.limits.admit import admit, charge, end
from vending.limits.grant import Grant
from vending.limits.report import PAUSE_MS, report
from vending.limits.usage import Usage
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


def test_reports_in_quick_succession_write_once() -> None:
    usage, moment = vended(Usage(), NOON), NOON + 20 * MINUTE_MS
    usage = report(usage, moment, "s1", Tokens(audio_in=1_000_000))
    more = Tokens(audio_in=2_000_000)

    assert report(usage, moment + PAUSE_MS - 1, "s1", more) is usage
    assert report(usage, moment + PAUSE_MS, "s1", more).sessions[0].micros == 6_000_000
    assert PAUSE_MS == 10_000


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
        usage = vended(usage, NOON + day * DAY_MS, session=f"s{day}")

    assert list(usage.spent) == [day_of(NOON + day * DAY_MS) for day in (2, 3, 4)]


def test_session_that_was_put_away_takes_no_reports() -> None:
    usage = vended(Usage(), NOON, session="0a" * 12)
    usage = vended(usage, NOON + 40 * MINUTE_MS, session="0b" * 12, charge="c2")
    assert usage.finished.count("\n") == 1

    assert report(usage, NOON + 50 * MINUTE_MS, "0a" * 12, ENDLESS) is usage


def test_session_of_nobody_is_not_found() -> None:
    with pytest.raises(NotFound):
        report(vended(Usage(), NOON), NOON, "s2", ENDLESS)


@pytest.mark.parametrize("spent", [{"d20261121": -1}, {"d20261121": 1.5}, {"d20261121": True}, 7])
def test_document_with_an_impossible_cost_is_refused(spent: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        Usage.of({**Usage().document(), "spent": spent})
