"""People who call the functions over HTTP, alone or in a crowd."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

import httpx2

from support.servers.canaries import FORWARDED
from support.servers.fleet import Fleet

PATH = "/api/v1/live-token"
PATIENCE_S = 30


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    seconds: float
    token: str = field(repr=False, default="")

    @property
    def code(self) -> str:
        """The problem's code; empty when there is none."""
        return str(self.body.get("code", ""))

    @property
    def tokens(self) -> list[str]:
        """Its token, or those of a batch."""
        batch = [str(each["token"]) for each in self.body.get("tokens", ())]
        return batch or [self.token] * bool(self.token)

    @property
    def replayed(self) -> bool:
        """Whether it was given before."""
        return self.headers.get("idempotent-replayed") == "true"


class Callers:
    """All callers of a test. Every answer is kept as evidence."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._http = httpx2.AsyncClient(
            timeout=PATIENCE_S,
            trust_env=False,
            limits=httpx2.Limits(max_keepalive_connections=0),  # none the server may have left
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def call(
        self,
        method: str,
        path: str,
        id_token: str,
        *,
        body: object = None,
        key: str | None = None,
        at: int = 0,
    ) -> Answer:
        """Send a request to server number `at`.

        Raises:
            httpx2.HTTPError: there was no answer.
        """
        began, headers = time.perf_counter(), _headers(id_token, key)
        url = self._url(at) + PATH + path
        response = await self._http.request(method, url, headers=headers, json=body)
        return self._answer(response.status_code, response.headers, response.content, began)

    async def mint(self, id_token: str, *, key: str | None = None, at: int = 0) -> Answer:
        """Ask for a token."""
        return await self.call("POST", "", id_token, key=key, at=at)

    async def crowd(self, size: int, id_token: str, *, key: str | None = None) -> Sequence[Answer]:
        """Ask for a token `size` times at once, all servers alike.

        Every connection is open before the first request leaves, so that they really meet.
        """
        fields = {"Host": "127.0.0.1", "Content-Length": "0", "Connection": "close"}
        lines = [f"{k}: {v}\r\n" for k, v in {**fields, **_headers(id_token, key)}.items()]
        request = f"POST {PATH} HTTP/1.1\r\n{''.join(lines)}\r\n".encode()
        opened = asyncio.Barrier(size)
        async with asyncio.timeout(PATIENCE_S):
            return await asyncio.gather(*(self._one(n, request, opened) for n in range(size)))

    async def _one(self, number: int, request: bytes, opened: asyncio.Barrier) -> Answer:
        to = urlsplit(self._url(number))
        reader, writer = await asyncio.open_connection(to.hostname, to.port)
        try:
            await opened.wait()
            began = time.perf_counter()
            writer.write(request)
            head, _, body = (await reader.read(-1)).partition(b"\r\n\r\n")
        finally:
            writer.close()
            await writer.wait_closed()
        first, *fields = head.decode("latin-1").split("\r\n")
        headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in fields)}
        return self._answer(int(first.split()[1]), headers, body, began)

    def _url(self, at: int) -> str:
        return self._fleet.urls[at % len(self._fleet.urls)]

    def _answer(
        self, status: int, headers: Mapping[str, str], content: bytes, began: float
    ) -> Answer:
        seconds = time.perf_counter() - began
        body = json.loads(content) if content else {}
        self._fleet.evidence.answered(status, headers, body)
        return Answer(status, dict(headers), body, seconds, str(body.get("token", "")))


def _headers(id_token: str, key: str | None) -> dict[str, str]:
    headers = {"Authorization": f"Bearer {id_token}", "X-Forwarded-For": FORWARDED}
    return headers if key is None else {**headers, "Idempotency-Key": key}
