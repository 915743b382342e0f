"""Terraform on the root, for one environment; only ever applies a plan that was seen."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

from ops.command import read, run, watch
from ops.environment import INFRA, Environment

NOTHING_TO_DO, CHANGES = 0, 2  # terraform plan -detailed-exitcode


@dataclass(frozen=True, slots=True)
class Deployment:
    """What Terraform made, by the names of outputs.tf.

    In the plain shape `address` and `address_ipv6`, where the domain's A and AAAA records must
    point to, `certificate` (domain, name and record) and `url_map` are None, as is what an older
    release did not have or a first deployment that failed did not make. `source` is the hash of the
    function's zip as Terraform believes it to be deployed.
    """

    address: str | None
    address_ipv6: str | None
    api_url: str
    api_key_secret: str
    build: int | None
    certificate: dict[str, Any] | None
    classic_certificate: bool | None
    function_region: str
    guard_name: str | None
    project_id: str
    service_name: str
    serving_domain: str | None
    shape: str
    site_bucket: str
    site_url: str
    source: str | None
    source_bucket: str
    url_map: str | None
    web_config: dict[str, Any]

    @classmethod
    def of(cls, outputs: dict[str, Any]) -> Self | None:
        """Read `terraform output -json`; None before the first that went through."""
        if not {"site_url", "api_url", "service_name"} <= outputs.keys():
            return None
        names = [field.name for field in fields(cls)]
        return cls(**{name: outputs.get(name, {}).get("value") for name in names})


class Terraform:
    """The root in infra/, or another folder; each environment with its own working data.

    A `workspace` keeps apart what is not in a bucket of the environment's own.
    """

    def __init__(self, env: Environment, folder: Path = INFRA, workspace: str = "") -> None:
        self._env = env
        self._folder = folder
        self._command = ("terraform", f"-chdir={folder}")
        data = env.folder / "terraform" / folder.name
        self._environ = {"TF_DATA_DIR": str(data), "TF_IN_AUTOMATION": "1", "TF_INPUT": "0"}
        if workspace:
            self._environ["TF_WORKSPACE"] = workspace
        self.plan_file = env.folder / f"{folder.name}.tfplan"

    def init(self) -> None:
        """Fetch the providers, and find the state."""
        kept = () if "TF_WORKSPACE" in self._environ else (f"-backend-config={self._env.backend}",)
        self._run("init", "-reconfigure", *kept)

    def plan(self, archive: Path, *options: str, build: int = 1) -> bool:
        """Show and keep a plan; False when there is nothing to change."""
        return self.plan_with(*self._variables(archive, build), *options)

    def plan_with(self, *options: str) -> bool:
        """The same, with these variables."""
        self.plan_file.parent.mkdir(parents=True, exist_ok=True)
        command = (*self._command, "plan", "-detailed-exitcode", f"-out={self.plan_file}", *options)
        fine = (NOTHING_TO_DO, CHANGES)
        return watch(*command, environ=self._environ, fine=fine) == CHANGES

    def _variables(self, archive: Path, build: int) -> list[str]:
        """The archive by a path that is the same on every machine, as it is kept in the state and
        another one replaces the object.
        """
        path = os.path.relpath(archive, self._folder)
        return [
            f"-var-file={self._env.tfvars}",
            f"-var=source_archive={path}",
            f"-var=build={build}",
        ]

    def apply(self) -> None:
        """Apply the plan that was shown, and no other. Raises Failed, with its complaint."""
        apply = ("apply", "-input=false", str(self.plan_file))
        watch(*self._command, *apply, environ=self._environ)
        self.plan_file.unlink(missing_ok=True)

    def take(self, archive: Path, address: str, what: str) -> None:
        """Import what is there already."""
        self._run("import", *self._variables(archive, build=1), address, what)

    def untaint(self, address: str) -> None:
        """Keep what a failure marked for replacement."""
        run(*self._command, "untaint", address, environ=self._environ)

    def outputs(self) -> dict[str, Any]:
        """The outputs; none before the first apply."""
        answer = read(*self._command, "output", "-json", environ=self._environ)
        outputs: dict[str, Any] = json.loads(answer)
        return outputs

    def deployment(self) -> Deployment | None:
        """What was made, if anything was."""
        return Deployment.of(self.outputs())

    def resources(self) -> list[dict[str, Any]]:
        """What the state holds."""
        state = json.loads(read(*self._command, "show", "-json", environ=self._environ))
        resources: list[dict[str, Any]] = (
            state.get("values", {}).get("root_module", {}).get("resources", [])
        )
        return resources

    def _run(self, subcommand: str, *arguments: str) -> None:
        run(*self._command, subcommand, "-input=false", *arguments, environ=self._environ)
