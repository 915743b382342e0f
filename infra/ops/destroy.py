"""`make destroy ENV=...`: remove what Terraform made, once the project's name is typed.

With deletion_protection nothing is removed. What stays in any case: the state's bucket, the APIs
that were switched on, logs, Identity Platform with its users, and what Cloud Functions builds from.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from ops import doctor
from ops.environment import ROOT, Environment
from ops.package import package
from ops.retries import carry_out
from ops.stop import Stop, make_command
from ops.terminal import confirm, environment_asked, say
from ops.terraform import Terraform

PROTECTED = "DELETE_PROTECTION_ENABLED"


@make_command
def main() -> None:
    """Destroy."""
    env = environment_asked("destroy", __doc__)
    doctor.require(doctor.operating(env))
    terraform = Terraform(env)
    terraform.init()
    _refuse_protected(env, terraform.resources())
    archive = package(ROOT / "functions", env.folder)
    plan = partial(terraform.plan, archive, "-destroy")
    if not plan():
        say(f"Livepass has nothing in {env.project}.")
        return
    say("This also removes the buckets with all releases, and the database with everyone's usage.")
    confirm(f"This cannot be undone. Destroy everything in {env.project}?", answer=env.project)
    carry_out(terraform, plan)
    kept = "the APIs, the logs, Identity Platform with its users, gs://gcf-v2-*"
    say(f"Kept: gs://{env.state_bucket}, {kept}.")


def _refuse_protected(env: Environment, resources: list[dict[str, Any]]) -> None:
    kept = [each["address"] for each in resources if _is_protected(each["values"])]
    if kept:
        raise Stop(
            f"Nothing was destroyed, because these are protected: {', '.join(kept)}.\n"
            "To delete the data: set deletion_protection = false in "
            f"infra/envs/{env.name}.tfvars, run make deploy ENV={env.name}, and destroy again."
        )


def _is_protected(values: dict[str, Any]) -> bool:
    return values.get("delete_protection_state") == PROTECTED or bool(
        values.get("deletion_protection")
    )


if __name__ == "__main__":
    main()
