"""Every defect, one by one: `python -m tools.mutants`. Ends with 1 when one is not seen."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from support.runs import tables
from support.stores.firestore_emulator import environment, firestore_process
from tools.mutants.variant import Variant
from tools.mutants.variants import VARIANTS
from tools.mutants.workshop import PASSED, copy, missed, run

AT_ONCE = 2


def main() -> int:
    """Run each test on an honest copy, alone as later on its defect; then on the defect."""
    began, tests = time.monotonic(), dict.fromkeys(variant.test for variant in VARIANTS)
    with (
        firestore_process() as firestore,
        environment("LIVEPASS_FIRESTORE", firestore.host),
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        if failed := [output for output in pool.map(_fails, tests) if output]:
            print(*failed, "It fails on an honest copy, so that it proves nothing.", sep="\n")
            return 1
        told = dict(zip(VARIANTS, pool.map(_missed, VARIANTS), strict=True))
    for variant, why in told.items():
        print(f"  {'NOT SEEN' if why else 'red':8}  {variant.name}\n            {variant.test}")
        print(*[f"            {line}" for line in why.splitlines()], sep="\n", end="")
    unseen = [variant.name for variant, why in told.items() if why]
    row = (len(told), len(told) - len(unseen), ", ".join(unseen) or "none unseen", "none")
    tables.add("Deliberate defects", ("cases", "passed", "worst", "seed"), row)
    print(*tables.lines(), f"took {time.monotonic() - began:.0f} s", sep="\n")
    return 1 if unseen else 0


def _fails(test: str) -> str:
    with TemporaryDirectory() as folder:
        honest = run(copy(Path(folder)), test)
    return "" if honest.returncode == PASSED else honest.stdout


def _missed(variant: Variant) -> str:
    with TemporaryDirectory() as folder:
        return missed(variant, Path(folder))


sys.exit(main())
