"""The docstrings of rooms and suites are true, and README lists them in the same words."""

from __future__ import annotations

import ast
import importlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import vending

ROOT = Path(__file__).parents[2]
ROOMS = ROOT / "functions" / "vending"
README = (ROOT / "README.md").read_text()


def described(folder: Path) -> dict[str, str]:
    """The folders in a folder that say what they are, each with its docstring on one line."""
    found = {path.parent.name: path.read_text() for path in folder.glob("*/__init__.py")}
    return {
        name: " ".join((ast.get_docstring(ast.parse(text)) or "").split())
        for name, text in found.items()
    }


def rows(header: str) -> dict[str, str]:
    """The rows of a table of README, in its order."""
    table = README.split(f"| {header} |", maxsplit=1)[1].split("\n\n", maxsplit=1)[0]
    return dict(re.findall(r"^\| `(\w+)/` \| (.+) \|$", table, re.MULTILINE))


@pytest.mark.parametrize(("header", "folder"), [("room", ROOMS), ("suite", ROOT / "tests")])
def test_readme_lists_each_folder_in_its_own_words(header: str, folder: Path) -> None:
    first = {name: re.split(r"\.(?: |$)", text)[0] for name, text in described(folder).items()}

    assert rows(header) == first


def test_rooms_are_listed_from_the_top() -> None:
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = [name for layer in linter["contracts"][0]["layers"] for name in layer.split(" | ")]
    in_order = [name for name in layers if (ROOMS / name).is_dir()]

    assert list(rows("room")) == in_order
    assert re.findall(r"`(\w+)/`", vending.__doc__ or "") == in_order


@pytest.mark.parametrize("room", ["", *described(ROOMS)])
def test_room_has_at_most_ten_modules(room: str) -> None:
    modules = [path for path in (ROOMS / room).glob("*.py") if path.name != "__init__.py"]

    assert 1 <= len(modules) <= 10


def entries() -> Iterator[tuple[str, str, str]]:
    for room, text in described(ROOMS).items():
        for module, name in re.findall(r"`(\w+)\.(\w+)`", text):
            yield room, module, name


@pytest.mark.parametrize(("room", "module", "name"), [*entries()])
def test_entry_of_a_room_is_there(room: str, module: str, name: str) -> None:
    assert hasattr(importlib.import_module(f"vending.{room}.{module}"), name)
