"""A steady load for long: no errors, each token charged once, in time, memory flat, and nothing
left open when it is over.
"""

from __future__ import annotations

import asyncio
import math
import os
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from support.load.stage import Stage
from support.load.traffic import Report, Visitors, at_rate

SAMPLES = 120
WARM_UP = 4  # memory is compared with what it was after this part of the time
TELL_EVERY_S = 300
GROWTH_ALLOWED = 1.05
RATE_REACHED = 0.98
P99_ALLOWED_MS = 150
LEFT_OPEN_ALLOWED = 4
REST_S = 31  # after which no connection of ours is used again: the next mint closes them


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
    lasted_s: float = math.inf
    miscounted: int = 0
    """People who were charged with more or fewer tokens than they were given."""

    @property
    def growth(self) -> float:
        """How memory at the end compares to that after the warm-up: 1 is flat."""
        return self.memory_mb[-1] / self.memory_mb[len(self.memory_mb) // WARM_UP]

    @property
    def reached(self) -> float:
        """The part of the rate that was carried: 1 is all."""
        return (len(self.report.seconds) + self.report.broken) / self.lasted_s / self.rate

    def broken(self) -> list[str]:
        """What was not as promised."""
        held = {
            "errors": not self.report.errors,
            "charges": not self.miscounted,
            "rate": self.reached >= RATE_REACHED,
            "p99": self.report.percentile_ms(99) <= P99_ALLOWED_MS,
            "memory": self.growth <= GROWTH_ALLOWED,
            "descriptors": self.left_open <= LEFT_OPEN_ALLOWED,
        }
        return [f"steady, {what}" for what, well in held.items() if not well]


async def steady(stage: Stage, rate: float, seconds: float) -> Steady:
    """Let visitors come; count what the idle server has open before and after."""
    result, charged = Steady(rate, seconds), stage.charges()
    before = await _open_when_idle(stage, result.report)
    async with Visitors(stage.fleet) as visitors:
        watching = asyncio.create_task(_watch(stage.worker, result))
        began = time.monotonic()
        await at_rate(rate, seconds, partial(visitors.mixed, report=result.report))
        result.lasted_s = time.monotonic() - began
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
    await asyncio.sleep(REST_S)
    result.left_open = await _open_when_idle(stage, result.report) - before
    result.miscounted = _differing(stage.charges(), charged + result.report.tokens)
    return result


def _differing(one: Counter[str], other: Counter[str]) -> int:
    """In how many entries they differ."""
    return sum(one[name] != other[name] for name in one | other)


async def _open_when_idle(stage: Stage, report: Report) -> int:
    """Have one token minted, so that what is kept open is, and let the visitor go."""
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
