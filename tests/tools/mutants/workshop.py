"""Breaks a copy of the functions and runs a test on it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tools.mutants.variant import Edit, Variant

ROOT = Path(__file__).parents[3]
PASSED, FAILED = 0, 1  # pytest's; anything else is no verdict
PATIENCE_S = 120
# The edit itself does not run: that turns any test red, and shows nothing of the defect.
_ACCIDENT = re.compile(
    r"\b(?:Name|UnboundLocal|Type|Attribute|Syntax|Indentation|Import|ModuleNotFound)Error: .*"
)


class NoSuchCode(Exception):
    """The piece that an edit replaces is not in its file, or not once: the code has moved on."""


def copy(into: Path) -> Path:
    """Copy the functions; return where they are."""
    to = into / "functions"
    shutil.copytree(ROOT / "functions", to, ignore=shutil.ignore_patterns("__pycache__"))
    return to


def edit(functions: Path, change: Edit) -> None:
    """Replace one piece of one file.

    Raises:
        NoSuchCode: it is not there, or not once.
    """
    path = functions / "vending" / change.file
    source = path.read_text()
    if source.count(change.right) != 1:
        raise NoSuchCode(f"{change.file} has {source.count(change.right)} times: {change.right}")
    path.write_text(source.replace(change.right, change.wrong))


def run(functions: Path, *tests: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run tests on these functions, as `make test` would on ours."""
    paths = [str(functions), str(ROOT / "tests")]
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-x", "-vvv", "-p", "no:cacheprovider"),
            *("-o", f"pythonpath={' '.join(paths)}", *tests),
        ],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=PATIENCE_S,
        env={**os.environ, "PYTHONPATH": ":".join(paths), "LIVEPASS_FUZZ": "500", **environ},
    )


def missed(variant: Variant, into: Path) -> str:
    """Break a copy; say why the variant's test did not see it, or nothing when it did.

    Raises:
        NoSuchCode: an edit no longer fits.
        RuntimeError: the test could not be run.
    """
    functions = copy(into)
    for change in variant.edits:
        edit(functions, change)
    done = run(functions, variant.test)
    if done.returncode not in (PASSED, FAILED):
        raise RuntimeError(f"{variant.name}: pytest ended with {done.returncode}\n{done.stdout}")
    if done.returncode == PASSED:
        return "its test passes"
    return no_proof(done.stdout, variant.shows)


def no_proof(output: str, shows: str) -> str:
    """Say why a red test proves nothing: an accident, or another reason than was expected."""
    if accident := _ACCIDENT.search(output):
        return f"red by accident: {accident[0]}"
    reasons = "\n".join(line for line in output.splitlines() if line.startswith("E "))
    return "" if shows in reasons else f"red without saying {shows!r}, but:\n{reasons}"
