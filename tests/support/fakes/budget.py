"""A budget's check, and instances that mint, over one store in memory, with a clock that is set."""

from __future__ import annotations

import asyncio
from collections import Counter

from support.fakes.memory import Clock, MemoryDocuments
from vending.clock import day_of
from vending.guard.budget import Budget, Decision
from vending.guard.budget_check import BudgetCheck
from vending.guard.ruling_store import Rulings, RulingStore
from vending.limits.reading import Reading
from vending.limits.usage import Usage


class FakeSums:
    """A `SummedLedger` of which only the sums are used: micros by day."""

    def __init__(self) -> None:
        self.micros: Counter[str] = Counter()

    async def spent(self, day: str, timeout_s: float) -> int:
        return self.micros[day]

    async def read(self, user: str, timeout_s: float) -> Reading:
        raise NotImplementedError

    async def write(
        self, user: str, usage: Usage, if_version: object | None, timeout_s: float
    ) -> None:
        raise NotImplementedError


class BudgetStage:
    """Spending on a budget, from `began` on."""

    def __init__(self, began: int, budget: Budget) -> None:
        self.clock = Clock(began)
        self.documents = MemoryDocuments(self.clock)
        self.sums = FakeSums()
        self.budget = budget

    def rulings(self) -> Rulings:
        """What a new instance knows: nothing yet."""
        return Rulings(RulingStore(self.documents), clocks=self._clocks)

    async def run_check(self) -> Decision:
        """Run a check that has just been built."""
        return await self.check().run()

    def check(self) -> BudgetCheck:
        """A check that has just been built."""
        return BudgetCheck(self.sums, self.documents, self.rulings(), self.budget)

    async def is_paused(self, instance: Rulings) -> bool:
        """Tell what an instance does, and let the reading it began beside the request finish."""
        paused = (await instance.current()).paused is not None
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return paused

    def spend(self, micros: int) -> None:
        """Count a charge."""
        self.sums.micros[day_of(self.clock())] += micros

    def _clocks(self) -> tuple[float, float]:
        return self.clock.ms / 1000, self.clock.ms / 1000
