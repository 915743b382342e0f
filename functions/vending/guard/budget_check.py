"""Checks the budget: sums up what all users spent, pauses minting when it is used up, and keeps the
sums by month.

Users' documents have what each spent on the newest days and are garbage two days later, so every
check sums today and yesterday again: nothing is lost when one is, and nothing counted twice.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from functools import partial

from vending.clock import DAY_MS, day_of
from vending.errors import StoreUnavailable
from vending.guard.budget import Budget, Decision, Month, decide, month_of
from vending.guard.ruling import ALL, Ruling
from vending.guard.ruling_store import Rulings
from vending.store.documents import Documents, Found
from vending.store.ledger import SummedLedger
from vending.store.retry import STORE_RETRY_AFTER_S, retry_timed

SPENDING_COLLECTION = "live_token_spending"
BOOKS_KEPT_MS = 400 * DAY_MS
SUM_PATIENCE_S = 20.0  # over many users' documents
SHOWN_PATIENCE_S = 5.0  # an admin waits for it


@dataclass(frozen=True, slots=True)
class BudgetCheck:
    """The ledger, the book its sums are kept in, and the switch that a used-up budget throws."""

    ledger: SummedLedger
    documents: Documents
    rulings: Rulings
    budget: Budget

    async def run(self) -> Decision:
        """Sum up the spending, pause or resume, and store the sums; return the new alerts.

        Raises:
            StoreUnavailable: what could be done was; the next check does the rest.
        """
        now = (await self.rulings.current()).now
        days = {
            day: await retry_timed(partial(self.ledger.spent, day), SUM_PATIENCE_S, SUM_PATIENCE_S)
            for day in {day_of(now - DAY_MS), day_of(now)}
            if day[:7] == day_of(now)[:7]
        }
        book = _Book(self.documents, self.budget, now, days)
        decision = await retry_timed(book.decide)
        await self._pause(decision, now)
        await retry_timed(book.keep)
        return book.decided

    async def _pause(self, decision: Decision, now: int) -> None:
        """Put the pause, or lift one of ours that holds for longer than it should."""
        paused = (await self.rulings.current()).paused
        if paused and paused.by == "budget" and paused.until > decision.paused_until:
            await self.rulings.lift("pause", ALL)
        if decision.used_up:
            reason = f"the budget of the {' and the '.join(decision.used_up)} is used up"
            since, until = paused.since if paused else now, decision.paused_until
            await self.rulings.put(Ruling("pause", ALL, since, until, "budget", reason))


class _Book:
    """The month's book in one check; its mark shows whether an unknown outcome was a success."""

    def __init__(
        self, documents: Documents, budget: Budget, now: int, days: dict[str, int]
    ) -> None:
        self._documents = documents
        self._budget = budget
        self._now = now
        self._days = days
        self._name = month_of(now)[1:]
        self._mark = uuid.uuid4().hex
        self.decided = Decision(Month())

    async def decide(self, timeout_s: float) -> Decision:
        """Decide by the book as it is."""
        found = await self._documents.read(SPENDING_COLLECTION, self._name, timeout_s)
        return decide(_month(found), self._days, self._now, self._budget)

    async def keep(self, timeout_s: float) -> None:
        """Decide again and write it down, unless that was done."""
        found = await self._documents.read(SPENDING_COLLECTION, self._name, timeout_s)
        if found.fields.get("by") == self._mark:
            return
        self.decided = decide(_month(found), self._days, self._now, self._budget)
        await self._documents.write(
            SPENDING_COLLECTION,
            self._name,
            {**self.decided.month.document(), "by": self._mark},
            if_version=found.version,
            expires=self._now + BOOKS_KEPT_MS,
            timeout_s=timeout_s,
        )


async def read_so_far(ledger: SummedLedger, documents: Documents, now: int) -> Month:
    """Read the book of the month of `now`, as it is when today is summed up once more.

    Raises:
        StoreUnavailable: it cannot be read, or summed up in time.
    """
    read = partial(documents.read, SPENDING_COLLECTION, month_of(now)[1:])
    today, book = day_of(now), _month(await retry_timed(read))
    micros = await retry_timed(partial(ledger.spent, today), SHOWN_PATIENCE_S, SHOWN_PATIENCE_S)
    return replace(book, days={**book.days, today: max(micros, book.days.get(today, 0))})


def _month(found: Found) -> Month:
    try:
        return Month.of(found.fields)
    except (TypeError, ValueError, AttributeError) as error:
        detail = f"a month's book is not as we write it: {error}"
        raise StoreUnavailable(detail, retry_after_s=STORE_RETRY_AFTER_S) from error
