"""No public name of the server stands for two things."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import vending

ROOT = Path(vending.__path__[0])
TWICE = {"T"}  # type variables


def test_no_public_name_is_used_twice() -> None:
    where: dict[str, list[str]] = defaultdict(list)
    for path in sorted(ROOT.rglob("*.py")):
        for name in defined(ast.parse(path.read_text())):
            where[name].append(path.relative_to(ROOT).as_posix())

    assert {
        name: files for name, files in where.items() if len(files) > 1 and name not in TWICE
    } == {}


def defined(module: ast.Module) -> Iterator[str]:
    """Names that a module gives, by itself, to something of its own."""
    for node in module.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [each.id for each in node.targets if isinstance(each, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names = [node.target.id]
        else:
            continue
        yield from (name for name in names if not name.startswith("_"))
