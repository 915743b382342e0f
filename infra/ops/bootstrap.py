"""`make bootstrap ENV=...`: once for a project, by a person: the bucket of Terraform's state.

And, where infra/bootstrap/ENV.tfvars names a repository, the identity its workflows deploy with.
Its own small state stays on this machine, in infra/bootstrap; losing it costs an import.
"""

from __future__ import annotations

from functools import partial
from itertools import chain

from ops import doctor
from ops.environment import ENVS, INFRA, Environment
from ops.retries import carry_out
from ops.stop import make_command
from ops.terminal import confirm, environment_asked, say
from ops.terraform import Terraform

FOLDER = INFRA / "bootstrap"


@make_command
def main() -> None:
    """Make the project ready."""
    env = environment_asked("bootstrap", __doc__)
    doctor.require(chain(doctor.tools("terraform", "gcloud"), doctor.login()))
    doctor.require(doctor.project(env))
    terraform = Terraform(env, FOLDER, workspace=env.name)
    terraform.init()
    plan = partial(terraform.plan_with, *_variables(env))
    if plan():
        confirm(f"Apply this plan to {env.project}?")
        carry_out(terraform, plan)
    outputs = {name: output["value"] for name, output in terraform.outputs().items()}
    _write_backend(env, outputs["state_bucket"])
    for name in ("deployer", "watcher", "workload_identity_provider"):
        if outputs.get(name):
            say(f"For CI, set the repository variable {name.upper()} to {outputs[name]}")
    say(f"Next: make secret ENV={env.name}")


def _variables(env: Environment) -> list[str]:
    own = FOLDER / f"{env.name}.tfvars"
    given = [f"-var-file={own}"] if own.exists() else []
    return [*given, f"-var=project_id={env.project}", f"-var=region={env.region}"]


def _write_backend(env: Environment, bucket: str) -> None:
    if not env.backend.exists():
        env.backend.write_text(f'bucket = "{bucket}"\nprefix = "livepass"\n')
        say(f"Wrote {env.backend.relative_to(ENVS.parents[1])}: commit it.")
    elif env.state_bucket != bucket:
        say(f'In {env.backend.relative_to(ENVS.parents[1])} set bucket = "{bucket}".')


if __name__ == "__main__":
    main()
