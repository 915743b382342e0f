"""A steady load for long: no errors, memory flat, and nothing left open when it is over."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from load.stage import Stage
from load.traffic import Report, Visitors, at_rate

SAMPLES = 120
WARM_UP = 4  # memory is compared with what it was after this part of the time
TELL_EVERY_S = 300
GROWTH_ALLOWED = 1.05
LEFT_OPEN_ALLOWED = 4
REST_S = 31  # after which a connection to Gemini is not used again, and closed by the next mint


@dataclass(slots=True)
class Steady:
    """What happened, and what the server took for it."""

    rate: float
    seconds: float
    report: Report = field(default_factory=Report)
    memory_mb: list[float] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)
    left_open: int = 0
    """How many more descriptors the idle server has than it had before."""

    @property
    def growth(self) -> float:
        """How memory at the end compares to that after the warm-up: 1 is flat."""
        return self.memory_mb[-1] / self.memory_mb[len(self.memory_mb) // WARM_UP]

    def held(self) -> bool:
        """Whether it was as promised."""
        flat = self.growth <= GROWTH_ALLOWED and self.left_open <= LEFT_OPEN_ALLOWED
        return flat and not self.report.errors


async def steady(stage: Stage, rate: float, seconds: float, rest_s: float = REST_S) -> Steady:
    """Let visitors come; count what the idle server has open before and after."""
    result = Steady(rate, seconds)
    before = await _open_when_idle(stage, result.report, rest_s=0)
    async with Visitors(stage.fleet) as visitors:
        watching = asyncio.create_task(_watch(stage.worker, result))
        await at_rate(rate, seconds, partial(visitors.mixed, report=result.report))
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
    result.left_open = await _open_when_idle(stage, result.report, rest_s) - before
    return result


async def _open_when_idle(stage: Stage, report: Report, rest_s: float) -> int:
    """Have one token minted, so that what is kept open is, and let the visitor go."""
    await asyncio.sleep(rest_s)
    async with Visitors(stage.fleet) as visitors:
        await visitors.mint(0, report)
    await asyncio.sleep(0.5)
    return _descriptors(stage.worker)


async def _watch(pid: int, result: Steady) -> None:
    began, told = time.monotonic(), 1
    while True:
        await asyncio.sleep(result.seconds / SAMPLES)
        result.memory_mb.append(_memory_mb(pid))
        result.descriptors.append(_descriptors(pid))
        if time.monotonic() - began >= told * TELL_EVERY_S:
            print(_checkpoint(result, told * TELL_EVERY_S), flush=True)
            told += 1


def _checkpoint(result: Steady, seconds: int) -> str:
    """What was reached so far, for a run that is cut off."""
    report = result.report
    asked = f"{report.statuses.total() + report.broken} requests, {report.errors} errors"
    times = f"p50 {report.percentile_ms(50):.0f} ms, p99 {report.percentile_ms(99):.0f} ms"
    took = f"{result.memory_mb[-1]:.1f} MB, {result.descriptors[-1]} descriptors"
    return f"  {seconds // 60} min: {asked}, {times}, {took}, load {os.getloadavg()[1]:.1f}"


def _memory_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def _descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))
