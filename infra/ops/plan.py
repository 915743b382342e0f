"""`make plan ENV=...`: what `make deploy` would change in the project. Changes nothing."""

from __future__ import annotations

from ops import doctor
from ops.builds import next_build
from ops.domain import variables
from ops.environment import ROOT, Environment
from ops.package import package
from ops.stop import make_command
from ops.terminal import environment_asked, say
from ops.terraform import Terraform


def would_change(env: Environment, *options: str) -> bool:
    """Show what a deployment of this code would change; whether there is anything."""
    doctor.require(doctor.operating(env))
    archive = package(ROOT / "functions", env.folder)
    terraform = Terraform(env)
    terraform.init()
    deployed = terraform.deployment()
    build, _ = next_build(env, deployed)
    changes = terraform.plan(archive, *variables(env, deployed), *options, build=build)
    terraform.plan_file.unlink(missing_ok=True)  # deploy makes its own, of that moment
    return changes


@make_command
def main() -> None:
    """Show the plan."""
    changes = would_change(environment_asked("plan", __doc__))
    say("make deploy would do this." if changes else "make deploy would change nothing.")


if __name__ == "__main__":
    main()
