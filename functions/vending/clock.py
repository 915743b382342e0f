"""Time: its units, the day of a moment, how much passes on an instance, and what a request spends
its own on.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
WEEK_MS = 7 * DAY_MS
Clocks = Callable[[], tuple[float, float]]


def clock_ms() -> int:
    """This machine's time in milliseconds."""
    return time.time_ns() // 1_000_000


def day_of(ms: int) -> str:
    """The UTC day of a moment, as it stands in a document: d20261121."""
    return _day(ms // DAY_MS)


@lru_cache(maxsize=64)
def _day(number: int) -> str:
    return f"d{datetime.fromtimestamp(number * DAY_MS // 1000, UTC):%Y%m%d}"


def both_clocks() -> tuple[float, float]:
    """The wall's clock, and the one that only goes forward, in seconds."""
    return time.time(), time.monotonic()


class Elapsed:
    """Seconds since it was made: a timer that never runs behind either of two clocks.

    Between two looks passes what the clock says that went further: the one that only goes forward
    stands still while an instance sleeps, the wall's goes back when it is set. Looked at between
    steps of the wall's clock to and fro, it runs ahead: what is kept by it is kept shorter, never
    longer.
    """

    def __init__(self, clocks: Clocks = both_clocks) -> None:
        self._clocks = clocks
        self._seen = clocks()
        self._passed_s = 0.0

    def __call__(self) -> float:
        """Tell the seconds that have passed."""
        seen, self._seen = self._seen, self._clocks()
        self._passed_s += max(now - then for now, then in zip(self._seen, seen, strict=True))
        return self._passed_s


class Span:
    """A block that is timed: a class, since a generator costs three times as much to enter."""

    __slots__ = ("_began", "_clock", "_name", "_spans_s")

    def __init__(self, clock: Callable[[], float], spans_s: dict[str, float], name: str) -> None:
        self._clock, self._spans_s, self._name = clock, spans_s, name

    def __enter__(self) -> None:
        self._began = self._clock()

    def __exit__(self, *_: object) -> None:
        took_s = self._clock() - self._began
        self._spans_s[self._name] = self._spans_s.get(self._name, 0) + took_s


class Stopwatch:
    """Adds up what a request spends where. `spans_s` has seconds by name."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._began = clock()
        self.spans_s: dict[str, float] = {}

    def span(self, name: str) -> Span:
        """Time a part: the block of a `with`."""
        return Span(self._clock, self.spans_s, name)

    @property
    def total_s(self) -> float:
        """Since it was made."""
        return self._clock() - self._began
