"""`make smoke ENV=...`: the smoke test of tests/infra/smoke, against what was deployed."""

from __future__ import annotations

import json

from ops.command import status_of
from ops.environment import ROOT, Environment
from ops.stop import Stop, make_command
from ops.terminal import environment_asked
from ops.terraform import Deployment, Terraform

PYTHON = ROOT / ".venv" / "bin" / "python"
PATIENCE_S = 180  # grants and certificates take a while to be known everywhere


def passes(
    env: Environment,
    deployed: Deployment,
    *,
    as_deployed: bool = True,
    patience_s: int = PATIENCE_S,
) -> bool:
    """Run it; `as_deployed`: config.json and the function must be those of these outputs."""
    command = [str(PYTHON), "-m", "infra.smoke", deployed.site_url, f"--shape={deployed.shape}"]
    command.append(f"--patience={patience_s}")
    if as_deployed:
        command += [f"--source={deployed.source}"] if deployed.source else []
        expected = env.folder / "web_config.json"
        expected.parent.mkdir(parents=True, exist_ok=True)
        expected.write_text(json.dumps(deployed.web_config))
        command.append(f"--web-config={expected}")
    paths = f"{ROOT / 'functions'}:{ROOT / 'tests'}"
    return status_of(*command, environ={"PYTHONPATH": paths}) == 0


def deployed_in(env: Environment) -> Deployment:
    """What there is. Raises Stop when there is nothing yet."""
    terraform = Terraform(env)
    terraform.init()
    deployed = terraform.deployment()
    if deployed is None:
        raise Stop(f"Nothing is deployed in {env.project} yet: make deploy ENV={env.name}")
    return deployed


@make_command
def main() -> None:
    """Check what is deployed, from outside."""
    env = environment_asked("smoke", __doc__)
    if not passes(env, deployed_in(env), patience_s=0):
        raise Stop("See above for what failed.")


if __name__ == "__main__":
    main()
