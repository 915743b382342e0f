"""HTTP for all that goes out but Firestore's calls: aiohttp, and one session for the process.

A request is sent once: redirects are not followed, and what fails is not repeated. Answers are
neither decompressed nor read past a bound, cookies are forgotten. What aiohttp does not do is here,
too: a connection that is in doubt is not used again.
"""

from __future__ import annotations

import asyncio
import atexit
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass
from weakref import WeakKeyDictionary

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

# Google closes after minutes; a socket that slept with a frozen instance is not used.
CONNECTION_IDLE_S = 30.0
HTTP_DEADLINE_S = 10.0  # of those who have no shorter one
MAX_ANSWER_BYTES = 4 * 1024 * 1024
LOOPBACK = ("127.0.0.1", "::1", "localhost")
Place = tuple[str | None, int | None]


class NoAnswer(OSError):
    """It could not be reached, hung up, or what it said is no HTTP, or too much."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """The status of an answer, and its whole body."""

    status: int
    content: bytes


class Http(Protocol):
    """What asks for a document, or posts one, once."""

    async def ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        content: bytes | None = None,
        max_bytes: int = MAX_ANSWER_BYTES,
        trust_env: bool = False,
    ) -> HttpAnswer:
        """Send a request, and read the whole answer."""
        ...


class HttpClient:
    """A session that is opened by its first use, in the event loop that uses it.

    Args:
        tls: whom to believe; None for the authorities of the system.
        idle_s: how long a connection that nobody uses is kept.
    """

    def __init__(
        self, tls: ssl.SSLContext | None = None, *, idle_s: float = CONNECTION_IDLE_S
    ) -> None:
        if tls:
            self.tls = tls
        self._idle_s = idle_s
        self._connections: _Connections | None = None
        self._session: aiohttp.ClientSession | None = None

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """Whom to believe. Reading the authorities takes a while, so it waits for the first use."""
        return system_authorities()

    async def ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        content: bytes | None = None,
        max_bytes: int = MAX_ANSWER_BYTES,
        trust_env: bool = False,
    ) -> HttpAnswer:
        """Send a request, and read the whole answer.

        With `trust_env` the proxies and authorities of the environment count (HTTPS_PROXY,
        SSL_CERT_FILE and the like), but for this machine.

        Raises:
            NoAnswer: there is none, or none of at most `max_bytes`.
            TimeoutError: it took longer than 10 s.
        """
        parts = urlsplit(url)
        outside = trust_env and parts.hostname not in LOOPBACK
        ours = parts.scheme == "https" and not outside  # aiohttp's own is the environment's
        try:
            with self.exchange(url) as session:
                async with session.request(
                    method,
                    url,
                    headers=headers,
                    params=query,
                    data=content,
                    allow_redirects=False,
                    middlewares=(_once,),
                    proxy=_proxy(url) if outside else None,
                    ssl=self.tls if ours else True,
                ) as response:
                    return HttpAnswer(response.status, await _read(response, max_bytes))
        except TimeoutError:
            raise
        except (aiohttp.ClientError, OSError) as error:
            raise NoAnswer(f"{type(error).__name__}: {error}") from error

    @contextmanager
    def exchange(self, url: str) -> Iterator[aiohttp.ClientSession]:
        """Lend the session for a request to this place.

        When that fails, the place's other connections are not trusted until they are new.
        """
        began = time.monotonic()
        session, connections = self._opened()
        try:
            yield session
        except (OSError, aiohttp.ClientError, asyncio.CancelledError):
            connections.doubt(url, began)
            raise

    async def close(self) -> None:
        """Close the session, and with it all connections."""
        if self._session:
            await self._session.close()

    def leave(self) -> None:
        """Leave what is open to the end of the process, without a word to the log about each."""
        if self._session:
            self._session.detach()

    def _opened(self) -> tuple[aiohttp.ClientSession, _Connections]:
        if self._session is None or self._connections is None:
            self._connections = _Connections(self._idle_s)
            self._session = aiohttp.ClientSession(
                connector=self._connections,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"Accept-Encoding": "identity"},  # few bytes cannot become gigabytes
                auto_decompress=False,
                response_class=_Response,
                timeout=aiohttp.ClientTimeout(total=HTTP_DEADLINE_S),
                trust_env=False,  # with it, aiohttp would send what ~/.netrc has, too
            )
        return self._session, self._connections


@cache
def shared_client() -> HttpClient:
    """The one of this process; nothing is opened before it is used."""
    client = HttpClient()
    atexit.register(client.leave)
    return client


def system_authorities() -> ssl.SSLContext:
    """Believe whom the system does, whatever SSL_CERT_FILE and SSL_CERT_DIR say."""
    paths = ssl.get_default_verify_paths()
    file = paths.openssl_cafile if Path(paths.openssl_cafile).is_file() else None
    folder = paths.openssl_capath if Path(paths.openssl_capath).is_dir() else None
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if file or folder:  # else it believes nobody
        tls.load_verify_locations(file, folder)
    return tls


def _proxy(url: str) -> str | None:
    parts, proxies = urlsplit(url), getproxies()
    if proxy_bypass(parts.netloc):
        return None
    return proxies.get(parts.scheme) or proxies.get("all")


async def _once(
    request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Fail as aiohttp does not repeat: it sends a GET that is lost again, if no POST (client.py,
    IDEMPOTENT_METHODS).
    """
    try:
        return await send(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientConnectionError(f"{type(error).__name__}: {error}") from error


class _Connections(aiohttp.TCPConnector):
    """Lends no connection that is in doubt; aiohttp 3.14 lends whatever is open.

    One that said something while nobody asked would hand that to the next request as its answer:
    `should_close` would tell, but is asked when a connection comes back, and not when it is lent.
    One that has not been used since a request to the same place failed may be as dead as that.
    """

    def __init__(self, idle_s: float) -> None:
        super().__init__(limit=0, keepalive_timeout=idle_s)
        self._lent_at: WeakKeyDictionary[ResponseHandler, float] = WeakKeyDictionary()
        self._failed_at: dict[Place, float] = {}  # when the request began that failed last

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - aiohttp's name
    ) -> Connection:
        """Lend one that is kept and beyond doubt, or a new one."""
        while True:
            connection = await super().connect(req, traces, timeout)
            protocol = connection.protocol
            if protocol is None:
                return connection
            failed_at = self._failed_at.get((req.url.host, req.url.port), 0.0)
            used_at = self._lent_at.get(protocol)
            if used_at is None or (used_at > failed_at and not protocol.should_close):
                self._lent_at[protocol] = time.monotonic()
                return connection
            connection.close()

    def __del__(self, _warnings: object = None) -> None:
        """Say nothing of connections that were left; of a session, aiohttp does."""

    def doubt(self, url: str, since: float) -> None:
        """Lend none to this place that was not used since."""
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
        self._failed_at[parts.hostname, port] = since


