"""A ruling: a block, a pause of minting, or a temporary tier; and what those in force say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from vending.clock import MINUTE_MS

CHECK_EVERY_MS = MINUTE_MS  # the budget, which pauses by a ruling
LONGEST_RETRY_S = 300  # a pause may be lifted at any time
FOR_EVER_MS = 253_402_300_799_000  # the year 9999, the last that an answer can write
ALL = "all"
BY_OPERATOR = "operator:"
RulingKind = Literal["block", "pause", "tier"]
SubjectKind = Literal["user", "prefix", "unsigned"]


def subject_of(kind: SubjectKind, name: str) -> str:
    """Whom a ruling is about, unless it is about all: a user, or a prefix of addresses, by hash."""
    return f"{kind}:{name}"


def ruling_name(kind: RulingKind, subject: str) -> str:
    """What a ruling is kept under: there is one of a kind for a subject."""
    return f"{kind}-{subject}"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What holds for a subject: `user:<hash>`, `prefix:<hash>`, `unsigned:<hash>` (unsigned
    tokens from a prefix), or `all`.

    Attributes:
        since: and `until`, in milliseconds of the store's clock; a pause that is put again while it
            lasts has begun when it began.
        by: `guard`, `budget`, `settings`, or `operator:<user hash>`.
        level: of a block: how often in a row it was incurred.
        tier: of a tier: which one holds instead of the caller's own.
    """

    kind: RulingKind
    subject: str
    since: int
    until: int
    by: str
    reason: str
    level: int = 0
    tier: str = ""

    @property
    def name(self) -> str:
        """What it is kept under."""
        return ruling_name(self.kind, self.subject)

    def document(self) -> dict[str, Any]:
        """As stored."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Ruling | None:
        """Read what `document` wrote; None if it is no ruling that this revision knows."""
        ruling = cls(**{name: document.get(name, _ABSENT[name]) for name in cls.__slots__})
        words = (ruling.subject, ruling.by, ruling.reason, ruling.tier)
        whole = (ruling.since, ruling.until, ruling.level)
        known = ruling.kind in get_args(RulingKind) and bool(ruling.subject)
        right = {*map(type, words)} == {str} and {*map(type, whole)} == {int}
        valid = known and right and min(whole) >= 0 and max(whole) <= FOR_EVER_MS
        return ruling if valid else None


_ABSENT: Mapping[str, Any] = {
    **dict.fromkeys(("kind", "subject", "by", "reason", "tier"), ""),
    **dict.fromkeys(("since", "until", "level"), 0),
}


@dataclass(frozen=True, slots=True)
class RulingsSnapshot:
    """The rulings as they stand at `now`, in milliseconds of the store's clock."""

    rulings: Mapping[str, Ruling]
    now: int

    def block_of(self, user: str) -> Ruling | None:
        """The block of a user."""
        return self._in_force("block", subject_of("user", user))

    def block_of_prefix(self, prefix: str) -> Ruling | None:
        """The block of an address prefix."""
        return self._in_force("block", subject_of("prefix", prefix))

    def block_of_unsigned(self, prefix: str) -> Ruling | None:
        """The block of an address prefix, or of the unsigned tokens from it."""
        unsigned = subject_of("unsigned", prefix)
        return self.block_of_prefix(prefix) or self._in_force("block", unsigned)

    def tier_ruling_of(self, user: str) -> Ruling | None:
        """The ruling that gives a user a temporary tier."""
        return self._in_force("tier", subject_of("user", user))

    def tier_of(self, user: str) -> str | None:
        """The user's temporary tier."""
        ruling = self.tier_ruling_of(user)
        return ruling.tier if ruling else None

    @property
    def paused(self) -> Ruling | None:
        """The pause of minting."""
        return self._in_force("pause", ALL)

    @property
    def pause_s(self) -> int:
        """Seconds until another try may be worth it; 0 when minting is not paused."""
        return min(self.left_s(self.paused), LONGEST_RETRY_S) if self.paused else 0

    @property
    def paused_since(self) -> int:
        """When the pause began, in milliseconds; 0: unknown, or there is none."""
        return self.paused.since if self.paused else 0

    def left_s(self, ruling: Ruling) -> int:
        """Whole seconds until a ruling ends."""
        return -(-(ruling.until - self.now) // 1000)

    def _in_force(self, kind: RulingKind, subject: str) -> Ruling | None:
        ruling = self.rulings.get(ruling_name(kind, subject))
        return ruling if ruling and self.now < ruling.until else None
