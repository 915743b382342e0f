"""functions/requirements.in lists exactly what functions/ imports."""

from __future__ import annotations

from tools.supply_chain.imports import imported, listed
from tools.supply_chain.locks import ROOT

NEVER_IMPORTED = {"httptools", "uvloop"}
"""uvicorn takes them where they are."""
OF_THE_CHECKS = {"pyyaml"}
"""vending/openapi writes openapi.yaml with it, on a developer's machine."""


def test_each_line_is_imported_and_each_import_has_its_line() -> None:
    lines = listed((ROOT / "functions" / "requirements.in").read_text())

    found = imported(ROOT / "functions")

    assert {name: of for name, of in found.items() if name not in lines | OF_THE_CHECKS} == {}
    assert lines - found.keys() - NEVER_IMPORTED == set()
