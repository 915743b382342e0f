"""`make deploy ENV=...`: build, show the plan and ask, apply it, publish the site, test it.

Repeating it changes nothing. If the smoke test fails, the previous revision and the previous site
are restored. CONFIRM=yes skips the question.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from ops import doctor, smoke, stage
from ops.adopt import Adoption
from ops.builds import next_build, unfinished
from ops.command import Failed, read
from ops.domain import variables, waits_for
from ops.environment import ROOT, Environment
from ops.package import package
from ops.releases import Release, Releases
from ops.retries import carry_out
from ops.rollback import go_back
from ops.stop import Stop, make_command
from ops.terminal import confirm, environment_asked, say
from ops.terraform import Deployment, Terraform
from ops.traffic import Traffic

STAYS = (
    "If the release fails its smoke test, function and site are taken back. "
    "What else this plan changes stays: ingress, sign-in, grants, alerts."
)


@make_command
def main() -> None:
    """Deploy."""
    env = environment_asked("deploy", __doc__)
    say(f"1. Check what {env.project} needs")
    doctor.require(doctor.everything(env))
    say("2. Build")
    stage.build()
    say("3. Plan")
    deployed = _applied(env)
    say("5. Publish")
    release, before = _published(env, deployed)
    say("6. Smoke test")
    if not smoke.passes(env, deployed):
        _take_back(env, deployed, release, before)
    Releases(env, deployed).set_live(release)
    say(f"Livepass is up: {deployed.site_url}")
    if waiting := waits_for(env, deployed):
        say(f"Waiting for {env.domain}: {waiting}\nThen: make deploy ENV={env.name}")


def _applied(env: Environment) -> Deployment:
    """Apply, and once more if what was applied did not arrive."""
    archive = package(ROOT / "functions", env.folder)
    terraform = Terraform(env)
    terraform.init()
    behind = _apply(env, terraform, archive) and _apply(env, terraform, archive)
    deployed = terraform.deployment()
    if deployed is None:
        raise Stop("Terraform has no outputs after the apply: is infra/outputs.tf complete?")
    if behind:
        raise Stop(
            f"The apply went through, but {'; '.join(behind)}. People still have what they had.\n"
            f"make deploy ENV={env.name} builds it again."
        )
    return deployed


def _apply(env: Environment, terraform: Terraform, archive: Path) -> list[str]:
    """Plan, ask and apply; tells what did not arrive."""
    before = terraform.deployment()
    build, behind = next_build(env, before)
    if behind:
        say(f"The last deployment did not finish: {'; '.join(behind)}. It is built again.")
    plan = partial(terraform.plan, archive, *variables(env, before), build=build)
    adoption = Adoption(env, terraform, partial(terraform.take, archive))
    adoption.untaint()
    adoption.restore_key()
    if plan():
        say(STAYS)
        confirm(f"Apply this plan to {env.project}?")
        say("4. Apply")
        carry_out(terraform, plan, adoption)
    else:
        say("4. Apply: nothing to change")
    deployed = terraform.deployment()
    return unfinished(env, deployed) if deployed else []


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
        raise Stop(
            "The smoke test failed, and this is the first release: there is none to restore.\n"
            "Fix what is listed above, and deploy again."
        )
    if before == release:
        raise Stop(
            f"The smoke test failed with {release.name}, which was already live. See above for "
            f"what failed. To restore the release before it: make rollback ENV={env.name}"
        )
    say(f"The smoke test failed: restoring {before.name}")
    go_back(env, deployed, before)
    raise Stop(
        f"{before.name} is live again, function and site. Terraform's changes stay.\n"
        "See above for what failed; fix it and deploy again."
    )


def _commit() -> str:
    try:
        return read("git", "-C", str(ROOT), "describe", "--always", "--dirty").strip()
    except Failed:
        return "unknown"


if __name__ == "__main__":
    main()
