"""The function's zip is the same on every machine, and runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from ops.package import package
from ops.stop import Stop
from support.servers.fleet import ROOT, clean_environment

FUNCTIONS = ROOT / "functions"


def built(functions: Path, folder: Path, **environ: str) -> Path:
    """Build in a process of its own, as make does."""
    code = "import sys; from pathlib import Path; from ops.package import package; "
    code += "print(package(Path(sys.argv[1]), Path(sys.argv[2])))"
    done = subprocess.run(
        [sys.executable, "-c", code, str(functions), str(folder)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "infra"), **environ},
        capture_output=True,
        text=True,
        check=True,
    )
    return Path(done.stdout.strip())


def test_another_machine_makes_the_same_bytes(tmp_path: Path) -> None:
    sources, elsewhere = tmp_path / "functions", tmp_path / "elsewhere"
    shutil.copytree(FUNCTIONS, sources)
    for path in sorted(sources.rglob("*"), reverse=True):  # another order on the disk
        copy = elsewhere / path.relative_to(sources)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path.is_file() and "__pycache__" not in path.parts:
            shutil.copyfile(path, copy)
            copy.chmod(0o777)
            os.utime(copy, (1, 1))
    old_umask = os.umask(0o077)
    try:
        here = built(sources, tmp_path / "here", PYTHONHASHSEED="1")
        there = built(elsewhere, tmp_path / "there", PYTHONHASHSEED="2", TZ="Asia/Tokyo")
    finally:
        os.umask(old_umask)

    assert here.name == there.name
    assert here.read_bytes() == there.read_bytes()


def test_changed_code_has_another_name(tmp_path: Path) -> None:
    changed = tmp_path / "functions"
    shutil.copytree(FUNCTIONS, changed)
    before = package(changed, tmp_path)
    (changed / "vending" / "tokens" / "vend.py").write_text("raise SystemExit\n")

    after = package(changed, tmp_path)

    assert before.name != after.name


def test_what_runs_is_in_it_and_nothing_else(tmp_path: Path) -> None:
    functions = tmp_path / "functions"
    shutil.copytree(FUNCTIONS, functions)
    (functions / ".env").write_text("GEMINI_API_KEY=...")

    with ZipFile(package(functions, tmp_path)) as archive:
        names = set(archive.namelist())

    assert {"main.py", "requirements.txt", "vending/tokens/vend.py"} < names
    assert {Path(name).suffix for name in names} == {".py", ".txt"}
    assert not [name for name in names if "test" in name or name.startswith(".")]


def test_unpacked_and_compiled_as_the_build_does_it_starts_without_compiling(
    tmp_path: Path,
) -> None:
    """GoogleCloudPlatform/buildpacks, cmd/python/functions_framework/main.go, runs `python3 -m
    compileall -f -q .`; the image then gives all files the time 1980-01-01.
    """
    workspace = tmp_path / "workspace"
    with ZipFile(package(FUNCTIONS, tmp_path)) as archive:
        archive.extractall(workspace)
    epoch = re.search(r'SOURCE_DATE_EPOCH += "(\d+)"', (ROOT / "infra/function.tf").read_text())
    assert epoch is not None
    compiled = [sys.executable, "-m", "compileall", "-f", "-q", "."]
    environ = {**clean_environment(), "SOURCE_DATE_EPOCH": epoch[1]}
    subprocess.run(compiled, cwd=workspace, env=environ, check=True)
    for path in workspace.rglob("*.py*"):
        os.utime(path, (315_532_800, 315_532_800))
    for path in workspace.rglob("*.pyc"):
        path.chmod(0o444)
    kept = {path: path.stat().st_mtime for path in workspace.rglob("*.pyc")}

    said = started(workspace)

    assert said.stdout == "demo-project\n", said.stderr
    assert kept
    assert {path: path.stat().st_mtime for path in workspace.rglob("*.pyc")} == kept


def started(workspace: Path) -> subprocess.CompletedProcess[str]:
    environ = {
        **clean_environment(),
        "GEMINI_API_KEY": "a-key-of-a-test",
        "LIVE_API_ISSUERS": '[{"issuer": "https://id.example.com", "audience": "livepass"}]',
        "LIVE_API_LEDGER": "firestore://demo-project/livepass",
        "K_SERVICE": "token-api",
    }
    return subprocess.run(
        [sys.executable, "-c", "import main; print(main.settings.google_cloud_project)"],
        cwd=workspace,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )


def test_folder_without_a_function_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Stop, match=r"there is no main\.py"):
        package(tmp_path, tmp_path)
