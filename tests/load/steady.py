"""A steady load for long: no errors, memory and descriptors flat."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from load.stage import Stage
from load.traffic import Report, Visitors, at_rate

SAMPLES = 60
GROWTH_ALLOWED = 1.05
DESCRIPTORS_ALLOWED = 4  # a connection more to somewhere


@dataclass(slots=True)
class Steady:
    """What happened, and what the server took for it."""

    rate: float
    seconds: float
    report: Report = field(default_factory=Report)
    memory_mb: list[float] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)

    @property
    def growth(self) -> float:
        """How memory at the end compares to that at half time: 1 is flat."""
        return self.memory_mb[-1] / self.memory_mb[len(self.memory_mb) // 2]

    @property
    def descriptors_grown(self) -> int:
        """How many more descriptors were open in the second half than in the first, at most."""
        half = len(self.descriptors) // 2
        return max(self.descriptors[half:]) - max(self.descriptors[:half])

    def held(self) -> bool:
        """Whether it was as promised."""
        flat = self.growth <= GROWTH_ALLOWED and self.descriptors_grown <= DESCRIPTORS_ALLOWED
        return flat and not self.report.errors


async def steady(stage: Stage, rate: float, seconds: float) -> Steady:
    """Let visitors come."""
    result = Steady(rate, seconds)
    async with Visitors(stage.fleet) as visitors:
        watching = asyncio.create_task(_watch(stage.worker, result))
        await at_rate(rate, seconds, partial(visitors.mixed, report=result.report))
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
    return result


async def _watch(pid: int, result: Steady) -> None:
    while True:
        await asyncio.sleep(result.seconds / SAMPLES)
        _sample(Path(f"/proc/{pid}"), result)


def _sample(process: Path, result: Steady) -> None:
    status = (process / "status").read_text()
    result.memory_mb.append(int(status.partition("VmRSS:")[2].split()[0]) / 1024)
    result.descriptors.append(len(list((process / "fd").iterdir())))
