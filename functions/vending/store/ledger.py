"""The token is *counted* before it leaves: what keeps usage, and the one way it is changed.

A ledger reads one document and writes it back only if it has not been written since (compare-and-
set). `Account.change` repeats read, decide and write until a write is acknowledged, within the
patience a request has for the store. Locks, transactions and the libraries' own retries are not
used: they livelock or count twice (googleapis' transactional helper re-runs a commit that succeeded
and reported ABORTED).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from math import inf
from typing import Protocol

from vending.clock import Elapsed, Stopwatch
from vending.errors import StoreUnavailable
from vending.limits.reading import Reading
from vending.limits.usage import Usage
from vending.store.retry import STORE_PATIENCE_S, Draw, StorePatience, retry


class Ledger(Protocol):
    """Where usage is kept. All calls may be cancelled, and give up by themselves after
    `timeout_s`.

    Raises:
        Conflict, OutcomeUnknown: worth another reading; so is no answer in time.
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

    `latest` is the newest reading; `has_read` and `may_have_written` say what came of it;
    `stopwatch` has a span `store` with the time spent, deciding included; `writes` is told how
    changes go. `admit_change` is asked before a change reads, and may raise. `draw` chooses pauses.
    """

    def __init__(
        self,
        ledger: Ledger,
        user: str,
        stopwatch: Stopwatch,
        patience_s: float = STORE_PATIENCE_S,
        *,
        writes: Writes | None = None,
        admit_change: Callable[[], None] = lambda: None,
        draw: Draw = random.uniform,
    ) -> None:
        self.user = user
        self.stopwatch = stopwatch
        self.latest: Reading | None = None
        self.has_read = self.may_have_written = False
        self._admit_change = admit_change
        self._ledger = ledger
        self._writes = writes or Writes()
        self._patience = StorePatience(stopwatch, patience_s, draw)

    async def read_to_change(self) -> Reading:
        """Read what a change is to be decided on.

        Raises:
            QuotaExceeded: too many changes have come to nothing.
            StoreUnavailable: patience is over.
        """
        self._admit_change()
        return await self.read()

    async def read(self) -> Reading:
        """Read until it succeeds.

        Raises:
            StoreUnavailable: patience is over.
        """
        try:
            return await retry(self._read, self._patience)
        except StoreUnavailable:
            self._writes.failed()  # what cannot be read cannot be counted either
            raise

    async def change(self, reading: Reading, decide: Callable[[Reading], Usage | None]) -> Reading:
        """Write what `decide` makes of the newest reading, until it is acknowledged.

        `decide` is asked again after each conflict and each unknown outcome; it may raise, which
        ends the matter with nothing written, or give None: nothing (more) to write.

        Raises:
            StoreUnavailable: patience is over.
        """
        newest = reading

        async def write(timeout_s: float) -> Reading:
            usage = decide(newest)
            return newest if usage is None else await self._write(usage, newest, timeout_s)

        async def read_again() -> None:
            nonlocal newest
            newest = await self.read()

        try:
            return await retry(write, self._patience, prepare=read_again)
        except StoreUnavailable:
            self._writes.failed()
            raise

    async def _write(self, usage: Usage, newest: Reading, timeout_s: float) -> Reading:
        self.may_have_written = True
        await self._ledger.write(self.user, usage, newest.version, timeout_s)
        self._writes.succeeded()
        self.latest = Reading(usage, None, newest.now)
        return self.latest

    async def _read(self, timeout_s: float) -> Reading:
        self.latest = await self._ledger.read(self.user, timeout_s)
        self.has_read = True
        return self.latest
