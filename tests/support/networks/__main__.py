"""Holds many talks over broken networks, each with its trouble at a moment that its seed decides,
and prints what came of them, in a table and as JSON.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from support.networks.report import broken, lines, write
from support.networks.runs import hold_all, skipped


def main() -> None:
    """Run it; fail where a promise is broken."""
    parser = argparse.ArgumentParser(prog="python -m support.networks", description=__doc__)
    add = parser.add_argument
    add("--runs", type=int, default=200)
    add("--seed", type=int, default=18)
    add("--at-once", type=int, default=4, help="how many talks are held side by side")
    add("--only", action="append", default=[], metavar="TROUBLE", help="may be given several times")
    add("--first", type=int, default=0, help="the number of the first run")
    add("--proxy", type=float, default=150.0, help="at what age a proxy cuts, in seconds")
    add("--json", type=Path, default=Path(".local/networks.json"))
    chosen = parser.parse_args()
    if why := skipped():
        print(why)
        return
    rows = hold_all(
        range(chosen.first, chosen.first + chosen.runs),
        chosen.seed,
        at_once=chosen.at_once,
        proxy_s=chosen.proxy,
        only=chosen.only,
    )
    write(rows, chosen.json, chosen.seed)
    print(*lines(rows), sep="\n")
    sys.exit("\n".join(broken(rows)) or 0)


if __name__ == "__main__":
    main()
