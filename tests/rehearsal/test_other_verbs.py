"""`make bootstrap`, `destroy` and `logs`, rehearsed; and gcloud's own word on what we ask it."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from rehearsal.checkout import Checkout

FINE = "deletion_protection = false in infra/envs/dev.tfvars"


def test_bootstrap_makes_the_bucket_and_names_it_for_terraform(empty: Checkout) -> None:
    empty.cloud.change(buckets=[])
    backend = empty.folder / "infra" / "envs" / "dev.gcs.tfbackend"
    backend.unlink()

    done = empty.make("bootstrap", CONFIRM="yes")
    again = empty.make("bootstrap", CONFIRM="no")

    assert done.status == 0, done.said
    assert backend.read_text() == 'bucket = "dev-project-state"\nprefix = "livepass"\n'
    assert "Next: make secret ENV=dev" in done.said
    assert again.status == 0, again.said
    assert len([call for call in empty.cloud.calls() if "apply" in call]) == 1


def test_bootstrap_says_when_the_bucket_is_another(empty: Checkout) -> None:
    done = empty.make("bootstrap", CONFIRM="yes")

    assert 'In infra/envs/dev.gcs.tfbackend it must be bucket = "dev-project-state".' in done.said


def test_protected_deployment_is_not_destroyed(deployed: Checkout) -> None:
    before = deployed.cloud.read()

    done = deployed.make("destroy", CONFIRM="dev-project")

    assert done.status != 0
    assert "Protected, and so nothing was destroyed" in done.said
    assert "google_firestore_database.ledger" in done.said
    assert FINE in done.said
    assert deployed.cloud.read() == before


def test_destroy_wants_the_name_of_the_project(deployed: Checkout) -> None:
    deployed.cloud.change(protected=False)

    refused = deployed.make("destroy", CONFIRM="yes")

    assert refused.status != 0
    assert deployed.cloud.read()["revisions"] != []


def test_destroy_removes_what_was_made_and_says_what_stays(deployed: Checkout) -> None:
    deployed.cloud.change(protected=False)

    done = deployed.make("destroy", CONFIRM="dev-project")
    again = deployed.make("destroy", CONFIRM="dev-project")

    assert done.status == 0, done.said
    assert deployed.cloud.read()["revisions"] == []
    assert "What stays: gs://dev-state, the APIs" in done.said
    assert "There is nothing of Livepass in dev-project." in again.said


def test_logs_are_lines_for_people_oldest_first(deployed: Checkout) -> None:
    minted = {"message": "TOKEN_CREATED 201 POST /api/v1/live-token", "user": "ab12"}
    newest_first = [
        {"timestamp": "2026-11-21T10:00:02Z", "severity": "INFO", "jsonPayload": minted},
        {"timestamp": "2026-11-21T10:00:01Z", "severity": "ERROR", "textPayload": "Traceback"},
    ]
    deployed.cloud.change(log=newest_first)

    done = deployed.make("logs", SINCE="2h", FILTER="severity>=INFO")

    assert done.said.splitlines()[-2:] == [
        "2026-11-21T10:00:01Z ERROR Traceback",
        "2026-11-21T10:00:02Z INFO TOKEN_CREATED 201 POST /api/v1/live-token user=ab12",
    ]
    (asked,) = (call for call in deployed.cloud.calls() if "logging" in call)
    assert "--freshness=2h" in asked
    assert asked[3].endswith("(severity>=INFO)")


def test_gcloud_knows_every_command_we_ask_it(deployed: Checkout, tmp_path: Path) -> None:
    real = shutil.which("gcloud")
    if real is None:
        pytest.skip("gcloud is not installed, so its word on our commands is not had")
    for verb in ("doctor", "deploy", "secret", "rollback", "logs"):
        deployed.change_code(verb)
        deployed.make(verb, stdin="AIzaSy-a-key-for-the-record\n", CONFIRM="yes")
    ours = {shlex.join(call) for call in deployed.cloud.calls() if call[0] == "gcloud"}
    asked = tmp_path / "commands.json"
    asked.write_text(json.dumps([{"command_string": command} for command in sorted(ours)]))

    told = subprocess.run(
        [real, "meta", "lint-gcloud-commands", f"--commands-file={asked}"],
        env={**os.environ, "CLOUDSDK_CONFIG": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )

    verdicts = json.loads(told.stdout)
    assert len(verdicts) == len(ours) > 20
    assert [v["command_string"] for v in verdicts if not v["success"]] == []
