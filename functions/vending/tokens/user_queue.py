"""Requests of one user queue behind one another inside an instance, so that a burst does not reach
Gemini.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

from vending.errors import StoreUnavailable, UpstreamTimedOut, UpstreamUnavailable

LONGEST_WAIT_S = 10.0


@dataclass(slots=True)
class _Queue:
    """Tickets are numbered from 0; those up to `failed_through` need not try again."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0
    issued: int = 0
    failed_through: int = -1
    failure: type[StoreUnavailable | UpstreamTimedOut] = StoreUnavailable

    @contextmanager
    def turn_of(self, ticket: int) -> Iterator[None]:
        """Raise the failure of the turn before, if it applies to those that wait; record one of
        this turn.
        """
        if ticket <= self.failed_through:
            raise self.failure("so it went for the one before", retry_after_s=5)
        try:
            yield
        except (StoreUnavailable, UpstreamTimedOut) as error:
            self.failed_through, self.failure = self.issued - 1, type(error)
            raise


class UserQueue:
    """One queue per user, created when needed and dropped when no request waits."""

    def __init__(self, longest_wait_s: float = LONGEST_WAIT_S) -> None:
        self._longest_wait_s = longest_wait_s
        self._queues: dict[str, _Queue] = {}

    @asynccontextmanager
    async def of(self, user: str) -> AsyncIterator[None]:
        """Wait for the user's turn and hold it.

        A holder whom the store or a silent Gemini fails takes all who wait with it: they would
        find the same, each after a patience of its own.

        Raises:
            StoreUnavailable, UpstreamTimedOut: so it went for the one before.
            UpstreamUnavailable: those before took too long, which only a slow upstream makes them.
        """
        queue = self._queues.setdefault(user, _Queue())
        ticket, queue.issued = queue.issued, queue.issued + 1
        queue.waiting += 1
        try:
            await self._come_up(queue)
            try:
                with queue.turn_of(ticket):
                    yield
            finally:
                queue.lock.release()
        finally:
            queue.waiting -= 1
            if not queue.waiting:
                del self._queues[user]

    async def _come_up(self, queue: _Queue) -> None:
        if queue.waiting == 1:  # nobody else, so it is free: most requests need no timer
            await queue.lock.acquire()
            return
        try:
            async with asyncio.timeout(self._longest_wait_s):
                await queue.lock.acquire()
        except TimeoutError as error:
            raise UpstreamUnavailable("no turn came up", retry_after_s=5) from error
