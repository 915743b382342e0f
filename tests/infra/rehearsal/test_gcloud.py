"""The gcloud commands that we run, checked by the real gcloud. Collected last: `conftest`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from infra.rehearsal.checkout import ASKED, Checkout, Done

NONSENSE = "gcloud storage cp a gs://b --no-such-flag"


def test_gcloud_knows_every_command_we_asked_and_no_nonsense(
    first: tuple[Checkout, Done], tmp_path: Path
) -> None:
    real = shutil.which("gcloud")
    if real is None:
        pytest.skip("gcloud is not installed, so its word on our commands is not had")
    commands = [{"command_string": command} for command in (*sorted(ASKED), NONSENSE)]
    asked = tmp_path / "commands.json"
    asked.write_text(json.dumps(commands))

    told = subprocess.run(
        [real, "meta", "lint-gcloud-commands", f"--commands-file={asked}"],
        env={**os.environ, "CLOUDSDK_CONFIG": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )

    *verdicts, nonsense = json.loads(told.stdout)
    assert len(verdicts) == len(ASKED) > 15
    assert [v["command_string"] for v in verdicts if not v["success"]] == []
    assert "unrecognized arguments: --no-such-flag" in nonsense["error_message"]
