"""The tables of load: what each row says."""

from __future__ import annotations

import math
from collections.abc import Sequence

from load.flood import FLOOD_RATE, OTHERS_RATE, Flood
from load.outage import Outage
from load.steady import Steady
from load.traffic import Report

Table = tuple[str, Sequence[str]]
STEADY: Table = (
    "Steady load: mints, refreshes and usage, one server process",
    (
        "rate",
        "for",
        "reached",
        "requests",
        "errors",
        "miscounted",
        "p50",
        "p99",
        "memory",
        "grown",
        "descriptors, most",
        "left open",
    ),
)
FLOOD: Table = (
    f"One refused user at {FLOOD_RATE}/s beside others at {OTHERS_RATE}/s",
    (
        "asked",
        "answers",
        "its writes",
        "its mints",
        "others' p50 calm",
        "flooded",
        "p50 x",
        "p95 x",
        "errors",
    ),
)
OUTAGE: Table = (
    "Gemini away",
    (
        "way",
        "requests",
        "answers",
        "calls to Gemini",
        "calls a request",
        "slowest",
        "healed after",
        "errors then",
    ),
)


def steady_row(run: Steady) -> Sequence[object]:
    """Write a row of `STEADY`."""
    report = run.report
    times = (f"{report.percentile_ms(50):.0f} ms", f"{report.percentile_ms(99):.0f} ms")
    memory = (f"{run.memory_mb[-1]:.0f} MB", f"{(run.growth - 1) * 100:+.1f} %")
    asked = (f"{run.reached:.1%}", len(report.seconds), _told(report), run.miscounted)
    descriptors = (max(run.descriptors), run.left_open)
    return (f"{run.rate:g}/s", f"{run.seconds:g} s", *asked, *times, *memory, *descriptors)


def flood_row(run: Flood) -> Sequence[object]:
    """Write a row of `FLOOD`."""
    calm, flooded = run.calm.percentile_ms(50), run.flooded.percentile_ms(50)
    slower = (
        f"{calm:.0f} ms",
        f"{flooded:.0f} ms",
        f"{run.slower(50):.2f}",
        f"{run.slower(95):.2f}",
    )
    errors = run.calm.errors + run.flooded.errors
    told = ", ".join(f"{count} x {status}" for status, count in run.statuses.items())
    return (run.due, told, run.writes, run.mints, *slower, errors)


def outage_row(way: str, run: Outage) -> Sequence[object]:
    """Write a row of `OUTAGE`."""
    asked = (run.asked, _told(run.during), run.calls, f"{run.multiplied:.2f}")
    slowest = max(run.during.seconds, default=math.inf)
    return (way, *asked, f"{slowest:.2f} s", f"{run.healed_s:.2f} s", run.after.errors)


def _told(report: Report) -> str:
    kinds = ", ".join(f"{count} {what}" for what, count in report.wrong.items())
    return f"{report.errors}: {kinds}" if kinds else "0"
