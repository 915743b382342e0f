"""GitHub runs only pinned actions, with the fewest permissions."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

FOLDER = Path(__file__).parents[2] / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))


@pytest.fixture(params=WORKFLOWS, ids=lambda path: path.name)
def workflow(request: pytest.FixtureRequest) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(request.param.read_text())
    return loaded


def test_every_action_is_pinned_by_its_commit_and_named_by_its_release() -> None:
    lines = [line for path in WORKFLOWS for line in path.read_text().splitlines()]
    used = [line for line in lines if "uses: " in line and "uses: ./" not in line]

    assert len(used) > 5
    for line in used:
        assert re.search(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line


def test_an_action_is_pinned_to_one_commit_everywhere() -> None:
    pins = re.findall(r"uses: ([\w/-]+)@([0-9a-f]{40})", "".join(p.read_text() for p in WORKFLOWS))

    assert len(set(pins)) == len({action for action, _ in pins})


# What each may write, but for the checks: nothing.
WRITES = {
    "deploy": {"id-token"},
    "drift": {"id-token"},
    "lock": {"actions", "contents", "pull-requests"},
}


def test_a_workflow_may_write_nothing_but_what_it_is_for(workflow: dict[str, Any]) -> None:
    granted = [workflow["permissions"]]
    granted += [job.get("permissions", {}) for job in workflow["jobs"].values()]
    written = {name for each in granted for name, can in each.items() if can == "write"}

    assert written == WRITES.get(workflow["name"], set())


def test_only_deployment_and_drift_can_log_in_each_from_its_environment() -> None:
    texts = {path.name: path.read_text() for path in WORKFLOWS}
    logins = {name: text for name, text in texts.items() if "id-token: write" in text}

    assert sorted(logins) == ["deploy.yml", "drift.yml"]
    assert "environment: prod\n" in logins["deploy.yml"]
    assert "service_account: ${{ vars.DEPLOYER }}" in logins["deploy.yml"]
    assert "environment: drift\n" in logins["drift.yml"]
    assert "service_account: ${{ vars.WATCHER }}" in logins["drift.yml"]
    assert not [name for name, text in texts.items() if "secrets." in text]
    assert not [name for name, text in logins.items() if "pull_request" in text]


def test_drift_does_not_look_in_the_middle_of_a_deployment() -> None:
    groups = [
        yaml.safe_load((FOLDER / name).read_text())["concurrency"]
        for name in ("deploy.yml", "drift.yml")
    ]

    assert groups[0] == groups[1]
    assert not groups[0]["cancel-in-progress"]


def test_checks_of_newer_locks_are_asked_for() -> None:
    """A pull request that GITHUB_TOKEN opens starts none."""
    lock = (FOLDER / "lock.yml").read_text()
    checks = yaml.safe_load((FOLDER / "checks.yml").read_text())

    assert 'gh workflow run checks.yml --ref "$BRANCH"' in lock
    assert lock.index("git push") < lock.index("gh workflow run")
    assert "workflow_dispatch" in checks[True]  # YAML 1.1 reads `on` as true
    assert "pull_request" not in yaml.safe_load(lock)[True]


def test_newer_locks_are_proposed_as_git_would(tmp_path: Path) -> None:
    """The step's own script, on a repository with a changed lock, beside a stand-in for gh."""
    job = yaml.safe_load((FOLDER / "lock.yml").read_text())["jobs"]["lock"]
    (step,) = (step for step in job["steps"] if step.get("name"))
    origin, work, bin_ = (tmp_path / name for name in ("origin.git", "work", "bin"))
    bin_.mkdir()
    gh = bin_ / "gh"
    gh.write_text(f'#!/bin/sh\necho "$*" >>{tmp_path}/asked\n[ "$1 $2" != "pr view" ]\n')
    gh.chmod(0o755)
    environ = {"PATH": f"{bin_}:{os.environ['PATH']}", "HOME": str(tmp_path), "BRANCH": "lock"}
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com")

    def git(*words: str, cwd: Path = work) -> str:
        done = subprocess.run(
            ["git", *who, *words], cwd=cwd, env=environ, capture_output=True, text=True, check=True
        )
        return done.stdout

    def propose() -> None:
        script = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        subprocess.run(script, cwd=work, env=environ, check=True, capture_output=True)

    git("init", "--quiet", "--bare", str(origin), cwd=tmp_path)
    git("clone", "--quiet", str(origin), str(work), cwd=tmp_path)
    (work / "requirements.txt").write_text("a==1\n")
    git("add", ".")
    git("commit", "--quiet", "--message", "first")
    git("push", "--quiet", "origin", "HEAD:main")
    propose()
    assert not (tmp_path / "asked").exists()

    (work / "requirements.txt").write_text("a==2\n")
    propose()

    assert git("show", "lock:requirements.txt", cwd=origin) == "a==2\n"
    assert git("log", "--format=%an %s", "-1", "lock", cwd=origin).startswith("github-actions[bot]")
    asked = [" ".join(line.split()[:2]) for line in (tmp_path / "asked").read_text().splitlines()]
    assert asked == ["pr view", "pr create", "workflow run"]


def test_the_deployment_waits_for_the_checks_and_an_approval() -> None:
    deploy = yaml.safe_load((FOLDER / "deploy.yml").read_text())["jobs"]["deploy"]

    assert deploy["needs"] == "checks"
    assert deploy["environment"] == "prod"


def test_the_checks_have_the_whole_history() -> None:
    steps = yaml.safe_load((FOLDER / "checks.yml").read_text())["jobs"]["checks"]["steps"]
    (checkout,) = (step for step in steps if step.get("uses", "").startswith("actions/checkout@"))

    assert checkout["with"]["fetch-depth"] == 0
    assert "ref" not in checkout["with"]
