"""`make pause ENV=...`: no new talks until UNTIL=2h or `make resume`; ongoing talks continue."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from ops.stop import make_command
from ops.switch import Switch, moment
from ops.terminal import environment_asked, say


@make_command
def main() -> None:
    """Put the pause."""
    env = environment_asked("pause", __doc__)
    until = moment(os.environ.get("UNTIL", ""), datetime.now(UTC))
    Switch.of(env).pause(until)
    ends = f"{until.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    say(f"Minting pauses within 30 s, until {ends} or make resume.")


if __name__ == "__main__":
    main()
