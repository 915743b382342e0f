"""Every method and every path reaches the function.

functions-framework 3.10's async server lists seven methods and keeps two paths to itself, which it
refuses in plain text, without CORS. It builds its routes with its module's `Route`, after the
function's source is imported; this one stands in for that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

_KEPT = ("/robots.txt", "/favicon.ico")


class EveryRoute(Route):
    """A route that takes all methods and paths; the framework's own two match nothing."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **_: Any) -> None:
        super().__init__(path, endpoint)
        self.methods = None

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match whatever is HTTP."""
        if self.path in _KEPT or scope["type"] != "http":
            return Match.NONE, {}
        return Match.FULL, {"endpoint": self.endpoint, "path_params": {}}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer without Starlette's handlers of exceptions: the edge lets none through."""
        response = await self.endpoint(Request(scope, receive, send))
        await response(scope, receive, send)
