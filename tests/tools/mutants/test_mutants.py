"""A few defects on every run, to know that a red test is possible; `make audit` tries them all."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from support.stores.firestore_emulator import Firestore
from tools.mutants.trial import KILLED, NEVER_BORN, SURVIVED, NoVerdict, verdict
from tools.mutants.variant import Edit
from tools.mutants.variants import VARIANTS
from tools.mutants.workshop import ROOT, NoSuchCode, copy, edit, missed, no_proof

BEARER = (ROOT / "functions" / "vending" / "identity" / "bearer.py").read_text()
SHORT = (
    "deliver before count",
    "Firestore: an update without a precondition (no currentDocument)",
)
RED = "def test_it() -> None:\n>       assert 1 == 2\nE       assert 1 == 2\n"


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


def test_defect_that_no_longer_fits_is_no_success(tmp_path: Path) -> None:
    with pytest.raises(NoSuchCode):
        edit(copy(tmp_path), Edit("tokens/vend.py", "no such line", "another"))


def test_red_for_another_reason_is_no_success() -> None:
    broken = f"{RED}E       NameError: name 'token' is not defined\n"

    assert no_proof(RED, "assert 1 == 2") == ""
    assert "without saying" in no_proof(RED, "def test_it")  # the source is no reason
    assert no_proof(broken, "assert 1 == 2").startswith("red by accident: NameError")


def test_every_defect_says_how_it_shows() -> None:
    assert [variant.name for variant in VARIANTS if not variant.shows.strip()] == []


def judged(source: str, *tests: str) -> str:
    """Have a source of bearer.py judged, where nothing of ours is imported."""
    code = "import sys; from tools.mutants.trial import verdict; _, source, *tests = sys.argv; "
    code += "print(verdict('identity.bearer', source, tests))"
    command = [sys.executable, "-c", code, source, *tests]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return ran.stdout.strip() or ran.stderr.splitlines()[-1]


def test_change_of_a_module_survives_is_killed_or_is_none() -> None:
    first_counts = BEARER.replace("len(authorization) > 1", "len(authorization) > 2")
    tests = ("unit/identity/test_bearer.py", "-k", "two_headers")

    assert judged(BEARER, *tests) == SURVIVED
    assert judged(first_counts, *tests) == KILLED
    assert judged(BEARER + "\nno_such_name", *tests) == NEVER_BORN


def test_tests_that_did_not_run_are_no_verdict() -> None:
    assert "which is no verdict" in judged(BEARER, "unit/no_such_test.py")
    assert "which is no verdict" in judged(
        BEARER, "unit/identity/test_bearer.py", "-k", "no_such_test"
    )


def test_who_scores_imports_no_module_that_is_scored() -> None:
    script = "import sys, tools.mutants.score as _; "
    script += "print(*(m for m in sys.modules if m.startswith('vending.')))"
    run = subprocess.run((sys.executable, "-c", script), capture_output=True, text=True, check=True)

    assert run.stdout.split() == []


def test_module_that_is_imported_already_is_not_judged() -> None:
    importlib.import_module("vending.identity.bearer")

    with pytest.raises(NoVerdict, match="imported already"):
        verdict("identity.bearer", BEARER, ())
