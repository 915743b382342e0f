"""HTTP for all that goes out but Firestore's calls: aiohttp, and one session for the process.

A request is sent once: redirects are not followed, and what fails is not repeated. Answers are
neither decompressed nor read past a bound, cookies are forgotten.
"""

from __future__ import annotations

import asyncio
import atexit
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

from vending.outbound.connections import BoundedResponse, Connections, read_whole
from vending.outbound.http_messages import HttpAnswer, HttpRequest, NoAnswer
from vending.patterns import LOOPBACK_HOSTS

# Google closes after minutes; a socket that slept with a frozen instance is not used.
CONNECTION_IDLE_S = 30.0
HTTP_DEADLINE_S = 10.0  # of those who have no shorter one


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
        self._connections: Connections | None = None
        self._session: aiohttp.ClientSession | None = None

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """Whom to believe. Reading the authorities takes a while, so it waits for the first use."""
        return system_authorities()

    async def send(self, request: HttpRequest) -> HttpAnswer:
        """Send a request, and read the whole answer.

        Raises:
            NoAnswer: there is none, or none of at most `max_bytes`.
            TimeoutError: it took longer than 10 s.
        """
        try:
            return await self._send(request)
        except TimeoutError:
            raise
        except (aiohttp.ClientError, OSError) as error:
            raise NoAnswer(f"{type(error).__name__}: {error}") from error

    async def _send(self, request: HttpRequest) -> HttpAnswer:
        parts = urlsplit(request.url)
        outside = request.trust_env and parts.hostname not in LOOPBACK_HOSTS
        # aiohttp's own authorities are the environment's, for this machine as for any other.
        ours = parts.scheme == "https" and not request.trust_env
        with self.exchange(request.url) as session:
            async with session.request(
                request.method,
                request.url,
                headers=request.headers,
                params=request.query,
                data=request.content,
                allow_redirects=False,
                middlewares=(_once,),
                proxy=_proxy(request.url) if outside else None,
                ssl=self.tls if ours else True,
            ) as response:
                return HttpAnswer(response.status, await read_whole(response, request.max_bytes))

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
            connections.distrust(url, began)
            raise

    async def close(self) -> None:
        """Close the session, and with it all connections."""
        if self._session:
            await self._session.close()

    def leave(self) -> None:
        """Leave connections open until the process ends, without a warning about each."""
        if self._session:
            self._session.detach()

    def _opened(self) -> tuple[aiohttp.ClientSession, Connections]:
        if self._session is None or self._connections is None:
            self._connections = Connections(self._idle_s)
            self._session = aiohttp.ClientSession(
                connector=self._connections,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"Accept-Encoding": "identity"},  # few bytes cannot become gigabytes
                auto_decompress=False,
                response_class=BoundedResponse,
                timeout=aiohttp.ClientTimeout(total=HTTP_DEADLINE_S),
                trust_env=False,  # with it, aiohttp would send what ~/.netrc has, too
            )
        return self._session, self._connections


@cache
def shared_client() -> HttpClient:
    """The client of this process; it opens nothing before its first use."""
    client = HttpClient()
    atexit.register(client.leave)
    return client


def system_authorities() -> ssl.SSLContext:
    """Trust the authorities of the system, whatever SSL_CERT_FILE and SSL_CERT_DIR say."""
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
