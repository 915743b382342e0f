"""Which method and path does what. Nothing else is served."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
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
    "report",
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


_TOKEN = f"{BASE}/live-token"
_SESSION = f"{_TOKEN}/sessions/{{sessionId}}"
ROUTES = (
    Route("POST", _TOKEN, "mint", "TOKEN_CREATED"),
    Route("POST", f"{_TOKEN}/refresh", "refresh", "TOKEN_REFRESHED"),
    Route("GET", f"{_TOKEN}/usage", "usage", "USAGE_READ"),
    Route("GET", f"{_TOKEN}/sessions", "sessions", "SESSIONS_READ"),
    Route("GET", _SESSION, "session", "SESSIONS_READ"),
    Route("DELETE", _SESSION, "end_session", "SESSION_ENDED"),
    Route("POST", f"{_SESSION}/usage", "report", "USAGE_REPORTED"),
    Route("GET", f"{BASE}/tools/weather", "weather", "WEATHER_READ"),
    Route("GET", f"{_TOKEN}/config", "config", "CONFIG_READ", public=True),
    Route("GET", f"{_TOKEN}/health", "health", "HEALTH_READ", public=True),
)
_SESSION_PATH = re.compile(re.escape(f"{_TOKEN}/sessions/") + "([0-9a-f]{24})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Match:
    """The routes of a path, its methods as an Allow header has them, and its variable part."""

    routes: tuple[Route, ...]
    methods: str
    session_id: str = ""

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
    if b"%" in raw_path or "{" in path:
        raise NotFound("a path that is percent-encoded, or a template")
    if found := _MATCHES.get(path):
        return found
    session = _SESSION_PATH.match(path)
    found = _MATCHES.get(_SESSION + path[session.end() :]) if session else None
    if session is None or found is None:
        raise NotFound("no such path")
    return replace(found, session_id=session[1])


def _match(template: str) -> Match:
    routes = tuple(route for route in ROUTES if route.template == template)
    methods = {route.method for route in routes}
    methods |= {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())
    return Match(routes, ", ".join(sorted(methods)))


_MATCHES = {route.template: _match(route.template) for route in ROUTES}
