"""The control API, `/_emulator/...`: what a test asks of it, and no client of Gemini.

GET    /_emulator                 speed, time, settings, counts, open sockets, faults waiting
PATCH  /_emulator/settings        any of EmulatorSettings, by name
POST   /_emulator/clock           {"advance_s": 600} or {"speed": 60}
POST   /_emulator/faults          a fault (see faults.py); GET lists them, DELETE forgets them
POST   /_emulator/say             {"text": "hello"}: somebody says so in every open talk
GET    /_emulator/journal         ?kind=mint&after=17; DELETE forgets it
GET    /_emulator/talks           every conversation, with all that was said
POST   /_emulator/reset           cut every socket and forget everything
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, replace
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulator.ascii_json import AsciiJSONResponse
from emulator.cloud import Cloud
from emulator.faults import Fault
from emulator.settings import Seconds


class ClockMove(BaseModel):
    """What `POST /_emulator/clock` takes."""

    model_config = ConfigDict(extra="forbid")

    advance_s: Seconds = 0.0
    speed: Seconds | None = None


class Said(BaseModel):
    """What `POST /_emulator/say` takes."""

    model_config = ConfigDict(extra="forbid")

    text: str


class Control:
    """The control API of one emulated service."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def routes(self) -> list[Route]:
        """Return its routes."""
        return [
            Route("/_emulator", self._show, methods=["GET"]),
            Route("/_emulator/settings", self._set, methods=["PATCH"]),
            Route("/_emulator/clock", self._move_clock, methods=["POST"]),
            Route("/_emulator/faults", self._faults, methods=["GET", "POST", "DELETE"]),
            Route("/_emulator/say", self._say, methods=["POST"]),
            Route("/_emulator/journal", self._journal, methods=["GET", "DELETE"]),
            Route("/_emulator/talks", self._talks, methods=["GET"]),
            Route("/_emulator/reset", self._reset, methods=["POST"]),
        ]

    async def _show(self, _request: Request) -> Response:
        cloud = self._cloud
        return AsciiJSONResponse(
            {
                "speed": cloud.clock.speed,
                "now": cloud.clock.now(),
                "open_sockets": len(self._cloud.open),
                "counts": dict(cloud.journal.counts),
                "faults": [fault.model_dump() for fault in cloud.faults.waiting()],
                "settings": asdict(cloud.settings),
            }
        )

    async def _set(self, request: Request) -> Response:
        try:
            self._cloud.set(self._cloud.settings.changed(await _json(request)))
        except ValueError as error:
            return _bad(error)
        return AsciiJSONResponse(asdict(self._cloud.settings))

    async def _move_clock(self, request: Request) -> Response:
        try:
            move = ClockMove.model_validate(await _json(request))
        except ValueError as error:
            return _bad(error)
        if move.speed:
            self._cloud.set(replace(self._cloud.settings, speed=move.speed))
        self._cloud.clock.move(advance_s=move.advance_s)
        return AsciiJSONResponse({"speed": self._cloud.clock.speed, "now": self._cloud.clock.now()})

    async def _faults(self, request: Request) -> Response:
        faults = self._cloud.faults
        if request.method == "DELETE":
            faults.clear()
        if request.method == "POST":
            try:
                fault = Fault.model_validate(await _json(request))
            except ValueError as error:
                return _bad(error)
            if problem := fault.problem():
                return _bad(ValueError(problem))
            if fault.on == "open":
                for session in list(self._cloud.open):
                    session.strike(fault)
            else:
                faults.add(fault)
        return AsciiJSONResponse([fault.model_dump() for fault in faults.waiting()])

    async def _say(self, request: Request) -> Response:
        try:
            said = Said.model_validate(await _json(request))
        except ValueError as error:
            return _bad(error)
        for session in self._cloud.open:
            session.hear(said.text)
        return AsciiJSONResponse({"talks": len(self._cloud.open)})

    async def _journal(self, request: Request) -> Response:
        journal = self._cloud.journal
        if request.method == "DELETE":
            journal.clear()
        after = request.query_params.get("after", "0")
        kind = request.query_params.get("kind")
        return AsciiJSONResponse(journal.entries(kind, int(after) if after.isdecimal() else 0))

    async def _talks(self, _request: Request) -> Response:
        return AsciiJSONResponse([talk.shown() for talk in self._cloud.talks.all()])

    async def _reset(self, _request: Request) -> Response:
        for session in list(self._cloud.open):
            session.strike(Fault(on="open", do="cut"))
        while self._cloud.open:  # noqa: ASYNC110 - a test's reset, a few milliseconds
            await asyncio.sleep(0.001)
        self._cloud.reset()
        return Response(status_code=204)


async def _json(request: Request) -> dict[str, Any]:
    value = json.loads(await request.body() or b"{}")
    if not isinstance(value, dict):
        raise ValueError("the body must be a JSON object")
    return value


def _bad(error: ValueError) -> Response:
    problems = (
        [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        if isinstance(error, ValidationError)
        else [str(error)]
    )
    return AsciiJSONResponse({"problems": problems}, 400)
