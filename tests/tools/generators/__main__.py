"""`make generators`: each generator, generated, compiled and run, and a table of it; `ONLY=java`
for those that have this in their name.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from support.servers.local_run import local_run
from tools.generators.newer import newer_than
from tools.generators.story import TODAY, id_token_at, told_of_newer
from tools.generators.targets import (
    LINTERS,
    NODE,
    GeneratorFailed,
    Target,
    by_openapi_generator,
    in_tests,
)

ROW = "{:36} {:9} {:8} {:6} {:11} {:>5}"


def tried(target: Target, url: str, folder: Path) -> Iterator[str]:
    """Yield the cells of its row: `ok`, or `FAILED` and why."""
    folder.mkdir()
    try:
        target.make(folder)
        yield from ("ok", "ok")
        yield "ok" if target.tell(folder, url, id_token_at(url)) == TODAY else "FAILED"
        with newer_than(url) as newer:
            told = target.tell(folder, newer, id_token_at(url))
        yield "ok" if told == told_of_newer() else f"FAILED {told}"
    except (GeneratorFailed, FileNotFoundError) as error:
        yield f"FAILED {error}"


def main() -> None:
    """Try each that is asked for; 1 if one fails."""
    failed, only = False, sys.argv[1] if len(sys.argv) > 1 else ""
    targets = [t for t in (*in_tests(), *by_openapi_generator()) if only in t.name]
    print(ROW.format("generator", "generated", "compiled", "today", "later on", "s"))
    with tempfile.TemporaryDirectory() as place, local_run(Path(place)) as run:
        for number, target in enumerate(targets):
            began = time.monotonic()
            cells = [*tried(target, run.url, Path(place) / str(number)), *["-"] * 3][:4]
            failed = failed or any(cell != "ok" for cell in cells)
            row = ROW.format(target.name, *cells, f"{time.monotonic() - began:.0f}")
            print(row, flush=True)
        (Path(place) / "node_modules").symlink_to(NODE)
        for name, lint in LINTERS.items():
            print(f"{name}: {(lint(Path(place)).strip() or 'clean').splitlines()[-1]}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
