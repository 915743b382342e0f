"""A proxy before an HTTP service, which fails the requests it was told to, at the moment it was
told: before the service has seen them, or after.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from support.proxies.background import background_loop, close
from support.proxies.http_answers import Play

MAX_HEAD = 65536
ALWAYS = 1_000_000_000
_BEGUN = b"HTTP/1.1 200 OK\r\nX-Padding: " + b"." * 40  # of who has nothing to answer
Heard = Callable[[str, bytes, bytes, float], None]


@dataclass(slots=True)
class HttpFault:
    """What becomes of the next requests. `effect`: the service has them, and the answer goes wrong.

    `times` counts down to 0, when requests go through again. `closes`: the connection has an end
    with it.
    """

    play: Play
    effect: bool
    times: int = ALWAYS
    closes: bool = True


def _unheard(tag: str, request: bytes, answer: bytes, came: float) -> None:
    """Keep nothing."""


class HttpProxy:
    """Tells requests apart by the tag that `tag_of` finds in them. Any thread may arm it.

    `heard` is told each request, what the service answered it, nothing if it has not seen it, and
    when the request came.
    """

    def __init__(self, to: str, tag_of: Callable[[bytes], str], heard: Heard = _unheard) -> None:
        self._to = to
        self._tag_of = tag_of
        self._heard = heard
        self._faults: dict[str, HttpFault] = {}
        self.seen: Counter[str] = Counter()
        self._serving: set[asyncio.Task[None]] = set()
        self.crashes: list[str] = []
        self.url = ""

    def arm(self, tag: str, fault: HttpFault) -> None:
        """Fail the requests with this tag."""
        self._faults[tag] = fault

    def disarm(self, tag: str) -> int:
        """Let them through again; tell how many failures were left over."""
        return self._faults.pop(tag).times

    async def start(self) -> asyncio.Server:
        """Listen."""
        server = await asyncio.start_server(self._guarded, "127.0.0.1", 0, limit=MAX_HEAD)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return server

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if task := asyncio.current_task():  # a loop alone would let it be collected while it waits
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while request := await message(reader):
                if await self._failed(request, reader, writer):
                    break
        writer.close()

    async def _guarded(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry on; what goes wrong here is no fault that somebody asked for."""
        try:
            await self._connected(reader, writer)
        except Exception as error:  # noqa: BLE001 - to be told at the end
            self.crashes.append(repr(error))
            writer.close()

    async def _failed(
        self, request: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Answer a request; tell whether that was the connection's last."""
        tag, came = self._tag_of(request), time.monotonic()
        self.seen[tag] += 1
        fault = self._faults.get(tag)
        if fault and fault.times:
            fault.times -= 1
        else:
            fault = None
        through = fault is None or fault.effect
        real = await forwarded(self._to, request) if through else b""
        self._heard(tag, request, real, came)
        if fault is None:
            writer.write(real)
            await writer.drain()
            return False
        await fault.play(reader, writer, real or _BEGUN)
        return fault.closes


async def forwarded(to: str, request: bytes) -> bytes:
    """Ask the service at `to`, http://host:port, and return its answer as it is."""
    host, _, port = to.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=MAX_HEAD)
    try:
        writer.write(request)
        return await message(reader)
    finally:
        writer.close()


async def message(reader: asyncio.StreamReader) -> bytes:
    """Read a request or an answer, whole and as it is; empty at the connection's end."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    fields = head.decode("latin-1").lower().split("\r\n")
    if "transfer-encoding: chunked" in fields:
        return head + await _chunks(reader)
    length = next((f.partition(":")[2] for f in fields if f.startswith("content-length:")), "0")
    return head + await reader.readexactly(int(length))


def body_of(answer: bytes) -> bytes:
    """Take the body out of an answer."""
    head, _, body = answer.partition(b"\r\n\r\n")
    if b"transfer-encoding: chunked" not in head.lower():
        return body
    whole = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size.partition(b";")[0], 16)
        whole, body = whole + rest[:length], rest[length + 2 :]
    return whole


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    """Read to the end of the last chunk, which is empty."""
    read = b""
    while True:
        size = await reader.readuntil(b"\r\n")
        read += size + await reader.readexactly(int(size.partition(b";")[0], 16) + 2)
        if int(size.partition(b";")[0], 16) == 0:
            return read


@contextmanager
def http_proxy(
    to: str, tag_of: Callable[[bytes], str], heard: Heard = _unheard
) -> Iterator[HttpProxy]:
    """Run a proxy before the service at `to`, http://host:port."""
    with background_loop() as loop:
        proxy = HttpProxy(to, tag_of, heard)
        server = asyncio.run_coroutine_threadsafe(proxy.start(), loop).result(10)
        try:
            yield proxy
        finally:
            asyncio.run_coroutine_threadsafe(close(server), loop).result(10)
        assert not proxy.crashes, proxy.crashes
