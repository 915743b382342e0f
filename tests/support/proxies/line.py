"""A telephone line to a server: it can go mute, be cut, or be forgotten, and come back."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from support.proxies.background import background_loop, close

CHUNK = 65536


class Line:
    """Carries TCP from `host` (host:port) to a server. All methods may be called by any thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, to: str) -> None:
        self._loop = loop
        self._to = to
        self._port = 0
        self._server: asyncio.Server | None = None
        self._carrying = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._forgotten: set[asyncio.StreamWriter] = set()
        self.restore()

    @property
    def host(self) -> str:
        """Where it begins."""
        return f"127.0.0.1:{self._port}"

    def mute(self) -> None:
        """Take everything, connections too, and carry nothing."""
        self._loop.call_soon_threadsafe(self._carrying.clear)

    def drop(self) -> None:
        """Drop all connections; new ones are welcome."""
        self._do(self._drop())

    def forget(self) -> None:
        """Carry nothing more on the connections there are, and tell neither end; new ones are
        welcome: what a gateway does that has no more room in its table, or was restarted.
        """
        self._do(self._forget())

    def cut(self) -> None:
        """Drop all connections and refuse new ones."""
        self._do(self._cut())

    def restore(self) -> None:
        """Carry again; what was held back goes through."""
        self._do(self._restore())

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _restore(self) -> None:
        self._carrying.set()
        if self._server is None:
            self._server = await asyncio.start_server(self._connected, "127.0.0.1", self._port)
            self._port = self._server.sockets[0].getsockname()[1]

    async def _cut(self) -> None:
        if self._server is not None:
            await close(self._server)
            self._server = None
        await self._drop()

    async def _forget(self) -> None:
        self._forgotten |= self._writers

    async def _drop(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _connected(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        self._writers.add(back)
        with suppress(OSError, asyncio.CancelledError):
            host, _, port = self._to.partition(":")
            far, forth = await asyncio.open_connection(host, int(port))
            self._writers.add(forth)
            await asyncio.gather(self._carry(near, forth), self._carry(far, back))
        back.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(CHUNK):
                await self._carrying.wait()
                if writer in self._forgotten:
                    continue
                writer.write(data)
                await writer.drain()
        finally:
            self._writers.discard(writer)
            self._forgotten.discard(writer)
            writer.close()


@contextmanager
def line_to(host: str) -> Iterator[Line]:
    """Lay a line to host:port."""
    with background_loop() as loop:
        line = Line(loop, host)
        try:
            yield line
        finally:
            line.restore()
            line.cut()
