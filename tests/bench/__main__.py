"""Measure Livepass beside the baselines: `make bench`.

Every contender runs all the while; rounds go around all of them, so that what else the machine does
falls on all alike. Compare ratios; the absolute figures are this machine's, which runs Gemini's
stand-in, Firestore's emulator and the callers as well.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from bench import plot
from bench.contenders import NODE_MODULES, PATH, Contender, Surroundings, surroundings
from bench.figures import Figures, Point, Sample, store
from bench.load import measure, request
from bench.promises import MANY, promises
from bench.servers import Server, server
from bench.wear import wear

DELAYS_MS = (0, 50, 150)
CALLERS = (1, 16, 64, 256)
USERS = (("one", 1), ("few", 16))
WARM_S = 2.0
PREFLIGHT = request(PATH, {"Origin": "https://app.example.com"}, method="OPTIONS")
NOBODY = request(PATH, {"Authorization": "Bearer nobody"})


@dataclass(frozen=True, slots=True)
class Running:
    """A contender that runs, and what can be asked of it."""

    contender: Contender
    server: Server
    asks: dict[tuple[str, int], Sequence[bytes]]


def main() -> int:
    """Run, print the table and the promises, store JSON and plot; 1 if a promise is missed."""
    given = _arguments()
    figures = Figures()
    with surroundings() as around, ExitStack() as stack:
        running = [_run(c, around, stack) for c in _contenders(around)]
        figures.facts["memory MB"] = running[-1].server.memory_mb()
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
    parser.add_argument("--seconds", type=float, default=0.5, help="of each point in a round")
    parser.add_argument("--wear", type=int, default=100_000, help="mints of the test of memory")
    return parser.parse_args()


def _contenders(around: Surroundings) -> Iterator[Contender]:
    for name in ("hello", "usual", "floor"):
        yield around.baseline(name)
    if NODE_MODULES.exists():
        yield around.baseline("node")
    yield around.livepass("sqlite")
    yield around.livepass("firestore")


def _run(contender: Contender, around: Surroundings, stack: ExitStack) -> Running:
    running = stack.enter_context(server(contender.command, contender.environ))
    asks: dict[tuple[str, int], Sequence[bytes]]
    if contender.name == "hello":
        asks = {("hello", 1): [request("/", {})]}
    else:
        counts = (MANY, *(n for _, n in USERS)) if contender.path == PATH else (MANY,)
        asks = {("mint", n): around.requests(contender, n) for n in counts}
    if contender.path == PATH:
        asks |= {("preflight", 1): [PREFLIGHT], ("401", 1): [NOBODY]}
    for requests in asks.values():
        taken = measure(running.url, requests, 8, WARM_S)
        if not {200, 201, 204, 401} >= taken.statuses.keys() or taken.unanswered:
            raise RuntimeError(f"{contender.name} answered {dict(taken.statuses)}")
    return Running(contender, running, asks)


def _points(running: Sequence[Running]) -> Iterator[tuple[Point, Running]]:
    for delay in DELAYS_MS:
        for callers in CALLERS:
            for runs in running:
                for ask, users in runs.asks:
                    plain = ask != "mint"
                    if (delay, callers) == (0, 16) if plain else _is_asked(delay, callers, users):
                        yield Point(ask, delay, callers, users, runs.contender.name), runs


def _is_asked(delay: int, callers: int, users: int) -> bool:
    return users == MANY or (delay, callers) == (50, 64)


def _sample(runs: Running, point: Point, seconds: float) -> Sample:
    before = runs.server.cpu_ms()
    taken = measure(runs.server.url, runs.asks[point.ask, point.users], point.callers, seconds)
    return Sample(
        rate=taken.rate,
        p50_ms=taken.percentile_ms(0.5) - point.delay_ms,
        p99_ms=taken.percentile_ms(0.99) - point.delay_ms,
        cpu_ms=(runs.server.cpu_ms() - before) / len(taken.times_ms),
        unanswered=taken.unanswered,
        memory_mb=runs.server.memory_mb(),
    )


if __name__ == "__main__":
    sys.exit(main())
