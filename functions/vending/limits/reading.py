"""A user's usage as read: when, and the version to write against."""

from __future__ import annotations

from dataclasses import dataclass

from vending.limits.usage import Usage


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

    def aged(self, passed_s: float) -> Reading:
        """The same usage `seconds` later; it must not be written against."""
        return Reading(self.usage, None, self.now + int(passed_s * 1000))
