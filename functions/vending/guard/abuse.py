"""The guard: anyone who does what honest clients never do is refused for a while.

An instance counts offences in memory, and writes them to the store every few points, so that what
an honest client does costs not one operation. A block is a ruling, known to every instance within
30 s. Blocking a user refuses all of that user's requests. Blocking a network refuses its unsigned
tokens, and, if the block is for newcomers, the mints of users not seen before. Known users are not
affected, so a bad neighbour behind the same address stops no one who was there before, and one
without an account stops no newcomer either.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cachetools import LRUCache

from vending.errors import (
    Blocked,
    IdempotencyKeyReused,
    InvalidRequest,
    LivepassError,
    NoSuchSession,
    PayloadTooLarge,
    QuotaExceeded,
    StoreUnavailable,
    UnsupportedMediaType,
)
from vending.guard.networks import HERE
from vending.guard.ruling import Ruling, RulingsSnapshot, subject_of
from vending.guard.rulings import Rulings
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
REPLAYS_FREE = 8
MOST_SUBJECTS_KEPT = 4096
MOST_BLOCKS = 1500  # more are not put: there is always room for what operators rule
_EARLY_S = 1.0  # Retry-After is in whole seconds
_MALFORMED = (InvalidRequest, PayloadTooLarge, UnsupportedMediaType)
_log = logging.getLogger(__name__)
Note = Callable[[str, Mapping[str, Any]], None]


@dataclass(slots=True)
class _Pending:
    """Points of a subject that are not written yet, and what for."""

    points: float = 0.0
    at_s: float = 0.0
    offences: set[Offence] = field(default_factory=set)


class Guard:
    """The guard of one instance. `note` writes an event of its own to the audit log."""

    def __init__(
        self,
        documents: Documents,
        rulings: Rulings,
        mode: Mode,
        note: Note,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.documents = documents
        self.rulings = rulings
        self._mode = mode
        self._note = note
        self._clock = clock
        self._pending: LRUCache[str, _Pending] = LRUCache(MOST_SUBJECTS_KEPT)
        # user -> when a mint may be worth another try
        self._told: LRUCache[str, float] = LRUCache(MOST_SUBJECTS_KEPT)
        self._sessions: LRUCache[tuple[str, str], bool] = LRUCache(MOST_SUBJECTS_KEPT)
        self._replays: LRUCache[tuple[str, str], int] = LRUCache(MOST_SUBJECTS_KEPT)
        self._flushes: dict[str, asyncio.Task[None]] = {}  # one of a subject at a time

    # --- what is refused

    def refuse_blocked(self, snapshot: RulingsSnapshot, user: str) -> None:
        """Let nothing of a blocked user through.

        Raises:
            Blocked: and until when.
        """
        self._refuse(snapshot, snapshot.block_of(user))

    def refuse_stranger(self, snapshot: RulingsSnapshot, prefix: str) -> None:
        """Let no user in who was never seen, from a blocked network.

        Raises:
            Blocked: and until when.
        """
        self._refuse(snapshot, snapshot.block_of_prefix(prefix))

    def refuse_unsigned(self, prefix: str) -> None:
        """Count a token that nobody of ours signed, and say so where such tokens are blocked.

        Raises:
            Blocked: and until when.
        """
        self.rulings.renew()
        snapshot = self.rulings.remembered()
        self._refuse(snapshot, snapshot.block_of_unsigned(prefix))
        if prefix != HERE:
            self._strike(subject_of("unsigned", prefix), "unsigned")

    def _refuse(self, snapshot: RulingsSnapshot, block: Ruling | None) -> None:
        if block is None or (block.by == "guard" and self._mode != "enforce"):
            return
        raise Blocked(f"by {block.by}: {block.reason}", retry_after_s=snapshot.left_s(block))

    # --- what is noticed

    def newcomer(self, prefix: str, *, guest: bool) -> None:
        """Count a user nobody had seen before, who got a token."""
        if prefix != HERE:
            self._strike(subject_of("prefix", prefix), "guest" if guest else "newcomer")

    def replayed(self, user: str, key: str) -> None:
        """Count a replayed answer."""
        times = self._replays.get((user, key), 0) + 1
        self._replays[user, key] = times
        if times > REPLAYS_FREE:
            self._strike_user(user, "replayed")

    def refused(self, user: str, operation: str, error: LivepassError) -> None:
        """Count what was refused, if an honest client would not have asked."""
        if isinstance(error, _MALFORMED):
            if not (isinstance(error, InvalidRequest) and error.late):
                self._strike_user(user, "malformed")
        elif isinstance(error, IdempotencyKeyReused):
            self._strike_user(user, "key-reused")
        elif isinstance(error, NoSuchSession) and (user, error.session_id) not in self._sessions:
            self._sessions[user, error.session_id] = True  # asking again for the same is no guess
            self._strike_user(user, "session-guessed")
        elif isinstance(error, QuotaExceeded) and operation == "mint":
            self._hammered(user, error)

    def _hammered(self, user: str, error: QuotaExceeded) -> None:
        now = self._clock()
        if now < self._told.get(user, now) - _EARLY_S:
            self._strike_user(user, "hammering")
        wait_s = math.inf if error.retry_after_s is None else error.retry_after_s
        self._told[user] = now + wait_s

    # --- what is counted

    def _strike_user(self, user: str, offence: Offence) -> None:
        self._strike(subject_of("user", user), offence)

    def _strike(self, subject: str, offence: Offence) -> None:
        if self._mode == "off":
            return
        pending, now = self._pending.get(subject) or _Pending(), self._clock()
        passed_ms = (now - pending.at_s) * 1000
        pending.points = _patience(subject).decayed(pending.points, passed_ms) + POINTS[offence]
        pending.at_s = now
        pending.offences.add(offence)
        self._pending[subject] = pending
        if pending.points >= FLUSH_POINTS and subject not in self._flushes:
            del self._pending[subject]
            flush = asyncio.create_task(self._flush(subject, pending))
            self._flushes[subject] = flush
            flush.add_done_callback(lambda _: self._flushes.pop(subject))

    async def settled(self) -> None:
        """Wait until what is being written is written."""
        while self._flushes:
            await asyncio.wait(set(self._flushes.values()))

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
            found = await self.documents.read(STRIKES_COLLECTION, subject, timeout_s)
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
        await self.documents.write(
            STRIKES_COLLECTION,
            subject,
            strikes.document(),
            if_version=version,
            expires=max(strikes.at, strikes.until) + PEACE_MS,
            timeout_s=timeout_s,
        )

    async def _block(self, subject: str, strikes: Strikes, reason: str) -> None:
        snapshot = await self.rulings.current()
        level = strikes.level
        block = Ruling("block", subject, strikes.at, strikes.until, "guard", reason, level)
        enforced = self._mode == "enforce" and len(snapshot.rulings) < MOST_BLOCKS
        if enforced and not await self.rulings.put(block):
            return  # blocked for longer already
        kind, _, name = subject.partition(":")
        lasts_s = (strikes.until - strikes.at) // 1000
        change = f"{'block' if enforced else 'would block'} for {-(-lasts_s // 60)} min"
        of = "user" if kind == "user" else "prefix"
        told = {of: name, "subject": name, "change": change, "reason": reason}
        told_in_figures = {"level": level, "seconds": lasts_s, "enforced": enforced}
        self._note("ABUSE_BLOCKED", {**told, **told_in_figures})


def _patience(subject: str) -> Patience:
    return WITH_USER if subject.startswith(subject_of("user", "")) else WITH_PREFIX
