"""The rooms of the server and what each imports: `make rooms`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Set
from graphlib import TopologicalSorter

import grimp

ROOT = "vending"


def rooms() -> Mapping[str, Set[str]]:
    """Read which room, or module beside them, imports from which; types alone do not count."""
    graph = grimp.build_graph(ROOT, exclude_type_checking_imports=True)
    of = {module: module.split(".")[1] for module in graph.modules if module != ROOT}
    arrows: dict[str, set[str]] = {room: set() for room in of.values()}
    for module, room in of.items():
        arrows[room] |= {of[each] for each in graph.find_modules_directly_imported_by(module)}
    return {room: imported - {room} for room, imported in arrows.items()}


def main() -> None:
    """Print them from the top; each imports from those below it alone, or sorting them fails."""
    arrows = rooms()
    order = [*TopologicalSorter(arrows).static_order()]
    for room in reversed(order):
        below = sorted(arrows[room], key=order.index, reverse=True)
        print(f"{room:15}{'-> ' if below else ''}{', '.join(below)}")
    print(f"{len(order)} rooms and modules, no cycle", file=sys.stderr)


if __name__ == "__main__":
    main()
