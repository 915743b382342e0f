"""Which method and path does what. Nothing else is served."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from vending.errors import MethodNotAllowed, NotFound

BASE = "/api/v1"
Operation = Literal[
    "mint",
    "refresh",
    "usage",
    "sessions",
    "session",
    "end_session",
    "config",
    "health",
    "weather",
]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. `template` is the path as OpenAPI writes it; `event` is what the audit line
    calls it.
    """

    method: str
    template: str
    operation: Operation
    event: str
    public: bool = False

    @property
    def pattern(self) -> re.Pattern[str]:
        """The paths it matches; a session's id is 24 hex digits."""
        path = re.escape(self.template).replace(r"\{sessionId\}", "(?P<sessionId>[0-9a-f]{24})")
        return re.compile(path, re.ASCII)


_TOKEN = f"{BASE}/live-token"
_SESSION = f"{_TOKEN}/sessions/{{sessionId}}"
ROUTES = (
    Route("POST", _TOKEN, "mint", "TOKEN_CREATED"),
    Route("POST", f"{_TOKEN}/refresh", "refresh", "TOKEN_REFRESHED"),
    Route("GET", f"{_TOKEN}/usage", "usage", "USAGE_READ"),
    Route("GET", f"{_TOKEN}/sessions", "sessions", "SESSIONS_READ"),
    Route("GET", _SESSION, "session", "SESSIONS_READ"),
    Route("DELETE", _SESSION, "end_session", "SESSION_ENDED"),
    Route("GET", f"{BASE}/tools/weather", "weather", "WEATHER_READ"),
    Route("GET", f"{_TOKEN}/config", "config", "CONFIG_READ", public=True),
    Route("GET", f"{_TOKEN}/health", "health", "HEALTH_READ", public=True),
)
_PATTERNS = tuple((route.pattern, route) for route in ROUTES)


@dataclass(frozen=True, slots=True)
class Match:
    """The routes of a path, and what its variable part is."""

    routes: tuple[Route, ...]
    session_id: str

    @property
    def methods(self) -> str:
        """The methods of the path, as an Allow header has them."""
        methods = {route.method for route in self.routes}
        return ", ".join(sorted({*methods, "OPTIONS", *({"HEAD"} if "GET" in methods else ())}))

    def route(self, method: str) -> Route:
        """Choose by method; HEAD is GET without a body.

        Raises:
            MethodNotAllowed: none fits; names those that do.
        """
        wanted = "GET" if method == "HEAD" else method
        for route in self.routes:
            if route.method == wanted:
                return route
        raise MethodNotAllowed(f"no {method} here", allow=self.methods)


def match(path: str, raw_path: bytes = b"") -> Match:
    """Find the routes of a path, which no client has a reason to percent-encode.

    Raises:
        NotFound: there are none.
    """
    if b"%" in raw_path:
        raise NotFound("a path that is percent-encoded")
    found = [(route, hit) for pattern, route in _PATTERNS if (hit := pattern.fullmatch(path))]
    if not found:
        raise NotFound("no such path")
    return Match(tuple(route for route, _ in found), found[0][1].groupdict().get("sessionId", ""))
