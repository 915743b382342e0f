"""`make pause` and `make resume` for what `make run` runs: the same ruling, in its own store."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from datetime import UTC, datetime

from emulator.run import DATA
from ops.stop import Stop
from ops.switch import moment
from vending.app import build_store
from vending.guard.ruling import ALL, Ruling
from vending.guard.ruling_store import Rulings, RulingStore


async def switch(ledger: str, command: str, until: str) -> str:
    """Pause or resume in the store of a ledger, and say what was done. Raises Stop."""
    rulings = Rulings(RulingStore(build_store(ledger)[1]))
    if command == "resume":
        await rulings.lift("pause", ALL)
        return "Minting resumes within 30 s."
    now, ends = time.time_ns() // 1_000_000, moment(until, datetime.now(UTC))
    by, reason = "operator:local", "make pause"
    await rulings.put(Ruling("pause", ALL, now, int(ends.timestamp() * 1000), by, reason))
    return f"Minting pauses within 30 s, until {ends.astimezone(UTC):%Y-%m-%d %H:%M} UTC."


def main() -> None:
    """Do what the command line says."""
    ledger = os.environ.get("LIVE_API_LEDGER") or f"sqlite:///{DATA / 'livepass.sqlite3'}"
    try:
        print(asyncio.run(switch(ledger, sys.argv[1], os.environ.get("UNTIL", ""))))
    except Stop as stop:
        sys.exit(str(stop))


if __name__ == "__main__":
    main()
