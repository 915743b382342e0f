"""What a token costs the store and Gemini when one user asks many times at once: counted at a
proxy before Firestore, and at Gemini's stand-in. `python -m bench.races` prints README's table.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import mean

from bench.contenders import Surroundings, surroundings
from bench.load import measure
from bench.operations import Counted, counting
from bench.servers import server

GEMINI_MS, ROUNDS = 150, 10
FIRST = 6_000
HEADS = ("one user, at once", "processes", "tokens", "reads", "writes", "mints upstream")
TEN_AN_HOUR = {"LIVE_API_MAX_TOKENS_PER_HOUR": "10"}
ONE_IN_FIVE_MINUTES = {"LIVE_API_COOLDOWN_PERIOD_MINUTES": "5"}


@dataclass(frozen=True, slots=True)
class Race:
    """So many mints of one user at once, spread over so many processes."""

    name: str
    callers: int
    processes: int
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Cost:
    """What they took: tokens handed out, calls to the store, mints asked of Gemini."""

    tokens: float
    reads: float
    writes: float
    minted: float


RACES = (
    Race("a mint", 1, 1, TEN_AN_HOUR),
    Race("24 mints, 10 are admitted", 24, 1, TEN_AN_HOUR),
    Race("24 mints, 10 are admitted", 24, 3, TEN_AN_HOUR),
    Race("60 mints, one is admitted", 60, 1, ONE_IN_FIVE_MINUTES),
    Race("60 mints, one is admitted", 60, 3, ONE_IN_FIVE_MINUTES),
)


def races(around: Surroundings, rounds: int = ROUNDS) -> Iterator[tuple[Race, Cost]]:
    """Run each so many times, a new user every time, Gemini taking 150 ms; yield the means."""
    around.upstream.set_delay(GEMINI_MS)
    for number, race in enumerate(RACES):
        costs = run(race, around, rounds, FIRST + number * (rounds + 1))
        figures = [[cost.tokens, cost.reads, cost.writes, cost.minted] for cost in costs]
        yield race, Cost(*map(mean, zip(*figures, strict=True)))


def run(race: Race, around: Surroundings, rounds: int, first: int) -> Sequence[Cost]:
    """Run a race so many times, after one that warms the servers up; `first` is the first of the
    users, whom nobody else is.
    """
    livepass = around.livepass("firestore", **race.settings)
    users = around.requests(livepass, first + rounds + 1)[first:]
    with counting(around.firestore.host) as counted, ExitStack() as stack:
        through = {**livepass.environ, "FIRESTORE_EMULATOR_HOST": counted.host}
        servers = [
            stack.enter_context(server(livepass.command, through)) for _ in range(race.processes)
        ]
        urls = [running.url for running in servers]
        return [_cost(race, urls, user, around, counted) for user in users][1:]


def _cost(
    race: Race, urls: Sequence[str], mint: bytes, around: Surroundings, counted: Counted
) -> Cost:
    counted.counts.clear()
    before = around.upstream.asked()
    statuses = asyncio.run(_race(race, urls, mint))
    minted = around.upstream.asked() - before
    return Cost(statuses[201], counted.reads, counted.writes, minted)


async def _race(race: Race, urls: Sequence[str], mint: bytes) -> Counter[int]:
    each = race.callers // race.processes
    racing = [asyncio.to_thread(measure, url, [mint], each, 0) for url in urls]
    return sum((taken.statuses for taken in await asyncio.gather(*racing)), Counter[int]())


def facts(costs: Iterator[tuple[Race, Cost]]) -> Iterator[tuple[str, float]]:
    """Yield them by name."""
    for race, cost in costs:
        for figure in ("tokens", "reads", "writes", "minted"):
            yield (
                f"race: {race.name}, {race.processes} processes, {figure}",
                getattr(cost, figure),
            )


def main() -> int:
    """Print the table."""
    print(f"| {' | '.join(HEADS)} |", f"| --- |{' --: |' * (len(HEADS) - 1)}", sep="\n")
    with surroundings() as around:
        for race, cost in races(around):
            figures = (cost.tokens, cost.reads, cost.writes, cost.minted)
            cells = [race.name, str(race.processes), *(f"{figure:.1f}" for figure in figures)]
            print(f"| {' | '.join(cells)} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
