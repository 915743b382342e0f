"""The long forms: `python -m load --rate 50 --minutes 10`, or `--rate 20 --minutes 120`.

Prints a table and fails when a promise did not hold.
"""

from __future__ import annotations

import argparse
import asyncio
import sys

from e2e import tables
from emulator.process import emulator_process
from faults.http_answers import answer, hang, says
from load.figures import FLOOD, OUTAGE, STEADY, flood_row, outage_row, steady_row
from load.flood import flood
from load.outage import outage
from load.stage import Stage, stage
from load.steady import steady
from stores.firestore_emulator import firestore_process

SLOWER_ALLOWED = 1.2


async def run(on: Stage, rate: float, minutes: float) -> list[str]:
    """Run all three, a tenth of the time each for flood and outages; return what did not hold."""
    broken = []
    print(f"flood, {minutes / 10:g} min ...", flush=True)
    flooded = await flood(on, window_s=minutes * 6 / 10)
    tables.add(*FLOOD, flood_row(flooded))
    if flooded.writes or flooded.mints or flooded.slower(50) > SLOWER_ALLOWED:
        broken.append("flood")
    for way, play in (("503", says(answer(503, b"{}"))), ("silent", hang)):
        print(f"Gemini away, {way}, {minutes / 10:g} min ...", flush=True)
        gone = await outage(on, play, rate=20, seconds=minutes * 6)
        tables.add(*OUTAGE, outage_row(way, gone))
        if gone.multiplied > 2 or gone.healed_s > 10 or gone.after.errors:
            broken.append(f"outage, {way}")
    print(f"steady, {rate:g} requests/s for {minutes:g} min ...", flush=True)
    result = await steady(on, rate, minutes * 60)
    tables.add(*STEADY, steady_row(result))
    return broken if result.held() else [*broken, "steady"]


def main() -> None:
    """Run, print, and fail where it did not hold."""
    parser = argparse.ArgumentParser(prog="python -m load", description=__doc__)
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--minutes", type=float, default=10)
    chosen = parser.parse_args()
    with (
        firestore_process() as firestore,
        emulator_process("--tone") as gemini,
        stage(firestore, gemini) as on,
    ):
        broken = asyncio.run(run(on, chosen.rate, chosen.minutes))
    print(*tables.lines(), sep="\n")
    sys.exit(f"did not hold: {', '.join(broken)}" if broken else 0)


if __name__ == "__main__":
    main()
