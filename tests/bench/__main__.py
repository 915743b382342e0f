"""Measure Livepass beside the baselines: `make bench`.

Compare ratios; the absolute figures are this machine's, which runs Gemini's stand-in, Firestore's
emulator and the callers as well.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from contextlib import ExitStack

from bench import plot
from bench.asks import asked
from bench.contenders import surroundings
from bench.figures import Figures, store
from bench.operations import operations
from bench.promises import Promise, promises
from bench.races import facts, races
from bench.rounds import go_rounds, start
from bench.wear import takes_s, wear


def main() -> int:
    """Run, print the table and the promises, store JSON and plot; 1 if a promise is missed."""
    given = _arguments()
    figures, began = Figures(), time.monotonic()
    with surroundings() as around:
        with ExitStack() as stack:
            running = [start(contender, asks, stack) for contender, asks in asked(around)]
            for runs in running:  # those that refuse come later, and minted little
                figures.facts.setdefault(f"MB, {runs.contender.name}", runs.server.memory_mb())
            figures.facts |= asyncio.run(operations(around))
            figures.facts |= facts(races(around))
            go_rounds(figures, running, around, given.rounds, takes_s(given.wear))
        _keep(figures)  # what was measured is not lost with what comes
        if given.wear:
            figures.facts |= wear(around, given.wear)
    figures.facts["minutes in all"] = (time.monotonic() - began) / 60
    print(*figures.table(), sep="\n")
    kept = _keep(figures)
    print("", *kept, sep="\n")
    return int(not all(p.is_kept for p in kept))


def _keep(figures: Figures) -> list[Promise]:
    """Store JSON and plot, and tell the promises."""
    kept = list(promises(figures))
    path = store("bench", {**figures.document(), "promises": [str(p) for p in kept]})
    path.with_suffix(".svg").write_text(plot.svg(figures), encoding="utf-8")
    print(f"\n{path}", file=sys.stderr)
    return kept


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--wear", type=int, default=100_000, help="mints of the test of memory")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
