"""The operator's part of the contract. Users are told by their hash alone, addresses by that of
their prefix.
"""

from __future__ import annotations

from typing import Literal

from vending.api import Contract, Moment, SessionAnswer, UsageAnswer


class HourTally(Contract):
    """An hour: tokens that were handed out, and refusals by reason (a limit, or a code)."""

    start: Moment
    minted: int
    refreshed: int
    replayed: int
    refused: dict[str, int]
    latency: Latency


class Latency(Contract):
    """How long those waited who got a token; null when nobody did."""

    p50_ms: float | None
    p95_ms: float | None


class LiveSession(Contract):
    """A session whose newest token has not expired."""

    id: str
    user: str
    tier: str
    model: str
    last_token_at: Moment
    expires_at: Moment


class UserTally(Contract):
    """What one user got and was refused in the time of the overview."""

    user: str
    tokens: int
    refused: int


class OverviewAnswer(Contract):
    """The last 24 hours, by hours of UTC. `cut`: only the newest part is told, since there was more
    than is read. Of many live sessions the newest are listed; `live` counts all.
    """

    server_time: Moment
    since: Moment
    cut: bool
    hours: list[HourTally]
    latency: Latency
    live: int
    live_sessions: list[LiveSession]
    busiest: list[UserTally]


class AdminUserAnswer(Contract):
    """A user by hash. Their tier is that of their last request of the day, or `default`."""

    usage: UsageAnswer
    sessions: list[SessionAnswer]


class AuditEntry(Contract):
    """An audit line; what it does not tell is null."""

    at: Moment
    event: str
    operation: str | None
    status: int | None
    code: str | None
    violated: list[str]
    user: str | None
    tier: str | None
    session: str | None
    model: str | None
    total_ms: float | None
    request_id: str | None
    subject: str | None
    change: str | None
    reason: str | None


class AuditAnswer(Contract):
    """The newest lines of the last 24 hours, the newest first. `cut`: there are more."""

    cut: bool
    entries: list[AuditEntry]


SubjectKind = Literal["user", "prefix"]
