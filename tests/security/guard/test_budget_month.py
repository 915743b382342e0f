"""A simulated month with a budget for the day and the month: where it stops, and what it reports.

Ten instances mint at a pace that follows the hour and, for five busy days, trebles; one of them is
replaced every hour, the check every quarter of an hour. Talks go on by refreshes,
paused or not.
"""

from __future__ import annotations

import heapq
import math
import random
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

from support.fakes.budget import BudgetStage
from vending.clock import DAY_MS, day_of
from vending.gemini.pricing import expected_micros
from vending.guard.budget import Budget, month_of

SEED = 20261121
BEGAN = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp()) * 1000
MINUTE_MS, MINUTES = 60_000, 30 * 24 * 60
INSTANCES = 10
TOKEN = expected_micros("gemini-3.8-live", 30)
BUSY_DAYS = range(9, 14)
BUDGET = Budget(day=1_200_000_000, month=20_000_000_000)


@dataclass(frozen=True)
class Pause:
    """A budget that was found used up: when, and how much beyond it had been spent by then."""

    began: int
    period: str
    beyond: int


@dataclass
class Story:
    """What happened."""

    minted: list[int] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)
    told: Counter[tuple[str, int]] = field(default_factory=Counter)
    refused: int = 0
    refreshed_in_pause: int = 0
    over: dict[str, int] = field(default_factory=dict)

    def late(self, pause: Pause) -> list[int]:
        """The mints of the 5 minutes after a pause was put."""
        first = bisect_left(self.minted, pause.began)
        return self.minted[first : bisect_left(self.minted, pause.began + 5 * MINUTE_MS)]

    def overshot(self, pause: Pause) -> int:
        """By how much minting went beyond the budget."""
        return max(pause.beyond + len(self.late(pause)) * TOKEN, 0)


def pace(minute: int) -> float:
    """Mints a minute: quiet at night."""
    busy = 3 if minute // 1440 in BUSY_DAYS else 1
    return busy * (0.06 + 0.5 * max(math.sin((minute % 1440 / 1440 - 0.25) * 2 * math.pi), 0))


async def month(chance: random.Random) -> Story:
    stage, story = BudgetStage(BEGAN, BUDGET), Story()
    instances, check = [stage.rulings() for _ in range(INSTANCES)], stage.check()
    refreshes: list[int] = []
    for minute in range(MINUTES):
        start = stage.clock.ms = BEGAN + minute * MINUTE_MS
        if minute % 60 == 0:
            instances[chance.randrange(INSTANCES)] = stage.rulings()
        if minute % 15 == 0:
            check = stage.check()
        decision = await check.run()
        for alert in decision.alerts:
            name = day_of(start) if alert.period == "day" else month_of(start)
            story.told[name, alert.percent] += 1
            if alert.percent == 100:
                beyond = alert.spent - alert.budget
                story.pauses.append(Pause(start, alert.period, beyond))
        moments = _moments(start, pace(minute), refreshes, chance)
        for moment, kind in moments:
            stage.clock.ms = moment
            paused = await stage.is_paused(chance.choice(instances))
            if paused and kind == "mint":
                story.refused += 1
                continue
            stage.spend(TOKEN)
            story.refreshed_in_pause += paused
            if kind == "mint":
                story.minted.append(moment)
            if chance.random() < (0.2 if kind == "mint" else 0.1):
                heapq.heappush(refreshes, moment + 25 * MINUTE_MS)
    for name, spent in {**stage.sums.micros, "month": sum(stage.sums.micros.values())}.items():
        story.over[name] = spent - (BUDGET.month if name == "month" else BUDGET.day)
    return story


def _moments(
    start: int, expected: float, refreshes: list[int], chance: random.Random
) -> list[tuple[int, str]]:
    """What a minute brings, in order."""
    mints = sum(chance.random() < expected / 10 for _ in range(10))
    moments = [(start + chance.randrange(MINUTE_MS), "mint") for _ in range(mints)]
    while refreshes and refreshes[0] < start + MINUTE_MS:
        moments.append((heapq.heappop(refreshes), "refresh"))
    return sorted(moments)


async def test_month_stops_within_what_was_promised_and_tells_each_step_once() -> None:
    story = await month(random.Random(SEED))

    days = [pause for pause in story.pauses if pause.period == "day"]
    [ceiling] = [pause for pause in story.pauses if pause.period == "month"]
    _show(story, ceiling)
    assert set(story.told.values()) == {1}
    assert len(days) >= 4
    assert ceiling.began < BEGAN + 29 * DAY_MS  # the rest of the month is paused
    busiest = max(_within(story.minted, t, 90_000) for t in story.minted)
    for pause in story.pauses:
        assert all(t - pause.began <= 30_000 for t in story.late(pause))
        assert story.overshot(pause) <= busiest * TOKEN
    assert story.refused > 100
    assert story.refreshed_in_pause > 10


def _within(moments: list[int], begin: int, span: int) -> int:
    return bisect_left(moments, begin + span) - bisect_left(moments, begin)


def _show(story: Story, ceiling: Pause) -> None:
    overshot = max(map(story.overshot, story.pauses))
    late = max(t - pause.began for pause in story.pauses for t in [pause.began, *story.late(pause)])
    when = datetime.fromtimestamp(ceiling.began / 1000, UTC)
    print(f"\nA month of {len(story.minted)} talks, seed {SEED}")
    print(f"  ceiling of the month   {BUDGET.month / 1e6:,.0f} USD, paused {when:%d %b %H:%M}")
    print(f"  pauses                 {len(story.pauses)}; the last mint {late / 1000:.0f} s after")
    print(f"  overshot by minting    {story.overshot(ceiling) / 1e6:.2f} USD")
    print(f"  of any day, at most    {overshot / 1e6:.2f} USD")
    print(f"  with refreshes         {story.over['month'] / 1e6:+,.2f} USD")
    print(f"  refused, refreshed     {story.refused} mints, {story.refreshed_in_pause} talks")
    print(f"  told                   {len(story.told)} steps, each once")
