"""Every method and every path reaches the function.

functions-framework 3.10's async server lists seven methods and keeps two paths to itself, which it
refuses in plain text, without CORS. It builds its routes with its module's `Route`, after the
function's source is imported; this one stands in for that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.routing import Match, Route
from starlette.types import Scope

_KEPT = ("/robots.txt", "/favicon.ico")


class EveryRoute(Route):
    """A route that takes all methods; the framework's own two paths go to the function."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **_: Any) -> None:
        super().__init__(path, endpoint)
        self.methods = None

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match by path alone."""
        if self.path in _KEPT:
            return Match.NONE, {}
        return super().matches(scope)
