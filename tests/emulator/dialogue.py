"""Who speaks when, on one connection: turns are taken, answered and interrupted."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from emulator.cloud import Cloud
from emulator.handshake import Opened
from emulator.hearing import Utterance
from emulator.outbox import Outbox
from emulator.pcm import resample
from emulator.pictures import Picture
from emulator.speaker import Speaker
from emulator.speech import Speech, spoken
from emulator.talk import Line
from emulator.tool_calls import ToolCalls
from emulator.tools import asked_for, grounding, searches
from emulator.usage import compress


@dataclass(frozen=True, slots=True)
class Ask:
    """Something to answer: a user's turn, or what a function answered."""

    text: str
    utterance: Utterance | None = None
    is_result: bool = False


class Dialogue:
    """The turns of one connection, one after the other."""

    def __init__(
        self, opened: Opened, outbox: Outbox, cloud: Cloud, group: asyncio.TaskGroup
    ) -> None:
        self._opened, self._outbox, self._cloud, self._group = opened, outbox, cloud, group
        self._speaker = Speaker(opened, outbox, cloud.clock, cloud.settings, group)
        self._calls = ToolCalls(opened, outbox)
        self._turn: asyncio.Task[None] | None = None
        self._waiting: list[Ask] = []
        self._seen: Picture | None = None
        self._new_pictures = 0
        self._hears = opened.model.transcribes_input or "inputAudioTranscription" in opened.setup

    @property
    def busy(self) -> bool:
        """Whether the model generates, speaks or waits for a function: then no handle is given."""
        return self._speaks or self._calls.held

    def see(self, picture: Picture) -> None:
        """Look at a video frame; it is spoken of in the next answer."""
        self._seen, self._new_pictures = picture, self._new_pictures + 1

    async def heard(self, utterance: Utterance, *, interrupts: bool) -> None:
        """Answer what was spoken: the scripted recogniser says what it was."""
        talk, script = self._opened.talk, self._cloud.settings.recognised
        talk.utterances += 1
        fixed = f"({utterance.seconds:.1f} seconds of speech)"
        text = script[talk.utterances - 1] if talk.utterances <= len(script) else fixed
        self._cloud.note("utterance", talk=talk.id, seconds=round(utterance.seconds, 3), text=text)
        self._remember(Line("user", text, utterance.seconds, self._pictures()))
        await self._ask(Ask(text, utterance), interrupts=interrupts)

    async def typed(self, text: str) -> None:
        """Answer what was typed. Guess: it interrupts, whatever was set for speech."""
        self._remember(Line("user", text, pictures=self._pictures()))
        await self._ask(Ask(text))

    async def told(self, lines: list[Line], *, answer: bool) -> None:
        """Take turns into the history, and answer the user's latest if asked to."""
        for line in lines:
            self._remember(line)
        if answer:
            said = [line.text for line in self._opened.talk.lines if line.role == "user"]
            await self._ask(Ask(said[-1] if said else ""))

    async def answered(self, responses: list[dict[str, Any]]) -> None:
        """Take what functions answered, and speak of it as each was scheduled. Raises Closed."""
        for result in self._calls.take(responses):
            self._remember(Line("tool", result.words))
            if not result.silent:
                await self._ask(Ask(result.words, is_result=True), interrupts=result.interrupts)

    async def interrupt(self) -> None:
        """Stop the running turn, if there is one: somebody speaks over it."""
        turn, was_busy = self._turn, self.busy
        if turn is not None and not turn.done():
            turn.cancel()
            await asyncio.wait([turn])
        await self._calls.cancel_held()
        if was_busy and self._speaker.in_turn:
            await self._speaker.interrupted()

    @property
    def _speaks(self) -> bool:
        # Once turnComplete is on its way the turn is over, though its task may not be.
        return self._turn is not None and not self._turn.done() and self._speaker.in_turn

    def _pictures(self) -> int:
        new, self._new_pictures = self._new_pictures, 0
        return new

    def _remember(self, line: Line) -> None:
        self._opened.talk.lines.append(line)
        compress(self._opened.setup, self._opened.talk.lines)

    async def _ask(self, ask: Ask, *, interrupts: bool = True) -> None:
        if self.busy and not interrupts:
            self._waiting.append(ask)
            return
        await self.interrupt()
        self._speaker.begin()
        self._turn = self._group.create_task(self._take_turn(ask))

    async def _take_turn(self, ask: Ask) -> None:
        await self._answer(ask)
        while self._waiting and not self._calls.held:
            self._speaker.begin()
            await self._answer(self._waiting.pop(0))

    async def _answer(self, ask: Ask) -> None:
        if ask.utterance and self._hears:
            await self._outbox.send({"serverContent": {"inputTranscription": {"text": ask.text}}})
        functions = [] if ask.is_result else asked_for(ask.text, self._opened.setup)
        if functions:
            await self._call(functions, ask.text)
        else:
            found = searches(self._opened.setup) and not ask.is_result
            await self._speaker.say(
                await self._speech(ask),
                {"groundingMetadata": grounding(ask.text)} if found else None,
            )
            await self._speaker.complete()

    async def _call(self, functions: list[dict[str, Any]], text: str) -> None:
        message = self._calls.make(functions, text)
        self._cloud.note("tool_call", talk=self._opened.talk.id, **message)
        if not self._opened.model.reports_interaction or self._calls.held:
            # The turn stays open until the answer comes: a turn with tools has one turnComplete.
            await self._outbox.send({"toolCall": message})
            return
        await self._speaker.say(await self._words("One moment."))
        # Terminal content and a call in one message were seen (livekit/agents 7151). Guess: here.
        await self._speaker.complete("IN_PROGRESS", toolCall=message)

    async def _speech(self, ask: Ask) -> Speech:
        seen, self._seen = self._seen, None
        words = ask.text if ask.is_result or ask.utterance else f"You wrote: {ask.text}"
        if ask.text.lower().startswith("recap"):
            said = [line.text for line in self._opened.talk.lines[:-1] if line.role == "user"]
            return await self._words("You said: " + "; ".join(said))
        if seen:
            words = f"{words} {seen}"
        if ask.utterance:
            return Speech(words, resample(ask.utterance.samples, ask.utterance.rate))
        return await self._words(words)

    async def _words(self, words: str) -> Speech:
        config = self._opened.setup.get("generationConfig", {}).get("speechConfig", {})
        voice = config.get("voiceConfig", {}).get("prebuiltVoiceConfig", {}).get("voiceName", "")
        return await spoken(words, voice, self._cloud.settings.speech)
