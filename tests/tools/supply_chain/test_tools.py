"""A machine that lacks a tool gets its name, and the command that installs it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.servers.fleet import ROOT

TOOLS = ROOT / "tests" / "tools" / "install" / "tools.sh"
PLAIN = ("bash", "env", "find", "make", "sed", "sh", "sort", "tail", "touch")
OLD_PYTHON = '[ "$1" = --version ] && echo Python 3.9.2\nexit 1\n'
NO_VENV = f'[[ "$2" != *ensurepip* ]] && exec {sys.executable} "$@"\nexit 1\n'
HERE = sys.version.split()[0]
NODE = "echo v22.14.0\n"
DEBIAN = {"apt-get": "", "apt-cache": "echo 'Version: 18.20.4+dfsg-1~deb12u1'\n"}


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """The one folder of a PATH, with the shell's tools and nothing else."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in PLAIN:
        (folder / name).symlink_to(str(shutil.which(name)))
    return folder


def have(machine: Path, **programs: str) -> None:
    for name, script in programs.items():
        path = machine / name.replace("_", "-")
        path.write_text(f"#!{machine}/bash\n{script}")
        path.chmod(0o755)


def said(machine: Path, *command: str | Path, cwd: Path = ROOT) -> tuple[int, str, str]:
    environ = {"PATH": str(machine), "HOME": str(machine)}
    done = subprocess.run(
        command, cwd=cwd, env=environ, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr.strip()


@pytest.mark.parametrize(
    ("tool", "programs", "told"),
    [
        ("python", {}, "Python 3.11 or newer, found none: sudo apt-get install python3.11"),
        (
            "python",
            {"python3": OLD_PYTHON},
            "Python 3.11 or newer, found Python 3.9.2: sudo apt-get install python3.11",
        ),
        (
            "python",
            {"python3": NO_VENV},
            f"Python's venv, which Python {HERE} lacks: sudo apt-get install python3-venv",
        ),
        ("node", {}, "Node 20.19 or newer, found none: curl -fsSL https://deb.nodesource.com/"),
        ("node", {"node": "echo v18.20.4\n"}, "Node 20.19 or newer, found v18.20.4: curl -fsSL"),
        ("node", {"node": "echo v20.9.0\n"}, "Node 20.19 or newer, found v20.9.0: curl -fsSL"),
        ("node", {"node": NODE}, "npm, found none: sudo apt-get install npm"),
        (
            "java",
            {},
            "Java for the Firestore emulator, found none: sudo apt-get install default-",
        ),
    ],
)
def test_missing_tool_is_named_with_the_command_that_brings_it(
    machine: Path, tool: str, programs: dict[str, str], told: str
) -> None:
    have(machine, **programs)
    have(machine, apt_get="", apt_cache=DEBIAN["apt-cache"])

    status, _, error = said(machine, TOOLS, tool)

    assert status == 1
    assert error.startswith(f"*** Livepass needs {told}")
    assert len(error.splitlines()) == 1


@pytest.mark.parametrize("version", ["v20.19.0", "v20.20.2", "v22.0.0", "v26.1.0", "v101.0.0"])
def test_node_that_is_new_enough_is_taken(machine: Path, version: str) -> None:
    have(machine, node=f"echo {version}\n", npm="")

    assert said(machine, TOOLS, "node") == (0, "", "")


def test_least_node_is_that_of_the_page() -> None:
    engines = json.loads((ROOT / "web" / "package.json").read_text())["engines"]

    assert f"Node {engines['node'].removeprefix('>=')} or newer" in TOOLS.read_text()


def test_newer_python_beside_an_old_one_is_taken(machine: Path) -> None:
    have(machine, python3=OLD_PYTHON)
    (machine / "python3.12").symlink_to(sys.executable)

    assert said(machine, TOOLS, "python") == (0, "python3.12\n", "")


def test_make_run_names_all_that_is_missing_and_installs_nothing(
    machine: Path, tmp_path: Path
) -> None:
    clone = tmp_path / "clone"
    folders = ("functions", "tests/tools/install", "tests/emulator", "web")
    tracked = ["git", "ls-files", "Makefile", *folders]
    listed = subprocess.run(tracked, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.splitlines():
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, clone / name)
    have(machine, apt_get="", apt_cache=DEBIAN["apt-cache"])

    status, _, error = said(machine, "make", "run", cwd=clone)

    assert status != 0
    assert "needs Python 3.11 or newer, found none: sudo apt-get install python3.11 " in error
    assert "needs Node 20.19 or newer, found none: " in error
    assert not (clone / ".venv").exists()
    assert not (clone / "web" / "node_modules").exists()
