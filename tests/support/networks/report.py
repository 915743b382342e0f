"""What came of many talks, for each kind of trouble and in all: as a table, as JSON, and as what
was promised and did not hold.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from support.networks.troubles import RING_S

Row = dict[str, Any]
SOCKETS_A_MINUTE = 12
SUMMED = (
    *("spoken", "reached", "twice", "sent", "played", "without_a_word"),
    *("tools", "tools_twice", "refreshes", "refreshes_wasted"),
)
COLUMNS = {
    "talks": "talks",
    "spoken": "words spoken",
    "reached": "reached",
    "lost": "lost",
    "beyond": "lost beyond the ring",
    "twice": "heard twice",
    "sent": "words sent back",
    "played": "played",
    "without_a_word": "ended without a word",
    "sockets_a_minute": "sockets/min at worst",
    "tools": "tools",
    "tools_twice": "run twice",
    "refreshes": "refreshes",
    "refreshes_wasted": "wasted",
}


def summed(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the sums of some talks; words lost in a line dead for longer are beyond the ring."""
    whole = [row for row in rows if "broke" not in row]
    return {
        "talks": len(whole),
        "broke": len(rows) - len(whole),
        "lost": sum(len(row["lost"]) for row in whole if _is_short(row)),
        "beyond": sum(len(row["lost"]) for row in whole if not _is_short(row)),
        "sockets_a_minute": max((row["sockets_a_minute"] for row in whole), default=0),
        **{name: sum(int(row[name]) for row in whole) for name in SUMMED},
    }


def lines(rows: Sequence[Row]) -> Iterator[str]:
    """Return a table: a line for each kind of trouble, and one for all."""
    kinds = dict.fromkeys(row["trouble"] for row in rows)
    grouped = [(kind, [row for row in rows if row["trouble"] == kind]) for kind in sorted(kinds)]
    cells = [["trouble", *COLUMNS.values()]]
    for kind, some in [*grouped, ("in all", list(rows))]:
        sums = summed(some)
        cells.append([kind, *(str(sums[name]) for name in COLUMNS)])
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        first, *others = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join([first.strip().ljust(widths[0]), *others])


def progress(row: Row) -> str:
    """Return a line for a talk that is over."""
    if "broke" in row:
        return f"{row['trouble']}: not held, {row['broke']}"
    came = f"{row['reached']} of {row['spoken']} words reached, {len(row['lost'])} lost"
    what = f"{row['trouble']} at {row['at_s']:.1f} s: {came}, {row['sockets']} sockets"
    failings = ", ".join(_failings(row))
    return f"{what}; NOT AS PROMISED: {failings}" if failings else what


def broken(rows: Sequence[Row]) -> Iterator[str]:
    """Return which talks did not keep what is promised, each with how to hold it again."""
    for row in rows:
        why = row.get("broke") or ", ".join(_failings(row))
        if why:
            seed, _, number = row["seed"].rpartition("-")
            only = row["trouble"]
            again = f"--seed {seed} --first {number} --runs 1 --only '{only}'"
            yield f"{row['trouble']}: {why} (again: {again})"


def write(rows: Sequence[Row], path: Path, seed: int) -> None:
    """Write it all."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"seed": seed, "sum": summed(rows), "talks": list(rows)}, indent=1))


def _failings(row: Row) -> Iterator[str]:
    if row["lost"] and _is_short(row):
        yield f"lost {row['lost']}"
    if row["sockets_a_minute"] > SOCKETS_A_MINUTE:
        yield f"{row['sockets_a_minute']} sockets in a minute"
    for name in ("without_a_word", "tools_twice", "refreshes_wasted"):
        if row[name]:
            yield f"{name}: {row[name]}"


def _is_short(row: Row) -> bool:
    return bool(row["dead_s"] < RING_S)
