"""Calls on one connection: made, answered by id, cancelled when the user speaks over them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from emulator.handshake import Opened
from emulator.outbox import Outbox
from emulator.refusals import bad_argument, not_found
from emulator.talk import Call, Line
from emulator.tools import Declaration, arguments, blocks, result_words


@dataclass(frozen=True, slots=True)
class Result:
    """What a function answered, and when to speak of it."""

    words: str
    silent: bool = False
    interrupts: bool = False


class ToolCalls:
    """The calls of one connection; they are the talk's, so that a resumed one can answer them too.

    Guess: that last. It is not known what becomes of a call whose connection ends.
    """

    def __init__(self, opened: Opened, outbox: Outbox) -> None:
        self._opened = opened
        self._outbox = outbox
        self._held: list[str] = []

    @property
    def held(self) -> bool:
        """Whether the turn waits for an answer."""
        return bool(self._opened.talk.open_calls(blocking=True))

    def make(self, functions: list[Declaration], text: str) -> dict[str, Any]:
        """Return a toolCall for the functions."""
        talk, made = self._opened.talk, []
        for function in functions:
            blocking = blocks(function, self._opened.model)
            call = Call(f"function-call-{secrets.randbits(63)}", function["name"], blocking)
            talk.calls[call.id] = call
            made.append({"id": call.id, "name": call.name, "args": arguments(function, text)})
        talk.lines.append(Line("model", json.dumps(made)))
        return {"functionCalls": made}

    def take(self, responses: list[dict[str, Any]]) -> Iterator[Result]:
        """Return what was answered and is to be spoken of. Raises Closed for an id that is none."""
        for response in responses:
            call = self._opened.talk.calls.get(response.get("id", ""))
            if "id" not in response:
                raise bad_argument()  # Guess: both SDKs refuse to send it
            if call is None:
                raise not_found()  # Guess: seen around races of tools
            if call.state != "open":
                continue  # answered before, or cancelled while the answer was on its way
            if not response.get("willContinue"):
                call.state = "answered"
            # For a call that blocks it is documented to be ignored: the turn waits in any case.
            scheduling = "" if call.blocking else response.get("scheduling", "WHEN_IDLE")
            words = result_words(call.name, response.get("response", {}))
            waits = call.blocking and self.held
            yield Result(words, waits or scheduling == "SILENT", scheduling == "INTERRUPT")

    async def cancel_held(self) -> None:
        """Cancel the calls that the turn waits for."""
        held = self._opened.talk.open_calls(blocking=True)
        for call in held:
            call.state = "cancelled"
        if held:
            await self._outbox.send({"toolCallCancellation": {"ids": [call.id for call in held]}})
