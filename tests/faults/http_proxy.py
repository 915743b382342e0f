"""A proxy before an HTTP service, which fails the requests it was told to, at the moment it was
told: before the service has seen them, or after.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from e2e.background import background_loop
from faults.http_answers import Play

MAX_HEAD = 65536


@dataclass(frozen=True, slots=True)
class HttpFault:
    """What becomes of a request. `effect`: the service has it, and the answer goes wrong."""

    play: Play
    effect: bool


class HttpProxy:
    """Tells requests apart by the tag that `tag_of` finds in them. Any thread may arm it."""

    def __init__(self, to: str, tag_of: Callable[[bytes], str]) -> None:
        self._to = to
        self._tag_of = tag_of
        self._faults: dict[str, HttpFault] = {}
        self.seen: Counter[str] = Counter()
        self.url = ""

    def arm(self, tag: str, fault: HttpFault) -> None:
        """Fail the requests with this tag."""
        self._faults[tag] = fault

    def disarm(self, tag: str) -> None:
        """Let them through again."""
        del self._faults[tag]

    async def start(self) -> asyncio.Server:
        """Listen."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, limit=MAX_HEAD)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return server

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while request := await message(reader):
                if await self._failed(request, reader, writer):
                    break
        writer.close()

    async def _failed(
        self, request: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Answer a request; tell whether that was the connection's last."""
        tag = self._tag_of(request)
        self.seen[tag] += 1
        fault = self._faults.get(tag)
        if fault is None:
            writer.write(await self._forward(request))
            await writer.drain()
            return False
        real = await self._forward(request) if fault.effect else b"HTTP/1.1 200 OK\r\n" + b" " * 40
        await fault.play(reader, writer, real)
        return True

    async def _forward(self, request: bytes) -> bytes:
        host, _, port = self._to.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port), limit=MAX_HEAD)
        writer.write(request)
        answer = await message(reader)
        writer.close()
        return answer


async def message(reader: asyncio.StreamReader) -> bytes:
    """Read a request or an answer, whole; empty at the connection's end."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    fields = head.decode("latin-1").lower().split("\r\n")
    length = next((f.partition(":")[2] for f in fields if f.startswith("content-length:")), "0")
    return head + await reader.readexactly(int(length))


@contextmanager
def http_proxy(to: str, tag_of: Callable[[bytes], str]) -> Iterator[HttpProxy]:
    """Run a proxy before the service at `to`, http://host:port."""
    with background_loop() as loop:
        proxy = HttpProxy(to, tag_of)
        server = asyncio.run_coroutine_threadsafe(proxy.start(), loop).result(10)
        try:
            yield proxy
        finally:
            loop.call_soon_threadsafe(server.close)
