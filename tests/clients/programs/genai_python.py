"""google-genai: a talk on a vended token, and after a loss the same talk with its handle."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from typing import Any

import stage
from google import genai
from google.genai import errors, types
from websockets.exceptions import ConnectionClosed

Until = Callable[[types.LiveServerMessage], object]


def turn_over(message: types.LiveServerMessage) -> bool:
    """Whether a message ends the model's turn."""
    return bool(message.server_content and message.server_content.turn_complete)


class Talk:
    """One talk, over as many connections as it takes."""

    def __init__(self, minted: dict[str, Any], stack: AsyncExitStack) -> None:
        connect = minted["connect"]
        options = types.HttpOptions(base_url=connect["baseUrl"], api_version=connect["apiVersion"])
        self._client = genai.Client(api_key=minted["token"], http_options=options)
        self._model, self._stack, self._handle = connect["model"], stack, None
        self.said = ""

    async def open(self, **config: Any) -> None:
        """Begin the talk, or resume it."""
        config["session_resumption"] = {"handle": self._handle}
        opening = self._client.aio.live.connect(model=self._model, config=config)
        self.session = await self._stack.enter_async_context(opening)

    async def resume(self) -> None:
        """Open it again, a second later each time it is refused."""
        for _ in range(4):
            with suppress(errors.APIError, ConnectionClosed):
                await self.open()
                return
            await asyncio.sleep(1)
        await self.open()

    async def say(self, text: str) -> None:
        """Type something."""
        await self.session.send_realtime_input(text=text)

    async def speak(self, pieces: list[bytes]) -> None:
        """Say something."""
        for data in pieces:
            blob = types.Blob(data=data, mime_type="audio/pcm;rate=16000")
            await self.session.send_realtime_input(audio=blob)

    async def hear(self, until: Until = turn_over) -> types.LiveServerMessage:
        """Tell what is said, up to the message that is waited for."""
        while True:
            async for message in self.session.receive():
                self._note(message)
                if until(message):
                    return message

    async def handed(self) -> None:
        """Wait for the handle that resumes the talk."""
        if not self._handle:
            await self.hear(lambda message: self._handle)

    async def lost(self) -> None:
        """Listen until the connection is gone."""
        with suppress(errors.APIError, ConnectionClosed):
            await self.hear(lambda _: False)

    def _note(self, message: types.LiveServerMessage) -> None:
        content, update = message.server_content, message.session_resumption_update
        if update and update.resumable and update.new_handle:
            self._handle = update.new_handle
        if content and content.output_transcription and content.output_transcription.text:
            stage.tell(said=content.output_transcription.text)
            self.said += content.output_transcription.text
        if content and content.interrupted:
            stage.tell(interrupted=True)


async def play(case: str, minted: dict[str, Any]) -> None:
    """Play one case."""
    async with AsyncExitStack() as stack:
        talk = Talk(minted, stack)
        await CASES[case](talk)


async def text(talk: Talk) -> None:
    await talk.open()
    await talk.say("hello")
    await talk.hear()


async def speech(talk: Talk) -> None:
    await talk.open()
    await talk.speak(stage.question())
    await talk.hear()


async def function(talk: Talk, case: str = "function") -> None:
    text, output = stage.ASKED[case]
    await talk.open()
    await talk.say(text)
    asked = await talk.hear(lambda message: message.tool_call)
    for call in asked.tool_call.function_calls:
        stage.tell(called=call.name, args=call.args or {})
        response = types.FunctionResponse(id=call.id, name=call.name, response={"output": output})
        await talk.session.send_tool_response(function_responses=[response])
    await talk.hear(lambda message: output in talk.said and turn_over(message))


async def parameters(talk: Talk) -> None:
    await function(talk, "parameters")


async def interruption(talk: Talk) -> None:
    await talk.open()
    await talk.say(stage.LONG)
    await talk.hear(lambda message: message.data)
    await talk.speak(stage.question())
    await talk.hear(lambda m: m.server_content and m.server_content.interrupted)


async def cut(talk: Talk, fault: str = "cut") -> None:
    await talk.open()
    await talk.say("my name is Ada")
    await talk.hear()
    await talk.handed()
    stage.tell(now=fault)
    await talk.lost()
    await talk.resume()
    await talk.say("recap")
    await talk.hear()


async def go_away(talk: Talk) -> None:
    await cut(talk, "go_away")


async def resume(talk: Talk) -> None:
    await talk.open()
    await talk.say("my name is Ada")
    await talk.hear()
    await talk.handed()
    await talk.session.close()
    await talk.resume()
    await talk.say("recap")
    await talk.hear()


async def history(talk: Talk) -> None:
    turns = [{"role": role, "parts": [{"text": words}]} for role, words in stage.SEED]
    await talk.open(history_config={"initial_history_in_client_content": True})
    await talk.session.send_client_content(turns=turns, turn_complete=True)
    await talk.say("recap")
    await talk.hear()


CASES = {
    "text": text,
    "speech": speech,
    "function": function,
    "parameters": parameters,
    "interruption": interruption,
    "cut": cut,
    "goAway": go_away,
    "resume": resume,
    "history": history,
}

if __name__ == "__main__":
    stage.play_each(play)
