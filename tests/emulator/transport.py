"""What ASGI cannot do: end a connection without a word, or with one before a socket opens."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.responses import Response
from starlette.types import Scope
from starlette.websockets import WebSocket
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

STATE_KEY = "emulator.transport"


class _Transparent:
    """Uvicorn's own HTTP protocol, whose requests and sockets carry their transport in
    `scope["state"]`.
    """

    app_state: dict[str, Any]

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Keep the transport where the app finds it; an upgrade to a socket hands the same state
        on.
        """
        self.app_state = {**self.app_state, STATE_KEY: transport}
        super().connection_made(transport)  # type: ignore[misc]


class TransparentProtocol(_Transparent, HttpToolsProtocol):  # type: ignore[misc]
    """The fast one, as in production."""


class PatientProtocol(_Transparent, H11Protocol):  # type: ignore[misc]
    """The one that reads the body of a request that asks for HTTP/2 in the clear, as those of
    Java's own client do; httptools loses it (https://github.com/Kludex/uvicorn/issues/2722).
    """


def reset_connection(scope: Scope) -> None:
    """Drop the connection with no answer and no close.

    Raises RuntimeError under a server that was not started with `TransparentProtocol`; that ends
    the connection too, if with more manners.
    """
    transport = scope.get("state", {}).get(STATE_KEY)
    if transport is None:
        raise RuntimeError("to reset a connection, run uvicorn with http=TransparentProtocol")
    transport.abort()


async def deny(websocket: WebSocket, response: Response) -> None:
    """Answer a socket's request with an ordinary response, and wait until the connection is gone:
    where the app returns before, uvicorn 0.54 logs a broken handshake.
    """
    await websocket.send_denial_response(response)
    transport = websocket.scope.get("state", {}).get(STATE_KEY)
    served_by = transport.get_protocol() if transport else None
    while not getattr(served_by, "disconnected", True):  # noqa: ASYNC110 - nothing else tells of it
        await asyncio.sleep(0.01)
