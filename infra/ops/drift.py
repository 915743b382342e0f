"""`make drift ENV=...`: fail if the project is not what this code says. Changes nothing.

It takes no lock of the state, so that an identity which may only read can run it every day.
"""

from __future__ import annotations

from ops.plan import would_change
from ops.stop import Stop, make_command
from ops.terminal import environment_asked, say


@make_command
def main() -> None:
    """Look."""
    env = environment_asked("drift", __doc__)
    if would_change(env, "-lock=false"):
        raise Stop(
            f"{env.project} differs from the code; see the plan above. Somebody changed it by "
            f"hand, or this code was never deployed: make deploy ENV={env.name} puts it right."
        )
    say(f"{env.project} is what the code says.")


if __name__ == "__main__":
    main()
