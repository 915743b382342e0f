"""google-adk: an agent that runs live on a vended token; what is lost it brings back by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Literal

import stage
from google.adk.agents import LiveRequestQueue, LlmAgent, RunConfig
from google.adk.agents.run_config import StreamingMode
from google.adk.events import Event
from google.adk.models import Gemini
from google.adk.runners import Runner
from google.adk.sessions import InMemorySessionService
from google.genai import types

APP, USER = "clients", "ada"


def open_door() -> str:
    """Opens the front door."""
    stage.tell(called="open_door", args={})
    return "opened"


def set_scene(
    room: str, mood: Literal["warm", "cold"], level: float, at: dict[str, Any], lamps: list[str]
) -> str:
    """Sets the lamps of a room."""
    stage.tell(
        called="set_scene",
        args={"room": room, "mood": mood, "level": level, "at": at, "lamps": lamps},
    )
    return "arranged"


class Talk:
    """One live run of an agent, or several."""

    def __init__(self, minted: dict[str, Any]) -> None:
        connect = minted["connect"]
        options = types.HttpOptions(base_url=connect["baseUrl"], api_version=connect["apiVersion"])
        client = {"api_key": minted["token"], "http_options": options}
        model = Gemini(model=connect["model"].removeprefix("models/"), client_kwargs=client)
        agent = LlmAgent(name="porter", model=model, tools=[open_door, set_scene])
        self.sessions = InMemorySessionService()
        self._runner = Runner(app_name=APP, agent=agent, session_service=self.sessions)
        self.handle: str | None = None
        self.said = ""

    async def open(self) -> None:
        """Begin to run; what the agent knows is the session's."""
        found = await self.sessions.get_session(app_name=APP, user_id=USER, session_id="one")
        if not found:
            await self.sessions.create_session(app_name=APP, user_id=USER, session_id="one")
        self.queue = LiveRequestQueue()
        config = RunConfig(
            streaming_mode=StreamingMode.BIDI,
            response_modalities=[types.Modality.AUDIO],
            session_resumption=types.SessionResumptionConfig(handle=self.handle),
        )
        self._events: AsyncIterator[Event] = self._runner.run_live(
            user_id=USER, session_id="one", live_request_queue=self.queue, run_config=config
        )

    def say(self, text: str) -> None:
        """Type something."""
        self.queue.send_content(types.Content(role="user", parts=[types.Part(text=text)]))

    def speak(self) -> None:
        """Ask something aloud."""
        for data in stage.question():
            self.queue.send_realtime(types.Blob(data=data, mime_type="audio/pcm;rate=16000"))

    async def hear(self, until: str) -> None:
        """Tell what is said, up to an event that has something."""
        async for event in self._events:
            words = event.output_transcription
            if words and words.text and not words.finished:
                stage.tell(said=words.text)
                self.said += words.text
            if event.interrupted:
                stage.tell(interrupted=True)
            update = event.live_session_resumption_update
            self.handle = (update and update.new_handle) or self.handle
            if until == "sound" and event.content and _sounds(event.content):
                return
            if getattr(event, until, None):
                return
        raise RuntimeError("the run ended")

    async def close(self) -> None:
        """End the run."""
        self.queue.close()
        await self._events.aclose()


def _sounds(content: types.Content) -> bool:
    return any(part.inline_data for part in content.parts or ())


async def play(case: str, minted: dict[str, Any]) -> None:
    """Play one case."""
    talk = Talk(minted)
    if case == "history":
        session = await talk.sessions.create_session(app_name=APP, user_id=USER, session_id="one")
        for role, words in stage.SEED:
            content = types.Content(role=role, parts=[types.Part(text=words)])
            event = Event(author="user" if role == "user" else "porter", content=content)
            await talk.sessions.append_event(session, event)
    await talk.open()
    if case == "speech":
        talk.speak()
    else:
        talk.say(FIRST.get(case, "my name is Ada"))
    if case == "interruption":
        await talk.hear("sound")
        talk.speak()
        await talk.hear("interrupted")
        return
    await talk.hear("turn_complete")
    # What does not block ends the turn that called it.
    while case in stage.ASKED and stage.ASKED[case][1] not in talk.said:
        await talk.hear("turn_complete")
    if case in ("cut", "goAway", "resume"):
        await _remembered(talk, case)
    await talk.close()


async def _remembered(talk: Talk, case: str) -> None:
    if not talk.handle:
        await talk.hear("live_session_resumption_update")
    if case == "resume":
        await talk.close()
        await asyncio.sleep(0.2)
        await talk.open()
    else:
        stage.tell(now={"cut": "cut", "goAway": "go_away"}[case])
        await talk.hear("live_session_resumption_update")  # the next connection's
    talk.say("recap")
    await talk.hear("turn_complete")


FIRST = {
    "text": "hello",
    **{case: text for case, (text, _) in stage.ASKED.items()},
    "interruption": stage.LONG,
    "history": "recap",
}

if __name__ == "__main__":
    stage.play_each(play)
