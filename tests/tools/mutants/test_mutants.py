"""Tries a few deliberate defects on every run; `make audit` tries them all."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.stores.firestore_emulator import Firestore
from tools.mutants.score import TESTS
from tools.mutants.variants import VARIANTS
from tools.mutants.workshop import ROOT, copy, edit, missed

SHORT = (
    "deliver before count",
    "Firestore: an update without a precondition (no currentDocument)",
)


@pytest.mark.parametrize("name", SHORT)
def test_defect_turns_its_test_red(
    name: str, tmp_path: Path, firestore: Firestore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVEPASS_FIRESTORE", firestore.host)
    (variant,) = (variant for variant in VARIANTS if variant.name == name)

    assert missed(variant, tmp_path) == ""


def test_every_defect_still_fits_the_code(tmp_path: Path) -> None:
    for number, variant in enumerate(VARIANTS):
        functions = copy(tmp_path / str(number))
        for change in variant.edits:
            edit(functions, change)


def test_every_test_that_is_asked_is_there() -> None:
    asked = {f"tests/{name}" for names in TESTS.values() for name in names if "/" in name}

    for path, _, name in (test.partition("::") for test in asked | {v.test for v in VARIANTS}):
        assert f"def {name.partition('[')[0]}" in (ROOT / path).read_text()
