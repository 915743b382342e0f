"""`make doctor ENV=...`: list what a deployment lacks, before anything is touched."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain

from ops import declarations
from ops.adopt import there_already
from ops.command import Failed, read
from ops.environment import Environment
from ops.gcloud import gcloud, told
from ops.permissions import lacking
from ops.policies import forbidden
from ops.stop import Stop, make_command
from ops.terminal import environment_asked

SECRET = "gemini-api-key"  # noqa: S105 - its name in infra/gemini_key.tf
NEEDED = {
    "terraform": (
        "1.11",
        ("version", "-json"),
        "https://developer.hashicorp.com/terraform/install",
    ),
    "gcloud": ("", (), "https://cloud.google.com/sdk/docs/install"),
    "node": ("20.19", ("--version",), "https://nodejs.org"),
    "npm": ("", (), "https://nodejs.org"),
}


def tools(*names: str) -> Iterator[str]:
    """What has to be installed; all of it if nothing is named."""
    for name in names or NEEDED:
        least, asking, where = NEEDED[name]
        if not shutil.which(name):
            yield f"{name} is not installed: {where}"
        elif least and _version(read(name, *asking)) < _version(least):
            yield f"{name} is older than {least}: {where}"


def login() -> Iterator[str]:
    """The logins: gcloud has one, and Terraform has its own."""
    for asking, cure in (
        (("auth", "print-access-token"), "gcloud auth login"),
        (
            ("auth", "application-default", "print-access-token"),
            "gcloud auth application-default login",
        ),
    ):
        try:
            read("gcloud", *asking, "--quiet")
        except Failed:
            yield f"not logged in: {cure}"


def project(env: Environment) -> Iterator[str]:
    """The project can be seen, and somebody pays for it, as far as one may know."""
    try:
        state = told(env, "projects", "describe", env.project).get("lifecycleState")
    except Failed:
        yield f"{env.project} cannot be seen: does it exist, and do you have access?"
        return
    if state != "ACTIVE":
        yield f"{env.project} is {state}"
    with suppress(Failed):  # not everybody who deploys may see the billing
        if not told(env, "billing", "projects", "describe", env.project)["billingEnabled"]:
            yield f"{env.project} has no billing: gcloud billing projects link {env.project}"


def state(env: Environment) -> Iterator[str]:
    """There is a bucket for Terraform's state."""
    try:
        gcloud(env, "storage", "buckets", "describe", f"gs://{env.state_bucket}")
    except Failed:
        cure = f"make bootstrap ENV={env.name}"
        yield f"Terraform's state bucket, {env.state_bucket}, cannot be seen: {cure}"


def api_key(env: Environment) -> Iterator[str]:
    """The function can read a Gemini API key."""
    newest = ("--sort-by=~createTime", "--limit=1")
    try:
        versions = told(env, "secrets", "versions", "list", SECRET, *newest)
    except Failed:
        versions = []
    if not versions or versions[0]["state"] != "ENABLED":
        yield f"there is no Gemini API key, or the newest is disabled: make secret ENV={env.name}"


def operating(env: Environment) -> Iterator[str]:
    """What is needed to work on what is there already."""
    yield from chain(tools("terraform", "gcloud"), login(), state(env))


def require(missing: Iterator[str]) -> None:
    """Continue if nothing is missing. Raises Stop."""
    if found := list(missing):
        raise Stop("\n".join(["Missing:", *(f"  - {each}" for each in found)]))


def everything(env: Environment) -> Iterator[str]:
    """What a deployment needs. What cannot be asked for want of a tool or login is left out."""
    found = list(tools())
    if not any("gcloud" in each for each in found):
        found += login()
    if not found:
        found += project(env)
    if not found:
        found += [*state(env), *api_key(env), *forbidden(env), *lacking(env)]
    yield from chain(found, declarations.problems(env))


def _version(answer: str) -> tuple[int, ...]:
    found = re.search(r"\d+(?:\.\d+)+", answer)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


@make_command
def main() -> None:
    """Say what is missing, and what is there already."""
    env = environment_asked("doctor", __doc__)
    require(everything(env))
    for each in there_already(env):
        print(f"Note: {each}")
    print(f"Nothing is missing: make deploy ENV={env.name}")


if __name__ == "__main__":
    main()
