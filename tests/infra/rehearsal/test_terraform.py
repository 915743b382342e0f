"""What the commands take for granted of Terraform: of the program, and of our own root.

The real terraform is asked, on a root without a provider.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, fields
from pathlib import Path

import pytest

from ops.command import Failed
from ops.doctor import SECRET
from ops.environment import ENVS, INFRA, Environment
from ops.secret import HOLDER, VARIABLE
from ops.terraform import Deployment, Terraform

ROOT = """
variable "source_archive" { type = string }
variable "build" {
  type    = number
  default = 1
}
variable "region" { type = string }
resource "terraform_data" "key" { input = var.region }
resource "terraform_data" "function" { input = var.source_archive }
output "site_url" { value = terraform_data.function.output }
"""


@dataclass(frozen=True)
class Rehearsed(Environment):
    """An environment in a folder of the test's own."""

    place: Path

    @property
    def folder(self) -> Path:
        return self.place

    @property
    def tfvars(self) -> Path:
        return self.place / "dev.tfvars"

    @property
    def backend(self) -> Path:
        return self.place / "dev.tfbackend"


@pytest.fixture
def env(tmp_path: Path) -> Rehearsed:
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not installed, so its word on our commands is not had")
    made = Rehearsed("dev", "dev-project", "europe-west1", tmp_path)
    made.tfvars.write_text('region = "europe-west1"\n')
    made.backend.write_text(f'path = "{tmp_path}/dev.tfstate"\n')
    return made


@pytest.fixture
def terraform(env: Rehearsed, monkeypatch: pytest.MonkeyPatch) -> Terraform:
    (env.place / "terraformrc").touch()
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(env.place / "terraformrc"))  # nobody's own
    root = env.place / "infra"
    root.mkdir()
    (root / "main.tf").write_text('terraform {\n  backend "local" {}\n}\n' + ROOT)
    return Terraform(env, root)


def test_plan_that_was_shown_is_applied_once(terraform: Terraform, tmp_path: Path) -> None:
    archive = tmp_path / "functions.zip"
    terraform.init()

    assert terraform.outputs() == {}
    assert terraform.deployment() is None
    assert terraform.resources() == []
    assert terraform.plan(archive)
    terraform.apply()
    assert not terraform.plan_file.exists()
    assert not terraform.plan(archive)
    assert terraform.outputs()["site_url"]["value"] == "../functions.zip"
    assert {each["address"] for each in terraform.resources()} == {
        "terraform_data.key",
        "terraform_data.function",
    }
    assert (tmp_path / "dev.tfstate").is_file()


def test_key_can_be_made_alone_and_all_be_destroyed(terraform: Terraform, tmp_path: Path) -> None:
    archive = tmp_path / "functions.zip"
    terraform.init()
    assert terraform.plan(archive, "-target=terraform_data.key")
    terraform.apply()

    assert [each["address"] for each in terraform.resources()] == ["terraform_data.key"]
    assert terraform.deployment() is None
    assert terraform.plan(archive, "-destroy")
    terraform.apply()
    assert terraform.resources() == []
    assert not terraform.plan(archive, "-destroy")


def test_plan_that_fails_is_no_plan(terraform: Terraform, env: Rehearsed) -> None:
    terraform.init()
    env.tfvars.write_text("region = [")

    with pytest.raises(Failed, match=r"terraform .* plan .* failed \(exit status 1\)"):
        terraform.plan(env.place / "functions.zip")


def test_bootstrap_has_a_state_for_each_environment(env: Rehearsed, terraform: Terraform) -> None:
    root = env.place / "infra"
    (root / "main.tf").write_text(ROOT)
    ours = Terraform(env, root, workspace="dev")
    ours.init()

    assert ours.plan_with("-var=region=r", "-var=source_archive=a")
    ours.apply()

    assert (root / "terraform.tfstate.d" / "dev" / "terraform.tfstate").is_file()


def test_root_has_every_output_we_read() -> None:
    outputs = (INFRA / "outputs.tf").read_text()

    missing = [f.name for f in fields(Deployment) if f'output "{f.name}" {{' not in outputs]

    assert missing == []


def test_root_names_the_secret_as_we_do() -> None:
    kind, name = HOLDER.split(".")
    key = (INFRA / "gemini_key.tf").read_text()
    function = (INFRA / "function.tf").read_text()

    assert f'resource "{kind}" "{name}" {{' in key
    assert f'"{SECRET}"' in key
    assert f'"{VARIABLE}"' in function


@pytest.mark.parametrize("name", sorted(path.stem for path in ENVS.glob("*.tfvars")))
def test_environment_files_are_as_plain_as_we_read_them(name: str) -> None:
    env = Environment.named(name)

    assert all((env.project, env.region, env.state_bucket))
