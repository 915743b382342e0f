"""The layout of what is uploaded, and the questions asked before."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from ops.stage import stage
from ops.stop import Stop
from support.servers.fleet import ROOT

CONFIG = {"api": "https://api.example.com", "signIn": {"kind": "local", "url": "./"}}


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    built = tmp_path / "dist"
    (built / "assets").mkdir(parents=True)
    for name in ("index.html", "404.html", "config.json", "assets/a-12345678.js"):
        (built / name).write_text(name)
    return built


def test_site_is_laid_out_with_the_config_of_its_deployment(dist: Path, tmp_path: Path) -> None:
    staged = tmp_path / "staged"
    (staged / "files").mkdir(parents=True)
    (staged / "files" / "of-the-last-time.txt").touch()

    stage(CONFIG, staged, dist)

    found = {path.relative_to(staged).as_posix() for path in staged.rglob("*") if path.is_file()}
    assert found == {"index.html", "assets/a-12345678.js", "files/404.html", "files/config.json"}
    assert json.loads((staged / "files" / "config.json").read_text()) == CONFIG


def test_name_is_of_what_is_in_it(dist: Path, tmp_path: Path) -> None:
    same = {stage(CONFIG, tmp_path / folder, dist) for folder in ("one", "two")}
    other_config = stage({**CONFIG, "api": "./"}, tmp_path / "three", dist)
    (dist / "assets" / "a-12345678.js").rename(dist / "assets" / "b-12345678.js")
    other_name = stage(CONFIG, tmp_path / "four", dist)

    assert len(same) == 1
    assert len({*same, other_config, other_name}) == 3


def test_folder_that_would_be_left_behind_is_refused(dist: Path, tmp_path: Path) -> None:
    (dist / "fonts").mkdir()

    with pytest.raises(Stop, match="fonts would not be uploaded"):
        stage(CONFIG, tmp_path / "staged", dist)


def test_site_that_was_not_built_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Stop, match="is not a built site"):
        stage(CONFIG, tmp_path / "staged", tmp_path)


@pytest.mark.parametrize(("typed", "status"), [("yes", 0), ("no", 1), ("", 1), ("YES", 1)])
def test_only_the_whole_answer_goes_on(typed: str, status: int) -> None:
    ours, theirs = pty.openpty()
    code = "from ops.stop import make_command; from ops.terminal import confirm; "
    code += "make_command(lambda: confirm('Destroy it?'))()"
    environ = {name: value for name, value in os.environ.items() if name != "CONFIRM"}

    with subprocess.Popen(
        [sys.executable, "-c", code],
        env={**environ, "PYTHONPATH": str(ROOT / "infra")},
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as asked:
        os.write(ours, f"{typed}\n".encode())
        said, complaint = asked.communicate(timeout=20)
    os.close(ours)
    os.close(theirs)

    assert asked.returncode == status
    assert said == "\nDestroy it? Type yes to continue: "
    assert complaint.endswith("Nothing was changed.\n") == bool(status)
