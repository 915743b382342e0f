"""The emulator on a port of this machine, by uvicorn."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Literal, NoReturn

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


class OneOfTwo(uvicorn.Server):
    """A server, and beside it another one of the same app, which ends with it."""

    def __init__(
        self, config: uvicorn.Config, beside: uvicorn.Config, bound: socket.socket
    ) -> None:
        super().__init__(config)
        self._beside = _Unsignalled(beside)
        self._bound = bound

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve both until this one is told to stop."""
        beside = asyncio.create_task(self._beside.serve([self._bound]))
        try:
            await super().serve(sockets)
        finally:
            self._beside.should_exit = True
            await beside


class _Unsignalled(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextmanager
def ending_by_any_signal() -> Iterator[None]:
    """Leave the block when the process is told to end, so that what it cleans up is cleaned up:
    by SIGTERM, by SIGHUP of a terminal that was closed, and by SIGQUIT.

    uvicorn takes SIGTERM while it serves, stops, and raises it again.
    """

    def leave(number: int, _: FrameType | None) -> NoReturn:
        raise SystemExit(128 + number)

    def terminate(_number: int, _: FrameType | None) -> None:
        signal.raise_signal(signal.SIGTERM)

    handlers = {signal.SIGTERM: leave, signal.SIGHUP: terminate, signal.SIGQUIT: terminate}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def serve(
    app: ASGIApp,
    bound: socket.socket,
    tls: ServerFiles | None = None,
    beside: tuple[socket.socket, ServerFiles] | None = None,
    http: type[asyncio.Protocol] = TransparentProtocol,
) -> None:
    """Serve until interrupted; over TLS where certificates are given, and over TLS on a second
    socket where there is one. The certificates' files are read at once, and not needed later.
    `http` is what reads requests.

    Frames are not compressed: audio in base64 gains little, and two cores have better to do. The
    server does not ping: nothing is known of the real one's, and a busy test is no dead client.
    """
    config = _config(app, tls, http)
    server = uvicorn.Server(config)
    if beside:
        server = OneOfTwo(config, _config(app, beside[1], http, lifespan="off"), beside[0])
    with suppress(KeyboardInterrupt):  # uvicorn raises it again after a clean stop
        server.run([bound])


def _config(
    app: ASGIApp,
    tls: ServerFiles | None,
    http: type[asyncio.Protocol],
    lifespan: Literal["auto", "off"] = "auto",
) -> uvicorn.Config:
    config = uvicorn.Config(
        app,
        lifespan=lifespan,
        http=http,
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
    config.load()
    return config
