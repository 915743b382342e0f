"""What can be known without a database: every lock is whole, every licence allowed, no secret was
ever committed. `make audit` asks the databases too.
"""

from __future__ import annotations

import os
from importlib.metadata import distributions

import pytest

from tools.supply_chain import licences, secret_scan
from tools.supply_chain.imports import listed
from tools.supply_chain.locks import NODE, PYTHON, ROOT, node_problems, pins, python_problems
from tools.supply_chain.reach import why_not

NO_HASH = "a==1.0 \\\n    --hash=sha256:" + "0" * 64 + "\nb==2.0\n"


@pytest.mark.parametrize("lock", PYTHON)
def test_python_lock_pins_and_hashes_everything(lock: str) -> None:
    text = (ROOT / lock).read_text()

    assert list(python_problems(text)) == []
    assert listed((ROOT / lock).with_suffix(".in").read_text()) <= pins(text).keys()


@pytest.mark.parametrize("lock", NODE)
def test_node_lock_has_an_integrity_for_everything_and_no_address(lock: str) -> None:
    assert list(node_problems((ROOT / lock).read_text())) == []


def test_what_runs_here_is_what_is_locked() -> None:
    locked = pins((ROOT / PYTHON[0]).read_text())

    here = {found.name.lower().replace("_", "-"): found.version for found in distributions()}
    both = here.keys() & locked.keys()

    assert {name: here[name] for name in both} == {name: locked[name] for name in both}
    assert len(both) > 0.8 * len(locked)  # some are for other systems


def test_licences_of_what_people_get_are_allowed() -> None:
    assert list(licences.python_problems((ROOT / PYTHON[0]).read_text())) == []
    assert list(licences.node_problems((ROOT / NODE[0]).read_text())) == []


def test_no_secret_was_ever_committed(capsys: pytest.CaptureFixture[str]) -> None:
    in_ci = os.environ.get("CI") == "true"
    if not in_ci and not (ROOT / ".git").exists():
        pytest.skip("this is no clone: there is no history")
    if not in_ci and not secret_scan.is_whole():
        with capsys.disabled():
            print("\n*** A shallow clone: ONLY ITS OWN END was searched for secrets. ***")

    assert secret_scan.is_whole() or not in_ci, "CI must search all of the history: fetch-depth 0"
    assert list(secret_scan.found(secret_scan.history())) == []


def test_careless_locks_and_licences_are_caught() -> None:
    careless = '{"packages": {"": {}, "node_modules/a": {"license": "GPL-3.0", "resolved": "x"}}}'

    assert list(python_problems(NO_HASH)) == ["without sha256: b==2.0"]
    assert list(python_problems("a[b]==1" + " --hash=sha256:" + "0" * 64)) == ["without: a[b]==1"]
    assert list(python_problems("c>=1 --hash=sha256:" + "0" * 64)) == ["not pinned: c>=1"]
    assert len(list(node_problems(careless))) == 2
    assert list(licences.node_problems(careless)) == ["node_modules/a: GPL-3.0"]
    assert licences.allowed("(MIT OR GPL-3.0)")
    assert not licences.allowed("MIT AND GPL-3.0")


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("Google API key", "AIza" + "Sy" + "b" * 33),
        ("Gemini API key", "AQ." + "c" * 40),
        ("live token", "auth_tokens/" + "0d" * 32),
        ("private key", "-----BEGIN " + "RSA PRIVATE KEY-----"),
        ("GitHub token", "ghp_" + "e" * 36),
        ("password in a URL", "https://" + "me:opensesame@example.com"),
    ],
)
def test_secret_is_found_where_it_is_planted(name: str, secret: str) -> None:
    lines = ["commit 0123456789abcdef", "+++ b/a/file", f"+key = '{secret}'", f" {secret}"]

    assert list(secret_scan.found(lines)) == [f"{name}: 0123456789ab a/file"]


NO_LOCK = '{"error": {"code": "ENOLOCK", "summary": "This command requires a lockfile."}}'
MIRROR = '{{"statusCode": {}, "uri": "https://registry/-/npm/v1/security/advisories/bulk"}}'


@pytest.mark.parametrize(
    ("stdout", "stderr"),
    [
        ("", ""),
        ("[]", ""),
        (NO_LOCK, "npm error code ENOLOCK"),
        (MIRROR.format(400), "npm error audit endpoint returned an error"),
        ('{"statusCode": 404, "uri": "https://registry/x"}', ""),
        ("", "ERROR:pip_audit._cli:requirement a>=1 does not contain a hash"),
        ("", "Traceback (most recent call last):\nKeyError: 'vulns'"),
        ("", "requests.exceptions.SSLError: certificate verify failed"),
    ],
)
def test_audit_that_breaks_is_not_out_of_reach(stdout: str, stderr: str) -> None:
    assert why_not("npm audit", stdout, stderr).startswith("npm audit failed: ")
