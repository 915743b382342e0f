"""HTTP/1.1 over connections that are kept, for the calls that every mint makes.

A socket, and the parser that uvicorn reads requests with: httpx2's own transport costs ten times
the CPU, a third of a whole mint, and its requests and responses another tenth. A request is sent
once, whatever becomes of it; redirects, proxies and compression are not known here.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import Self, cast
from urllib.parse import urlsplit

import httpx2
from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

IDLE_S = 30.0  # Google closes after minutes; a socket that slept with a frozen instance is not used
MAX_ANSWER_BYTES = 4 * 1024 * 1024  # all rulings there may be are two
Origin = tuple[str, str, int]


class NotHttp(OSError):
    """It hung up, or what it said is no HTTP."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where requests are posted: the origin, and all of their heads but the length of the body."""

    origin: Origin
    head: bytes = field(repr=False)

    @classmethod
    def of(cls, url: str, headers: Mapping[str, str]) -> Self:
        """Write the head once for all requests to a URL."""
        to = urlsplit(url)
        port = to.port or (443 if to.scheme == "https" else 80)
        path = f"{to.path or '/'}?{to.query}" if to.query else to.path or "/"
        fields = {"Host": to.netloc.rpartition("@")[2], **headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        head = f"POST {path} HTTP/1.1\r\n{lines}Content-Length: "
        return cls((to.scheme, str(to.hostname), port), head.encode("ascii"))


@dataclass(frozen=True, slots=True)
class Answer:
    """The status of an answer, and its whole body."""

    status: int
    content: bytes


class Connections:
    """As many connections to each origin as there are requests at once.

    They have no time limit of their own: a request that is cancelled closes its connection.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        if tls:
            self.tls = tls
        self._idle: defaultdict[Origin, list[_Connection]] = defaultdict(list)
        self._failed_at: dict[Origin, float] = {}  # when the request was sent that failed last

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """Whom to believe. Reading the authorities takes a while, so it waits for the first use."""
        return httpx2.create_ssl_context(trust_env=False)

    async def post(self, target: Target, content: bytes) -> Answer:
        """Send a request, and read the whole answer.

        Raises:
            OSError: it cannot be reached, or is `NotHttp`.
        """
        began = asyncio.get_running_loop().time()
        connection = self._kept(target.origin) or await self._open(target.origin)
        try:
            answer = await connection.exchange(target.head, content)
        except BaseException:
            connection.close()
            self._failed_at[target.origin] = began
            raise
        if connection.is_open:
            self._idle[target.origin].append(connection)
        else:
            connection.close()
        return answer

    async def close(self) -> None:
        """Close what is idle."""
        for kept in self._idle.values():
            while kept:
                kept.pop().close()

    def _kept(self, origin: Origin) -> _Connection | None:
        """The connection used last: those beyond what is needed grow old, and are closed. What has
        not been used since a request failed may be as dead as its connection.
        """
        kept = self._idle[origin]
        oldest = asyncio.get_running_loop().time() - IDLE_S
        oldest = max(oldest, self._failed_at.get(origin, oldest))
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
        self._answered: asyncio.Future[Answer] | None = None

    def is_usable(self, oldest: float) -> bool:
        """Tell whether it is open and has been used since."""
        return self.is_open and not self._transport.is_closing() and self._used_at > oldest

    async def exchange(self, head: bytes, content: bytes) -> Answer:
        """Send a request and wait for its answer."""
        self._answered = self._loop.create_future()
        self._parser, self._body = HttpResponseParser(self), bytearray()
        self._transport.write(b"%b%d\r\n\r\n%b" % (head, len(content), content))
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
        self._answered.set_result(Answer(status, bytes(self._body)))

    def _fail(self, what: str) -> None:
        self.close()
        if self._answered and not self._answered.done():
            self._answered.set_exception(NotHttp(what))
