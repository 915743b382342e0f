"""pipecat-ai: a pipeline around its Gemini Live service, on a vended token."""

from __future__ import annotations

import asyncio
from typing import Any

import stage
from google.genai.types import HttpOptions
from pipecat.adapters.llm.schemas.function_schema import FunctionSchema
from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    InputTextRawFrame,
    InterruptionFrame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    TTSAudioRawFrame,
    TTSTextFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.google.gemini_live.llm import GeminiLiveLLMService
from pipecat.services.llm_service import FunctionCallParams
from pipecat.workers.runner import WorkerRunner

DOOR = FunctionSchema(
    name="open_door", description="Opens the front door.", properties={}, required=[]
)
SCENE = FunctionSchema(
    name="set_scene",
    description="Sets the lamps of a room.",
    properties={
        "room": {"type": "string"},
        "mood": {"type": "string", "enum": ["warm", "cold"]},
        "level": {"type": "number"},
        "at": {"type": "object", "properties": {"hour": {"type": "integer"}}},
        "lamps": {"type": "array", "items": {"type": "string"}},
    },
    required=["room"],
)
ANSWERS = {"open_door": "opened", "set_scene": "arranged"}


async def answer(params: FunctionCallParams) -> None:
    """Answer either of them."""
    stage.tell(called=params.function_name, args=dict(params.arguments))
    await params.result_callback({"output": ANSWERS[params.function_name]})


class Ear(FrameProcessor):
    """The end of the pipeline: tells what comes out of it."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: asyncio.Queue[type[Frame]] = asyncio.Queue()
        self.said = ""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Take a frame, and pass it on."""
        await super().process_frame(frame, direction)
        if isinstance(frame, TTSTextFrame):
            stage.tell(said=frame.text)
            self.said += frame.text
        if isinstance(frame, InterruptionFrame):
            stage.tell(interrupted=True)
        self.seen.put_nowait(type(frame))
        await self.push_frame(frame, direction)

    async def until(self, kind: type[Frame]) -> None:
        """Wait for a frame of a kind."""
        while not issubclass(await self.seen.get(), kind):
            pass


class Talk:
    """One running pipeline; what is lost it brings back by itself."""

    def __init__(self, minted: dict[str, Any], case: str) -> None:
        connect = minted["connect"]
        tools = ToolsSchema(standard_tools=[DOOR, SCENE]) if case in stage.ASKED else None
        self.service = GeminiLiveLLMService(
            api_key=minted["token"],
            settings=GeminiLiveLLMService.Settings(model=connect["model"]),
            http_options=HttpOptions(
                base_url=connect["baseUrl"], api_version=connect["apiVersion"]
            ),
            tools=tools,
            inference_on_context_initialization=False,
        )
        for name in ANSWERS:
            self.service.register_function(name, answer)
        self.ear = Ear()
        self.worker = PipelineWorker(Pipeline([self.service, self.ear]))

    async def open(self, seed: tuple[tuple[str, str], ...] = ()) -> None:
        """Run, with what was said before."""
        roles = {"user": "user", "model": "assistant"}
        messages = [{"role": roles[role], "content": words} for role, words in seed]
        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(self.worker)
        self.running = asyncio.create_task(runner.run())
        await self.worker.queue_frame(LLMContextFrame(LLMContext(messages)))
        await self.ready()

    async def ready(self) -> None:
        """Wait until it takes what the user says: before, it is thrown away."""
        while not (self.service._session and self.service._ready_for_realtime_input):  # noqa: ASYNC110
            await asyncio.sleep(0.05)

    async def say(self, text: str) -> None:
        """Type something."""
        await self.worker.queue_frame(InputTextRawFrame(text=text))

    async def speak(self) -> None:
        """Ask something aloud."""
        for data in stage.question():
            await self.worker.queue_frame(InputAudioRawFrame(data, stage.RATE, 1))

    async def handed(self) -> str:
        """Wait for a handle, which the service keeps to itself."""
        while not self.service._session_resumption_handle:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        return self.service._session_resumption_handle


async def play(case: str, minted: dict[str, Any]) -> None:
    """Play one case."""
    if case == "resume":
        raise NotImplementedError("takes no handle of an earlier talk")
    talk = Talk(minted, case)
    await talk.open(stage.SEED if case == "history" else ())
    if case == "speech":
        await talk.speak()
    else:
        await talk.say(FIRST.get(case, "my name is Ada"))
    if case == "interruption":
        await talk.ear.until(TTSAudioRawFrame)
        await talk.speak()
        await talk.ear.until(InterruptionFrame)
    else:
        await talk.ear.until(LLMFullResponseEndFrame)
        while case in stage.ASKED and stage.ASKED[case][1] not in talk.ear.said:
            await talk.ear.until(LLMFullResponseEndFrame)
    if case in ("cut", "goAway"):
        await _remembered(talk, case)
    await talk.worker.cancel()
    await talk.running


async def _remembered(talk: Talk, case: str) -> None:
    handle = await talk.handed()
    stage.tell(now={"cut": "cut", "goAway": "go_away"}[case])
    async with asyncio.timeout(10):
        while await talk.handed() == handle:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await talk.ready()
    await talk.say("recap")
    await talk.ear.until(LLMFullResponseEndFrame)


FIRST = {
    "text": "hello",
    **{case: text for case, (text, _) in stage.ASKED.items()},
    "interruption": stage.LONG,
    "history": "recap",
}

if __name__ == "__main__":
    stage.play_each(play)
