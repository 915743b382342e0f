"""The long forms: `python -m support.load`, or with `--only steady --rate 20 --minutes 120`.

Prints tables and fails when a promise did not hold.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys

from emulator.process import emulator_process
from support.load.figures import FLOOD, OUTAGE, STEADY, flood_row, outage_row, steady_row
from support.load.flood import flood
from support.load.outage import outage
from support.load.stage import Stage, stage
from support.load.steady import steady
from support.proxies.http_answers import answer, hang, says
from support.runs import tables
from support.stores.firestore_emulator import firestore_process

PARTS = ("flood", "outage", "steady")
WINDOW_S = 6  # of ten, with and without the flood in turn
OUTAGE_S = 60


async def floods(on: Stage) -> list[str]:
    """Let one refused user hammer; return what did not hold."""
    result = await flood(on, WINDOW_S)
    tables.add(*FLOOD, flood_row(result))
    return result.broken() + result.slow()


async def outages(on: Stage) -> list[str]:
    """Take Gemini away for a minute, in two ways; return what did not hold."""
    broken = list[str]()
    for way, play in (("503", says(answer(503, b"{}"))), ("silent", hang)):
        gone = await outage(on, play, rate=20, seconds=OUTAGE_S)
        tables.add(*OUTAGE, outage_row(way, gone))
        broken += [f"outage, {way}, {what}" for what in gone.broken()]
    return broken


async def run(on: Stage, parts: list[str], rate: float, minutes: float) -> list[str]:
    """Run the parts asked for; return what did not hold."""
    broken = list[str]()
    for part in parts:
        print(f"{part}, load average {os.getloadavg()[0]:.1f} ...", flush=True)
        match part:
            case "flood":
                broken += await floods(on)
            case "outage":
                broken += await outages(on)
            case _:
                result = await steady(on, rate, minutes * 60)
                tables.add(*STEADY, steady_row(result))
                broken += result.broken()
    return broken


def main() -> None:
    """Run, print, and fail where it did not hold."""
    parser = argparse.ArgumentParser(prog="python -m support.load", description=__doc__)
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--minutes", type=float, default=10)
    chosen = parser.parse_args()
    with (
        firestore_process(heap="3g") as firestore,
        emulator_process("--tone") as gemini,
        stage(firestore, gemini) as on,
    ):
        broken = asyncio.run(run(on, chosen.only or [*PARTS], chosen.rate, chosen.minutes))
        print(*tables.lines(), sep="\n", flush=True)
    sys.exit(f"did not hold: {', '.join(broken)}" if broken else 0)


if __name__ == "__main__":
    main()
