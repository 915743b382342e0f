"""One user who is refused and asks again 200 times a second: no write, no mint, and no harm to the
others, who are measured with and without in turn.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus

from support.load import hammer
from support.load.stage import Stage
from support.load.traffic import Report, Visitors, at_rate

FLOOD_RATE = 200
OTHERS_RATE = 10
ROUNDS = 5
SLOWER_ALLOWED = 1.2
UNASKED_ALLOWED = 0.02


@dataclass(slots=True)
class Flood:
    """How the others fared, and what the flood was answered."""

    calm: Report = field(default_factory=Report)
    flooded: Report = field(default_factory=Report)
    statuses: Counter[int] = field(default_factory=Counter)
    due: int = 0
    """How often the flood was to ask."""
    writes: int = 0
    mints: int = 0

    def slower(self, percent: int) -> float:
        """How the others' time compares to that without the flood."""
        return self.flooded.percentile_ms(percent) / self.calm.percentile_ms(percent)

    def broken(self) -> list[str]:
        """What was not as promised, but for the time of the others."""
        held = {
            "answers": set(self.statuses) == {HTTPStatus.TOO_MANY_REQUESTS},
            "rate": abs(self.statuses.total() - self.due) <= UNASKED_ALLOWED * self.due,
            "writes": self.writes == 0,
            "mints": self.mints == 0,
            "others": self.calm.errors + self.flooded.errors == 0,
        }
        return [f"flood, {what}" for what, well in held.items() if not well]

    def slow(self) -> list[str]:
        """Which of the others' times were not as promised."""
        return [f"flood, p{n}" for n in (50, 95) if self.slower(n) > SLOWER_ALLOWED]


async def flood(stage: Stage, window_s: float, rounds: int = ROUNDS) -> Flood:
    """Measure the others without, with, without, with ..."""
    result = Flood(due=int(FLOOD_RATE * window_s * rounds))
    person = stage.fleet.person("patient")
    async with Visitors(stage.fleet) as visitors:
        await at_rate(OTHERS_RATE, 2, partial(visitors.mint, report=Report()))
        await visitors.ask(Report(), "POST", "", person)
        before, minted = stage.fleet.books.row(person.alias), stage.proxy.seen[""]
        for _ in range(rounds):
            await at_rate(OTHERS_RATE, window_s, partial(visitors.mint, report=result.calm))
            flooding = await hammer.begin(
                stage.fleet.urls[0], person.id_token, FLOOD_RATE, window_s
            )
            await at_rate(OTHERS_RATE, window_s, partial(visitors.mint, report=result.flooded))
            result.statuses += await hammer.end(flooding)
        others = result.calm.statuses[201] + result.flooded.statuses[201]
        result.mints = stage.proxy.seen[""] - minted - others
        result.writes = int(stage.fleet.books.row(person.alias) != before)
    return result
