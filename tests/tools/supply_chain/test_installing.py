"""The locks install with old pips and new, and with uv, whatever was published since.

From an index in a folder, where a newer release of every package waits (`local_index`): that is how
a lock broke that nobody had touched, when google-auth 2.63.0 came out. pip before 23.3, which
Python 3.11, 3.12 and Debian 12 bring, fetched it, found no hash and stopped.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.servers.fleet import ROOT
from tools.supply_chain.local_index import LocalIndex
from tools.supply_chain.locks import PIPS, PYTHON, pins, without_extras

FUNCTIONS, EMULATOR, TESTS, INSTALLER = PYTHON[:4]
TOGETHER = {"deployed": (FUNCTIONS,), "here": (FUNCTIONS, EMULATOR, TESTS)}
UV = Path(sys.executable).parent / "uv"
BUILD_PACK = (
    *("--upgrade", "--upgrade-strategy", "only-if-needed", "--force-reinstall"),
    *("--no-warn-script-location", "--no-warn-conflicts", "--no-compile", "--no-cache-dir"),
)
"""As Google's build pack installs a requirements.txt; it is the lock that asks for hashes
(GoogleCloudPlatform/buildpacks, pkg/python/python.go at 688263b). Where uv is its installer it says
`uv pip install --requirement` (requirements.go at 0b602bc)."""
UNPINNED = "In --require-hashes mode, all requirements must have their versions pinned"
IN_CI = os.environ.get("CI") == "true"


def text(lock: str) -> str:
    return (ROOT / lock).read_text()


def clean() -> dict[str, str]:
    """The environment without a setting of pip or uv, nor the machine's own files of them."""
    ours = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_", "PYTHON"))}
    return {**ours, "PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> LocalIndex:
    index = LocalIndex(tmp_path_factory.mktemp("index"))
    for lock in (FUNCTIONS, EMULATOR, TESTS):
        index.publish_installed(text(lock))
    return index


@pytest.fixture(scope="session", params=PIPS)
def pip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one of the locked pips, which comes from where this machine's packages come."""
    lock = f"tests/tools/supply_chain/pips/{request.param}/requirements.txt"
    if request.param == "debian-12" and sys.version_info >= (3, 12):
        pytest.skip("pip 23.0.1 does not run on Python 3.12 (pkgutil.ImpImporter is gone)")
    place = tmp_path_factory.mktemp("pip")
    asked = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps"]
    got = subprocess.run(
        [*asked, "--target", str(place), "-r", str(ROOT / lock)],
        capture_output=True,
        text=True,
        check=False,
    )
    if got.returncode and not IN_CI:
        pytest.skip(
            f"*** pip for {request.param} cannot be had: the locks were NOT TRIED on it ***"
        )
    assert got.returncode == 0, got.stderr
    return place


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """An interpreter with nothing installed."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    return tmp_path / "venv" / "bin" / "python"


def installed(python: Path) -> dict[str, str]:
    code = "from importlib.metadata import distributions as all\n"
    code += "for found in all():\n"
    code += " print(found.name.lower().replace('_', '-').replace('.', '-'), found.version)"
    told = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout
    return dict(line.split() for line in told.splitlines())


def install(
    python: Path, pip: Path, index: LocalIndex, *locks: str
) -> subprocess.CompletedProcess[str]:
    """Install texts of locks with that pip, from the index."""
    files = [python.parent / f"{number}.txt" for number, _ in enumerate(locks)]
    for file, lock in zip(files, locks, strict=True):
        file.write_text(index.with_our_hashes(lock))
    options = ("-i", index.url, *BUILD_PACK)
    return ran(python, pip, "install", *options, *(f"-r{file}" for file in files))


def ran(python: Path, pip: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environ = {**clean(), "PYTHONPATH": str(pip)}
    asked = [str(python), "-m", "pip", *command]
    return subprocess.run(asked, env=environ, capture_output=True, text=True, check=False)


def is_old(pip: Path) -> bool:
    """Whether it is from before 23.3, which looks at pins before it looks at the index."""
    return any(pip.glob("pip-23.[0-2].*"))


def locked(*locks: str) -> dict[str, str]:
    """What of some locks is for this system: what is installed here."""
    here = installed(Path(sys.executable))
    return {
        name: version
        for lock in locks
        for name, version in pins(text(lock)).items()
        if name in here
    }


@pytest.mark.parametrize("locks", TOGETHER.values(), ids=TOGETHER)
def test_lock_installs_though_all_of_it_has_a_newer_release(
    python: Path, pip: Path, index: LocalIndex, locks: tuple[str, ...]
) -> None:
    done = install(python, pip, index, *map(text, locks))

    assert done.returncode == 0, done.stderr
    assert installed(python) == locked(*locks)
    assert ran(python, pip, "check").stdout.strip() == "No broken requirements found."


def test_lock_of_names_without_extras_is_what_old_pips_refuse(
    python: Path, pip: Path, index: LocalIndex
) -> None:
    lock = without_extras(text(FUNCTIONS))
    assert "[" not in lock

    done = install(python, pip, index, lock)

    assert (UNPINNED in done.stderr) is is_old(pip)
    assert (done.returncode != 0) is is_old(pip)


def test_pins_with_extras_alone_are_not_enough_for_old_pips(
    python: Path, pip: Path, index: LocalIndex
) -> None:
    blocks = re.split(r"(?m)^(?=\w)", text(FUNCTIONS))
    twice = {name for block in blocks for name in re.findall(r"^([\w.\-]+)\[", block)}
    lock = "".join(block for block in blocks if block.partition("==")[0] not in twice)
    assert pins(lock) == pins(text(FUNCTIONS))

    done = install(python, pip, index, lock)

    assert (UNPINNED in done.stderr) is is_old(pip)
    assert (done.returncode != 0) is is_old(pip)


def test_make_installs_from_the_index_that_pip_is_told_of(
    tmp_path: Path, index: LocalIndex
) -> None:
    for name in ("python.sh", "tools.sh", "uv.sh"):
        (tmp_path / "tests/tools/install").mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "tests/tools/install" / name, tmp_path / "tests/tools/install" / name)
    version = pins(text(INSTALLER))["uv"]
    index.hashes["uv"] = index.publish("uv", version, (), uv=UV.read_bytes())
    for lock in (FUNCTIONS, EMULATOR, TESTS, INSTALLER):
        (tmp_path / lock).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / lock).write_text(index.with_our_hashes(text(lock)))
    nowhere = {"HTTPS_PROXY": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9"}
    told = {**clean(), **nowhere, "HOME": str(tmp_path), "PIP_INDEX_URL": index.url}
    script, python = tmp_path / "tests/tools/install/python.sh", tmp_path / ".venv/bin/python"
    brought = {"pip", "setuptools", "uv"}

    subprocess.run([script, FUNCTIONS, EMULATOR], env=told, check=True)
    running = installed(python)
    subprocess.run([script, "--exact", FUNCTIONS, TESTS], env=told, check=True)
    testing = installed(python)

    assert {k: v for k, v in running.items() if k not in brought} == locked(FUNCTIONS, EMULATOR)
    assert {k: v for k, v in testing.items() if k not in brought} == locked(FUNCTIONS, TESTS)
    assert running["uv"] == testing["uv"] == version
