"""The emulated service as an ASGI app; it can be mounted under any prefix.

POST /{v1alpha|v1beta}/auth_tokens
/ws/google.ai.generativelanguage.{v1alpha|v1beta}.GenerativeService.BidiGenerateContent[Constrained]
/_emulator/...
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute

from emulator.auth_tokens import AuthTokens
from emulator.cloud import Cloud
from emulator.control import Control
from emulator.settings import EmulatorSettings
from emulator.sockets import LiveSockets

LIVE = "/ws/google.ai.generativelanguage.{version}.GenerativeService.{method}"


async def nothing_here(_request: Request, _error: Exception) -> Response:
    """Answer as the service does where it has nothing: 404, and nothing in it."""
    return Response(status_code=404)


def create_app(settings: EmulatorSettings | None = None) -> Starlette:
    """Return a new emulated service, which remembers nothing of any other."""
    cloud = Cloud(settings or EmulatorSettings())
    sockets = LiveSockets(cloud)
    return Starlette(
        routes=[
            Route("/{version}/auth_tokens", AuthTokens(cloud).create, methods=["POST"]),
            WebSocketRoute(LIVE, sockets.connect),
            WebSocketRoute("/" + LIVE, sockets.connect),  # @google/genai keeps its base URL's slash
            *Control(cloud).routes(),
        ],
        exception_handlers={404: nothing_here, 405: nothing_here},
    )
