"""The token is *counted* before it leaves: what keeps usage, and the one way it is changed.

A ledger reads one document and writes it back only if nobody else has written since (compare-and-
set). `Account.change` repeats read, decide and write until a write is acknowledged, within the
patience a request has for the store. Locks, transactions and the libraries' own retries are not
used: they livelock or count twice (googleapis' transactional helper re-runs a commit that succeeded
and reported ABORTED).
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from itertools import count
from math import inf
from typing import Protocol, TypeVar

from vending.clock import Elapsed, Stopwatch
from vending.errors import StoreUnavailable
from vending.limits.usage import Usage

T = TypeVar("T")

STORE_PATIENCE_S = 2.5
ATTEMPT_S = 1.2
RETRY_AFTER_S = 5


@dataclass(frozen=True, slots=True)
class Reading:
    """Usage as read: the version to write against (None: no document yet) and the time.

    `now` is the store's clock in milliseconds, and never behind what has been written for this
    user.
    """

    usage: Usage
    version: object | None
    now: int

    @classmethod
    def at(cls, clock_ms: int, usage: Usage, version: object | None) -> Reading:
        """Make a reading at the store's `clock_ms`."""
        return cls(usage, version, max(clock_ms, usage.last))


class Conflict(Exception):
    """Somebody else wrote first; nothing of ours was written."""


class Doubt(Exception):
    """The call failed in a way that leaves open whether it took effect."""


class Ledger(Protocol):
    """Where usage is kept. All calls may be cancelled, and give up by themselves after
    `timeout_s`.

    Raises:
        Conflict, Doubt: worth another reading; no answer in time is a doubt.
        StoreUnavailable: not worth one.

    """

    async def read(self, user: str, timeout_s: float) -> Reading:
        """Read a user's usage, its version and the time."""
        ...

    async def write(
        self, user: str, usage: Usage, if_version: object | None, timeout_s: float
    ) -> None:
        """Write a user's usage if its version is still `if_version`."""
        ...


class SummedLedger(Ledger, Protocol):
    """A ledger that adds up what all users spent."""

    async def spent(self, day: str, timeout_s: float) -> int:
        """Sum up what all users spent on a day, in micros."""
        ...


class Writes:
    """When a change was last acknowledged, and when one was last given up, by `elapsed`."""

    def __init__(self, elapsed: Callable[[], float] | None = None) -> None:
        self._elapsed = elapsed or Elapsed()
        self.succeeded_s = self.failed_s = -inf

    def succeeded(self) -> None:
        """Note that one was acknowledged."""
        self.succeeded_s = self._elapsed()

    def failed(self) -> None:
        """Note that one was given up."""
        self.failed_s = self._elapsed()


class Account:
    """One caller's usage during one request, which spends at most `patience_s` on the store.

    `latest` is the newest reading; `watch` has a span `store` with the time spent; `writes` is told
    how changes go.
    """

    def __init__(
        self,
        ledger: Ledger,
        user: str,
        watch: Stopwatch,
        patience_s: float = STORE_PATIENCE_S,
        writes: Writes | None = None,
    ) -> None:
        self.user = user
        self.watch = watch
        self.latest: Reading | None = None
        self._ledger = ledger
        self._writes = writes or Writes()
        self._patience_s = patience_s

    async def read(self) -> Reading:
        """Read until it succeeds.

        Raises:
            StoreUnavailable: patience is over.
        """
        try:
            return await self._read()
        except StoreUnavailable:
            self._writes.failed()  # what cannot be read cannot be counted either
            raise

    async def _read(self) -> Reading:
        for attempt in count():
            try:
                self.latest = await self._within(partial(self._ledger.read, self.user))
            except (Conflict, Doubt) as error:
                await self._pause(attempt, error)
            else:
                return self.latest
        raise AssertionError("patience ends first")

    async def change(self, reading: Reading, decide: Callable[[Reading], Usage | None]) -> Reading:
        """Write what `decide` makes of the newest reading, until it is acknowledged.

        `decide` is asked again after each conflict or doubt; it may raise, which ends the matter
        with nothing written, or give None: nothing (more) to write.

        Raises:
            StoreUnavailable: patience is over.

        """
        try:
            return await self._changed(reading, decide)
        except StoreUnavailable:
            self._writes.failed()
            raise

    async def _changed(
        self, reading: Reading, decide: Callable[[Reading], Usage | None]
    ) -> Reading:
        for attempt in count():
            usage = decide(reading)
            if usage is None:
                return reading
            write = partial(self._ledger.write, self.user, usage, reading.version)
            try:
                await self._within(write)
            except (Conflict, Doubt) as error:
                await self._pause(attempt, error)
                reading = await self.read()
            else:
                self._writes.succeeded()
                self.latest = Reading(usage, None, reading.now)
                return self.latest
        raise AssertionError("patience ends first")

    async def _pause(self, attempt: int, error: Exception) -> None:
        """Wait a random while, so that those who met once do not meet again."""
        pause_s = random.uniform(0, 0.01 * 2 ** min(attempt, 5))  # noqa: S311 - no secret
        if pause_s >= self._left_s:
            raise StoreUnavailable(str(error), retry_after_s=RETRY_AFTER_S) from error
        with self.watch.span("store"):
            await asyncio.sleep(pause_s)

    async def _within(self, call: Callable[[float], Awaitable[T]]) -> T:
        with self.watch.span("store"):
            return await call(min(ATTEMPT_S, max(self._left_s, 0)))

    @property
    def _left_s(self) -> float:
        return self._patience_s - self.watch.spans_s.get("store", 0)
