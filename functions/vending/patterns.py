"""What ids and hosts look like, where more than one room has to know."""

from __future__ import annotations

USER_DIGITS = 40
SESSION_ID = "[0-9a-f]{24}"
USER_HASH = f"[0-9a-f]{{{USER_DIGITS}}}"
PREFIX_NAME = "[0-9a-f]{16}"  # of addresses; see `guard.networks`
LOOPBACK_HOSTS = ("127.0.0.1", "::1", "localhost")
