"""How much time passes on an instance, which may sleep, and whose clock may be set."""

from __future__ import annotations

import time
from collections.abc import Callable

Clocks = Callable[[], tuple[float, float]]


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
