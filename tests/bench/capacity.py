"""What 10^3 to 10^8 talks a day need and cost, from the measured figures: `make capacity`.

Writes a page and a plot, and checks the arithmetic by simulating a day (`bench.simulation`). Every
assumption is a constant here; prices are list prices in us-central1, to be checked before quoting.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.drawing import Panel, drawing
from bench.figures import RESULTS
from bench.simulation import Day, simulate

TALKS = tuple(10**n for n in range(3, 9))
DAY_S = 86_400
TALKS_A_USER = 3
REFRESHES_A_TALK = 0.2  # most end within one token's half hour
REFUSED_A_TALK = 0.1  # asked again too early
PEAK = 3.0  # the busiest minute over the day's mean
GEMINI_S, STORE_S = 0.15, 0.01  # in flight: one call to Gemini, two to Firestore
CONCURRENCY = 64  # requests an instance takes at once
CLOUD_CPU = 2.0  # a function's vCPU is slower than the machine measured on, and half idle at best
DOCUMENT_KB, TALK_MINUTES = 1.5, 10

READ, WRITE, STORED_GB_MONTH = 0.03e-5, 0.09e-5, 0.15  # dollars
VCPU_S, GIB_S, REQUEST = 24e-6, 2.5e-6, 0.40e-6
MEMORY_GIB = 0.5

FIRESTORE_START_WRITES_S = 500  # a new collection; half as much again every 5 min
DATABASE_WRITES_S = 10_000  # a regional database before one asks for more
INSTANCES = 100  # max_instances of the deployment
GEMINI_SESSIONS = 5_000  # concurrent Live sessions of one project's paid tier; by quota request


@dataclass(frozen=True, slots=True)
class Need:
    """What so many talks a day need, at the peak or for the day."""

    talks: int
    requests_s: float
    instances: int
    reads_day: float
    writes_day: float
    writes_s: float
    stored_gb: float
    sessions: float
    dollars_month: float

    def limits(self) -> Iterator[str]:
        """Which ceilings it goes beyond, the lowest first."""
        ceilings = (
            ("Gemini's concurrent sessions", self.sessions, GEMINI_SESSIONS),
            ("Firestore's first five minutes", self.writes_s, FIRESTORE_START_WRITES_S),
            ("function instances", self.instances, INSTANCES),
            ("Firestore's writes a database", self.writes_s, DATABASE_WRITES_S),
        )
        for name, needed, ceiling in sorted(ceilings, key=lambda c: c[2] / c[1]):
            if needed > ceiling:
                yield f"{name} ({needed:,.0f} over {ceiling:,})"


def need(talks: int, cpu_ms: float) -> Need:
    """Work out what so many talks a day need if a mint takes `cpu_ms`."""
    tokens = talks * (1 + REFRESHES_A_TALK)
    requests = tokens + talks * REFUSED_A_TALK
    peak_s = PEAK * requests / DAY_S
    in_flight_s = GEMINI_S + 2 * STORE_S
    cpu_s = cpu_ms / 1000 * CLOUD_CPU
    busy = max(peak_s * in_flight_s / CONCURRENCY, peak_s * cpu_s)
    shared = min(max(peak_s * in_flight_s, 1), CONCURRENCY)  # requests that share a vCPU
    vcpu_s_month = 30 * max(requests * in_flight_s / shared, requests * cpu_s)
    stored_gb = talks / TALKS_A_USER * DOCUMENT_KB * 2 / 1e6  # two days, till the TTL takes them
    dollars = (
        30 * (requests * READ + tokens * WRITE + requests * REQUEST)
        + stored_gb * STORED_GB_MONTH
        + vcpu_s_month * (VCPU_S + MEMORY_GIB * GIB_S)
    )
    return Need(
        talks,
        peak_s,
        math.ceil(busy),
        requests,
        tokens,
        PEAK * tokens / DAY_S,
        stored_gb,
        PEAK * talks / DAY_S * TALK_MINUTES * 60,
        dollars,
    )


def main() -> int:
    """Write the page and the plot; 1 if the simulation disagrees by more than a tenth."""
    cpu_ms, source = _measured_cpu_ms()
    needs = [need(talks, cpu_ms) for talks in TALKS]
    checks = [(n, simulate(n.talks, cpu_ms / 1000 * CLOUD_CPU)) for n in needs if n.talks <= 10**6]
    page = "\n".join(_page(needs, checks, cpu_ms, source))
    (RESULTS / "capacity.md").write_text(page, encoding="utf-8")
    dollars = [(f"{n.talks:,} talks a day", n.dollars_month) for n in needs]
    instances = [(f"{n.talks:,} talks a day", float(n.instances)) for n in needs]
    panels = [
        Panel("Dollars a month", "dollars", dollars),
        Panel("Instances at the peak", "instances", instances),
    ]
    drawn = drawing("What talks need and cost", f"Worked out from {source}", panels)
    (RESULTS / "capacity.svg").write_text(drawn, encoding="utf-8")
    print(page)
    return int(not all(_agree(n, day) for n, day in checks))


def _measured_cpu_ms() -> tuple[float, str]:
    """CPU of a mint on Firestore, of the newest `make bench` on this machine."""
    paths = sorted(RESULTS.glob("bench-*.json"))
    if not paths:
        sys.exit("there are no figures yet: make bench")
    points: list[Mapping[str, object]] = json.loads(paths[-1].read_text(encoding="utf-8"))["points"]
    asked = ("mint", 0, 16, "livepass-firestore")
    names = ("ask", "delay_ms", "callers", "contender")
    found = next(p for p in points if tuple(p[name] for name in names) == asked)
    median = found["median"]
    assert isinstance(median, dict)
    return float(median["cpu_ms"]), Path(paths[-1]).name


def _agree(need: Need, day: Day) -> bool:
    pairs = ((need.reads_day, day.reads), (need.writes_day, day.writes))
    close = all(abs(worked - counted) <= 0.1 * worked for worked, counted in pairs)
    return close and day.most_instances <= max(2 * need.instances, need.instances + 2)


def _page(
    needs: list[Need], checks: list[tuple[Need, Day]], cpu_ms: float, source: str
) -> Iterator[str]:
    yield "# Capacity\n"
    yield f"What so many talks a day need and cost, worked out from {cpu_ms:.2f} ms CPU a mint"
    yield f"(`{source}`), times {CLOUD_CPU:g} for a function's vCPU. `make capacity` writes it; the"
    yield "assumptions are the constants of `tests/bench/capacity.py`. Prices and quotas are from"
    yield "memory of the public lists: check them before quoting.\n"
    yield "![Dollars a month and instances](capacity.svg)\n"
    heads = ("talks a day", "requests/s at the peak", "instances", "reads a day", "writes a day")
    yield _row((*heads, "stored GB", "live talks", "dollars a month", "first limits"))
    yield _row(["--:"] * 8 + ["---"])
    for n in needs:
        whole = (n.talks, round(n.requests_s), n.instances, n.reads_day, n.writes_day)
        cells = [*(f"{v:,.0f}" for v in whole), f"{n.stored_gb:,.3f}", f"{n.sessions:,.0f}"]
        yield _row([*cells, f"{n.dollars_month:,.2f}", "; ".join(n.limits()) or "none"])
    yield "\n## A day, simulated\n"
    yield "Second by second, with a wave, bursts, people who ask too early and refreshes:\n"
    counts = ("talks a day", "reads", "writes", "refused", "most requests/s", "most instances")
    yield _row((*counts, "cold starts", "agrees"))
    yield _row(["--:"] * 7 + ["---"])
    for n, day in checks:
        counted = (n.talks, day.reads, day.writes, day.refused, day.most_requests_s)
        more = (day.most_instances, day.cold_starts)
        yield _row([*(f"{v:,}" for v in (*counted, *more)), "yes" if _agree(n, day) else "NO"])
    yield MOVES


MOVES = """
## What moves a limit

- **Gemini's concurrent sessions** come first, everywhere: a quota request, or several projects.
- **Firestore's first minutes**: a new collection takes 500 writes a second and half as much again
  every five minutes. Grow into it. Documents are named by a hash, so that writes spread evenly; a
  user's own document is written once a mint, and limits keep that far below one a second.
- **Instances**: `max_instances`; one vCPU answers hundreds of mints a second, all waiting at once.
- **Firestore's writes a database**: the quota, then a database for each slice of users by their
  hash. Nothing spans two users.
"""


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main())
