"""The weather comes from Open-Meteo, or is refused clearly."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx2
import pytest

from emulator import open_meteo
from support.fakes.over_httpx2 import OverHttpx2
from vending.errors import NotFound, WeatherUnavailable
from vending.operations.weather import Weather

Answer = Callable[[httpx2.Request], httpx2.Response]


class Counting(httpx2.AsyncBaseTransport):
    """Counts what goes through it."""

    def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
        self.inner = inner
        self.requests = 0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.requests += 1
        return await self.inner.handle_async_request(request)


def weather_by(transport: httpx2.AsyncBaseTransport, clock: Callable[[], float]) -> Weather:
    return Weather("http://places", "http://forecast", http=OverHttpx2(transport), clock=clock)


@pytest.fixture
def open_meteo_transport() -> Counting:
    return Counting(httpx2.ASGITransport(open_meteo.create_app()))


async def test_weather_of_a_place_is_told_for_now_and_three_days(
    open_meteo_transport: Counting,
) -> None:
    weather = weather_by(open_meteo_transport, clock=lambda: 0.0)

    answer = await weather.at(" new york ")

    assert answer["place"].strip() == "New York"
    assert len(answer["days"]) == 3
    assert all(day["lowestC"] < day["highestC"] for day in answer["days"])
    assert answer["sky"]


async def test_place_that_nobody_knows_is_not_found(open_meteo_transport: Counting) -> None:
    weather = weather_by(open_meteo_transport, clock=lambda: 0.0)

    with pytest.raises(NotFound):
        await weather.at("nowhere")


async def test_answer_is_kept_for_ten_minutes_however_the_place_is_written(
    open_meteo_transport: Counting,
) -> None:
    now = [0.0]
    weather = weather_by(open_meteo_transport, clock=lambda: now[0])
    await weather.at("Berlin")

    now[0] = 599.9
    await weather.at(" BERLIN ")
    kept = open_meteo_transport.requests
    now[0] = 600.0
    await weather.at("berlin")

    assert kept == 2
    assert open_meteo_transport.requests == 4


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: httpx2.Response(500),
        lambda _: httpx2.Response(429),
        lambda _: httpx2.Response(200, text="<html>"),
        lambda _: httpx2.Response(200, json={"results": [{}]}),
        lambda _: httpx2.Response(200, json=[]),
        lambda _: httpx2.Response(302, headers={"Location": "http://elsewhere"}),
    ],
)
async def test_failing_or_senseless_service_is_unavailable(answer: Answer) -> None:
    weather = weather_by(httpx2.MockTransport(answer), clock=lambda: 0.0)

    with pytest.raises(WeatherUnavailable) as refused:
        await weather.at("Berlin")

    assert refused.value.retry_after_s


async def test_slow_service_is_unavailable_within_its_deadline() -> None:
    async def never(_: httpx2.Request) -> httpx2.Response:
        await asyncio.Event().wait()
        raise AssertionError

    http = OverHttpx2(httpx2.MockTransport(never))
    weather = Weather("http://places", "http://forecast", deadline_s=0.05, http=http)

    with pytest.raises(WeatherUnavailable):
        await weather.at("Berlin")
