"""Every request reaches the function, and nothing else sees it first.

functions-framework 3.10's async server lists seven methods and keeps two paths to itself, which it
refuses in plain text, without CORS; and it passes each request through ten layers, for errors, ids
and routes, of which the edge needs none: a sixth of what a refusal costs. It makes its application
with its module's `Starlette`, after the function's source is imported; this one stands in for that,
and calls the function that the framework has wrapped.
"""

from __future__ import annotations

from collections.abc import Sequence
from inspect import unwrap

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send


class EveryRequest(Starlette):
    """An application that has the function answer whatever is HTTP.

    An error that the edge lets through is the server's: it logs it, and answers 500.
    """

    def __init__(self, routes: Sequence[Route], **_: object) -> None:
        super().__init__()
        self._answer = unwrap(routes[0].endpoint)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer HTTP; the rest, such as the start of the server, is as ever."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        response = await self._answer(Request(scope, receive, send))
        await response(scope, receive, send)
