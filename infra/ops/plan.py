"""`make plan ENV=...`: what `make deploy` would change in the project. Changes nothing."""

from __future__ import annotations

from ops import doctor
from ops.builds import next_build
from ops.domain import waits_for
from ops.environment import ROOT
from ops.package import package
from ops.stop import make_command
from ops.terminal import environment_asked, say
from ops.terraform import Terraform


@make_command
def main() -> None:
    """Show the plan."""
    env = environment_asked("plan", __doc__)
    doctor.require(doctor.operating(env))
    archive = package(ROOT / "functions", env.folder)
    terraform = Terraform(env)
    terraform.init()
    deployed = terraform.deployment()
    build, _ = next_build(env, deployed)
    changes = terraform.plan(archive, build=build, domain_ready=not waits_for(env, deployed))
    terraform.plan_file.unlink(missing_ok=True)  # deploy makes its own, of that moment
    say("make deploy would do this." if changes else "make deploy would change nothing.")


if __name__ == "__main__":
    main()
