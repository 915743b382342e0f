"""`make resume ENV=...`: lift a pause of minting. One set by a budget returns in a minute."""

from __future__ import annotations

from ops.stop import make_command
from ops.switch import Switch
from ops.terminal import environment_asked, say


@make_command
def main() -> None:
    """Lift the pause."""
    env = environment_asked("resume", __doc__)
    Switch.of(env).resume()
    say("Minting resumes within 30 s. If a budget is used up, raise it first.")


if __name__ == "__main__":
    main()
