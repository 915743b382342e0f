"""Counts what the guard notices: points in memory, from time to time in the store, and a block at
the threshold.

Writes happen beside the requests, one of a subject at a time. Points that cannot be written are
lost: a store that is away must not hold anyone up.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cachetools import LRUCache

from vending.errors import StoreUnavailable
from vending.guard.ruling import Ruling, subject_of
from vending.guard.ruling_store import Rulings
from vending.guard.strikes import (
    PEACE_MS,
    POINTS,
    WITH_PREFIX,
    WITH_USER,
    Offence,
    Patience,
    Strikes,
)
from vending.policy import Mode
from vending.store.documents import Documents
from vending.store.retry import retry_timed

STRIKES_COLLECTION = "live_token_strikes"
FLUSH_POINTS = 10.0
MOST_SUBJECTS_KEPT = 4096
MOST_BLOCKS = 1500  # more are not put: there is always room for what operators rule
_log = logging.getLogger(__name__)
Note = Callable[[str, Mapping[str, Any]], None]


@dataclass(slots=True)
class _Pending:
    """Points of a subject that are not written yet, and what for."""

    points: float = 0.0
    at_s: float = 0.0
    offences: set[Offence] = field(default_factory=set)


class OffenceCounter:
    """The offences that one instance counts. `note` writes an event to the audit log; `clock` is in
    seconds.
    """

    def __init__(
        self,
        documents: Documents,
        rulings: Rulings,
        mode: Mode,
        note: Note,
        clock: Callable[[], float],
    ) -> None:
        self._documents = documents
        self._rulings = rulings
        self._mode = mode
        self._note = note
        self._clock = clock
        self.pending: LRUCache[str, _Pending] = LRUCache(MOST_SUBJECTS_KEPT)
        self.flushes: dict[str, asyncio.Task[None]] = {}  # one of a subject at a time

    def strike(self, subject: str, offence: Offence) -> None:
        """Count an offence of a subject; see `ruling.subject_of`."""
        if self._mode == "off":
            return
        pending, now = self.pending.get(subject) or _Pending(), self._clock()
        passed_ms = (now - pending.at_s) * 1000
        pending.points = _patience(subject).decayed(pending.points, passed_ms) + POINTS[offence]
        pending.at_s = now
        pending.offences.add(offence)
        self.pending[subject] = pending
        if pending.points >= FLUSH_POINTS and subject not in self.flushes:
            del self.pending[subject]
            flush = asyncio.create_task(self._flush(subject, pending))
            self.flushes[subject] = flush
            flush.add_done_callback(lambda _: self.flushes.pop(subject))

    async def settled(self) -> None:
        """Wait until what is being written is written."""
        while self.flushes:
            await asyncio.wait(set(self.flushes.values()))

    async def _flush(self, subject: str, pending: _Pending) -> None:
        """Add points to the store's, beside the requests, and block at the threshold."""
        try:
            crossed = await self._add(subject, pending.points)
            if crossed:
                await self._block(subject, crossed, ", ".join(sorted(pending.offences)))
        except StoreUnavailable as error:
            _log.warning("strikes are lost: %s", error)

    async def _add(self, subject: str, points: float) -> Strikes | None:
        """Write the new total; the strikes with their block, if these points brought it."""
        crossed: Strikes | None = None

        async def add(timeout_s: float) -> Strikes:
            nonlocal crossed
            found = await self._documents.read(STRIKES_COLLECTION, subject, timeout_s)
            was = Strikes.of(found.fields)
            if crossed and was.until == crossed.until:
                return was  # written, though it was told otherwise
            if self._mode == "enforce":
                was = was.escaped(found.now)
            strikes = was.struck(points, found.now, _patience(subject))
            if strikes == was:
                return was  # blocked already
            crossed = strikes if strikes.until > was.until else None
            await self._write(subject, strikes, found.version, timeout_s)
            return strikes

        await retry_timed(add)
        return crossed

    async def _write(
        self, subject: str, strikes: Strikes, version: object | None, timeout_s: float
    ) -> None:
        await self._documents.write(
            STRIKES_COLLECTION,
            subject,
            strikes.document(),
            if_version=version,
            expires=max(strikes.at, strikes.until) + PEACE_MS,
            timeout_s=timeout_s,
        )

    async def _block(self, subject: str, strikes: Strikes, reason: str) -> None:
        snapshot = await self._rulings.current()
        level = strikes.level
        block = Ruling("block", subject, strikes.at, strikes.until, "guard", reason, level)
        enforced = self._mode == "enforce" and len(snapshot.rulings) < MOST_BLOCKS
        if enforced and not await self._rulings.put(block):
            return  # blocked for longer already
        kind, _, name = subject.partition(":")
        lasts_s = (strikes.until - strikes.at) // 1000
        change = f"{'block' if enforced else 'would block'} for {-(-lasts_s // 60)} min"
        of = "user" if kind == "user" else "prefix"
        facts = {of: name, "subject": name, "change": change, "reason": reason}
        figures = {"level": level, "seconds": lasts_s, "enforced": enforced}
        self._note("ABUSE_BLOCKED", {**facts, **figures})


def _patience(subject: str) -> Patience:
    return WITH_USER if subject.startswith(subject_of("user", "")) else WITH_PREFIX
