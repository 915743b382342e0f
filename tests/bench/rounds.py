"""Rounds: every contender runs all the while and is measured in turn, so that what else the machine
does falls on all alike.

Where requests of one user meet, a baseline's transactions may livelock, and what nobody waits for
any more goes on in its server and holds locks in the store. Such points come last in a round, and
each has a server and a project of its own, which end with it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import product

from bench.asks import EXPECTED, SECONDS, Asks, has_few_users, points
from bench.contenders import Contender, Surroundings
from bench.figures import Figures, Point, Sample
from bench.load import PATIENCE_S, measure
from bench.promises import MANY
from bench.servers import Server, process_cpu_ms, server

WARMING_S, STEADY, MOST_WARMING = 0.5, 0.15, 8  # how much the last three rates may differ
FEW_SECONDS, FEW_PATIENCE_S = 0.5, 3.0  # where others have all their answers within a second
SETTLING_S, QUIET_MS, MOST_SETTLING = 0.1, 20, 150
GUESS_S = 1.3  # what a point takes, till the first is measured


@dataclass(frozen=True, slots=True)
class Running:
    """A contender that runs, and what it is asked."""

    contender: Contender
    server: Server
    asks: Asks


def start(contender: Contender, asks: Asks, stack: ExitStack) -> Running:
    """Run a contender until the stack is closed, and warm it up."""
    print(f"warming {contender.name}", file=sys.stderr)
    running = stack.enter_context(server(contender.command, contender.environ))
    asked = {p.ask: asks[p.ask, p.users] for p in points(contender, asks) if not has_few_users(p)}
    for ask, requests in asked.items():
        _warm(running, ask, requests)
    return Running(contender, running, asks)


def go_rounds(
    figures: Figures, running: Sequence[Running], around: Surroundings, rounds: int, then_s: float
) -> None:
    """Measure every point so many times, and tell what is left; `then_s` comes after the rounds."""
    everywhere = [(p, runs) for runs in running for p in points(runs.contender, runs.asks)]
    everywhere.sort(key=lambda at: (has_few_users(at[0]), at[0].delay_ms, at[0].callers))
    began, total = time.monotonic(), rounds * len(everywhere)
    for done, (number, (point, runs)) in enumerate(product(range(rounds), everywhere)):
        took_s = (time.monotonic() - began) / done if done else GUESS_S
        left_s = took_s * (total - done) + then_s
        at = f"round {number + 1}/{rounds}, {done % len(everywhere) + 1}/{len(everywhere)}"
        print(f"\r{at}, about {left_s / 60:.1f} min left  ", end="", file=sys.stderr, flush=True)
        figures.add(point, sample(runs, point, around))
    print(file=sys.stderr)


def sample(runs: Running, point: Point, around: Surroundings) -> Sample:
    """Measure one point once, and wait until all is quiet again."""
    around.upstream.set_delay(point.delay_ms)
    seconds, patience_s = SECONDS[point.delay_ms], PATIENCE_S
    if has_few_users(point):
        seconds, patience_s = FEW_SECONDS, FEW_PATIENCE_S
    requests = runs.asks[point.ask, point.users]
    with _measured(runs, point) as measured:
        before = measured.cpu_ms()
        taken = measure(measured.url, requests, point.callers, seconds, patience_s)
        answered = taken.statuses[EXPECTED[point.ask]]
        took = Sample(
            rate=answered / taken.seconds,
            p50_ms=taken.percentile_ms(0.5) - point.delay_ms,
            p99_ms=taken.percentile_ms(0.99) - point.delay_ms,
            cpu_ms=(measured.cpu_ms() - before) / max(answered, 1),
            unanswered=taken.unanswered,
            memory_mb=measured.memory_mb(),
            failed=taken.statuses.total() - answered,
        )
    _settle(runs.server, around)
    return took


@contextmanager
def _measured(runs: Running, point: Point) -> Iterator[Server]:
    """The contender's server; one of its own, warm, where it may livelock."""
    if not (runs.contender.livelocks and has_few_users(point)):
        yield runs.server
        return
    apart = runs.contender.apart()
    with server(apart.command, apart.environ) as own:
        measure(own.url, runs.asks["mint", MANY], 16, WARMING_S)
        yield own


def _warm(running: Server, ask: str, requests: Iterator[bytes]) -> None:
    """Ask until the rate is steady: interpreters, connections and the emulator's JVM warm up."""
    rates: list[float] = []
    while len(rates) < MOST_WARMING:
        taken = measure(running.url, requests, 16, WARMING_S)
        rates.append(taken.statuses.total() / taken.seconds)
        last = rates[-3:]
        if len(last) == 3 and max(last) - min(last) < STEADY * max(last):
            break
    if not {EXPECTED[ask], 201} >= taken.statuses.keys() or taken.unanswered:
        raise RuntimeError(f"{ask} was answered {dict(taken.statuses)}")


def _settle(running: Server, around: Surroundings) -> None:
    """Wait for a server, and a store, that still work on what nobody waits for any more."""
    for _ in range(MOST_SETTLING):
        before = running.cpu_ms() + process_cpu_ms(around.store_pid)
        time.sleep(SETTLING_S)
        if running.cpu_ms() + process_cpu_ms(around.store_pid) - before < QUIET_MS:
            return
