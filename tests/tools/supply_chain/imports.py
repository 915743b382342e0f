"""Which distribution each import of functions/ comes from, by the file that it names.

deptry compares the first part of a name, and ten distributions share `google`: it cannot tell that
one of them is listed and not imported, or imported and not listed.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_MODULE = re.compile(r"^([\w/]+?)(?:/__init__)?(?:\.cpython-\S+|\.abi3)?\.(?:py|so|pyi)$")


def listed(text: str) -> set[str]:
    """Return the names in a requirements.in itself, not in what it refers to."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    named = (line for line in lines if line and not line.startswith("-"))
    return {canonicalize_name(Requirement(line).name) for line in named}


def imported(folder: Path) -> dict[str, str]:
    """Return each distribution that a folder's modules import, and one module that does."""
    own = {path.stem for path in folder.iterdir()}
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*.py")):
        for name in _names(ast.parse(path.read_text())):
            first = name.partition(".")[0]
            if first not in own and first not in sys.stdlib_module_names:
                found.setdefault(_owner(name), path.relative_to(folder).as_posix())
    return found


def _names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _owner(name: str) -> str:
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        if owner := _owners().get(".".join(parts[:length])):
            return owner
    return f"nothing that is installed ({name})"


@cache
def _owners() -> dict[str, str]:
    owners: dict[str, str] = {}
    for found in distributions():
        for file in found.files or ():
            if module := _MODULE.match(file.as_posix()):
                owners[module[1].replace("/", ".")] = canonicalize_name(found.name)
    return owners
