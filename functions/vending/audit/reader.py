"""Audit lines read back: what an operator is shown of them, and where they come from.

An entry has the fields below and no others. What an error said, a traceback or a header that some
line may have stays in the log.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeVar

T = TypeVar("T")
_TEXTS = (
    *("event", "operation", "code", "user", "tier", "session", "model"),
    *("subject", "change", "reason"),
)
HEARTBEAT = "BUDGET_CHECKED"  # once a minute: it would bury all others
_SHOWN = (*_TEXTS, "violated", "batch", "expiresMs", "latencyMs", "requestId", "httpRequest")


@dataclass(frozen=True, slots=True)
class Entry:
    """One audit line. `at` and `expires` are milliseconds since 1970; 0 and "" mean absent."""

    at: int
    event: str = ""
    operation: str = ""
    status: int = 0
    code: str = ""
    violated: tuple[str, ...] = ()
    user: str = ""
    tier: str = ""
    session: str = ""
    model: str = ""
    expires: int = 0
    total_ms: float = 0.0
    request_id: str = ""
    subject: str = ""
    change: str = ""
    reason: str = ""
    batch: tuple[str, ...] = ()

    @property
    def sessions(self) -> tuple[str, ...]:
        """Its session, and those of the other tokens of its batch."""
        return (self.session, *self.batch)

    @classmethod
    def of(cls, at: int, line: Mapping[str, Any]) -> Self:
        """Take out of a line what may be shown; what is not as we write it is left out."""
        http = _take(line, "httpRequest", dict, {})
        violated = _take(line, "violated", list, [])
        batch = [
            pair[0] for pair in _take(line, "batch", list, []) if isinstance(pair, list) and pair
        ]
        return cls(
            at=at,
            status=int(_number(http, "status")),
            violated=tuple(name for name in violated if isinstance(name, str)),
            batch=tuple(session for session in batch if isinstance(session, str)),
            expires=int(_number(line, "expiresMs")),
            total_ms=_number(_take(line, "latencyMs", dict, {}), "total"),
            request_id=_take(line, "requestId", str, ""),
            **{name: _take(line, name, str, "") for name in _TEXTS},
        )


def kept_fields(line: Mapping[str, Any]) -> dict[str, Any]:
    """What may be kept of a line: enough for its entry."""
    return {name: line[name] for name in _SHOWN if name in line}


@dataclass(frozen=True, slots=True)
class Query:
    """Which lines: newer than `since` (ms), at most `most`. What is left empty does not filter."""

    since: int
    most: int
    user: str = ""
    event: str = ""
    operations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entries:
    """The newest first. `cut` when there are more than were asked for; not `kept` when no trail is
    set up.
    """

    entries: tuple[Entry, ...]
    cut: bool
    kept: bool = True


class AuditTrail(Protocol):
    """Where audit lines are read back from."""

    async def entries(self, query: Query) -> Entries:
        """Read them.

        Raises:
            AuditUnavailable: they cannot be read.
        """
        ...


class NoTrail:
    """The `AuditTrail` where none is set up, which is no failure."""

    async def entries(self, query: Query) -> Entries:  # noqa: ARG002 - whatever is asked
        """Say that nothing is kept."""
        return Entries((), cut=False, kept=False)


def _take(line: Mapping[str, Any], name: str, kind: type[T], default: T) -> T:
    value = line.get(name)
    return value if isinstance(value, kind) else default


def _number(line: Mapping[str, Any], name: str) -> float:
    value = line.get(name)
    if isinstance(value, float) and not math.isfinite(value):  # of a line that is not ours
        return 0
    return value if isinstance(value, int | float) and not isinstance(value, bool) else 0
