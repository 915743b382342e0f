"""The guard: anyone who does what honest clients never do is refused for a while.

An instance counts offences in memory, and writes them to the store every few points, so that what
an honest client does costs not one operation. A block is a ruling, known to every instance within
30 s. Blocking a user refuses all of that user's requests. Blocking a network refuses its unsigned
tokens, and, if the block is for newcomers, the mints of users not seen before. Known users are not
affected, so a bad neighbour behind the same address stops no one who was there before, and one
without an account stops no newcomer either.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from cachetools import LRUCache

from vending.errors import (
    Blocked,
    IdempotencyKeyReused,
    InvalidRequest,
    LivepassError,
    NoSuchSession,
    PayloadTooLarge,
    QuotaExceeded,
    UnsupportedMediaType,
)
from vending.guard.networks import HERE
from vending.guard.offences import MOST_SUBJECTS_KEPT, Note, OffenceCounter
from vending.guard.ruling import Ruling, RulingsSnapshot, subject_of
from vending.guard.ruling_store import Rulings
from vending.guard.strikes import Offence
from vending.policy import Mode
from vending.store.documents import Documents

REPLAYS_FREE = 8
_EARLY_S = 1.0  # Retry-After is in whole seconds
_MALFORMED = (InvalidRequest, PayloadTooLarge, UnsupportedMediaType)


class AbuseGuard:
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
        self._clock = clock
        self.offences = OffenceCounter(documents, rulings, mode, note, clock)
        # user -> when a mint may be worth another try
        self._retry_at_s: LRUCache[str, float] = LRUCache(MOST_SUBJECTS_KEPT)
        self._sessions: LRUCache[tuple[str, str], bool] = LRUCache(MOST_SUBJECTS_KEPT)
        self._replays: LRUCache[tuple[str, str], int] = LRUCache(MOST_SUBJECTS_KEPT)

    # --- what is refused

    def refuse_blocked(self, snapshot: RulingsSnapshot, user: str) -> None:
        """Refuse every request of a blocked user.

        Raises:
            Blocked: with the seconds until it ends.
        """
        self._refuse(snapshot, snapshot.block_of(user))

    def refuse_stranger(self, snapshot: RulingsSnapshot, prefix: str) -> None:
        """Refuse users without any usage if their network is blocked.

        Raises:
            Blocked: and until when.
        """
        self._refuse(snapshot, snapshot.block_of_prefix(prefix))

    def refuse_unsigned(self, prefix: str) -> None:
        """Count a token that none of our issuers signed; refuse where such tokens are blocked.

        Raises:
            Blocked: and until when.
        """
        self.rulings.renew()
        snapshot = self.rulings.remembered()
        self._refuse(snapshot, snapshot.block_of_unsigned(prefix))
        if prefix != HERE:
            self.offences.strike(subject_of("unsigned", prefix), "unsigned")

    def _refuse(self, snapshot: RulingsSnapshot, block: Ruling | None) -> None:
        if block is None or (block.by == "guard" and self._mode != "enforce"):
            return
        raise Blocked(f"by {block.by}: {block.reason}", retry_after_s=snapshot.left_s(block))

    # --- what is noticed

    def newcomer(self, prefix: str, *, guest: bool) -> None:
        """Count the first token of a user."""
        if prefix != HERE:
            self.offences.strike(subject_of("prefix", prefix), "guest" if guest else "newcomer")

    def replayed(self, user: str, key: str) -> None:
        """Count a replayed answer."""
        times = self._replays.get((user, key), 0) + 1
        self._replays[user, key] = times
        if times > REPLAYS_FREE:
            self._strike_user(user, "replayed")

    def refused(self, user: str, operation: str, error: LivepassError) -> None:
        """Count a refusal that an honest client would not incur."""
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
        if now < self._retry_at_s.get(user, now) - _EARLY_S:
            self._strike_user(user, "hammering")
        wait_s = math.inf if error.retry_after_s is None else error.retry_after_s
        self._retry_at_s[user] = now + wait_s

    def _strike_user(self, user: str, offence: Offence) -> None:
        self.offences.strike(subject_of("user", user), offence)
