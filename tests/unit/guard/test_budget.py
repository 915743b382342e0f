"""Budget decisions: one alert for each step, a pause in time, and its end."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from support.fakes.memory import NOON
from vending.clock import DAY_MS, day_of
from vending.guard.budget import Budget, Decision, Month, decide, month_of
from vending.guard.ruling import CHECK_EVERY_MS

TODAY, MINUTE = day_of(NOON), CHECK_EVERY_MS
DAILY = Budget(day=1000)


def checked(budget: Budget, *sums: int, month: Month | None = None) -> list[Decision]:
    """Check once a minute and find these sums; by way of the document."""
    decisions: list[Decision] = []
    book = month or Month()
    for minute, micros in enumerate(sums):
        decisions.append(decide(book, {TODAY: micros}, NOON + minute * MINUTE, budget))
        book = Month.of(json.loads(json.dumps(decisions[-1].month.document())))
    return decisions


def percents(decisions: list[Decision]) -> list[list[int]]:
    return [[alert.percent for alert in decision.alerts] for decision in decisions]


def test_each_step_is_told_once() -> None:
    decisions = checked(DAILY, 0, 499, 500, 501, 899, 900, 905, 950, 1000, 1100)

    assert percents(decisions) == [[], [], [50], [], [90, 100], *[[]] * 5]


def test_slow_spending_reaches_each_step_at_its_own_time() -> None:
    decisions = checked(DAILY, 499, 500, 899, 899, 900, 901, 998, 998, 999, 1000)

    assert percents(decisions)[:6] == [[], [50], [90, 100], [], [], []]


def test_pause_comes_before_the_budget_is_reached_at_the_last_minutes_pace() -> None:
    before, paused = checked(DAILY, 400, 699)[-1], checked(DAILY, 400, 700)[-1]

    assert before.used_up == ()
    assert (paused.used_up, paused.paused_until) == (("day",), (NOON // DAY_MS + 1) * DAY_MS)


def test_pace_is_by_the_time_that_passed() -> None:
    month = decide(Month(), {TODAY: 400}, NOON, DAILY).month

    assert decide(month, {TODAY: 800}, NOON + 10 * MINUTE, DAILY).used_up == ()
    assert decide(month, {TODAY: 800}, NOON + 2 * MINUTE, DAILY).used_up == ("day",)


def test_first_check_knows_no_pace() -> None:
    assert checked(DAILY, 999)[-1].used_up == ()
    assert checked(DAILY, 1000)[-1].used_up == ("day",)


def test_pause_holds_when_spending_has_stopped() -> None:
    decisions = checked(DAILY, 400, 800, 800, 800)

    assert [decision.used_up for decision in decisions] == [(), *[("day",)] * 3]


def test_raised_budget_ends_the_pause_and_is_told_anew() -> None:
    full = checked(DAILY, 0, 1000)[-1].month

    raised = decide(full, {TODAY: 1000}, NOON + 2 * MINUTE, Budget(day=4000))
    later = decide(raised.month, {TODAY: 2000}, NOON + 12 * MINUTE, Budget(day=4000))

    assert (raised.used_up, raised.paused_until, raised.alerts) == ((), 0, ())
    assert percents([later]) == [[50]]


def test_lowered_budget_is_used_up_at_once() -> None:
    month = checked(Budget(day=10_000), 1500)[-1].month

    assert decide(month, {TODAY: 1500}, NOON + MINUTE, DAILY).used_up == ("day",)


def test_month_adds_its_days_up_and_pauses_to_its_end() -> None:
    yesterday = day_of(NOON - DAY_MS)
    decision = decide(Month(), {yesterday: 600, TODAY: 500}, NOON, Budget(month=1000))

    assert decision.used_up == ("month",)
    assert decision.month.micros == 1100
    ends = datetime.fromtimestamp(decision.paused_until / 1000, UTC)
    assert (ends.day, ends.hour, ends.minute) == (1, 0, 0)
    assert month_of(decision.paused_until - 1) == month_of(NOON) != month_of(decision.paused_until)


def test_month_ends_with_the_year() -> None:
    december = int(datetime(2026, 12, 31, 23, 59, tzinfo=UTC).timestamp() * 1000)

    decision = decide(Month(), {day_of(december): 7}, december, Budget(month=1))

    assert datetime.fromtimestamp(decision.paused_until / 1000, UTC).year == 2027


def test_new_day_begins_anew() -> None:
    full = checked(DAILY, 1000)[-1].month

    decision = decide(full, {TODAY: 1000, day_of(NOON + DAY_MS): 0}, NOON + DAY_MS, DAILY)

    assert (decision.used_up, decision.alerts) == ((), ())
    assert decision.month.micros == 1000


def test_days_sum_never_sinks() -> None:
    month = checked(DAILY, 700)[-1].month

    assert decide(month, {TODAY: 3}, NOON + MINUTE, DAILY).month.days == {TODAY: 700}


def test_no_budget_only_keeps_the_book() -> None:
    decision = checked(Budget(), 10**12)[-1]

    assert (decision.alerts, decision.used_up, decision.month.micros) == ((), (), 10**12)


def test_book_stays_small_for_a_month() -> None:
    month, begin = Month(), datetime(2026, 12, 1, tzinfo=UTC)
    for day in range(31):
        now = int((begin + timedelta(days=day)).timestamp() * 1000)
        month = decide(month, {day_of(now): 10**9}, now, Budget(1, 1)).month

    assert len(json.dumps(month.document())) < 1500


@pytest.mark.parametrize("document", [{"days": 7}, {"days": {"d1": "x"}}, {"told": {"d1": [1]}}])
def test_book_that_nobody_wrote_is_refused(document: dict[str, object]) -> None:
    with pytest.raises((TypeError, ValueError, AttributeError)):
        Month.of(document)
