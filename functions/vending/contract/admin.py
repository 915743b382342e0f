"""Requests and answers of the admin operations. Users appear only as hashes, addresses only as the
hash of their prefix.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field, JsonValue, StringConstraints

from vending.contract.answers import Moment, ResponseModel, SessionAnswer, UsageAnswer
from vending.contract.requests import Name, RequestModel

MONTH_MINUTES = 31 * 24 * 60
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


def _one_of(*known: str) -> dict[str, JsonValue]:
    """The values known today; clients must expect others."""
    return {"x-extensible-enum": [*known]}


class RulingRequest(RequestModel):
    """A decision: how long it lasts, and why. Other admins see the reason."""

    minutes: Annotated[int, Field(ge=1, le=MONTH_MINUTES)]
    reason: Reason


class TierRequest(RulingRequest):
    """The tier whose limits apply to a user in the meantime."""

    tier: Name


class RulingAnswer(ResponseModel):
    """A decision in force. `of` is `user`, `prefix` (of addresses), `unsigned` (unsigned tokens
    from a prefix) or `all`; `subject` is the hash. `by` is `guard`, `budget`, `settings` or
    `operator`, whose hash is given, too.
    """

    of: Annotated[str, Field(json_schema_extra=_one_of("user", "prefix", "unsigned", "all"))]
    subject: str | None
    since: Moment | None
    until: Moment
    by: Annotated[str, Field(json_schema_extra=_one_of("guard", "budget", "settings", "operator"))]
    operator: str | None
    reason: str
    level: int
    tier: str | None


class BlocksAnswer(ResponseModel):
    """What is in force, newest first: the pause of minting, blocks, and temporary tiers. A decision
    made on another instance appears within 30 seconds.
    """

    serverTime: Moment
    paused: RulingAnswer | None
    blocks: list[RulingAnswer]
    tiers: list[RulingAnswer]
    knownTiers: list[str]


class HourTally(ResponseModel):
    """One hour: tokens handed out, and refusals by reason (a limit or a code)."""

    start: Moment
    minted: int
    refreshed: int
    replayed: int
    refused: dict[str, int]
    latency: Latency


class Latency(ResponseModel):
    """How long callers waited for a token; null if nobody got one."""

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
    """The tokens one user got, and their refusals, in the time the overview covers."""

    user: str
    tokens: int
    refused: int


class PeriodSpending(ResponseModel):
    """What has been spent so far in a UTC day or month, and its budget (null if there is none)."""

    spentUsd: float | None
    budgetUsd: float | None


class DaySpending(ResponseModel):
    """What was spent on a UTC day."""

    day: date
    usd: float


class Spending(ResponseModel):
    """The expected cost of all talks, or what clients reported where that is more. `days` covers
    this month up to today. While the cost cannot be read, it is null, `days` is empty, and
    `unavailable` is the code of the failure.
    """

    today: PeriodSpending
    month: PeriodSpending
    days: list[DaySpending]
    unavailable: str | None


class OverviewAnswer(ResponseModel):
    """The last 24 hours, by UTC hour. `cut`: there was more data than is read at once, so only the
    newest part is included. If there are many live sessions, only the newest are listed; `live`
    counts all. `trailMissing`: no audit trail is set up (`LIVE_API_AUDIT_TRAIL`), so all
    but the spending is empty.
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
    trailMissing: bool


class AdminUserAnswer(ResponseModel):
    """A user, by hash. `tier` is their temporary tier, that of their last request today, or
    `default`. `spentUsd` is what their talks today are expected to cost.
    """

    usage: UsageAnswer
    sessions: list[SessionAnswer]
    spentUsd: float
    block: RulingAnswer | None
    tier: RulingAnswer | None


class AuditEntry(ResponseModel):
    """An audit line; fields it does not have are null."""

    at: Moment
    event: Annotated[str, Field(examples=["TOKEN_CREATED", "TOKEN_REFUSED", "ABUSE_BLOCKED"])]
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
    """The newest lines of the last 24 hours, newest first. `cut`: there are more. `trailMissing`:
    no audit trail is set up.
    """

    cut: bool
    entries: list[AuditEntry]
    trailMissing: bool
