"""livekit-plugins-google: its realtime session alone, without a room, on a vended token."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import stage
from google.genai import types
from livekit import rtc
from livekit.agents import llm
from livekit.plugins.google.realtime import RealtimeModel


@llm.function_tool
async def open_door() -> str:
    """Opens the front door."""
    return "opened"


@llm.function_tool
async def set_scene(
    room: str, mood: str, level: float, at: dict[str, int], lamps: list[str]
) -> str:
    """Sets the lamps of a room."""
    return "arranged"


ANSWERS = {"open_door": "opened", "set_scene": "arranged"}


class Talk:
    """One session; what is lost it brings back by itself."""

    def __init__(self, minted: dict[str, Any]) -> None:
        connect = minted["connect"]
        self._given = {
            "model": connect["model"].removeprefix("models/"),
            "api_key": minted["token"],
            "api_version": connect["apiVersion"],
        }
        self._base_url = connect["baseUrl"]
        self._given_up: Exception | None = None
        self.said = ""

    async def open(self, handle: str = "", tools: bool = False) -> None:
        """Begin the talk, or resume it."""
        self.turns: asyncio.Queue[llm.GenerationCreatedEvent] = asyncio.Queue()
        self.interrupted = asyncio.Event()
        resumption = {"session_resumption": types.SessionResumptionConfig(handle=handle)}
        model = RealtimeModel(
            **self._given,
            http_options=types.HttpOptions(base_url=self._base_url),
            **(resumption if handle else {}),
        )
        self.session = model.session()
        self.session.on("generation_created", self.turns.put_nowait)
        self.session.on("input_speech_started", lambda _: self.interrupted.set())
        self.session.on("error", self._note)
        if tools:
            await self.session.update_tools([open_door, set_scene])

    async def say(self, text: str) -> None:
        """Type something, and ask for a reply."""
        await self.add("user", text)
        await self.session.generate_reply()

    async def add(self, role: str, text: str) -> None:
        """Add a message to what was said."""
        context = self.session.chat_ctx.copy()
        context.add_message(role=role, content=text)
        await self.session.update_chat_ctx(context)

    def speak(self) -> None:
        """Ask something aloud."""
        for data in stage.question():
            self.session.push_audio(rtc.AudioFrame(data, stage.RATE, 1, len(data) // 2))

    async def hear(self) -> None:
        """Tell the next turn, and answer the functions it calls."""
        turn = await self.turns.get()
        calls = asyncio.create_task(self._answer(turn))
        async for message in turn.message_stream:
            async for words in message.text_stream:
                stage.tell(said=words)
                self.said += words
        await calls

    async def sounds(self) -> None:
        """Wait for the first sound of the next turn."""
        turn = await self.turns.get()
        async for message in turn.message_stream:
            async for _ in message.audio_stream:
                return

    async def _answer(self, turn: llm.GenerationCreatedEvent) -> None:
        async for call in turn.function_stream:
            stage.tell(called=call.name, args=json.loads(call.arguments or "{}"))
            output = ANSWERS[call.name]
            context = self.session.chat_ctx.copy()
            context.items += [
                call,
                llm.FunctionCallOutput(
                    call_id=call.call_id, name=call.name, output=output, is_error=False
                ),
            ]
            await self.session.update_chat_ctx(context)

    async def handed(self, other_than: str | None = None) -> None:
        """Wait for a handle. Raises what the session gave up for."""
        while self.session.session_resumption_handle in (None, other_than):
            if self._given_up:
                raise self._given_up
            await asyncio.sleep(0.05)

    def _note(self, error: llm.RealtimeModelError) -> None:
        if not error.recoverable:
            self._given_up = error.error


async def play(case: str, minted: dict[str, Any]) -> None:
    """Play one case."""
    talk = Talk(minted)
    await talk.open(tools=case in stage.ASKED)
    if case == "history":
        for role, words in stage.SEED:
            await talk.add({"user": "user", "model": "assistant"}[role], words)
    if case == "speech":
        talk.speak()
    else:
        await talk.say(FIRST.get(case, "my name is Ada"))
    if case == "interruption":
        await talk.sounds()
        talk.interrupted.clear()
        talk.speak()
        await talk.interrupted.wait()
        stage.tell(interrupted=True)
        return
    await talk.hear()
    while case in stage.ASKED and stage.ASKED[case][1] not in talk.said:
        await talk.hear()
    if case in ("cut", "goAway", "resume"):
        await _remembered(talk, case)
    await talk.session.aclose()


async def _remembered(talk: Talk, case: str) -> None:
    await talk.handed()
    handle = talk.session.session_resumption_handle
    if case == "resume":
        await talk.session.aclose()
        await talk.open(handle)
    else:
        stage.tell(now={"cut": "cut", "goAway": "go_away"}[case])
    await talk.handed(other_than=handle)
    await talk.say("recap")
    await talk.hear()


FIRST = {
    "text": "hello",
    **{case: text for case, (text, _) in stage.ASKED.items()},
    "interruption": stage.LONG,
    "history": "recap",
}

if __name__ == "__main__":
    stage.play_each(play)
