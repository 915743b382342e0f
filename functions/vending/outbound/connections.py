"""What an aiohttp session is made with: connections that are safe to reuse, and bounded answers."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

from vending.outbound.http_messages import MAX_ANSWER_BYTES

Place = tuple[str | None, int | None]


class Connections(aiohttp.TCPConnector):
    """Reuses only connections that are safe; aiohttp 3.14 reuses any that is open.

    If the server sent something while no request was under way, the next request would take that
    for its answer: aiohttp checks `should_close` when a connection is returned, not when it is
    reused. A connection idle since a request to the same place failed may be dead, too.
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
        """Reuse a kept connection that is safe, or open one."""
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
        """Do not warn about open connections; aiohttp warns about an open session."""

    def distrust(self, url: str, since: float) -> None:
        """From now on, reuse no connection to this place that was idle."""
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
        self._failed_at[parts.hostname, port] = since


class BoundedResponse(aiohttp.ClientResponse):
    """An answer as bounded JSON, for SDKs that read it themselves."""

    async def read(self) -> bytes:
        """Read the body, if it is no larger than 4 MiB."""
        if self._body is None:
            self._body = await read_whole(self, MAX_ANSWER_BYTES)
        body = await super().read()
        if self.connection is not None:  # the server changed protocols, and nobody would close it
            self.close()
        return body

    async def text(self, encoding: str | None = None, errors: str = "replace") -> str:  # noqa: ARG002
        """Read the body as UTF-8, the encoding of JSON, whatever the header says."""
        return (await self.read()).decode(errors=errors)

    async def json(self, **how: Any) -> Any:
        """Read the body as JSON; what is none is of another kind, whatever it says it were."""
        try:
            return await super().json(**how)
        except (ValueError, LookupError, RecursionError) as error:
            raise aiohttp.ContentTypeError(
                self.request_info, self.history, status=self.status, message="no JSON"
            ) from error


async def read_whole(response: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    """Read a body. A connection whose body was not read to its end cannot be reused."""
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
