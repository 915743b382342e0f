"""Strikes: what honest clients do not do, counted until it is too much.

Each offence has points, which halve with time, so that what an honest client does now and then
never adds up. At the threshold the subject is blocked, and again sooner for longer; a week of peace
forgets how often it was. Pure: the moments, in milliseconds, come in as arguments.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from vending.clock import DAY_MS, HOUR_MS, MINUTE_MS, WEEK_MS

PEACE_MS = WEEK_MS
BLOCKS_MS = (15 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS, DAY_MS)
Offence = Literal[
    "hammering", "malformed", "key-reused", "replayed", "session-guessed", "unsigned", "newcomer",
    "guest",
]  # fmt: skip
# A phone that retries without a pause for half a minute has 60 of the first; an office of 200
# people on a new day 40 points of newcomers; one that repeats its key each second for two
# minutes has fewer than 60 of replays.
POINTS: Mapping[Offence, float] = {
    "hammering": 1,
    "malformed": 2,
    "key-reused": 3,
    "replayed": 0.5,
    "session-guessed": 3,
    "unsigned": 1,
    "newcomer": 0.2,
    "guest": 3,
}


@dataclass(frozen=True, slots=True)
class Patience:
    """With whom how much: the points at which a block comes, and how fast they halve."""

    threshold: float
    half_life_ms: int

    def decayed(self, points: float, passed_ms: float) -> float:
        """What is left of points."""
        return float(points * 0.5 ** (max(passed_ms, 0) / self.half_life_ms))


KNOWN_MS = MINUTE_MS  # by then every instance knows of a block, or refuses every request
WITH_USER = Patience(60, 10 * MINUTE_MS)
WITH_PREFIX = Patience(100, HOUR_MS)


@dataclass(frozen=True, slots=True)
class Strikes:
    """Points as of `at`; the level and the end of the last block."""

    points: float = 0.0
    at: int = 0
    level: int = 0
    until: int = 0

    def struck(self, points: float, now: int, patience: Patience) -> Strikes:
        """Add points, and block at the threshold: then `until` is to come, and no points count
        before: they are of other instances, which did not know yet.
        """
        if now < self.until:
            return self
        total = patience.decayed(self.points, now - self.at) + points
        if total < patience.threshold:
            return replace(self, points=total, at=now)
        level = 1 if now - self.until >= PEACE_MS else self.level + 1
        lasts_ms = BLOCKS_MS[min(level, len(BLOCKS_MS)) - 1]
        return Strikes(0.0, now, level, now + lasts_ms)

    def escaped(self, now: int) -> Strikes:
        """The strikes of someone still seen after every instance should know of the block: it was
        lifted, or never written, so points count again.
        """
        late = now >= self.at + KNOWN_MS
        return replace(self, until=min(self.until, now)) if late else self

    def document(self) -> dict[str, Any]:
        """As stored; the store calls nothing else of it `until`, which would list it."""
        return {
            "points": self.points,
            "at": self.at,
            "level": self.level,
            "blockedUntil": self.until,
        }

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Strikes:
        """Read what `document` wrote; anything else is no strike."""
        points, *moments = (document.get(n, 0) for n in ("points", "at", "level", "blockedUntil"))
        right = {*map(type, moments)} == {int} and type(points) in (int, float)
        return cls(float(points), *moments) if right and 0 <= points < float("inf") else cls()
