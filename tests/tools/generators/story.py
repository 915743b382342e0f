"""What the story of each client must print."""

from __future__ import annotations

from uuid import uuid4

import httpx2

from tools.generators.newer import NEW_LIMIT

TODAY = {
    "same": True,
    "code": "quota-exceeded",
    "violated": ["cooldown"],
    "another": True,
    "used": 1,
    "state": "ended",
    "health": "ok",
}


def told_of_newer() -> dict[str, object]:
    """The same, of a Livepass with a new limit and a new state."""
    return {**TODAY, "violated": ["cooldown", NEW_LIMIT], "state": "dormant"}


def id_token_at(livepass: str) -> str:
    """Sign somebody new in at a `make run`."""
    user = uuid4().hex
    answer = httpx2.post(f"{livepass}/local/identity/token", json={"user": user})
    answer.raise_for_status()
    return str(answer.json()["idToken"])
