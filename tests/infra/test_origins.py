"""Terraform accepts exactly the origins and default models that the functions accept."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from infra.terraform import INFRA
from support.requests.origins import NEVER_SENT, OTHERWISE_SPELT, SENT

VARIABLES = (INFRA / "variables.tf").read_text()


def test_terraform_takes_the_origins_that_the_functions_take(tmp_path: Path) -> None:
    if not shutil.which("terraform"):
        pytest.skip("terraform is not installed")
    asked = [*SENT, *NEVER_SENT, *OTHERWISE_SPELT]
    rule = re.search(
        r"for origin in var\.live\.allowed_origins : \[\n(.+?)\n      \]", VARIABLES, re.DOTALL
    )
    assert rule
    written = json.dumps([origin.replace("%{", "%%{").replace("${", "$${") for origin in asked])
    output = (
        f'output "taken" {{\n  value = [for origin in {written} : alltrue([\n{rule[1]}\n  ])]\n}}\n'
    )
    (tmp_path / "main.tf").write_text(output)

    def terraform(*arguments: str) -> str:
        command = ["terraform", f"-chdir={tmp_path}", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    terraform("apply", "-auto-approve", "-input=false", "-no-color")
    taken = json.loads(terraform("output", "-json", "taken"))

    assert [origin for origin, is_taken in zip(asked, taken, strict=True) if is_taken] == SENT
