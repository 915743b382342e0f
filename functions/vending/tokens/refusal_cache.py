"""Refusals that hold without asking the store, so that hammering costs no reads.

A mint refused by the hour, the day or the cooldown stays refused until the charges that refuse it
have left their windows, whatever other instances do: charges are only ever added, and none of them
can be a mint as long as mints are refused. So the usage that was read can be decided on again, at
the time that has passed since. What else other instances can do is kept out:

- Ending a session frees a slot: a refusal that names live sessions is not kept. Where slots were
  free, a refresh that is another talk may take them: the mint is refused all the same, with a wait
  that may be too short until it is forgotten.
- Refreshing adds to the day, and a full day would lengthen the wait: only kept when the day is full
  already, or has room for all the refreshes of an hour.
- Refreshing may use up the day's minutes, too: where they are limited only kept if nothing is live
  to be refreshed, or if all refreshing is refused for want of minutes, until they are forgotten.
- Other limits (a tier, a new revision): kept for exactly the limits that refused. Should another
  instance mint by other ones meanwhile, it is still refused, with a wait that may be too short.
- An operator's change of the document, to block or to forgive: seen within `REFUSALS_KEPT_S`.

Time is what `Elapsed` says has passed: never less than either of an instance's two clocks.
"""

from __future__ import annotations

from dataclasses import dataclass

from cachetools import TTLCache

from vending.clock import DAY_MS, Clocks, Elapsed, both_clocks
from vending.errors import QuotaExceeded
from vending.limits.counts import in_window, left_ms
from vending.limits.reading import Reading
from vending.limits.violations import LEAST_TOKEN_MS
from vending.policy import Limits

REFUSALS_KEPT_S = 2.0
MOST_REFUSALS_KEPT = 256  # users; what was read of them is up to 20 KB each


@dataclass(frozen=True, slots=True)
class _Kept:
    reading: Reading
    limits: Limits
    at_s: float


class RefusalCache:
    """Readings of users whose mint was refused, kept for a few seconds. `clocks` are in seconds."""

    def __init__(self, clocks: Clocks = both_clocks) -> None:
        self._elapsed = Elapsed(clocks)
        self._kept: TTLCache[str, _Kept] = TTLCache(
            MOST_REFUSALS_KEPT, REFUSALS_KEPT_S, timer=self._elapsed
        )

    def keep(self, user: str, reading: Reading, limits: Limits, refusal: QuotaExceeded) -> None:
        """Keep the reading a mint was refused on, if it would certainly be refused again."""
        if (
            "sessions" in refusal.violated
            or not _day_is_settled(reading, limits, refusal)
            or not _minutes_are_settled(reading, limits)
        ):
            return
        self._kept[user] = _Kept(reading, limits, self._elapsed())

    def recall(self, user: str, limits: Limits) -> Reading | None:
        """The kept reading, aged to now; None if it is too old or was for other limits."""
        kept = self._kept.get(user)
        if kept is None or kept.limits != limits:
            return None
        return kept.reading.aged(self._elapsed() - kept.at_s)

    def forget(self, user: str) -> None:
        """Drop the user's reading, because something was written."""
        self._kept.pop(user, None)


def _day_is_settled(reading: Reading, limits: Limits, refusal: QuotaExceeded) -> bool:
    if not limits.tokens_per_day or "day" in refusal.violated:
        return True
    counted = in_window(reading.usage.charged_at("tokens"), DAY_MS, reading.now)
    room = limits.tokens_per_day - len(counted)
    return 0 < limits.refreshes_per_hour <= room - 1


def _minutes_are_settled(reading: Reading, limits: Limits) -> bool:
    usage, now = reading.usage, reading.now
    if not limits.minutes_per_day or not usage.live_sessions(now):
        return True
    forgotten = now + int(REFUSALS_KEPT_S * 1000)
    return left_ms(usage, forgotten, limits) < LEAST_TOKEN_MS
