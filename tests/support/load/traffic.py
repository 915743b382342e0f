"""Visitors who come at a fixed rate, whatever becomes of those before them (an open loop)."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from statistics import quantiles
from typing import Self

import httpx2

from support.servers.fleet import Fleet, Person

PATH = "/api/v1/live-token"
PATIENCE_S = 30


@dataclass(slots=True)
class Report:
    """What became of the visitors."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    broken: int = 0
    """Requests without an answer."""
    wrong: Counter[str] = field(default_factory=Counter)
    """What went wrong, by the problem's code or the client's exception."""
    tokens: Counter[str] = field(default_factory=Counter)
    """How many tokens each person was given."""

    def percentile_ms(self, percent: int) -> float:
        """Return how long that many percent took at most."""
        return quantiles(self.seconds, n=100, method="inclusive")[percent - 1] * 1000

    @property
    def errors(self) -> int:
        """How many were not answered as they should be."""
        return self.wrong.total()


class Visitors:
    """Ask one server over connections that are kept."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._known: deque[tuple[Person, str]] = deque(maxlen=50)
        self._http = httpx2.AsyncClient(
            timeout=PATIENCE_S,
            trust_env=False,
            limits=httpx2.Limits(
                max_connections=None,
                max_keepalive_connections=100,
                keepalive_expiry=1,  # the server's is 5: never one that it is just closing
            ),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def mixed(self, number: int, report: Report) -> None:
        """Visit: of ten, six mint for the first time, two refresh, two look at their usage."""
        match number % 5 if len(self._known) == self._known.maxlen else 0:
            case 3:
                person, session = self._known.popleft()
                await self.ask(report, "POST", "/refresh", person, {"sessionId": session})
            case 4:
                await self.ask(report, "GET", "/usage", self._known[0][0])
            case _:
                await self.mint(number, report)

    async def mint(self, _: int, report: Report) -> httpx2.Response | None:
        """Mint for somebody new."""
        person = self._fleet.person()
        answer = await self.ask(report, "POST", "", person)
        if answer is not None and answer.status_code == 201:
            self._known.append((person, answer.json()["session"]["id"]))
        return answer

    async def ask(
        self, report: Report, method: str, path: str, person: Person, body: object = None
    ) -> httpx2.Response | None:
        """Send a request; None if there was no answer."""
        began, url = time.perf_counter(), self._fleet.urls[0] + PATH + path
        headers = {"Authorization": f"Bearer {person.id_token}"}
        try:
            answer = await self._http.request(method, url, headers=headers, json=body)
        except httpx2.HTTPError as error:
            report.broken += 1
            report.wrong[type(error).__name__] += 1
            return None
        report.seconds.append(time.perf_counter() - began)
        report.statuses[answer.status_code] += 1
        if answer.status_code == HTTPStatus.CREATED:
            report.tokens[person.alias] += 1
        if answer.is_error:
            report.wrong[answer.json()["code"]] += 1
        return answer


async def at_rate(rate: float, seconds: float, visit: Callable[[int], Awaitable[object]]) -> None:
    """Start a visit every 1/rate seconds, and wait for all of them in the end."""
    began = time.monotonic()

    async def one(number: int) -> None:
        await visit(number)

    async with asyncio.TaskGroup() as group:
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(began + number / rate - time.monotonic(), 0))
            group.create_task(one(number))
