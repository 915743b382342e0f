"""`make status ENV=...`: what is live, what answers, and what holds it back. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from ops import doctor, smoke
from ops.builds import unfinished
from ops.command import Failed
from ops.environment import Environment
from ops.gcloud import told
from ops.releases import Releases
from ops.stop import Stop, make_command
from ops.terminal import environment_asked
from ops.terraform import Deployment
from ops.traffic import Traffic


def lines(env: Environment, deployed: Deployment) -> Iterator[tuple[str, str]]:
    """What there is to say, a name and a sentence each."""
    live = Releases(env, deployed).live()
    traffic = Traffic(env, deployed)
    serving, newest = traffic.serving(), traffic.newest()
    yield "address", deployed.site_url
    yield "release", f"{live.name} ({live.commit})" if live else "none was finished"
    yield "before it", (live and live.previous) or "none"
    yield "answers", serving if serving == newest else f"{serving}; the newest is {newest}"
    yield (
        "code",
        "; ".join(unfinished(env, deployed)) or f"{deployed.source or 'unnamed'}, as deployed",
    )
    yield "API key", _key(env)


def _key(env: Environment) -> str:
    newest = ("--sort-by=~createTime", "--limit=1")
    with suppress(Failed):
        for version in told(env, "secrets", "versions", "list", doctor.SECRET, *newest):
            return f"version {version['name'].rpartition('/')[2]}, {version['state'].lower()}"
    return f"none: make secret ENV={env.name}"


@make_command
def main() -> None:
    """Say it."""
    env = environment_asked("status", __doc__)
    deployed = smoke.deployed_in(env)
    for name, sentence in lines(env, deployed):
        print(f"{name:>10}  {sentence}")
    behind = unfinished(env, deployed)
    if behind:
        raise Stop(f"The last deployment did not arrive: make deploy ENV={env.name}")


if __name__ == "__main__":
    main()
