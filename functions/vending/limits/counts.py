"""How much of each limit is used, and when more becomes available unless something else is
counted. A row of the limits says what it counts; usage and headers are made from this module.

Windows are half-open: a charge counts in (now - window, now], so an entry exactly one window old is
free. Talks: a token can hold `uses` of them until it expires, and only time ends it, so a slot is
taken by an unexpired token, whatever became of its talk. Tokens of ended sessions take no slot, up
to as many as there are slots: so a talk can be ended and another begun, and at most twice as many
talks as slots can be open, apart from handovers (see `session.handover_from`). Minutes: each grant
is stored with its moment and the milliseconds granted: for a mint the time of its talks, for a
refresh only the time it adds. Only time frees them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf

from vending.clock import DAY_MS, MINUTE_MS
from vending.limits.usage import Granted, Usage
from vending.policy import Counted, Limits, Quota


@dataclass(frozen=True, slots=True)
class QuotaUsage:
    """How much of a limit is used; a `limit` of 0 is off. `more_at` is when more becomes available
    than now, in milliseconds; None: all of it is available, or the limit has no such moment.
    """

    limit: int
    used: int
    length_ms: int
    more_at: int | None = None

    @property
    def remaining(self) -> int:
        """What is left of a limit that is on."""
        return max(self.limit - self.used, 0)


def count(quota: Quota, usage: Usage, now: int, limits: Limits) -> QuotaUsage:
    """Count how much of a quota is used at `now`."""
    return _COUNTERS[quota.counts](usage, now, limits, quota)


def in_window(log: Sequence[int], window: int, now: int) -> Sequence[int]:
    """Take the charges that count at `now` out of an ascending log; one exactly `window` old does
    not.
    """
    return log[bisect_right(log, now - window) :]


def slots_used(usage: Usage, now: int, most: int) -> int:
    """Count the slots in use at `now`, of `most` there are; 0 is no limit."""
    live = sum(s.talks(now) for s in usage.sessions if not s.ended)
    ended = sum(s.talks(now) for s in usage.sessions if s.ended)
    return live + max(ended - most, 0) if most else live


def slots_free_at(usage: Usage, now: int, most: int, needed: int) -> float:
    """Return when `needed` slots will be free if nothing else is charged; inf: never."""
    if needed > most:
        return inf
    ends = {moment for s in usage.sessions for moment in s.tokens.values() if moment > now}
    moments = (now, *sorted(ends))
    return next(m for m in moments if slots_used(usage, m, most) + needed <= most)


def left_ms(usage: Usage, now: int, limits: Limits) -> int:
    """Return what is left of the day's minutes, in milliseconds; 0 or less is nothing. The limit
    must be on.
    """
    return limits.minutes_per_day * MINUTE_MS - _sum(_granted(usage, now))


def frees(usage: Usage, now: int, limits: Limits, needed_ms: int) -> float:
    """Return when `needed_ms` of the minutes will be left: `now` if they are, inf if never."""
    over = needed_ms - left_ms(usage, now, limits)
    if over <= 0:
        return now
    for moment, ms in _granted(usage, now):
        over -= ms
        if over <= 0:
            return moment + DAY_MS
    return inf


def cooldown_ends(usage: Usage, limits: Limits) -> int:
    """Return when the cooldown after the last mint ends or ended; refreshes do not move it."""
    return usage.mints[-1] + limits.cooldown_minutes * MINUTE_MS if usage.mints else 0


def _charges(usage: Usage, now: int, limits: Limits, quota: Quota) -> QuotaUsage:
    """The charges of a sliding window. One more is available when the oldest leaves, or when all
    above the limit have.
    """
    limit: int = getattr(limits, quota.limit)
    counted = in_window(usage.charged_at(quota.counts), quota.length_ms, now)
    more_at = None
    if counted and limit:
        more_at = counted[max(len(counted) - limit, 0)] + quota.length_ms
    return QuotaUsage(limit, len(counted), quota.length_ms, more_at)


def _cooldown(usage: Usage, now: int, limits: Limits, _: Quota) -> QuotaUsage:
    """One mint within the cooldown."""
    ends, minutes = cooldown_ends(usage, limits), limits.cooldown_minutes
    more_at = ends if ends > now else None
    return QuotaUsage(int(minutes > 0), int(ends > now), minutes * MINUTE_MS, more_at)


def _talks(usage: Usage, now: int, limits: Limits, _: Quota) -> QuotaUsage:
    return QuotaUsage(limits.sessions, slots_used(usage, now, limits.sessions), 0)


def _minutes(usage: Usage, now: int, limits: Limits, quota: Quota) -> QuotaUsage:
    """The minutes granted, rounded up; none while the limit is off."""
    granted = _granted(usage, now) if limits.minutes_per_day else ()
    more_at = inf
    if granted:
        more_at = frees(usage, now, limits, max(left_ms(usage, now, limits), 0) + 1)
    used = -(-_sum(granted) // MINUTE_MS)
    until = None if more_at == inf else int(more_at)
    return QuotaUsage(limits.minutes_per_day, used, quota.length_ms, until)


_COUNTERS: Mapping[Counted, Callable[[Usage, int, Limits, Quota], QuotaUsage]] = {
    "mints": _charges,
    "refreshes": _charges,
    "tokens": _charges,
    "cooldown": _cooldown,
    "talks": _talks,
    "minutes": _minutes,
}


def _granted(usage: Usage, now: int) -> Sequence[Granted]:
    return [granted for granted in usage.granted if granted[0] > now - DAY_MS]


def _sum(granted: Sequence[Granted]) -> int:
    return sum(ms for _, ms in granted)
