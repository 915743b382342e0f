"""How much of each limit is used and when more becomes available, to the millisecond."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from support.fakes.memory import NOON
from vending.clock import DAY_MS, MINUTE_MS
from vending.limits.counts import QuotaUsage, cooldown_ends, count, frees, slots_free_at
from vending.limits.usage import Usage
from vending.policy import QUOTAS, Limits, Violation

ONE_MINUTE = Limits(minutes_per_day=1)
BY_NAME = {quota.name: quota for quota in QUOTAS}
GRANTED = Usage(granted=((NOON, 1), (NOON + 1, MINUTE_MS - 1)))
"""A day's minute, all of it granted: a millisecond of it first."""


def counted(
    name: Violation, usage: Usage, now: int = NOON, limits: Limits = ONE_MINUTE
) -> QuotaUsage:
    return count(BY_NAME[name], usage, now, limits)


def test_more_slots_than_there_are_are_never_free() -> None:
    assert slots_free_at(Usage(), NOON, 3, 4) == inf
    assert slots_free_at(Usage(), NOON, 3, 3) == NOON


@pytest.mark.parametrize(
    ("needed_ms", "when"),
    [
        (0, NOON + 2),
        (1, NOON + DAY_MS),
        (2, NOON + 1 + DAY_MS),
        (MINUTE_MS, NOON + 1 + DAY_MS),
        (MINUTE_MS + 1, inf),
    ],
)
def test_minutes_are_left_when_grants_that_free_as_many_are_a_day_old(
    needed_ms: int, when: float
) -> None:
    assert frees(GRANTED, NOON + 2, ONE_MINUTE, needed_ms) == when


def test_usage_of_minutes_tells_when_the_first_millisecond_is_left() -> None:
    usage = counted("minutes", GRANTED, NOON + 2)

    assert usage == QuotaUsage(1, 1, DAY_MS, NOON + DAY_MS)


def test_without_a_mint_there_is_no_cooldown() -> None:
    assert cooldown_ends(Usage(), Limits()) == 0


@pytest.mark.parametrize(
    ("minutes", "later_ms", "usage"),
    [
        (0, 0, QuotaUsage(0, 0, 0)),
        (1, 0, QuotaUsage(1, 1, MINUTE_MS, NOON + MINUTE_MS)),
        (1, MINUTE_MS - 1, QuotaUsage(1, 1, MINUTE_MS, NOON + MINUTE_MS)),
        (1, MINUTE_MS, QuotaUsage(1, 0, MINUTE_MS)),
    ],
)
def test_cooldown_is_used_until_the_millisecond_it_ends(
    minutes: int, later_ms: int, usage: QuotaUsage
) -> None:
    limits = replace(ONE_MINUTE, cooldown_minutes=minutes)

    assert counted("cooldown", Usage(mints=(NOON,)), NOON + later_ms, limits) == usage


def test_sessions_have_no_window() -> None:
    assert counted("sessions", Usage(), limits=Limits(sessions=3)) == QuotaUsage(3, 0, 0)
