"""Random attacks in rounds that can be repeated: how many, from which seed, and what came of them.

LIVEPASS_FUZZ is the number of cases of each fuzz test (20,000 in `make fuzz`), LIVEPASS_FUZZ_SEED
the seed of the first round, which `make fuzz` draws; round n begins with seed + n, so that a
failure is repeated by its own seed alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis.strategies import SearchStrategy

from support.runs import tables

SEED = int(os.environ.get("LIVEPASS_FUZZ_SEED", "20261121"))
TITLE = "Attacks"
HEADS = ("suite", "cases", "passed", "worst", "seed")
ROUND = 5_000


def cases(short: int) -> int:
    """How many cases a fuzz test has; `short` unless LIVEPASS_FUZZ says otherwise."""
    return int(os.environ.get("LIVEPASS_FUZZ", short))


def fuzz(
    suite: str,
    strategy: SearchStrategy[Any],
    attack: Callable[[Any], None],
    *,
    short: int,
    worst: Callable[[], str],
    volley: int = 1,
) -> None:
    """Attack with so many cases, of which the strategy draws a volley at a time; add a row to the
    table.

    Raises:
        AssertionError: with the smallest case that fails and the seed that finds it again.
    """
    wanted, tried = cases(short), 0

    def counted(drawn: Any) -> None:
        nonlocal tried
        attack(drawn)
        tried += volley

    for number, done in enumerate(range(0, wanted, ROUND)):
        size = min(ROUND, wanted - done)
        with repeatable(SEED + number, size):
            seeded(SEED + number)(_settings(-(-size // volley))(given(strategy)(counted)))()
    assert tried >= wanted, f"only {tried} of {wanted} were tried"
    report(suite, tried, tried, worst(), SEED)


@contextmanager
def repeatable(seed: int, size: int, *told: object) -> Iterator[None]:
    """Have whatever fails within say how to have it again, and what else is known of it."""
    try:
        yield
    except BaseException as error:
        again = f"again: LIVEPASS_FUZZ_SEED={seed} LIVEPASS_FUZZ={size}"
        error.add_note(" ".join([again, *map(repr, told)]))
        raise


def report(suite: str, tried: int, passed: int, worst: str, seed: object = "-") -> None:
    """Add a row to the table of attacks."""
    tables.add(TITLE, HEADS, (suite, f"{tried:,}", f"{passed:,}", worst, seed))


def _settings(examples: int) -> Any:
    return settings(
        max_examples=examples,
        database=None,
        derandomize=False,  # the seed decides
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
