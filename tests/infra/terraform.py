"""Terraform on a throw-away copy of infra/, without a cloud, a login or a backend."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

INFRA = Path(__file__).parents[2] / "infra"
_LEFT_OUT = shutil.ignore_patterns(".terraform", ".terraform.lock.hcl", "*.tfstate*", "ops")
_READ = ("functions/vending/policy.py", "functions/vending/gemini/models.py")
# The one thing that a plan would ask Google for.
_NO_QUESTION = 'data "google_project_service" "gemini" {\n  count = 0\n}\n'
_LOCAL = 'terraform {\n  backend "local" {}\n}\n'
# A plan needs a token to carry, and nobody sees it.
_ENVIRON = {"GOOGLE_OAUTH_ACCESS_TOKEN": "none", "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}


class Missing(Exception):
    """Terraform or its providers are not to be had here."""


@dataclass(frozen=True, slots=True)
class Root:
    """A root in a copy: infra itself, or its bootstrap."""

    folder: Path

    @classmethod
    def copied(cls, into: Path, root: str = ".") -> Root:
        """Copy all of infra/, and what it reads, and make a root of it ready. Raises Missing."""
        shutil.copytree(INFRA, into, ignore=_LEFT_OUT)
        for name in _READ:
            (into.parent / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(INFRA.parent / name, into.parent / name)
        copy = cls(into / root)
        (copy.folder / "zz_override.tf").write_text(_LOCAL)
        if not shutil.which("terraform"):
            raise Missing("terraform is not installed")
        ready = copy.run("init", "-no-color")
        if "Failed to query available provider" in ready or "Failed to install" in ready:
            raise Missing("Terraform's providers cannot be fetched")
        return copy

    def run(self, *arguments: str) -> str:
        """What Terraform says, whatever it thinks of it."""
        environ = {k: v for k, v in os.environ.items() if k not in ("TF_DATA_DIR", "TF_WORKSPACE")}
        ran = subprocess.run(
            ["terraform", *arguments],
            cwd=self.folder,
            env={**environ, **_ENVIRON},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return ran.stdout

    def replace(self, file: str, old: str, new: str) -> None:
        """Change a line of the configuration, which must be there once."""
        path = self.folder / file
        text = path.read_text()
        assert text.count(old) == 1, (
            f"{file} must have {old!r} once, has it {text.count(old)} times"
        )
        path.write_text(text.replace(old, new))

    def keep_runs(self, file: str, sentences: Iterable[str]) -> None:
        """Leave only those runs in a file of tests that say one of these, to save time."""
        path = self.folder / "tests" / file
        head, *runs = re.split(r'^(?=run ")', path.read_text(), flags=re.MULTILINE)
        said = [re.findall(r'error_message = "(.+)"', run) for run in runs]
        kept = [run for run, each in zip(runs, said, strict=True) if {*each} & {*sentences}]
        path.write_text(head + "".join(kept))

    def test(self, file: str) -> str:
        """Run one file of tests; what they say, on one line."""
        return self.said("test", f"-filter=tests/{file}")

    def said(self, *arguments: str) -> str:
        """What Terraform says, on one line, without the frames it draws."""
        said = self.run(arguments[0], "-no-color", *arguments[1:])
        return " ".join(said.replace("\u2502", " ").replace("\u2575", " ").split())

    def plan(self, *options: str) -> list[Planned]:
        """What would be made of nothing."""
        if (self.folder / "gemini_key.tf").exists():
            (self.folder / "no_question_override.tf").write_text(_NO_QUESTION)
        where = ("-lock=false", "-refresh=false", "-out=it.tfplan")
        said = self.run("plan", "-no-color", *where, *options)
        shown = self.run("show", "-json", "it.tfplan")
        assert shown.startswith("{"), said
        return list(_planned(json.loads(shown)))


@dataclass(frozen=True, slots=True)
class Planned:
    """A resource of a plan. `unknown` has what only its making will tell."""

    address: str
    type: str
    values: dict[str, Any]
    unknown: dict[str, Any]


def _planned(plan: dict[str, Any]) -> Iterator[Planned]:
    for change in plan["resource_changes"]:
        if "create" in change["change"]["actions"]:
            after = change["change"]
            unknown = after["after_unknown"]
            yield Planned(change["address"], change["type"], after["after"], unknown)
