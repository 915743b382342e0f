"""An emulated Open-Meteo: finds any place but Nowhere, and invents weather that stays the same.

The shape is that of https://open-meteo.com/en/docs; the numbers come from the place's name.
"""

from __future__ import annotations

import zlib
from datetime import UTC, datetime, timedelta

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

_CODES = (0, 1, 2, 3, 45, 51, 61, 71, 80, 95)


def create_app() -> Starlette:
    """Build both of its services as one ASGI app; it may be mounted under any prefix."""
    return Starlette(routes=[Route("/v1/search", _search), Route("/v1/forecast", _forecast)])


async def _search(request: Request) -> JSONResponse:
    name = request.query_params.get("name", "")
    if len(name) < 2 or name.casefold() == "nowhere":  # the real one wants two characters
        return JSONResponse({"generationtime_ms": 0.5})
    seed = zlib.crc32(name.casefold().encode())
    place = {
        "id": seed,
        "name": name.title(),
        "country": "Emulatia",
        "latitude": seed % 16000 / 100 - 80,
        "longitude": seed % 36000 / 100 - 180,
        "timezone": "GMT",
    }
    return JSONResponse({"results": [place], "generationtime_ms": 0.5})


async def _forecast(request: Request) -> JSONResponse:
    try:
        latitude = float(request.query_params["latitude"])
        longitude = float(request.query_params["longitude"])
    except (KeyError, ValueError):
        reason = "Parameter 'latitude' and 'longitude' must be numbers"
        return JSONResponse({"error": True, "reason": reason}, status_code=400)
    seed = int(abs(latitude * 7 + longitude * 3) * 100)
    warmth = round(30 - abs(latitude) / 2, 1)
    now = datetime.now(UTC)
    days = [now.date() + timedelta(days=ahead) for ahead in range(3)]
    return JSONResponse(
        {
            "latitude": latitude,
            "longitude": longitude,
            "timezone": "GMT",
            "current": {
                "time": f"{now:%Y-%m-%dT%H:%M}",
                "interval": 900,
                "temperature_2m": warmth,
                "apparent_temperature": round(warmth - 1.5, 1),
                "weather_code": _CODES[seed % len(_CODES)],
                "wind_speed_10m": seed % 300 / 10,
            },
            "daily": {
                "time": [day.isoformat() for day in days],
                "weather_code": [_CODES[(seed + ahead) % len(_CODES)] for ahead in range(3)],
                "temperature_2m_min": [round(warmth - 6 + ahead, 1) for ahead in range(3)],
                "temperature_2m_max": [round(warmth + 2 + ahead, 1) for ahead in range(3)],
            },
        }
    )
