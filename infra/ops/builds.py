"""Whether what Terraform believes to be deployed is what runs.

An update of a function whose build failed is kept in Terraform's state all the same: the provider's
update does not mark itself as partial, and its next read takes the source from the state
(resource_cloudfunctions2_function.go of hashicorp/google 7.45.0), so that no plan shows it.
"""

from __future__ import annotations

from typing import Any

from ops.environment import Environment
from ops.gcloud import told
from ops.terraform import Deployment

SOURCE = "LIVE_API_SOURCE"


def unfinished(env: Environment, deployed: Deployment) -> list[str]:
    """The functions whose last update did not arrive, each with what it runs instead."""
    region = f"--region={deployed.function_region}"
    found = []
    for name in filter(None, (deployed.service_name, deployed.guard_name)):
        state = told(env, "functions", "describe", name, region)["state"]
        runs = _source(told(env, "run", "services", "describe", name, region))
        if state != "ACTIVE":
            found.append(f"{name} is {state}")
        elif deployed.source and runs != deployed.source:
            found.append(f"{name} runs {runs or 'unnamed code'} instead of {deployed.source}")
    return found


def next_build(env: Environment, deployed: Deployment | None) -> tuple[int, list[str]]:
    """The number to build with: the next one if something is unfinished, which comes with it."""
    if deployed is None:
        return 1, []
    found = unfinished(env, deployed)
    return (deployed.build or 1) + bool(found), found


def _source(service: dict[str, Any]) -> str:
    containers = service["spec"]["template"]["spec"]["containers"]
    environ = {each["name"]: each.get("value", "") for each in containers[0].get("env", [])}
    return str(environ.get(SOURCE, ""))
