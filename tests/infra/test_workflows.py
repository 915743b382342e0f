"""What GitHub runs for us is what we looked at, and may do no more than it must."""

from __future__ import annotations

import re
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


def test_a_workflow_may_write_nothing(workflow: dict[str, Any]) -> None:
    granted = [workflow["permissions"]]
    granted += [job.get("permissions", {}) for job in workflow["jobs"].values()]

    assert {name for each in granted for name, can in each.items() if can == "write"} <= {
        "id-token"
    }


def test_only_the_deployment_can_log_in() -> None:
    texts = {path.name: path.read_text() for path in WORKFLOWS}

    assert [name for name, text in texts.items() if "id-token: write" in text] == ["deploy.yml"]
    assert not [name for name, text in texts.items() if "secrets." in text]
    assert "pull_request" not in texts["deploy.yml"]


def test_the_deployment_waits_for_the_checks_and_an_approval() -> None:
    deploy = yaml.safe_load((FOLDER / "deploy.yml").read_text())["jobs"]["deploy"]

    assert deploy["needs"] == "checks"
    assert deploy["environment"] == "prod"


def test_the_checks_have_the_whole_history() -> None:
    steps = yaml.safe_load((FOLDER / "checks.yml").read_text())["jobs"]["checks"]["steps"]
    (checkout,) = (step for step in steps if step.get("uses", "").startswith("actions/checkout@"))

    assert checkout["with"]["fetch-depth"] == 0
    assert "ref" not in checkout["with"]
