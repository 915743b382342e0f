"""The minutes of a day: how long all tokens granted in the last 24 hours may be used in all.

Each grant is remembered as its moment and what it granted, in milliseconds: a mint the
time of its talks, a refresh only what it prolongs. Nothing but time gives any of it back.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from vending.clock import DAY_MS, MINUTE_MS
from vending.limits.usage import Granted, Usage
from vending.policy import Limits


def minutes_used(usage: Usage, now: int) -> int:
    """Tell how many minutes count at `now`, begun ones as whole ones."""
    return -(-_sum(_counted(usage, now)) // MINUTE_MS)


def left_ms(usage: Usage, now: int, limits: Limits) -> int:
    """Tell what is left; 0 or less is nothing. Only for limits that have minutes."""
    return limits.minutes_per_day * MINUTE_MS - _sum(_counted(usage, now))


def frees(usage: Usage, now: int, limits: Limits, needed_ms: int) -> float:
    """Tell when so much will be left, if nothing else happened; now, if it is; or never."""
    over = needed_ms - left_ms(usage, now, limits)
    if over <= 0:
        return now
    for moment, ms in _counted(usage, now):
        over -= ms
        if over <= 0:
            return moment + DAY_MS
    return inf


def more_at(usage: Usage, now: int, limits: Limits) -> int | None:
    """Tell when more than now will be left; None: all is, or the limit is off."""
    if not limits.minutes_per_day or not _counted(usage, now):
        return None
    moment = frees(usage, now, limits, max(left_ms(usage, now, limits), 0) + 1)
    return None if moment == inf else int(moment)


def _counted(usage: Usage, now: int) -> Sequence[Granted]:
    return [granted for granted in usage.granted if granted[0] > now - DAY_MS]


def _sum(granted: Sequence[Granted]) -> int:
    return sum(ms for _, ms in granted)
