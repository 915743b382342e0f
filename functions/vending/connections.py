"""HTTP/1.1 over connections that are kept, for the one call that every mint makes.

A socket, and the parser that uvicorn reads requests with: httpx2's own transport costs ten times
the CPU, a third of a whole mint. A request is sent once, whatever becomes of it; redirects, proxies
and compression are not known here.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import defaultdict
from functools import cached_property
from http import HTTPStatus
from typing import cast

import httpx2
from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

IDLE_S = 30.0  # Google closes after minutes; a socket that slept with a frozen instance is not used
MAX_ANSWER_BYTES = 1024 * 1024
Origin = tuple[str, str, int]


class Connections(httpx2.AsyncBaseTransport):
    """A transport for httpx2 with as many connections as there are requests at once.

    It has no time limit of its own: a request that is cancelled closes its connection.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        if tls:
            self.tls = tls
        self._idle: defaultdict[Origin, list[_Connection]] = defaultdict(list)

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """Whom to believe. Reading the authorities takes a while, so it waits for the first use."""
        return httpx2.create_ssl_context(trust_env=False)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request whose body is bytes, and read the whole answer.

        Raises:
            httpx2.RemoteProtocolError: it hung up, or what it said is no HTTP.
            OSError: it cannot be reached.
        """
        url = request.url
        origin = (url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80))
        connection = self._kept(origin) or await self._open(origin)
        try:
            answer = await connection.exchange(_written(request))
        except BaseException:
            connection.close()
            raise
        if connection.is_open:
            self._idle[origin].append(connection)
        return answer

    async def aclose(self) -> None:
        """Close what is idle."""
        for kept in self._idle.values():
            while kept:
                kept.pop().close()

    def _kept(self, origin: Origin) -> _Connection | None:
        """The connection used last: those beyond what is needed grow old, and are closed."""
        kept = self._idle[origin]
        oldest = asyncio.get_running_loop().time() - IDLE_S
        while kept and not kept[0].is_usable(oldest):
            kept.pop(0).close()
        while kept:
            connection = kept.pop()
            if connection.is_usable(oldest):
                return connection
            connection.close()
        return None

    async def _open(self, origin: Origin) -> _Connection:
        scheme, host, port = origin
        tls = self.tls if scheme == "https" else None
        loop = asyncio.get_running_loop()
        return (await loop.create_connection(_Connection, host, port, ssl=tls))[1]


class _Connection(asyncio.Protocol):
    """One connection, which is open as long as it could be used again."""

    def __init__(self) -> None:
        self.is_open = True
        self._loop = asyncio.get_running_loop()
        self._used_at = self._loop.time()
        self._answered: asyncio.Future[httpx2.Response] | None = None

    def is_usable(self, oldest: float) -> bool:
        """Tell whether it is open and has been used since."""
        return self.is_open and not self._transport.is_closing() and self._used_at > oldest

    async def exchange(self, request: bytes) -> httpx2.Response:
        """Send a request and wait for its answer."""
        self._answered = self._loop.create_future()
        self._parser, self._body = HttpResponseParser(self), bytearray()
        self._transport.write(request)
        try:
            return await self._answered
        finally:
            self._answered = None

    def close(self) -> None:
        """Close it."""
        self.is_open = False
        self._transport.abort()

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._answered is None:  # nobody asked
            self.close()
            return
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            self._fail(type(error).__name__)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's name
        self.is_open = False
        self._fail("the server hung up")

    # What the parser calls.

    def on_body(self, body: bytes) -> None:
        self._body += body
        if len(self._body) > MAX_ANSWER_BYTES:
            self._fail(f"more than {MAX_ANSWER_BYTES} bytes")

    def on_message_begin(self) -> None:
        if self._answered is None or self._answered.done():  # a second answer to one request
            self.close()

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if self._answered is None or self._answered.done() or status < HTTPStatus.OK:
            return  # 1xx: the answer is still to come, and may not be taken for the next request's
        self.is_open = self.is_open and self._parser.should_keep_alive()
        self._used_at = self._loop.time()
        self._answered.set_result(httpx2.Response(status, content=bytes(self._body)))

    def _fail(self, what: str) -> None:
        self.close()
        if self._answered and not self._answered.done():
            self._answered.set_exception(httpx2.RemoteProtocolError(what))


def _written(request: httpx2.Request) -> bytes:
    target = request.url.raw_path
    fields = b"".join(b"%b: %b\r\n" % field for field in request.headers.raw)
    return b"%b %b HTTP/1.1\r\n%b\r\n" % (request.method.encode(), target, fields) + request.content
