"""`make rollback ENV=...`: people get the previous release back, its revision and its site.

RELEASE=NAME chooses another; a name that is not kept lists those that are.
Nothing is built or applied, so it takes seconds. The next `make deploy` goes forward again. Where a
deployment broke off half-way, the previous release is the one that was there before it.
"""

from __future__ import annotations

import os

from ops import smoke
from ops.environment import Environment
from ops.releases import Release, Releases
from ops.stop import Stop, make_command
from ops.terminal import environment_asked, say
from ops.terraform import Deployment
from ops.traffic import Traffic


def go_back(env: Environment, deployed: Deployment, release: Release) -> None:
    """Have a kept release's revision answer, and its site shown."""
    Traffic(env, deployed).to(release.revision)
    Releases(env, deployed).publish(release.name)


@make_command
def main() -> None:
    """Go back by one, or to the one that was named."""
    env = environment_asked("rollback", __doc__)
    deployed = smoke.deployed_in(env)
    releases = Releases(env, deployed)
    if wanted := os.environ.get("RELEASE"):
        previous = _named(releases, wanted)
    else:
        previous = _previous(releases, serving=Traffic(env, deployed).serving())
    say(f"Restoring {previous.name} ({previous.commit})")
    go_back(env, deployed, previous)
    releases.set_live(previous)
    if not smoke.passes(env, deployed, as_deployed=False):
        raise Stop(f"{previous.name} is up, but it fails the smoke test, too: see above.")
    say(f"{previous.name} is up: {deployed.site_url}")


def _named(releases: Releases, name: str) -> Release:
    release = releases.named(name)
    if release is None:
        kept = "".join(f"\n  {each}" for each in releases.names())
        raise Stop(f"There is no release {name}. Kept are:{kept or ' none'}")
    return release


def _previous(releases: Releases, serving: str) -> Release:
    live = releases.live()
    if live is not None and live.revision != serving:
        return live
    previous = releases.named(live.previous) if live and live.previous else None
    if previous is None:
        raise Stop("There is no earlier release to restore.")
    return previous


if __name__ == "__main__":
    main()
