"""CONTRIBUTING.md's diffs can be applied as they stand, change as many files as it says, and do it.

A diff that no longer fits is made anew: the change by hand in a clean checkout, and `git diff -U1`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "CONTRIBUTING.md").read_text()
NAMES = ("a limit", "a model", "an endpoint", "a store")
FOLDERS = ("functions", "infra", "tests", "web/site/messages")
FILES = ("README.md", "pyproject.toml", "web/index.html")
LEFT_OUT = shutil.ignore_patterns("node_modules", "__pycache__", ".terraform")
PROOFS = "tests/tools/changes/proofs.py"
TERRAFORM = "tests/infra/test_names.py"
# The promises of the contract suite that need nothing but the store.
LEDGERS = (
    "test_user_that_never_was_has_used_nothing",
    "test_usage_survives_the_way_into_the_store_and_back",
    "test_usage_is_replaced_by_the_next_write",
    "test_write_on_a_stale_version_is_a_conflict_and_changes_nothing",
    "test_conflict_leaves_the_ledger_as_good_as_before",
    "test_second_of_two_first_writes_is_a_conflict",
    "test_update_of_what_was_removed_is_a_conflict",
    "test_users_are_kept_apart",
    "test_time_is_never_behind_what_was_written",
    "test_time_goes_on",
    "test_what_all_users_spent_on_a_day_is_summed_up",
)
DOCUMENTS = (
    "test_document_that_never_was_has_no_fields_and_a_time",
    "test_what_was_written_is_read_by_another",
    "test_write_needs_the_version_that_was_read",
    "test_any_version_is_written_over_and_other_fields_stay",
    "test_removed_document_is_gone_and_may_be_removed_again",
    "test_those_that_last_are_listed_the_latest_first",
)
CONTRACT = f"""
from types import SimpleNamespace
import pytest
from contract.test_documents import {", ".join(DOCUMENTS)}
from contract.test_ledgers import {", ".join(LEDGERS)}
from vending.app import build_store

LEDGER, DOCUMENTS = build_store("memory://")

@pytest.fixture
def kept():
    return SimpleNamespace(ledger=lambda: LEDGER)

@pytest.fixture
def store():
    return lambda: DOCUMENTS

@pytest.fixture
def user(request):
    return request.node.name

@pytest.fixture
def collection(request):
    return request.node.name
"""


def diff_of(name: str) -> str:
    """All diffs of a section."""
    section = PAGE.split(f"\n## Add {name}\n", 1)[1].split("\n## ", 1)[0]
    return "".join(re.findall(r"^```diff\n(.+?)^```$", section, re.MULTILINE | re.DOTALL))


def files_of(name: str) -> list[str]:
    """The files that a section changes or makes."""
    return re.findall(r"^\+\+\+ b/(.+)$", diff_of(name), re.MULTILINE)


def changed(name: str, into: Path) -> Path:
    """A copy of the project with the change of a section, which is in form."""
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, into / folder, ignore=LEFT_OUT)
    for file in FILES:
        shutil.copy(ROOT / file, into / file)
    done(into, ["git", "apply", "-"], diff_of(name), GIT_CEILING_DIRECTORIES=str(into.parent))
    code = [file for file in files_of(name) if file.endswith(".py")]
    for check in (["check"], ["format", "--check"]):
        done(into, [sys.executable, "-m", "ruff", *check, "--no-cache", *code])
    return into


def done(folder: Path, command: list[str], given: str = "", **environ: str) -> None:
    """Run a command, which must succeed, and be about nothing but the copy."""
    paths = os.pathsep.join(str(folder / name) for name in ("functions", "tests"))
    ran = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths, **environ},
        input=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout


def prove(copy: Path, *tests: str) -> None:
    """Run tests in a copy, with no fixture but their own, which takes half the time."""
    command = [sys.executable, "-m", "pytest", "--noconftest", "-p", "pytest_asyncio.plugin"]
    done(copy, [*command, "-p", "no:cacheprovider", *tests], PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")


def test_limit_is_set_refused_and_told(tmp_path: Path) -> None:
    copy = changed("a limit", tmp_path)

    prove(copy, PROOFS, TERRAFORM, "-k", "test_limit or test_every_limit")


def test_model_is_on_offer_and_billed(tmp_path: Path) -> None:
    copy = changed("a model", tmp_path)

    prove(copy, PROOFS, TERRAFORM, "-k", "test_model or test_default_models")


def test_endpoint_answers(tmp_path: Path) -> None:
    copy = changed("an endpoint", tmp_path)

    prove(copy, PROOFS, "tests/unit/operations/test_table.py", "-k", "test_endpoint or test_table")


def test_store_keeps_the_contract(tmp_path: Path) -> None:
    copy, suite = changed("a store", tmp_path), "tests/contract/test_memory.py"
    (copy / suite).write_text(CONTRACT)

    prove(copy, PROOFS, suite, "-k", "test_store or test_memory")


def test_changes_take_as_many_files_as_the_page_says() -> None:
    told = dict(re.findall(r"^\| (an? \w+) \| \d+ \| (.+) \|$", PAGE, re.MULTILINE))

    assert told == {name: counted(files_of(name)) for name in NAMES}


def counted(files: list[str]) -> str:
    """Files, and README apart."""
    others = [file for file in files if file != "README.md"]
    return f"{len(others)} and README" if others != files else str(len(others))
