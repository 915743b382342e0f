"""Every defect, one by one: `python -m mutants`. Ends with 1 when one is not seen."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from mutants.variants import VARIANTS, Variant
from mutants.workshop import PASSED, copy, run, seen

AT_ONCE = 2


def main() -> int:
    """Run the tests on an honest copy, then each on its defect."""
    began = time.monotonic()
    with TemporaryDirectory() as folder:
        honest = run(copy(Path(folder)), *dict.fromkeys(v.test for v in VARIANTS))
    if honest.returncode != PASSED:
        print(honest.stdout, "The tests fail on an honest copy, so that they prove nothing.")
        return 1
    with ThreadPoolExecutor(AT_ONCE) as pool:
        verdicts = dict(zip(VARIANTS, pool.map(_seen, VARIANTS), strict=True))
    for variant, red in verdicts.items():
        print(f"  {'red' if red else 'NOT SEEN':8}  {variant.name}\n            {variant.test}")
    taken_s = time.monotonic() - began
    print(f"{sum(verdicts.values())} of {len(verdicts)} defects seen in {taken_s:.0f} s")
    return 0 if all(verdicts.values()) else 1


def _seen(variant: Variant) -> bool:
    with TemporaryDirectory() as folder:
        return seen(variant, Path(folder))


sys.exit(main())
