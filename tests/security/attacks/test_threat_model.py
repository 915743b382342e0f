"""SECURITY.md is true: each threat is listed once, and every test that it names exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "SECURITY.md").read_text()
THREATS = re.split(r"^(?=\*\*T\d+ )", PAGE.split("\n## What the front end")[0], flags=re.MULTILINE)[
    1:
]
NAMED = re.compile(r"`([\w./-]+\.(?:py|hcl|ts))::([^`]+)`")
NOT_SHOWN = "Not shown by a test of this page: "


def exists(path: Path, name: str) -> bool:
    """Tell whether the file has a test of this name, in its own language."""
    source = path.read_text()
    match path.suffix:
        case ".py":
            functions = (ast.FunctionDef, ast.AsyncFunctionDef)
            return any(isinstance(n, functions) and n.name == name for n in ast.parse(source).body)
        case ".hcl":
            return f'run "{name}" {{' in source
        case _:
            return f'test("{name}"' in source


def test_threats_are_numbered_in_order() -> None:
    numbers = [int(threat[3:].split(" ", 1)[0]) for threat in THREATS]

    assert numbers == list(range(1, 38))


@pytest.mark.parametrize("threat", THREATS, ids=lambda threat: threat[2:].split(".", 1)[0])
def test_threat_names_tests_that_exist_or_says_why_not(threat: str) -> None:
    named = NAMED.findall(threat)

    assert named or NOT_SHOWN in threat
    for file, name in named:
        path = ROOT / file if file.startswith(("infra/tests/", "web/")) else ROOT / "tests" / file
        assert path.is_file(), file
        assert exists(path, name), f"{file}::{name}"
