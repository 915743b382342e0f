"""Many talks: which they are, and several pairs of namespaces that hold them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from support.networks.line.namespaces import as_root, missing
from support.networks.report import progress
from support.networks.troubles import troubles

ROOT = Path(__file__).parents[3]
BUILD = ("npx", "vite", "build", "--config", "tests/live/vite.config.ts")
PAGE = ("--outDir", "../../networks/dist")
Job = dict[str, Any]
Row = dict[str, Any]


def skipped() -> str:
    """Return what to say where such networks cannot be had; empty where they can."""
    has_browser = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium")).exists()
    why = missing() if has_browser else "no Chromium"
    return why and f"*** NO TALK HELD OVER A BROKEN NETWORK: {why} ***"


def hold_all(
    numbers: Sequence[int],
    seed: int,
    *,
    at_once: int,
    proxy_s: float,
    only: Sequence[str] = (),
) -> list[Row]:
    """Hold the talks with these numbers, several at once; say each as it ends.

    Args:
        only: the troubles, by their names; all, if there are none.
    """
    subprocess.run([*BUILD, *PAGE, "--logLevel", "error"], cwd=ROOT / "web", check=True)
    waiting: SimpleQueue[Job] = SimpleQueue()
    kinds = [each.name for each in troubles(proxy_s) if not only or each.name in only]
    for number in numbers:
        trouble = kinds[number % len(kinds)]
        waiting.put({"trouble": trouble, "seed": f"{seed}-{number}"})
    rows: list[Row] = []

    def over(row: Row) -> None:
        rows.append(row)
        print(f"{len(rows):4}/{len(numbers)}  {progress(row)}", flush=True)

    with ThreadPoolExecutor(at_once) as pairs:
        for held in [pairs.submit(_hold, waiting, proxy_s, over) for _ in range(at_once)]:
            held.result()
    while (left := _next(waiting)) is not None:
        over({**left, "broke": "no pair was left to hold it"})
    return rows


def _hold(waiting: SimpleQueue[Job], proxy_s: float, over: Callable[[Row], None]) -> None:
    command = [*(as_root() or []), sys.executable, "-m", "support.networks.talks", str(proxy_s)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        while (job := _next(waiting)) is not None:
            process.stdin.write(json.dumps(job) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
            over(json.loads(line) if line else {**job, "broke": "the pair ended"})
            if not line:
                break
        process.stdin.close()


def _next(waiting: SimpleQueue[Job]) -> Job | None:
    try:
        return waiting.get_nowait()
    except Empty:
        return None