class _Response(aiohttp.ClientResponse):
    """An answer as bounded JSON, for SDKs that read it themselves."""

    async def read(self) -> bytes:
        """Read the body, if it is no larger than 4 MiB."""
        if self._body is None:
            self._body = await _read(self, MAX_ANSWER_BYTES)
        body = await super().read()
        if self.connection is not None:  # the server changed protocols, and nobody would close it
            self.close()
        return body

    async def text(self, encoding: str | None = None, errors: str = "replace") -> str:  # noqa: ARG002
        """Read the body as UTF-8, which JSON is, whatever it says it were."""
        return (await self.read()).decode(errors=errors)

    async def json(self, **how: Any) -> Any:
        """Read the body as JSON; what is none is of another kind, whatever it says it were."""
        try:
            return await super().json(**how)
        except (ValueError, LookupError, RecursionError) as error:
            raise aiohttp.ContentTypeError(
                self.request_info, self.history, status=self.status, message="no JSON"
            ) from error


async def _read(response: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    """Read a body; whoever does not read all of it has no use for the connection either."""
    body = bytearray()
    try:
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > max_bytes:
                break
        else:
            return bytes(body)
    except BaseException:
        response.close()
        raise
    response.close()
    raise aiohttp.ClientPayloadError(f"more than {max_bytes} bytes")
