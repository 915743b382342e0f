"""What each operation is for, asked by somebody who may: by plain chance, so that all turn up."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Any

from support.fakes.livepass import bearer
from support.requests.places import (
    ENDED,
    KEYS,
    LIVE,
    NAMED,
    NOBODYS,
    PEOPLE,
    SUBJECT,
    HostileRequest,
    paths,
)
from vending.operations.table import OPERATIONS

TOKENS = [route for route in OPERATIONS if route.name in {"mint", "refresh"}]
HUGE = {"voice": "x" * 65_600}
BODIES: Mapping[str, tuple[dict[str, Any], ...]] = {
    "mint": ({}, {"voice": "Kore"}, {"count": 2}, {"count": 4}, {"temperature": 0.5}, HUGE),
    "refresh": ({}, {"durationMinutes": 5}),
    "report": ({}, {"prompt": {"audio": 90_000}}, {"thoughts": 10**6, "response": {"text": 1}}),
    "admin_set_tier": tuple({"tier": t, "minutes": 5, "reason": "why"} for t in ("gold", "none")),
    "admin_block": ({"minutes": 5, "reason": "why"}, {"minutes": 0, "reason": ""}),
    "admin_pause": ({"minutes": 5, "reason": "why"}, {"minutes": 60, "reason": "why", "x": 1}),
}
QUERIES: Mapping[str, tuple[str, ...]] = {
    "weather": ("?place=Berlin", "?place="),
    "admin_audit": ("?event=TOKEN_CREATED", f"?user={SUBJECT}", "?user=alice"),
}


def good_request(dice: random.Random) -> HostileRequest:
    """Ask for something, mostly a token, as the contract has it."""
    route = dice.choice([*OPERATIONS, *TOKENS * 5])
    who = "dana" if (route.access == "admin") and dice.randrange(4) else dice.choice(NAMED)
    path = dice.choice(paths(route, who)) + dice.choice(QUERIES.get(route.name, ("",)))
    headers, body = [bearer(PEOPLE[who])], b""
    if bodies := BODIES.get(route.name):
        content = dice.choice(bodies)
        if route.name == "refresh":
            session_id = dice.choice((LIVE[who], LIVE[who], ENDED[who], NOBODYS))
            content = {**content, "sessionId": session_id}
        headers.append(("Content-Type", "application/json"))
        body = json.dumps(content).encode()
    if route in TOKENS and dice.randrange(2):
        headers.append(("Idempotency-Key", dice.choice(KEYS)))
    return HostileRequest(route.method, path, headers, [body])
