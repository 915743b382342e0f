"""The figures that the suites print at their end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_TABLES: dict[str, list[Sequence[object]]] = {}


def add(title: str, heads: Sequence[str], row: Sequence[object]) -> None:
    """Add a row to the table of that title."""
    _TABLES.setdefault(title, [heads]).append(row)


def lines() -> Iterator[str]:
    """Return all tables, ready to print."""
    for title, rows in _TABLES.items():
        texts = [[str(cell) for cell in row] for row in rows]
        widths = [max(len(row[i]) for row in texts) for i in range(len(texts[0]))]
        yield f"\n{title}"
        for row in texts:
            yield "  " + "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip()
