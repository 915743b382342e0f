"""`make deploy ENV=...`: build, show the plan and ask, apply it, publish the site, prove it works.

Repeating it changes nothing. When the smoke test fails, people get back what they had: the previous
revision and the previous site. CONFIRM=yes skips the question.
"""

from __future__ import annotations

from ops import doctor, smoke, stage
from ops.command import Failed, read
from ops.environment import ROOT, Environment
from ops.package import package, runtime_is_here
from ops.releases import Release, Releases
from ops.rollback import go_back
from ops.stop import Stop, verb
from ops.terminal import confirm, environment_asked, say
from ops.terraform import Deployment, Terraform
from ops.traffic import Traffic


@verb
def main() -> None:
    """Deploy."""
    env = environment_asked("deploy", __doc__)
    say(f"1. Is anything missing for {env.project}?")
    doctor.require(doctor.everything(env))
    say("2. Build")
    stage.build()
    say("3. Plan")
    deployed = _applied(env)
    say("5. Publish")
    release, before = _published(env, deployed)
    say("6. Prove it")
    if not smoke.passes(env, deployed):
        _take_back(env, deployed, release, before)
    Releases(env, deployed).set_live(release)
    say(f"Livepass is up: {deployed.site_url}")


def _applied(env: Environment) -> Deployment:
    archive = package(ROOT / "functions", env.folder, compiled=runtime_is_here())
    terraform = Terraform(env)
    terraform.init()
    if terraform.plan(archive):
        confirm(f"Apply this plan to {env.project}?")
        say("4. Apply")
        terraform.apply()
    else:
        say("4. Apply: nothing to change")
    deployed = terraform.deployment()
    if deployed is None:
        raise Stop("Terraform has no outputs after its apply: is infra/outputs.tf whole?")
    return deployed


def _published(env: Environment, deployed: Deployment) -> tuple[Release, Release | None]:
    """Show the newest revision and the built site; returns their release, and the one before."""
    releases = Releases(env, deployed)
    before = releases.live()
    revision = Traffic(env, deployed).to_newest()
    staged = env.folder / "site"
    site = stage.stage(deployed.web_config, staged)
    if before is not None and (before.revision, before.site) == (revision, site):
        release = before
    else:
        previous = before.name if before else None
        release = Release(f"{revision}-{site}", revision, site, previous, _commit())
        releases.keep(staged, release)
    releases.publish(release.name)  # in any case: somebody may have meddled with the bucket
    return release, before


def _take_back(
    env: Environment, deployed: Deployment, release: Release, before: Release | None
) -> None:
    if before is None:
        raise Stop(_first(env, deployed))
    if before == release:
        raise Stop(
            f"The smoke test failed with {release.name}, which people had before, too. "
            f"What failed is said above. Back to the one before that: make rollback ENV={env.name}"
        )
    say(f"The smoke test failed: back to {before.name}")
    go_back(env, deployed, before)
    raise Stop(
        f"People have {before.name} again, function and site. Terraform's changes stay.\n"
        "What failed is said above; mend it and deploy again."
    )


def _first(env: Environment, deployed: Deployment) -> str:
    told = "The smoke test failed, and this is the first release: there is none to go back to.\n"
    if deployed.address is None:
        return f"{told}Mend what is said above, and deploy again."
    return (
        f"{told}A new domain needs an A record to {deployed.address}, and after that up to an hour "
        f"for its certificate. Then: make deploy ENV={env.name}"
    )


def _commit() -> str:
    try:
        return read("git", "-C", str(ROOT), "describe", "--always", "--dirty").strip()
    except Failed:
        return "unknown"


if __name__ == "__main__":
    main()
