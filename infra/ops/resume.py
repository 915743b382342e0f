"""`make resume ENV=...`: end a pause of minting. That of a budget comes back in a minute."""

from __future__ import annotations

from ops.stop import verb
from ops.switch import Switch
from ops.terminal import environment_asked, say


@verb
def main() -> None:
    """Lift the pause."""
    env = environment_asked("resume", __doc__)
    Switch.of(env).resume()
    say("Minting goes on within 30 s; not where a budget is used up: raise it first.")


if __name__ == "__main__":
    main()
