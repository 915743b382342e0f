"""A network that answers from memory and counts, and a clock that stands still: the fakes of the
identity tests.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from dataclasses import dataclass, field

import httpx2

from support.fakes.over_httpx2 import OverHttpx2
from vending.identity.jwks import Keys

NOW = 1_800_000_000  # 15 January 2027


@dataclass(frozen=True)
class Page:
    """What a server answers, byte for byte."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def page(document: object) -> Page:
    """A JSON document."""
    return Page(json.dumps(document).encode())


Answer = Page | Exception | Callable[[], Coroutine[None, None, Page]]


class Clock:
    """Seconds that pass when told."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __call__(self) -> float:
        return self.seconds

    async def pause(self, seconds: float) -> None:
        """Let so many pass."""
        self.seconds += seconds
        await asyncio.sleep(0)


class Network:
    """Documents by URL. What is not there cannot be connected to; every request is remembered."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.fetched: list[str] = []
        self.http = OverHttpx2(httpx2.MockTransport(self._answer))

    def publish(self, url: str, document: object) -> None:
        """Answer 200 with this document from now on."""
        self.answers[url] = page(document)

    def keys(self, issuer: str, jwks_uri: str | None = None) -> Keys:
        """Keys that reach this network and no other, and wait no longer than told."""
        clock = Clock(0)
        return Keys(issuer, jwks_uri, http=self.http, monotonic=clock, pause=clock.pause)

    async def _answer(self, request: httpx2.Request) -> httpx2.Response:
        url = str(request.url)
        self.fetched.append(url)
        answer = self.answers.get(url, httpx2.ConnectError(f"nobody at {url}"))
        if isinstance(answer, Exception):
            raise answer
        if not isinstance(answer, Page):
            answer = await answer()
        return httpx2.Response(
            answer.status, headers=answer.headers, content=_in_pieces(answer.body)
        )


async def _in_pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 4096):
        yield body[start : start + 4096]
