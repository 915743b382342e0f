"""The weather, as the example of a tool that a page runs for Gemini: from Open-Meteo, which needs
no key.

https://open-meteo.com/en/docs and /en/docs/geocoding-api. Answers are kept for ten minutes, so that
many callers do not become many requests.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any

from cachetools import TTLCache
from pydantic import TypeAdapter

from vending.contract.answers import WeatherAnswer, WeatherDay
from vending.errors import NotFound, WeatherUnavailable
from vending.guard.read_limits import ReadLimits
from vending.operations.dispatch import RequestContext
from vending.outbound.http_messages import Http, HttpRequest

WEATHER_DEADLINE_S = 4.0
WEATHER_KEPT_S = 600.0
PLACES_KEPT = 500
WEATHER_RETRY_AFTER_S = 10
NO_WEATHER = (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError)
_NOW = "temperature_2m,apparent_temperature,weather_code,wind_speed_10m"
_DAYS = "weather_code,temperature_2m_min,temperature_2m_max"
# WMO code 4677 as Open-Meteo uses it; a code stands for all up to the next
_SKIES = {
    0: "clear sky",
    1: "mainly clear",
    2: "partly cloudy",
    3: "overcast",
    45: "fog",
    51: "drizzle",
    56: "freezing drizzle",
    61: "rain",
    66: "freezing rain",
    71: "snow",
    77: "snow grains",
    80: "rain showers",
    85: "snow showers",
    95: "thunderstorm",
    96: "thunderstorm with hail",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """The operations that a page runs for Gemini."""

    forecasts: Weather
    reads: ReadLimits

    async def weather(self, context: RequestContext) -> WeatherAnswer:
        """Return the weather at a place."""
        self.reads.admit(context.caller.user, "tools", context.limits.tool_calls_per_minute)
        return await self.forecasts.at(dict(context.request.query)["place"].strip())


class Weather:
    """A client of Open-Meteo: one address finds places, the other has their weather."""

    def __init__(
        self,
        places_url: str,
        forecast_url: str,
        *,
        deadline_s: float = WEATHER_DEADLINE_S,
        http: Http | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._places_url = places_url
        self._forecast_url = forecast_url
        self._deadline_s = deadline_s
        self._http = http
        self._kept: TTLCache[str, WeatherAnswer] = TTLCache(
            PLACES_KEPT, WEATHER_KEPT_S, timer=clock
        )

    async def at(self, place: str) -> WeatherAnswer:
        """Tell the weather now and for three days.

        Raises:
            NotFound: there is no such place.
            WeatherUnavailable: Open-Meteo is down, slow, or answers nonsense.
        """
        name = place.strip().casefold()
        if kept := self._kept.get(name):
            return kept
        try:
            async with asyncio.timeout(self._deadline_s):
                answer = await self._ask(place)
        except NO_WEATHER as error:
            detail = f"open-meteo: {type(error.__cause__ or error).__name__}"
            raise WeatherUnavailable(detail, retry_after_s=WEATHER_RETRY_AFTER_S) from error
        self._kept[name] = answer
        return answer

    async def _ask(self, place: str) -> WeatherAnswer:
        found = await self._get(
            f"{self._places_url}/v1/search", {"name": place, "count": "1", "language": "en"}
        )
        if not found.get("results"):
            raise NotFound("no such place", public="There is no such place.")
        where = found["results"][0]
        forecast = await self._get(
            f"{self._forecast_url}/v1/forecast",
            {
                "latitude": str(where["latitude"]),
                "longitude": str(where["longitude"]),
                "current": _NOW,
                "daily": _DAYS,
                "forecast_days": "3",
                "timezone": "auto",
            },
        )
        return _answer(where, forecast)

    async def _get(self, url: str, query: Mapping[str, str]) -> Any:
        if self._http is None:
            from vending.outbound.http_client import shared_client  # noqa: PLC0415 - aiohttp, if it is asked

            self._http = shared_client()
        answer = await self._http.send(HttpRequest("GET", url, query=query, trust_env=True))
        if answer.status != HTTPStatus.OK:
            raise ValueError(f"it answered {answer.status}")
        return json.loads(answer.content)


def _answer(where: Mapping[str, Any], forecast: Mapping[str, Any]) -> WeatherAnswer:
    now, daily = forecast["current"], forecast["daily"]
    days = zip(
        daily["time"],
        daily["weather_code"],
        daily["temperature_2m_min"],
        daily["temperature_2m_max"],
        strict=True,
    )
    return _contract().validate_python(
        WeatherAnswer(
            place=where["name"],
            country=where.get("country", ""),
            observedAt=now["time"],
            sky=_sky(now["weather_code"]),
            temperatureC=now["temperature_2m"],
            feelsLikeC=now["apparent_temperature"],
            windKmh=now["wind_speed_10m"],
            days=[
                WeatherDay(date=date, sky=_sky(code), lowestC=low, highestC=high)
                for date, code, low, high in days
            ],
        )
    )


@cache
def _contract() -> TypeAdapter[WeatherAnswer]:
    """The form that Open-Meteo's answers must have."""
    return TypeAdapter(WeatherAnswer)


def _sky(code: int) -> str:
    return _SKIES[max(known for known in _SKIES if known <= code)]
