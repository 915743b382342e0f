"""Presents what admins read, as the contract's answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from vending.audit import overview
from vending.audit.reader import Entries, Entry
from vending.clock import DAY_MS, day_of
from vending.contract.admin import (
    AuditAnswer,
    AuditEntry,
    DaySpending,
    HourTally,
    Latency,
    LiveSession,
    OverviewAnswer,
    PeriodSpending,
    Spending,
    UserTally,
)
from vending.guard.budget import Budget, Month, in_usd
from vending.operations.present import moment

MOST_LISTED = 200


def overview_answer(found: Entries, spending: Spending, now: int) -> OverviewAnswer:
    """Present the overview of a day."""
    day = overview.tally(found.entries, now)
    newest = list(reversed(day.live))[:MOST_LISTED]
    return OverviewAnswer(
        serverTime=moment(now),
        since=moment(min(e.at for e in found.entries) if found.cut else day.hours[0].start),
        cut=found.cut,
        hours=[_hour(hour) for hour in day.hours],
        latency=_latency(day.latencies_ms),
        live=len(day.live),
        liveSessions=[_live_session(entry) for entry in newest],
        busiest=[UserTally(user=u, tokens=t, refused=r) for u, t, r in day.busiest],
        spending=spending,
        trailMissing=not found.kept,
    )


def spending_answer(book: Month, budget: Budget, now: int) -> Spending:
    """Present the spending; a day that is not in the month's book has cost nothing."""
    today = datetime.fromtimestamp(now // 1000, UTC).date()
    days = {day_of(now - n * DAY_MS): today - timedelta(days=n) for n in reversed(range(today.day))}
    spent = book.days.get(day_of(now), 0)
    return Spending(
        today=PeriodSpending(spentUsd=in_usd(spent), budgetUsd=_budget_usd(budget.day)),
        month=PeriodSpending(spentUsd=in_usd(book.micros), budgetUsd=_budget_usd(budget.month)),
        days=[DaySpending(day=d, usd=in_usd(book.days.get(name, 0))) for name, d in days.items()],
        unavailable=None,
    )


def spending_unavailable(code: str, budget: Budget) -> Spending:
    """Present the budgets without the spending."""
    return Spending(
        today=PeriodSpending(spentUsd=None, budgetUsd=_budget_usd(budget.day)),
        month=PeriodSpending(spentUsd=None, budgetUsd=_budget_usd(budget.month)),
        days=[],
        unavailable=code,
    )


def audit_answer(found: Entries) -> AuditAnswer:
    """Present audit lines."""
    entries = [_audit_entry(entry) for entry in found.entries]
    return AuditAnswer(cut=found.cut, entries=entries, trailMissing=not found.kept)


def _budget_usd(micros: int) -> float | None:
    return in_usd(micros) if micros else None


def _hour(hour: overview.Hour) -> HourTally:
    return HourTally(
        start=moment(hour.start),
        minted=hour.tokens["minted"],
        refreshed=hour.tokens["refreshed"],
        replayed=hour.tokens["replayed"],
        refused=dict(sorted(hour.refused.items())),
        latency=_latency(hour.latencies_ms),
    )


def _latency(latencies_ms: Sequence[float]) -> Latency:
    return Latency(
        p50Ms=overview.percentile(latencies_ms, 0.50),
        p95Ms=overview.percentile(latencies_ms, 0.95),
    )


def _live_session(entry: Entry) -> LiveSession:
    return LiveSession(
        id=entry.session,
        user=entry.user,
        tier=entry.tier,
        model=entry.model,
        lastTokenAt=moment(entry.at),
        expiresAt=moment(entry.expires),
    )


def _audit_entry(entry: Entry) -> AuditEntry:
    return AuditEntry(
        at=moment(entry.at),
        event=entry.event,
        operation=entry.operation or None,
        status=entry.status or None,
        code=entry.code or None,
        violated=list(entry.violated),
        user=entry.user or None,
        tier=entry.tier or None,
        session=entry.session or None,
        model=entry.model or None,
        totalMs=entry.total_ms or None,
        requestId=entry.request_id or None,
        subject=entry.subject or None,
        change=entry.change or None,
        reason=entry.reason or None,
    )
