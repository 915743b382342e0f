"""The operator's part of the contract. Users are told by their hash alone, addresses by that of
their prefix.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints

from vending.contract.answers import Moment, ResponseModel, SessionAnswer, UsageAnswer
from vending.contract.requests import Name, RequestModel

MONTH_MINUTES = 31 * 24 * 60
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class RulingRequest(RequestModel):
    """A decision: for how long, and why; the reason is shown to other admins."""

    minutes: Annotated[int, Field(ge=1, le=MONTH_MINUTES)]
    reason: Reason


class TierRequest(RulingRequest):
    """Which tier's limits hold for a user meanwhile."""

    tier: Name


class RulingAnswer(ResponseModel):
    """A decision in force. `of` is `user`, `prefix` (of addresses), `unsigned` (tokens that nobody
    signed, of a prefix) or `all`, `subject` the hash; `by` is `guard`, `budget`, `settings` or
    `operator`, who is named by hash, too.
    """

    of: str
    subject: str | None
    since: Moment | None
    until: Moment
    by: str
    operator: str | None
    reason: str
    level: int
    tier: str | None


class BlocksAnswer(ResponseModel):
    """What is in force, the newest first: the pause of minting, blocks, and tiers for a time. What
    another instance was told is seen within 30 seconds.
    """

    serverTime: Moment
    paused: RulingAnswer | None
    blocks: list[RulingAnswer]
    tiers: list[RulingAnswer]
    knownTiers: list[str]


class HourTally(ResponseModel):
    """An hour: tokens that were handed out, and refusals by reason (a limit, or a code)."""

    start: Moment
    minted: int
    refreshed: int
    replayed: int
    refused: dict[str, int]
    latency: Latency


class Latency(ResponseModel):
    """How long those waited who got a token; null when nobody did."""

    p50Ms: float | None
    p95Ms: float | None


class LiveSession(ResponseModel):
    """A session whose newest token has not expired."""

    id: str
    user: str
    tier: str
    model: str
    lastTokenAt: Moment
    expiresAt: Moment


class UserTally(ResponseModel):
    """What one user got and was refused in the time of the overview."""

    user: str
    tokens: int
    refused: int


class PeriodSpending(ResponseModel):
    """What was spent in a UTC day or month so far, and its budget: null when it has none."""

    spentUsd: float | None
    budgetUsd: float | None


class DaySpending(ResponseModel):
    """What was spent on a UTC day."""

    day: date
    usd: float


class Spending(ResponseModel):
    """What talks are expected to cost, or a client reported where that is more; `days` are those of
    the month up to today. While that cannot be read it is null, no day is told, and `unavailable`
    is the code of what refused.
    """

    today: PeriodSpending
    month: PeriodSpending
    days: list[DaySpending]
    unavailable: str | None


class OverviewAnswer(ResponseModel):
    """The last 24 hours, by hours of UTC. `cut`: only the newest part is told, since there was more
    than is read. Of many live sessions the newest are listed; `live` counts all.
    """

    serverTime: Moment
    since: Moment
    cut: bool
    hours: list[HourTally]
    latency: Latency
    live: int
    liveSessions: list[LiveSession]
    busiest: list[UserTally]
    spending: Spending


class AdminUserAnswer(ResponseModel):
    """A user by hash. Their tier is the one they have for a time, that of their last request of
    the day, or `default`; `spentUsd` is what their talks of the day are expected to cost.
    """

    usage: UsageAnswer
    sessions: list[SessionAnswer]
    spentUsd: float
    block: RulingAnswer | None
    tier: RulingAnswer | None


class AuditEntry(ResponseModel):
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
    totalMs: float | None
    requestId: str | None
    subject: str | None
    change: str | None
    reason: str | None


class AuditAnswer(ResponseModel):
    """The newest lines of the last 24 hours, the newest first. `cut`: there are more."""

    cut: bool
    entries: list[AuditEntry]
