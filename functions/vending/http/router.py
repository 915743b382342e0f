"""Which method and path does what. Nothing else is served."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from vending.errors import MethodNotAllowed, NotFound
from vending.guard.networks import UNKNOWN

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
    "admin_overview",
    "admin_audit",
    "admin_user",
    "admin_set_tier",
    "admin_reset_tier",
    "admin_blocks",
    "admin_block",
    "admin_unblock",
    "admin_pause",
    "admin_resume",
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
    def admin(self) -> bool:
        """Whether it is for admins alone."""
        return self.template.startswith(_ADMIN)


_ADMIN = f"{BASE}/admin/"
_ADMIN_USER = f"{_ADMIN}users/{{user}}"
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
    Route("GET", f"{_ADMIN}overview", "admin_overview", "ADMIN_READ"),
    Route("GET", f"{_ADMIN}audit", "admin_audit", "ADMIN_READ"),
    Route("GET", _ADMIN_USER, "admin_user", "ADMIN_READ"),
    Route("PUT", f"{_ADMIN_USER}/tier", "admin_set_tier", "ADMIN_CHANGED"),
    Route("DELETE", f"{_ADMIN_USER}/tier", "admin_reset_tier", "ADMIN_CHANGED"),
    Route("GET", f"{_ADMIN}blocks", "admin_blocks", "ADMIN_READ"),
    Route("PUT", f"{_ADMIN}blocks/{{subject}}", "admin_block", "ADMIN_CHANGED"),
    Route("DELETE", f"{_ADMIN}blocks/{{subject}}", "admin_unblock", "ADMIN_CHANGED"),
    Route("PUT", f"{_ADMIN}pause", "admin_pause", "ADMIN_CHANGED"),
    Route("DELETE", f"{_ADMIN}pause", "admin_resume", "ADMIN_CHANGED"),
    Route("GET", f"{_TOKEN}/config", "config", "CONFIG_READ", public=True),
    Route("GET", f"{_TOKEN}/health", "health", "HEALTH_READ", public=True),
)
# What stands in a path: a session, a user's hash, or a prefix of addresses by its name, too.
PATH_PATTERNS = {
    "sessionId": "[0-9a-f]{24}",
    "user": "[0-9a-f]{40}",
    "subject": f"(?:[0-9a-f]{{40}}|[0-9a-f]{{16}}|{UNKNOWN})",
}
# The names that a query may have, each once.
QUERIES: Mapping[Operation, tuple[str, ...]] = {
    "weather": ("place",),
    "admin_audit": ("user", "event"),
}


@dataclass(frozen=True, slots=True)
class Match:
    """The routes of a path, its methods as an Allow header has them, and its variable part: a
    session, or whom an operator means.
    """

    routes: tuple[Route, ...]
    methods: str
    session_id: str = ""
    subject: str = ""

    @property
    def admin(self) -> bool:
        """Whether the path is for admins alone, whatever the method."""
        return self.routes[0].admin

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
    if found := _MATCHES.get(path):
        return found
    for pattern, of_one in _VARIABLE:
        if hit := pattern.fullmatch(path):
            parts = hit.groupdict()
            subject = parts.get("user") or parts.get("subject") or ""
            return replace(of_one, session_id=parts.get("sessionId", ""), subject=subject)
    raise NotFound("no such path")


def _match(template: str) -> Match:
    routes = tuple(route for route in ROUTES if route.template == template)
    methods = {route.method for route in routes}
    methods |= {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())
    return Match(routes, ", ".join(sorted(methods)))


def _pattern(template: str) -> re.Pattern[str]:
    path = re.escape(template)
    for name, pattern in PATH_PATTERNS.items():
        path = path.replace(rf"\{{{name}\}}", f"(?P<{name}>{pattern})")
    return re.compile(path, re.ASCII)


_MATCHES = {route.template: _match(route.template) for route in ROUTES}
_VARIABLE = [
    (_pattern(template), _MATCHES.pop(template)) for template in [*_MATCHES] if "{" in template
]
