"""The tables of load: what each row says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from http import HTTPStatus

from support.load.flood import FLOOD_RATE, OTHERS_RATE, Flood
from support.load.outage import Outage
from support.load.steady import Steady
from support.load.traffic import Report

Table = tuple[str, Sequence[str]]
STEADY: Table = (
    "Steady load: mints, refreshes and usage, one server process",
    (
        "rate",
        "for",
        "reached",
        "cases",
        "passed",
        "errors",
        "miscounted",
        "p50",
        "p99",
        "memory",
        "grown",
        "descriptors, most",
        "left open",
        "worst",
        "seed",
    ),
)
FLOOD: Table = (
    f"One refused user at {FLOOD_RATE}/s beside others at {OTHERS_RATE}/s",
    (
        "cases",
        "passed",
        "answers",
        "its writes",
        "its mints",
        "others' p50 calm",
        "flooded",
        "p50 x",
        "p95 x",
        "errors",
        "worst",
        "seed",
    ),
)
OUTAGE: Table = (
    "Gemini away",
    (
        "way",
        "cases",
        "passed",
        "answers",
        "calls to Gemini",
        "calls a request",
        "healed after",
        "errors then",
        "worst",
        "seed",
    ),
)


def steady_row(run: Steady) -> Sequence[object]:
    """Write a row of `STEADY`."""
    report = run.report
    times = (f"{report.percentile_ms(50):.0f} ms", f"{report.percentile_ms(99):.0f} ms")
    memory = (f"{run.memory_mb[-1]:.0f} MB", f"{(run.growth - 1) * 100:+.1f} %")
    cases = len(report.seconds)
    asked = (f"{run.reached:.1%}", cases, cases - report.errors, _told(report), run.miscounted)
    end = (max(run.descriptors), run.left_open, _slowest(report), "none")
    return (f"{run.rate:g}/s", f"{run.seconds:g} s", *asked, *times, *memory, *end)


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
    asked = (run.due, run.statuses[HTTPStatus.TOO_MANY_REQUESTS], told)
    return (*asked, run.writes, run.mints, *slower, errors, _slowest(run.flooded), "none")


def outage_row(way: str, run: Outage) -> Sequence[object]:
    """Write a row of `OUTAGE`."""
    passed = run.during.wrong["upstream-unavailable"]  # which is right, while it is away
    asked = (run.asked, passed, _told(run.during), run.calls, f"{run.multiplied:.2f}")
    healed = (f"{run.healed_s:.2f} s", run.after.errors)
    return (way, *asked, *healed, _slowest(run.during), "none")


def _slowest(report: Report) -> str:
    return f"{max(report.seconds, default=math.inf):.2f} s"


def _told(report: Report) -> str:
    kinds = ", ".join(f"{count} {what}" for what, count in report.wrong.items())
    return f"{report.errors}: {kinds}" if kinds else "0"
