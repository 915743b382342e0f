"""The budget job: once a minute, checks what was spent and writes the alerts to the log."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.responses import Response

from vending.audit.event import AuditEvent, Trace
from vending.audit.log import AuditLog
from vending.errors import LivepassError
from vending.guard.budget import BudgetAlert, Decision, Period, in_usd

if TYPE_CHECKING:
    from vending.guard.budget_check import BudgetCheck

USED_UP = 100


class BudgetGuard:
    """Answers the scheduler, its only caller. `build` builds the check that it runs."""

    def __init__(self, log: AuditLog, build: Callable[[], BudgetCheck]) -> None:
        self._log = log
        self._check = cache(build)

    async def answer(self, method: str = "", headers: Mapping[str, str] | None = None) -> Response:
        """Check once: 204, or 5xx so that the scheduler counts a failure."""
        event = AuditEvent(
            uuid.uuid4().hex, method, Trace.of(headers or {}), event="BUDGET_CHECKED"
        )
        event.status = HTTPStatus.NO_CONTENT
        try:
            decision = await self._check().run()
        except LivepassError as error:
            event.refused(error)
            event.status = error.status
        except Exception as error:  # noqa: BLE001 - the edge catches all
            event.crashed(error)
            event.status = HTTPStatus.INTERNAL_SERVER_ERROR
        else:
            event.facts |= _facts(decision)
            for alert in decision.alerts:
                self._log.write(_line(alert, event))
        self._log.write(event)
        return Response(status_code=event.status)


def _facts(decision: Decision) -> Mapping[str, object]:
    used_up: tuple[Period, ...] = decision.used_up
    return {"spentMonthUsd": _usd(decision.month.micros), "usedUp": list(used_up)}


def _line(alert: BudgetAlert, event: AuditEvent) -> AuditEvent:
    line = AuditEvent(event.request_id, event.method, event.trace, event="BUDGET_WARNED")
    line.status = event.status
    line.severity = "ERROR" if alert.percent >= USED_UP else "WARNING"
    line.facts |= {
        "period": alert.period,
        "percent": alert.percent,
        "spentUsd": _usd(alert.spent),
        "budgetUsd": _usd(alert.budget),
        "reason": f"{alert.percent} % of the {alert.period}'s budget: "
        f"${_usd(alert.spent):,.2f} of ${_usd(alert.budget):,.2f}",
    }
    return line


def _usd(micros: int) -> float:
    return round(in_usd(micros), 2)
