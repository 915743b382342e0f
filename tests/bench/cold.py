"""Measure cold starts: `make bench-cold`.

Every story (`bench.stories`) has a process of its own, contenders take turns at it, with compiled
modules on the disk as in a deployed image.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from statistics import median

from bench.contenders import NODE_MODULES, Contender, Surroundings, surroundings
from bench.figures import Figures, store
from bench.promises import Promise
from bench.stories import first_answers, mint_first, page_frozen, page_unfrozen
from support.servers.fleet import ROOT

Story = Callable[[Contender, Surroundings], Mapping[str, float]]
STORIES: tuple[Story, ...] = (first_answers, mint_first, page_frozen, page_unfrozen)
LEDGERS = ("sqlite", "firestore")
_IMPORT = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \|\s+(\S+)")
Table = Mapping[str, Mapping[str, float]]


def main() -> int:
    """Measure, print, store; 1 if a promise is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with surroundings() as around:
        table = _measured(around, rounds)
    print(*_lines(table), sep="\n")
    kept = list(promises(table))
    shares = dict(_import_shares())
    for module, ms in shares.items():
        print(f"  import {module:40} {ms:6.1f} ms")
    machine = Figures().document()["machine"]
    told = [str(promise) for promise in kept]
    path = store(
        "cold",
        {"machine": machine, "rounds": rounds, "ms": table, "imports_ms": shares, "promises": told},
    )
    print(*told, path, sep="\n")
    return int(not all(promise.is_kept for promise in kept))


def _measured(around: Surroundings, rounds: int) -> Table:
    """Medians, by contender and figure."""
    taken: defaultdict[str, defaultdict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for number in range(-1, rounds):
        for story in STORIES:
            for contender in _contenders(around, story):
                at = f"round {number + 1}/{rounds}, {story.__name__}, {contender.name}"
                print(at, file=sys.stderr)
                told = story(contender, around)
                if number >= 0:  # the first compiles
                    for figure, value in told.items():
                        taken[contender.name][figure].append(value)
    return {
        name: {figure: round(median(values), 1) for figure, values in row.items()}
        for name, row in taken.items()
    }


def _contenders(around: Surroundings, story: Story) -> Iterator[Contender]:
    """Yield who can tell a story: the bare function mints nothing."""
    if story is first_answers:
        yield around.baseline("hello")
    yield around.baseline("usual")
    if NODE_MODULES.exists():
        yield around.baseline("node-firestore")
    for ledger in LEDGERS:
        yield around.livepass(ledger)


def _lines(table: Table) -> Iterator[str]:
    names = list(table)
    yield "  ".join([f"{'ms, but for MB':20}", *(f"{name:>18}" for name in names)])
    for figure in dict.fromkeys(figure for row in table.values() for figure in row):
        cells = (f"{table[name][figure]:.0f}" if figure in table[name] else "" for name in names)
        yield "  ".join([f"{figure:20}", *(f"{cell:>18}" for cell in cells)])


def promises(table: Table) -> Iterator[Promise]:
    """Compare what was measured."""
    hello, usual = table["hello"], table["usual"]
    for ledger in LEDGERS:
        ours = table[f"livepass-{ledger}"]
        ratios = (
            ("first answer over the hello function's", "first answer", hello["first answer"], 1.3),
            ("the page's mint over (b)'s, frozen", "page: mint", usual["page: mint"], 1.0),
            (
                "the page's mint over a warm one, unfrozen, 150 ms",
                "unfrozen: mint",
                ours["unfrozen: warm mint"],
                1.3,
            ),
            ("start to a token over (b)'s, mint first", "mint first", usual["mint first"], 1.0),
        )
        for sentence, figure, below, most in ratios:
            yield Promise(f"{sentence}, {ledger}", ours[figure] / below, most)


def _import_shares() -> Iterator[tuple[str, float]]:
    """What each of our modules and each library takes to import, the larger ones."""
    modules = "functions_framework.aio, vending.app, vending.store.firestore"
    command = (sys.executable, "-X", "importtime", "-c", f"import {modules}")
    environ = {"PYTHONPATH": "functions"}
    done = subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, check=True
    )
    shares: defaultdict[str, float] = defaultdict(float)
    for own_us, _, module in _IMPORT.findall(done.stderr):
        depth = 2 if module.startswith(("google.", "vending.")) else 1
        shares[".".join(module.split(".")[:depth])] += int(own_us) / 1000
    yield from sorted(shares.items(), key=lambda share: -share[1])[:16]


if __name__ == "__main__":
    sys.exit(main())
