"""Suites share code only through `support`, which imports none of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
SUITES = {
    *("unit", "contract", "e2e", "security", "resilience", "infra", "bench", "tools", "clients"),
}
MAY_IMPORT = {suite: {suite, "support", "emulator"} for suite in SUITES}
MAY_IMPORT |= {"support": {"support", "emulator"}, "emulator": {"emulator"}}
MAY_IMPORT |= {"examples": {"examples"}}


def imported(folder: str) -> Iterator[tuple[str, str]]:
    """Each file of a folder, and each top-level package it imports."""
    ours = (p for p in (TESTS / folder).rglob("*.py") if "node_modules" not in p.parts)
    for path in ours:
        for node in ast.walk(ast.parse(path.read_bytes())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            yield from ((str(path.relative_to(TESTS)), name.partition(".")[0]) for name in names)


@pytest.mark.parametrize("folder", sorted(MAY_IMPORT))
def test_folder_imports_support_and_no_other_suite(folder: str) -> None:
    others = MAY_IMPORT.keys() - MAY_IMPORT[folder]

    found = {(path, name) for path, name in imported(folder) if name in others}

    assert found == set()


def test_every_folder_has_its_rule() -> None:
    folders = {path.parent.name for path in TESTS.glob("*/__init__.py")}

    assert folders == MAY_IMPORT.keys()
