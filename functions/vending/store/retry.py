"""The one loop that repeats calls to the store: within the patience of a request, with random
pauses that grow, and only after failures that another try may mend.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from itertools import count
from typing import TypeVar

from vending.clock import Stopwatch
from vending.errors import StoreUnavailable

T = TypeVar("T")
Draw = Callable[[float, float], float]

STORE_PATIENCE_S = 2.5
ATTEMPT_S = 1.2
STORE_RETRY_AFTER_S = 5
SPAN = "store"


class Conflict(Exception):
    """Another request wrote first; nothing of ours was written."""


class OutcomeUnknown(Exception):
    """The call failed in a way that leaves open whether it took effect."""


class StorePatience:
    """What is left of the seconds that may be spent on the store; `stopwatch` has a span `store`
    with those that were. `draw` chooses a pause between two bounds, in seconds.
    """

    def __init__(
        self,
        stopwatch: Stopwatch | None = None,
        total_s: float = STORE_PATIENCE_S,
        draw: Draw = random.uniform,
    ) -> None:
        self.stopwatch = stopwatch or Stopwatch()
        self.draw = draw
        self._total_s = total_s

    @property
    def left_s(self) -> float:
        """Seconds; 0 or less is none."""
        return self._total_s - self.stopwatch.spans_s.get(SPAN, 0)


async def retry(
    call: Callable[[float], Awaitable[T]],
    patience: StorePatience,
    longest_s: float = ATTEMPT_S,
    prepare: Callable[[], Awaitable[object]] | None = None,
) -> T:
    """Repeat a call, which is given its time limit in seconds and keeps it, until it succeeds;
    `prepare` is called before each repetition.

    Raises:
        StoreUnavailable: patience is over, or the call says that it is hopeless.
    """
    for attempt in count():
        try:
            with patience.stopwatch.span(SPAN):
                return await call(min(longest_s, max(patience.left_s, 0)))
        except (Conflict, OutcomeUnknown, TimeoutError) as error:
            await _pause(attempt, patience, error)
            if prepare:
                await prepare()
    raise AssertionError("patience ends first")


async def retry_timed(
    call: Callable[[float], Awaitable[T]],
    patience_s: float = STORE_PATIENCE_S,
    longest_s: float = ATTEMPT_S,
) -> T:
    """Repeat calls that do not keep their time limit together, such as a read and a write.

    Raises:
        StoreUnavailable: as `retry`.
    """

    async def timed(limit_s: float) -> T:
        async with asyncio.timeout(limit_s):
            return await call(limit_s)

    return await retry(timed, StorePatience(total_s=patience_s), longest_s)


async def _pause(attempt: int, patience: StorePatience, error: Exception) -> None:
    """Wait a random while, so that those who met once do not meet again."""
    pause_s = patience.draw(0, 0.01 * 2 ** min(attempt, 5))
    if pause_s >= patience.left_s:
        raise StoreUnavailable(str(error), retry_after_s=STORE_RETRY_AFTER_S) from error
    with patience.stopwatch.span(SPAN):
        await asyncio.sleep(pause_s)
