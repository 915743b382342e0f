"""All that `make run` serves, on every address of its namespace: its own settings know it by the
loopback's, as the functions talk plain HTTP to nobody else.
"""

from __future__ import annotations

import os
import signal
import sys
from threading import Thread

from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.run import build, configure
from emulator.serve import listening_socket, serve
from support.networks.line.tcp import SERVICE_PORT

BASE_URL = f"http://127.0.0.1:{SERVICE_PORT}"


class ByAnyName:
    """An app behind a proxy that calls it by its own name."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass it on."""
        named = [(name, value) for name, value in scope.get("headers", ()) if name != b"host"]
        host = (b"host", BASE_URL.partition("://")[2].encode())
        await self._app({**scope, "headers": [host, *named]}, receive, send)


def stop_at_eof() -> None:
    """Stop this process once whoever started it is gone."""
    while os.read(sys.stdin.fileno(), 1024):  # nothing of Python's is held when it ends
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    Thread(target=stop_at_eof, daemon=True).start()
    configure(os.environ, BASE_URL)
    serve(ByAnyName(build(BASE_URL, real=False)), listening_socket(SERVICE_PORT, "0.0.0.0"))
