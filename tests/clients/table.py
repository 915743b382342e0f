"""The table of the clients, as tests/emulator/README.md has it; `make clients` writes it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from clients.catalog import CLIENTS, HERE, LOCKS, Client
from clients.play import CASES

PAGE = HERE.parent / "emulator" / "README.md"
BEGIN, END = "<!-- written by make clients -->\n", "<!-- to here -->\n"
HEADS = {
    "function": "own function",
    "parameters": "with parameters",
    "history": "seeded history",
}

Results = Mapping[str, Mapping[str, str]]
"""What is wrong, or nothing, by client and case."""


def write(results: Results) -> None:
    """Put the table where the page has it."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(before + BEGIN + "\n".join(lines(results)) + "\n" + END + after)


def lines(results: Results) -> Iterator[str]:
    """Return the table, and under it why a client cannot."""
    heads = ["client", "version", *(HEADS.get(case, case) for case in CASES)]
    yield f"| {' | '.join(heads)} |"
    yield f"|{' --- |' * len(heads)}"
    notes: list[str] = []
    for client in CLIENTS:
        cells = [_cell(results[client.name][case], client, case, notes) for case in CASES]
        yield f"| {' | '.join([client.name, version(client), *cells])} |"
    yield ""
    yield from (f"{n}. {note[0].upper()}{note[1:]}." for n, note in enumerate(notes, 1))


def _cell(problem: str, client: Client, case: str, notes: list[str]) -> str:
    if not problem:
        return "yes"
    note = client.cannot.get(case, problem)
    if note not in notes:
        notes.append(note)
    return f"no ({notes.index(note) + 1})"


def version(client: Client) -> str:
    """Return the version that is locked."""
    if client.lock:
        text = (LOCKS / client.lock / "requirements.txt").read_text()
        found = re.search(rf"^{client.package}(?:\[.*?\])?==(\S+)", text, re.MULTILINE)
        assert found is not None, client.name
        return found[1]
    locked = json.loads((HERE / "package-lock.json").read_text())["packages"]
    return str(locked[f"node_modules/{client.package}"]["version"])


def told() -> dict[str, tuple[str, dict[str, bool]]]:
    """Return what the page says: by client its version, and by case whether it can."""
    table = PAGE.read_text().partition(BEGIN)[2].partition(END)[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("|")]
    return {
        name: (version, {c: cell == "yes" for c, cell in zip(CASES, cells, strict=True)})
        for name, version, *cells in rows[2:]
    }
