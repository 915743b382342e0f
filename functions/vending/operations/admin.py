"""What an operator sees: a day at a glance, a user by hash, the audit trail.

Only admins come here (`edge`), and each request leaves an audit line that says about whom it was.
What they decide is in `admin_rulings`. App Check is not needed: a signed claim says who an admin
is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from vending.audit.overview import COUNTED_OPERATIONS, first_hour
from vending.audit.reader import AuditTrail, Entries, Query
from vending.audit.redact import scrub
from vending.clock import DAY_MS, day_of
from vending.contract.admin import AdminUserAnswer, AuditAnswer, OverviewAnswer, Spending
from vending.errors import AuditUnavailable, StoreUnavailable
from vending.guard.budget import Budget, in_usd
from vending.guard.budget_check import read_so_far
from vending.guard.ruling_store import Rulings
from vending.http.request import ApiRequest
from vending.operations import present, present_admin
from vending.operations.admin_rulings import ruling_answer
from vending.policy import DEFAULT_TIER, Limits
from vending.store.documents import Documents
from vending.store.ledger import Account, SummedLedger

MOST_LINES_COUNTED = 5_000
OVERVIEW_KEPT_S = 10.0


@dataclass(slots=True, kw_only=True)
class Admin:
    """The operations for operators. `clock` is in seconds since 1970."""

    ledger: SummedLedger
    documents: Documents
    trail: AuditTrail
    budget: Budget
    tiers: Mapping[str, Limits]
    rulings: Rulings
    clock: Callable[[], float] = time.time
    _kept: tuple[float, OverviewAnswer] | None = field(default=None, init=False)

    async def admin_overview(self, request: ApiRequest) -> OverviewAnswer:
        """Count a day, at most once in 10 s for all admins."""
        now_s = self.clock()
        if self._kept is None or not 0 <= now_s - self._kept[0] < OVERVIEW_KEPT_S:
            now = int(now_s * 1000)
            query = Query(first_hour(now) - 1, MOST_LINES_COUNTED, operations=COUNTED_OPERATIONS)
            found, spending = await self.trail.entries(query), await self._spending(request, now)
            self._kept = now_s, present_admin.overview_answer(found, spending, now)
        return self._kept[1]

    async def _spending(self, request: ApiRequest, now: int) -> Spending:
        """The spending; if it cannot be read, the rest of the overview is shown."""
        try:
            book = await read_so_far(self.ledger, self.documents, now)
        except StoreUnavailable as error:
            request.audit.facts["spendingUnavailable"] = scrub(str(error))
            return present_admin.spending_unavailable(error.code, self.budget)
        return present_admin.spending_answer(book, self.budget, now)

    async def admin_audit(self, request: ApiRequest) -> AuditAnswer:
        """Return the newest audit lines, of one user or event if requested."""
        chosen = dict(request.query)
        return present_admin.audit_answer(await self._newest(present_admin.MOST_LISTED, **chosen))

    async def admin_user(self, request: ApiRequest) -> AdminUserAnswer:
        """Return what a user has used and the rulings about them."""
        user = request.subject
        account = Account(self.ledger, user, request.audit.stopwatch)
        reading = await account.read()
        snapshot = await self.rulings.current()
        raised = snapshot.tier_ruling_of(user)
        tier = raised.tier if raised and raised.tier in self.tiers else await self._tier(user)
        limits = self.tiers[tier]
        sessions = reading.usage.sessions_of_the_day(reading.now)
        return AdminUserAnswer(
            usage=present.usage_answer(user, tier, reading, limits),
            sessions=[present.session_answer(s, reading.now, limits) for s in reversed(sessions)],
            spentUsd=in_usd(reading.usage.spent.get(day_of(reading.now), 0)),
            block=ruling_answer(snapshot.block_of(user)),
            tier=ruling_answer(raised),
        )

    async def _tier(self, user: str) -> str:
        """The tier of a user's last request: only their ID token has it. Blocks and the pause must
        work while the trail cannot be read.
        """
        try:
            found = await self._newest(1, user=user)
        except AuditUnavailable:
            return DEFAULT_TIER
        tiers = [entry.tier for entry in found.entries if entry.tier in self.tiers]
        return tiers[0] if tiers else DEFAULT_TIER

    async def _newest(self, most: int, user: str = "", event: str = "") -> Entries:
        since = int(self.clock() * 1000) - DAY_MS
        return await self.trail.entries(Query(since, most, user=user, event=event))
