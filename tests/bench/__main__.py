"""Measure Livepass beside the baselines: `make bench`.

Every contender runs all the while; rounds go around all of them, so that what else the machine does
falls on all alike. Compare ratios; the absolute figures are this machine's, which runs Gemini's
stand-in, Firestore's emulator and the callers as well.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from bench import plot
from bench.contenders import NODE_MODULES, PATH, Contender, Surroundings, surroundings
from bench.figures import Figures, Point, Sample, store
from bench.load import measure, request
from bench.operations import operations
from bench.promises import MANY, promises
from bench.servers import Server, server
from bench.wear import wear

CALLERS = {0: (1, 16, 64, 256), 50: (1, 64), 150: (64, 256)}  # by Gemini's delay in ms
USERS_AT = (50, 64)  # where it matters how many users the callers are
USERS = (1, 16)
REPEATING = 64  # users over their limit
STEADY, MOST_WARMING = 0.1, 15  # seconds of warming, and how much the last three may differ
PREFLIGHT = request(PATH, {"Origin": "https://app.example.com"}, method="OPTIONS")
NOBODY = request(PATH, {"Authorization": "Bearer nobody"})
Asks = Mapping[tuple[str, int], Sequence[bytes]]
EXPECTED = {"hello": 200, "mint": 201, "preflight": 204, "401": 401, "429": 429}


@dataclass(frozen=True, slots=True)
class Running:
    """A contender that runs, and what can be asked of it: requests by ask and number of users."""

    contender: Contender
    server: Server
    asks: Asks


def main() -> int:
    """Run, print the table and the promises, store JSON and plot; 1 if a promise is missed."""
    given = _arguments()
    figures = Figures()
    with surroundings() as around, ExitStack() as stack:
        running = [_run(c, asks, stack) for c, asks in _contenders(around)]
        figures.facts["memory MB"] = _named("livepass-firestore", running).server.memory_mb()
        figures.facts |= asyncio.run(operations(around))
        points = list(_points(running))
        for number in range(given.rounds):
            for at, (point, runs) in enumerate(points, 1):
                print(
                    f"\rround {number + 1}/{given.rounds}, {at}/{len(points)}  ",
                    end="",
                    file=sys.stderr,
                )
                around.upstream.set_delay(point.delay_ms)
                figures.add(point, _sample(runs, point, given.seconds))
                _settle(runs.server)
    print(file=sys.stderr)
    if given.wear:
        figures.facts |= wear(given.wear)
    print(*figures.table(), sep="\n")
    kept = list(promises(figures))
    print("", *kept, sep="\n")
    path = store("bench", {**figures.document(), "promises": [str(p) for p in kept]})
    path.with_suffix(".svg").write_text(plot.svg(figures), encoding="utf-8")
    print(f"\n{path}")
    return int(not all(p.is_kept for p in kept))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each point in a round")
    parser.add_argument("--wear", type=int, default=100_000, help="mints of the test of memory")
    return parser.parse_args()


def _contenders(around: Surroundings) -> Iterator[tuple[Contender, Asks]]:
    """Who is asked what, by how many users. A second server of each refuses."""
    yield around.baseline("hello"), {("hello", 1): [request("/", {})]}
    usual, floor = around.baseline("usual"), around.baseline("floor")
    yield floor, _mints(floor, around)
    limits = {"LIVE_API_COOLDOWN_PERIOD_MINUTES": "5"}
    refusing = [around.baseline("usual", 1)]
    others = [usual]
    if NODE_MODULES.exists():
        others.append(around.baseline("node"))
        refusing.append(around.baseline("node", 1))
    for ledger in ("sqlite", "firestore"):
        livepass = around.livepass(ledger)
        public: Asks = {("preflight", 1): [PREFLIGHT], ("401", 1): [NOBODY]}
        yield livepass, {**_mints(livepass, around), **public}
        refusing.append(around.livepass(ledger, **limits))
    for contender in others:
        yield contender, _mints(contender, around)
    for contender in refusing:
        requests = around.requests(contender, MANY + REPEATING)[MANY:]
        yield contender, {("429", REPEATING): requests}


def _mints(contender: Contender, around: Surroundings) -> Asks:
    return {("mint", users): around.requests(contender, users) for users in (MANY, *USERS)}


def _run(contender: Contender, asks: Asks, stack: ExitStack) -> Running:
    running = stack.enter_context(server(contender.command, contender.environ))
    for (ask, users), requests in asks.items():
        if users not in USERS or ask != "mint":
            _warm(running, ask, requests)
    return Running(contender, running, asks)


def _warm(running: Server, ask: str, requests: Sequence[bytes]) -> None:
    """Ask until the rate is steady: interpreters, connections and the emulator's JVM warm up."""
    rates: list[float] = []
    while len(rates) < MOST_WARMING:
        taken = measure(running.url, requests, 16, 1)
        rates.append(taken.rate)
        last = rates[-3:]
        if len(last) == 3 and max(last) - min(last) < STEADY * max(last):
            break
    if not {EXPECTED[ask], 201} >= taken.statuses.keys() or taken.unanswered:
        raise RuntimeError(f"{ask} was answered {dict(taken.statuses)}")


def _points(running: Sequence[Running]) -> Iterator[tuple[Point, Running]]:
    for delay, callers in ((delay, n) for delay, counts in CALLERS.items() for n in counts):
        for runs in running:
            for ask, users in runs.asks:
                at = (0, 16) if ask != "mint" else USERS_AT if users in USERS else (delay, callers)
                if at == (delay, callers):
                    yield Point(ask, delay, callers, users, runs.contender.name), runs


def _sample(runs: Running, point: Point, seconds: float) -> Sample:
    before = runs.server.cpu_ms()
    seconds *= 2 if point.delay_ms > 50 or point.callers == 1 else 1
    taken = measure(runs.server.url, runs.asks[point.ask, point.users], point.callers, seconds)
    return Sample(
        rate=taken.rate,
        p50_ms=taken.percentile_ms(0.5) - point.delay_ms,
        p99_ms=taken.percentile_ms(0.99) - point.delay_ms,
        cpu_ms=(runs.server.cpu_ms() - before) / max(len(taken.times_ms), 1),
        unanswered=taken.unanswered,
        memory_mb=runs.server.memory_mb(),
    )


def _settle(running: Server) -> None:
    """Wait for a server that still works on what nobody waits for any more."""
    for _ in range(75):
        before = running.cpu_ms()
        time.sleep(0.2)
        if running.cpu_ms() - before < 20:
            return


def _named(name: str, running: Sequence[Running]) -> Running:
    return next(runs for runs in running if runs.contender.name == name)


if __name__ == "__main__":
    sys.exit(main())
