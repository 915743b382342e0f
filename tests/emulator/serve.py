"""The emulator on a port of this machine, by uvicorn."""

from __future__ import annotations

import socket
from contextlib import suppress

import uvicorn
from starlette.types import ASGIApp

from emulator.throwaway_ca import ServerFiles
from emulator.transport import TransparentProtocol

GRACE_S = 1
"""How long a stopping server waits for requests that hang, which tests make."""
IDLE_S = 240
"""How long a connection is kept that nobody uses; Google keeps them for minutes, too."""


def listening_socket(port: int, host: str = "127.0.0.1") -> socket.socket:
    """Return a socket that listens on a port; 0 is any free one.

    Raises OSError where it is taken.
    """
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((host, port))
    bound.listen()
    return bound


def serve(app: ASGIApp, bound: socket.socket, tls: ServerFiles | None = None) -> None:
    """Serve until interrupted; over TLS where certificates are given.

    Frames are not compressed: audio in base64 gains little, and two cores have better to do. The
    server does not ping: nothing is known of the real one's, and a busy test is no dead client.
    """
    config = uvicorn.Config(
        app,
        http=TransparentProtocol,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        log_level="warning",
        access_log=False,
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=GRACE_S,
        ssl_certfile=tls.certificate if tls else None,
        ssl_keyfile=tls.key if tls else None,
    )
    with suppress(KeyboardInterrupt):  # uvicorn raises it again after a clean stop
        uvicorn.Server(config).run([bound])
