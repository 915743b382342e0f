"""Limits on reads: how often one user may read on an instance in a minute, and how often the
instance reads the store for them.

Each call of a kind counts for a minute, in a sliding window that is exact for the users an instance
knows; refused calls do not count. A reading is reused for two seconds, and concurrent requests
share one. It is used only for answers: every decision about a token reads the store. A change that
the user makes on this instance is in their next answer.

Requests that may change something are counted separately, so that reading cannot keep a user from a
token, and only if they read the store and wrote nothing. At the limit, every request of that user
that would need a read is refused without one until the minute ends.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from math import ceil
from typing import Literal

from cachetools import LRUCache, TTLCache

from vending.clock import Elapsed
from vending.errors import QuotaExceeded
from vending.limits.reading import Reading
from vending.shared_task import take_error

READINGS_KEPT_S = 2.0
MOST_READINGS_KEPT = 256  # users; what was read of them is up to 20 KB each
MINUTE_S = 60.0
MOST_CALLERS_COUNTED = 4096  # users and kinds; the least recent is forgotten first
ReadKind = Literal["reads", "tools"]
_Counted = Literal["reads", "tools", "reads in vain"]


@dataclass(frozen=True, slots=True)
class _Kept:
    reading: Reading
    at_s: float


class ReadLimits:
    """The reads of one instance; `elapsed` tells seconds that never run backwards."""

    def __init__(self, elapsed: Callable[[], float] | None = None) -> None:
        self._elapsed = elapsed or Elapsed()
        self._calls: LRUCache[tuple[str, _Counted], deque[float]] = LRUCache(MOST_CALLERS_COUNTED)
        self._kept: TTLCache[str, _Kept] = TTLCache(
            MOST_READINGS_KEPT, READINGS_KEPT_S, timer=self._elapsed
        )
        self._under_way: dict[str, asyncio.Task[Reading]] = {}

    def admit(self, user: str, kind: ReadKind, limit: int) -> None:
        """Count a call; 0 is no limit.

        Raises:
            QuotaExceeded: `limit` calls were let through within a minute.
        """
        self._refuse(user, kind, limit, named=kind)
        self._count(user, kind, limit)

    def admit_change(self, user: str, limit: int) -> None:
        """Let a request that may change something read the store; 0 is no limit.

        Raises:
            QuotaExceeded: `limit` of them have read in vain within a minute.
        """
        self._refuse(user, "reads in vain", limit, named="reads")

    def in_vain(self, user: str, limit: int) -> None:
        """Count a request that was let read, and changed nothing."""
        self._count(user, "reads in vain", limit)

    def _refuse(self, user: str, counted: _Counted, limit: int, *, named: ReadKind) -> None:
        calls, now = self._calls.get((user, counted)), self._elapsed()
        while calls and now - calls[0] >= MINUTE_S:
            calls.popleft()
        if calls and 0 < limit <= len(calls):  # more than so many where the tier has just changed
            raise QuotaExceeded((named,), ceil(calls[len(calls) - limit] + MINUTE_S - now))

    def _count(self, user: str, counted: _Counted, limit: int) -> None:
        if limit:
            self._calls.setdefault((user, counted), deque()).append(self._elapsed())

    async def of(self, user: str, read: Callable[[], Awaitable[Reading]]) -> Reading:
        """What was read of a user just now, as of now, or what `read` reads.

        Raises:
            StoreUnavailable: as `read` does, for all who wait for it.
        """
        if kept := self._kept.get(user):
            return kept.reading.aged(self._elapsed() - kept.at_s)
        reading = self._under_way.get(user)
        if reading is None:
            reading = self._under_way[user] = asyncio.create_task(self._read(user, read))
            reading.add_done_callback(take_error)
        return await asyncio.shield(reading)

    def forget(self, user: str) -> None:
        """Something may have been written for this user: what is being read may be from before."""
        self._kept.pop(user, None)
        self._under_way.pop(user, None)

    async def _read(self, user: str, read: Callable[[], Awaitable[Reading]]) -> Reading:
        ours = asyncio.current_task()
        try:
            reading = await read()
            if self._under_way.get(user) is ours:
                self._kept[user] = _Kept(reading, self._elapsed())
            return reading
        finally:
            if self._under_way.get(user) is ours:
                del self._under_way[user]
