"""Measure cold starts: `make bench-cold`.

From the start of the process to listening, to a preflight answered, to a 401, to the first token,
one after the other on one process; CPU and memory then. Contenders take turns, each in a process of
its own, with compiled modules on the disk as in a deployed image.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from statistics import median

from bench.asks import NOBODY, PREFLIGHT
from bench.contenders import PATH, Contender, Surroundings, surroundings
from bench.figures import store
from bench.load import measure, request
from bench.servers import server
from e2e.servers import ROOT

FIGURES = ("listening", "preflight", "401", "mint", "CPU", "MB")
MOST_OF_HELLO, MOST_OF_USUAL = 1.3, 0.6
_IMPORT = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \|\s+(\S+)")


def main() -> int:
    """Measure, print, store; 1 if a promise is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    taken: defaultdict[str, list[Mapping[str, float]]] = defaultdict(list)
    with surroundings() as around:
        for number in range(-1, rounds):
            for contender in _contenders(around):
                print(f"round {number + 1}/{rounds}, {contender.name}", file=sys.stderr)
                sample = _start(contender, around)
                if number >= 0:  # the first compiles
                    taken[contender.name].append(sample)
    table = {
        name: {f: round(median(s[f] for s in samples), 1) for f in FIGURES if f in samples[0]}
        for name, samples in taken.items()
    }
    for name, row in table.items():
        print(f"{name:20}", *(f"{figure} {value:.0f}" for figure, value in row.items()), sep="  ")
    kept = list(_promises(table))
    shares = dict(_import_shares())
    for module, ms in shares.items():
        print(f"  import {module:40} {ms:6.1f} ms")
    path = store("cold", {"ms": table, "imports_ms": shares, "promises": [p for p, _ in kept]})
    print(*(p for p, _ in kept), path, sep="\n")
    return int(not all(is_kept for _, is_kept in kept))


def _contenders(around: Surroundings) -> Iterator[Contender]:
    yield around.baseline("hello")
    yield around.baseline("usual")
    yield around.livepass("sqlite")
    yield around.livepass("firestore")


def _start(contender: Contender, around: Surroundings) -> Mapping[str, float]:
    mint = around.requests(contender, 1)[0]
    asks = {"preflight": request("/", {})} if contender.name == "hello" else {"mint": mint}
    if contender.path == PATH:
        asks = {"preflight": PREFLIGHT, "401": NOBODY, "mint": mint}
    began = time.perf_counter()
    with server(contender.command, contender.environ) as running:
        told = {"listening": (time.perf_counter() - began) * 1000}
        for ask, written in asks.items():
            measure(running.url, [written], 1, 0)
            told[ask] = (time.perf_counter() - began) * 1000
        return {**told, "CPU": running.cpu_ms(), "MB": running.memory_mb()}


def _promises(table: Mapping[str, Mapping[str, float]]) -> Iterator[tuple[str, bool]]:
    for ledger in ("sqlite", "firestore"):
        ours = table[f"livepass-{ledger}"]
        pairs = (
            ("first answer over the hello function's", "preflight", "hello", MOST_OF_HELLO),
            ("first mint over (b)'s", "mint", "usual", MOST_OF_USUAL),
        )
        for sentence, figure, other, most in pairs:
            ratio = ours[figure] / table[other][figure]
            kept = "kept" if ratio <= most else "MISSED"
            yield f"{kept:6}  {ratio:.3f} <= {most}  {sentence}, {ledger}", ratio <= most


def _import_shares() -> Iterator[tuple[str, float]]:
    """What each of our modules and each library takes to import, the larger ones."""
    modules = "functions_framework.aio, vending.wiring, vending.firestore_ledger"
    script = f"import gc; gc.disable(); import {modules}"  # as `main` imports them
    command = (sys.executable, "-X", "importtime", "-c", script)
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
