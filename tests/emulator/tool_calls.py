"""Calls on one connection: made, answered by id, cancelled when the user speaks over them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from emulator.cloud import Cloud
from emulator.handshake import Opened
from emulator.manners import CALLS_DIE, INTERIM_ABANDONS, SCHEDULING_REFUSED, UNNAMED_FAILS
from emulator.outbox import Outbox
from emulator.refusals import bad_argument, no_scheduling, not_found
from emulator.talk import Call, Line
from emulator.tools import Declaration, arguments, blocks, result_words


@dataclass(frozen=True, slots=True)
class Result:
    """What a function answered, and when to speak of it."""

    words: str
    silent: bool = False
    interrupts: bool = False


class ToolCalls:
    """The calls of one connection; whether the next one may answer them is `calls_die`."""

    def __init__(self, opened: Opened, outbox: Outbox, cloud: Cloud) -> None:
        self._opened, self._outbox, self._cloud = opened, outbox, cloud
        self._model = opened.talk.model
        if cloud.settings.shows(CALLS_DIE, self._model):
            self._calls: dict[str, Call] = {}
            for lost in opened.talk.open_calls() if opened.talk.connections == 1 else ():
                lost.state = "lost"
        else:
            self._calls = opened.talk.calls

    @property
    def held(self) -> bool:
        """Whether the turn waits for an answer."""
        return bool(self._waited_for())

    def make(self, functions: list[Declaration], text: str) -> dict[str, Any]:
        """Return a toolCall for the functions."""
        talk, made = self._opened.talk, []
        for function in functions:
            blocking = blocks(function, self._opened.model)
            call = Call(f"function-call-{secrets.randbits(63)}", function["name"], blocking)
            talk.calls[call.id] = self._calls[call.id] = call
            made.append({"id": call.id, "name": call.name, "args": arguments(function, text)})
        talk.lines.append(Line("model", json.dumps(made)))
        return {"functionCalls": made}

    def take(self, responses: list[dict[str, Any]]) -> Iterator[Result]:
        """Return what was answered and is to be spoken of. Raises Closed for an id that is none."""
        for response in responses:
            if "id" not in response:
                raise bad_argument()  # Guess: both SDKs refuse to send it
            call = self._calls.get(response["id"])
            if call is None:
                self._refuse_stray(response["id"])
            elif call.state == "open":
                yield self._result(call, response)
            # else: answered before, or cancelled while the answer was on its way

    async def cancel_held(self) -> None:
        """Cancel the calls that the turn waits for."""
        held = self._waited_for()
        for call in held:
            call.state = "cancelled"
        if held:
            await self._outbox.send({"toolCallCancellation": {"ids": [call.id for call in held]}})

    def _waited_for(self) -> list[Call]:
        return [call for call in self._calls.values() if call.state == "open" and call.blocking]

    def _refuse_stray(self, call_id: str) -> None:
        known = self._opened.talk.calls.get(call_id)
        self._cloud.note("stray_answer", talk=self._opened.talk.id, id=call_id)
        if known is None or self._cloud.settings.stray_answer == "closes":
            raise not_found()  # Guess for an id that never was: seen around races of tools

    def _result(self, call: Call, response: dict[str, Any]) -> Result:
        shows = partial(self._cloud.settings.shows, model=self._model)
        if "scheduling" in response and shows(SCHEDULING_REFUSED):
            raise no_scheduling()
        if not response.get("willContinue"):
            call.state = "answered"
        elif shows(INTERIM_ABANDONS):
            call.state = "abandoned"
        # For a call that blocks it is documented to be ignored: the turn waits in any case.
        scheduling = "" if call.blocking else response.get("scheduling", "WHEN_IDLE")
        waits = call.blocking and self.held
        words = self._words(call, response)
        return Result(words, waits or scheduling == "SILENT", scheduling == "INTERRUPT")

    def _words(self, call: Call, response: dict[str, Any]) -> str:
        name = response.get("name", "")
        if name != call.name:  # Guess: another function's name does no harm; nobody reported any
            self._cloud.note("answer_misnamed", id=call.id, called=call.name, answered=name)
        if not name and self._cloud.settings.shows(UNNAMED_FAILS, self._model):
            return f"I am sorry, {call.name} failed: a system error occurred."
        return result_words(call.name, response.get("response", {}))
