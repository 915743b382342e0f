"""Rulings: what operators and the guard have decided about callers, known everywhere soon.

A block, a pause of minting or a temporary tier is one document, in force until a moment of the
store's clock: nothing has to be removed for it to end. Every instance reads all that are in force
at most every 20 s and beside the requests, so that they cost a request nothing; a request waits for
a reading only when the last is 30 s old, and is refused when none has succeeded for 60 s.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from functools import partial

from vending.clock import WEEK_MS, Clocks, both_clocks
from vending.errors import StoreUnavailable
from vending.guard.ruling import (
    BY_OPERATOR,
    CHECK_EVERY_MS,
    Ruling,
    RulingKind,
    RulingsSnapshot,
    ruling_name,
)
from vending.shared_task import SharedTask
from vending.store.documents import ANY_VERSION, Documents
from vending.store.retry import STORE_RETRY_AFTER_S, retry_timed

RULINGS_COLLECTION = "live_token_rulings"
FRESH_S, STALE_S, CLOSED_S = 20.0, 30.0, 60.0
AGAIN_S = 1.0  # after a reading that failed
RULINGS_PATIENCE_S = 0.5  # with a reading, when the last one still holds
MOST = 2000
SOON_MS = 2 * CHECK_EVERY_MS


class RulingStore:
    """Where rulings are kept, one attempt a call; raises what `Documents` does."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def in_force(self, timeout_s: float) -> tuple[tuple[Ruling, ...], int]:
        """Read all that are in force, by one query, and the time."""
        found, now = await self._documents.lasting(RULINGS_COLLECTION, MOST, timeout_s)
        rulings = (Ruling.of(document) for document in found)
        return tuple(ruling for ruling in rulings if ruling), now

    async def put(self, ruling: Ruling, timeout_s: float) -> bool:
        """Put a ruling in place of the one of its name.

        Only an operator shortens or replaces a ruling that lasts as long, or an operator's that
        does not end soon, which would end with what replaced it: then nothing is written, and False
        is told.
        """
        version: object = ANY_VERSION
        if not ruling.by.startswith(BY_OPERATOR):
            there = await self._documents.read(RULINGS_COLLECTION, ruling.name, timeout_s)
            kept = Ruling.of(there.fields)
            if kept == ruling:
                return True  # written, though it was told otherwise
            if kept and _stays(kept, ruling, there.now):
                return False
            version = there.version
        await self._documents.write(
            RULINGS_COLLECTION,
            ruling.name,
            ruling.document(),
            if_version=version,
            expires=ruling.until + WEEK_MS,
            timeout_s=timeout_s,
        )
        return True

    async def lift(self, kind: RulingKind, subject: str, timeout_s: float) -> None:
        """End a ruling, whether or not there is one."""
        await self._documents.remove(RULINGS_COLLECTION, ruling_name(kind, subject), timeout_s)


def _stays(kept: Ruling, ruling: Ruling, now: int) -> bool:
    if kept.by.startswith(BY_OPERATOR) and kept.until > now + SOON_MS:
        return True
    return kept.until >= ruling.until and kept.until > now


class Rulings:
    """The rulings as one instance knows them.

    Time passes as the larger of what two clocks say, the wall's and the one that only goes forward:
    an instance may sleep, and a clock may be set. `always` hold without being stored.
    """

    def __init__(self, store: RulingStore, *always: Ruling, clocks: Clocks = both_clocks) -> None:
        self._store = store
        self._always = {ruling.name: ruling for ruling in always}
        self._clocks = clocks
        self._known: Mapping[str, Ruling] = {}
        self._read_at: tuple[float, float] = (-math.inf, -math.inf)
        self._store_ms = 0
        self._failed_at: tuple[float, float] = (-math.inf, -math.inf)
        self._reading = SharedTask(self._renew)

    async def current(self) -> RulingsSnapshot:
        """Tell what stands now.

        Raises:
            StoreUnavailable: nothing could be read for too long to know.
        """
        age_s, reading = self._since(self._read_at), self.renew()
        if reading and age_s >= STALE_S:  # not cancelled with the request: others wait for it, too
            await asyncio.wait({reading}, timeout=None if age_s >= CLOSED_S else RULINGS_PATIENCE_S)
            age_s = self._since(self._read_at)
        if age_s >= CLOSED_S:
            raise StoreUnavailable("no rulings can be read", retry_after_s=STORE_RETRY_AFTER_S)
        return self.remembered()

    def renew(self) -> asyncio.Task[None] | None:
        """Begin a reading, or join the one under way, if the last is old."""
        if self._since(self._read_at) < FRESH_S or self._since(self._failed_at) < AGAIN_S:
            return None
        return self._reading.start()

    def remembered(self) -> RulingsSnapshot:
        """Tell what is remembered, however old; reads nothing."""
        if math.isinf(self._read_at[0]):
            return RulingsSnapshot(self._always, 0)
        now = self._store_ms + int(self._since(self._read_at) * 1000)
        return RulingsSnapshot(self._known, now)

    async def put(self, ruling: Ruling) -> bool:
        """Put a ruling, which holds here at once; False if another one lasts as long.

        Raises:
            StoreUnavailable: it is not known whether it was put.
        """
        done = await retry_timed(partial(self._store.put, ruling))
        await self._settled()
        if done:
            self._know({**self._known, ruling.name: ruling})
        return done

    async def lift(self, kind: RulingKind, subject: str) -> None:
        """End a ruling, here at once.

        Raises:
            StoreUnavailable: it is not known whether it was ended.
        """
        await retry_timed(partial(self._store.lift, kind, subject))
        await self._settled()
        lifted = ruling_name(kind, subject)
        self._know({name: known for name, known in self._known.items() if name != lifted})

    async def _settled(self) -> None:
        """Wait for the reading under way, which may not have seen what was just written."""
        if self._reading.latest:
            await asyncio.wait({self._reading.latest})

    async def _renew(self) -> None:
        began = self._clocks()
        try:
            rulings, now = await retry_timed(self._store.in_force)
        except StoreUnavailable:
            self._failed_at = self._clocks()
            return
        self._know({ruling.name: ruling for ruling in rulings})
        self._store_ms, self._read_at = now, began

    def _know(self, rulings: Mapping[str, Ruling]) -> None:
        """Replace what is known, without changing what callers already have."""
        self._known = {**rulings, **self._always}

    def _since(self, then: tuple[float, float]) -> float:
        wall, monotonic = self._clocks()
        return max(wall - then[0], monotonic - then[1])
