"""`make secret ENV=...`: set or rotate the Gemini API key, from the terminal or standard input.

The key is tried on Gemini, stored as a new version, and read by a new revision. Older versions are
turned off when the smoke test has passed with the new one; when it fails, the old one stays.
"""

from __future__ import annotations

import getpass
import os
import sys
import urllib.error
import urllib.request
from functools import partial

from ops import doctor, smoke
from ops.environment import ROOT, Environment
from ops.gcloud import gcloud, told
from ops.package import package
from ops.releases import Releases
from ops.retries import carry_out
from ops.stop import Stop, make_command
from ops.terminal import confirm, environment_asked, say
from ops.terraform import Deployment, Terraform
from ops.traffic import Traffic

GEMINI = "https://generativelanguage.googleapis.com"
HOLDER = "google_secret_manager_secret.gemini_api_key"
VARIABLE = "GEMINI_API_KEY"


@make_command
def main() -> None:
    """Take a key and have the function use it."""
    env = environment_asked("secret", __doc__)
    doctor.require(doctor.operating(env))
    terraform = Terraform(env)
    terraform.init()
    deployed = terraform.deployment()
    if deployed is not None:
        _insist_on_newest(env, deployed)
    _make_holder(env, terraform)
    key = _asked()
    _try(key)
    before = _enabled(env)
    version = _add(env, key)
    say(f"Stored as version {version} of {doctor.SECRET}.")
    if deployed is None:
        say(f"Next: make deploy ENV={env.name}")
        return
    _serve(env, deployed, "latest", version)
    _settle(env, deployed, version, before)


def _insist_on_newest(env: Environment, deployed: Deployment) -> None:
    traffic = Traffic(env, deployed)
    if (serving := traffic.serving()) != traffic.newest():
        raise Stop(
            f"{serving} serves people, not the newest revision, and a new key would put the newest "
            f"live. First: make deploy ENV={env.name}"
        )


def _make_holder(env: Environment, terraform: Terraform) -> None:
    """Before the first deployment there is nothing to put a key into."""
    if any(resource["address"] == HOLDER for resource in terraform.resources()):
        return
    archive = package(ROOT / "functions", env.folder)
    plan = partial(terraform.plan, archive, f"-target={HOLDER}")
    if plan():
        confirm(f"Create the secret in {env.project}?")
        carry_out(terraform, plan)


def _asked() -> str:
    asked = "Gemini API key (not shown as you type): "
    key = getpass.getpass(asked) if sys.stdin.isatty() else sys.stdin.readline().strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise Stop(
            "That is not an API key: it must be visible ASCII, on one line. Nothing was stored."
        )
    return key


def _try(key: str) -> None:
    """Ask Gemini for its models with it."""
    base = os.environ.get("GOOGLE_GEMINI_BASE_URL", GEMINI).removesuffix("/")
    request = urllib.request.Request(f"{base}/v1beta/models", headers={"x-goog-api-key": key})  # noqa: S310 - ours or the operator's
    try:
        urllib.request.urlopen(request, timeout=20).close()  # noqa: S310
    except urllib.error.HTTPError as refused:
        if refused.code in (400, 401, 403):
            raise Stop(f"Gemini rejected this key ({refused}). Nothing was stored.") from None
        say(f"Gemini could not check the key ({refused}); continuing.")
    except OSError as error:
        say(f"Gemini could not be reached from here ({error}); continuing.")


def _enabled(env: Environment) -> list[str]:
    """The numbers of the versions that can be read, newest first."""
    listing = ("secrets", "versions", "list", doctor.SECRET, "--filter=state:ENABLED")
    versions = told(env, *listing, "--sort-by=~createTime")
    return [version["name"].rpartition("/")[2] for version in versions]


def _add(env: Environment, key: str) -> str:
    add = ("secrets", "versions", "add", doctor.SECRET, "--data-file=-", "--format=value(name)")
    return gcloud(env, *add, stdin=key).strip().rpartition("/")[2]


def _serve(env: Environment, deployed: Deployment, version: str, label: str) -> None:
    """Start a new revision: a key is read when an instance starts, and never again."""
    gcloud(
        env,
        *("run", "services", "update", deployed.service_name),
        f"--region={deployed.function_region}",
        f"--update-secrets={VARIABLE}={doctor.SECRET}:{version}",
        f"--update-labels={doctor.SECRET}-version={label}",
    )
    revision = Traffic(env, deployed).to_newest()
    Releases(env, deployed).renew(revision)
    say(f"Revision {revision} reads version {label}.")


def _settle(env: Environment, deployed: Deployment, version: str, before: list[str]) -> None:
    """Turn the old versions off, or, when the new one does not work, that one."""
    if smoke.passes(env, deployed):
        for old in before:
            gcloud(env, "secrets", "versions", "disable", old, f"--secret={doctor.SECRET}")
        say(f"Version {version} is in use; disabled: {', '.join(before) or 'none'}.")
        return
    if not before:
        raise Stop("The smoke test failed, and there is no older key to restore: see above.")
    _serve(env, deployed, before[0], before[0])
    gcloud(env, "secrets", "versions", "disable", version, f"--secret={doctor.SECRET}")
    raise Stop(
        f"The smoke test failed with version {version}: version {before[0]} is in use again.\n"
        f"Before the next deployment, run: make secret ENV={env.name}"
    )


if __name__ == "__main__":
    main()
