"""Gemini's token endpoint, as little of it as can be: every POST gets a token after a delay.

A process of its own: `python -m support.servers.upstream` prints its address. `PUT /delay/MS` sets
the delay; `GET /count` tells how many tokens were asked for. The emulator would do the same for a
hundred times the CPU, which is the servers' that are measured here.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import cast

import uvloop

TESTS = Path(__file__).parents[2]
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=UTF-8\r\nContent-Length: "


class _State:
    delay_s = 0.0
    asked = 0
    names = count(1)


class _Connection(asyncio.Protocol):
    """One connection; a client sends its next request when it has its answer."""

    def __init__(self, state: _State) -> None:
        self._state = state
        self._received = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = bytes(self._received).partition(b"\r\n\r\n")
        _, _, rest = head.lower().partition(b"content-length:")
        if end and len(body) >= int(rest.partition(b"\r\n")[0] or 0):
            self._received.clear()
            self._answer(*head.split(b" ", 2)[:2])

    def _answer(self, method: bytes, path: bytes) -> None:
        state, delay_s = self._state, 0.0
        if method == b"POST":
            state.asked += 1
            delay_s, body = state.delay_s, b'{"name": "auth_tokens/%064x"}' % next(state.names)
        else:
            if method == b"PUT":
                state.delay_s = int(path.rpartition(b"/")[2]) / 1000
            body = b"%d" % state.asked
        answer = _HEAD + b"%d\r\n\r\n" % len(body) + body
        if delay_s:
            asyncio.get_running_loop().call_later(delay_s, self._write, answer)
        else:
            self._write(answer)

    def _write(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)


@dataclass(frozen=True, slots=True)
class Upstream:
    """A running endpoint."""

    url: str

    def set_delay(self, ms: int) -> None:
        """Let every token take so long."""
        self._ask("PUT", f"/delay/{ms}")

    def asked(self) -> int:
        """Return how many tokens were asked for."""
        return int(self._ask("GET", "/count"))

    def _ask(self, method: str, path: str) -> bytes:
        request = urllib.request.Request(self.url + path, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            body: bytes = answer.read()
        return body


@contextmanager
def upstream() -> Iterator[Upstream]:
    """Run the endpoint until the end of the block."""
    command = [sys.executable, "-m", "support.servers.upstream"]
    with subprocess.Popen(command, cwd=TESTS, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Upstream(process.stdout.readline().strip())
        finally:
            process.terminate()


async def _serve() -> None:
    state = _State()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(state), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    try:
        uvloop.run(_serve())
    except KeyboardInterrupt:
        sys.exit(0)
