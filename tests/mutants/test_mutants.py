"""A few defects on every run, to know that a red test is possible; `make audit` tries them all."""

from __future__ import annotations

from pathlib import Path

import pytest

from mutants.variants import VARIANTS, Edit
from mutants.workshop import NoSuchCode, copy, edit, seen

SHORT = ("deliver before count", "blind write")


@pytest.mark.parametrize("name", SHORT)
def test_defect_turns_its_test_red(name: str, tmp_path: Path) -> None:
    (variant,) = (variant for variant in VARIANTS if variant.name == name)

    assert seen(variant, tmp_path)


def test_every_defect_still_fits_the_code(tmp_path: Path) -> None:
    for number, variant in enumerate(VARIANTS):
        functions = copy(tmp_path / str(number))
        for change in variant.edits:
            edit(functions, change)


def test_defect_that_no_longer_fits_is_no_success(tmp_path: Path) -> None:
    with pytest.raises(NoSuchCode):
        edit(copy(tmp_path), Edit("vend.py", "no such line", "another"))
