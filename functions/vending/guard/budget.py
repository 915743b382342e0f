"""Whether the money lasts: one pure decision a minute, on what was spent and how fast.

A budget is for a UTC day or month. It warns at 50 and 90 %, once each, and is used up when what was
spent, plus what will be by the next check at the pace since the last one, reaches it: then
minting is paused until the period ends or the budget is raised. A pause is known everywhere within
30 s, so a budget is overshot by no more than the minting of 30 s, as long as it has not become
faster since the last check.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal, Self

from vending.clock import DAY_MS, day_of
from vending.guard.ruling import CHECK_EVERY_MS

STEPS = (50, 90, 100)
Period = Literal["day", "month"]


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be spent, in micros; 0 is no bound."""

    day: int = 0
    month: int = 0


@dataclass(frozen=True, slots=True)
class AlertSent:
    """The highest percentage of this budget that an alert was sent for; `budget` is in micros."""

    percent: int
    budget: int


@dataclass(frozen=True, slots=True)
class Month:
    """A month's book: micros by day (`d20261121`), the alerts sent by day and month (`m202611`),
    and when it was last checked.
    """

    days: Mapping[str, int] = field(default_factory=dict)
    sent: Mapping[str, AlertSent] = field(default_factory=dict)
    looked: int = 0

    @property
    def micros(self) -> int:
        """What was spent in the month."""
        return sum(self.days.values())

    def document(self) -> dict[str, Any]:
        """As stored."""
        sent = {name: [each.percent, each.budget] for name, each in self.sent.items()}
        return {"days": dict(self.days), "told": sent, "looked": self.looked}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Read what `document` wrote.

        Raises:
            ValueError, TypeError: it is not such a document.
        """
        days = {str(day): int(micros) for day, micros in document.get("days", {}).items()}
        sent = {str(k): AlertSent(*map(int, pair)) for k, pair in document.get("told", {}).items()}
        return cls(days, sent, int(document.get("looked", 0)))


@dataclass(frozen=True, slots=True)
class BudgetAlert:
    """A budget has reached a percentage."""

    period: Period
    percent: int
    spent: int
    budget: int


@dataclass(frozen=True, slots=True)
class Decision:
    """The month's book, the alerts to send, when the pause ends (ms), and which are used up."""

    month: Month
    alerts: tuple[BudgetAlert, ...] = ()
    paused_until: int = 0
    used_up: tuple[Period, ...] = ()


def decide(month: Month, days: Mapping[str, int], now: int, budget: Budget) -> Decision:
    """Decide at `now`, given the newest sums of some of the month's days.

    A day's sum never sinks: a document that has expired was counted before.
    """
    sums = {day: max(micros, month.days.get(day, 0)) for day, micros in days.items()}
    book = replace(month, days={**month.days, **sums}, looked=now)
    ahead = _ahead(month, book)
    sent, alerts, ends = dict(month.sent), list[BudgetAlert](), dict[Period, int]()
    for period, name, spent, most, until in _periods(book, now, budget):
        if not most:
            continue
        before = _before(sent.get(name), most)
        percent = max(before, _percent(spent, spent + ahead, most))
        alerts += [BudgetAlert(period, step, spent, most) for step in _steps(before, percent)]
        sent[name] = AlertSent(percent, most)
        if percent == STEPS[-1]:
            ends[period] = until
    kept = {name: sent[name] for name in sent if name in (day_of(now), month_of(now))}
    book = replace(book, sent=kept)
    return Decision(book, tuple(alerts), max(ends.values(), default=0), tuple(ends))


def _periods(
    book: Month, now: int, budget: Budget
) -> tuple[tuple[Period, str, int, int, int], ...]:
    """Each with its name, what was spent in it, its budget, and when it ends."""
    today = day_of(now)
    return (
        ("day", today, book.days.get(today, 0), budget.day, _day_ends(now)),
        ("month", month_of(now), book.micros, budget.month, _month_ends(now)),
    )


def in_usd(micros: int) -> float:
    """Micros as dollars."""
    return micros / 1_000_000


def month_of(ms: int) -> str:
    """The UTC month of a moment: m202611."""
    return f"m{datetime.fromtimestamp(ms // 1000, UTC):%Y%m}"


def _ahead(before: Month, book: Month) -> int:
    """What will be spent by the next check, at the pace since the last."""
    passed = book.looked - before.looked
    if not before.looked or passed <= 0:
        return 0
    return (book.micros - before.micros) * CHECK_EVERY_MS // max(passed, CHECK_EVERY_MS)


def _before(sent: AlertSent | None, budget: int) -> int:
    """The percentage already alerted for this budget; a changed budget starts again."""
    return sent.percent if sent and sent.budget == budget else 0


def _percent(spent: int, soon: int, budget: int) -> int:
    if soon >= budget:
        return STEPS[-1]
    return max((step for step in STEPS[:-1] if spent * 100 >= step * budget), default=0)


def _steps(before: int, percent: int) -> Iterator[int]:
    return (step for step in STEPS if before < step <= percent)


def _day_ends(now: int) -> int:
    return (now // DAY_MS + 1) * DAY_MS


def _month_ends(now: int) -> int:
    moment = datetime.fromtimestamp(now // 1000, UTC)
    years, month = divmod(moment.month, 12)
    return int(datetime(moment.year + years, month + 1, 1, tzinfo=UTC).timestamp()) * 1000
