"""Limits how often an issuer's keys are fetched: a token bucket for all callers together."""

from __future__ import annotations

import math
from collections.abc import Callable

BURST = 2  # so that a rotation soon after a fetch need not wait
REFILL_S = 6.0  # with the burst, at most 12 fetches in any minute
PAUSE_S = 5  # after one that failed


class FetchLimiter:
    """The fetches of one issuer. `monotonic` is a clock in seconds that never goes back."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._full_at = self._paused_until = -math.inf

    @property
    def wait_s(self) -> float:
        """Seconds until the next fetch may begin; 0 for now."""
        next_at = max(self._full_at - (BURST - 1) * REFILL_S, self._paused_until)
        return max(0.0, next_at - self._monotonic())

    @property
    def is_paused(self) -> bool:
        """Whether the last fetch has just failed, so that the next probably would."""
        return self._monotonic() < self._paused_until

    def began(self) -> None:
        """Count a fetch that is beginning."""
        self._full_at = max(self._full_at, self._monotonic()) + REFILL_S

    def failed(self) -> None:
        """Begin no other fetch for five seconds."""
        self._paused_until = self._monotonic() + PAUSE_S
