"""The turns of one connection: taken, answered and interrupted."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from typing import Any
from unicodedata import category

from emulator.cloud import Cloud
from emulator.handles import Handles
from emulator.handshake import Opened
from emulator.hearing import Utterance
from emulator.manners import BOTH_3_8, PLACEHOLDERS_PASSED_OVER
from emulator.marks import WordEar, recognised
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


def is_placeholder(line: Line) -> bool:
    """Whether a turn says nothing, and only asks for a reply: LiveKit sends ".", pipecat " ".

    Guess: a picture or a sound says something, and so does a sign such as a thumb or a euro.
    """
    says = any(category(character)[0] in "LNS" for character in line.text)
    return not (says or line.pictures or line.audio_s)


class Dialogue:
    """The turns of one connection, one after the other."""

    def __init__(
        self, opened: Opened, outbox: Outbox, cloud: Cloud, group: asyncio.TaskGroup
    ) -> None:
        self._opened, self._outbox, self._cloud, self._group = opened, outbox, cloud, group
        self._speaker = Speaker(opened, outbox, cloud.clock, cloud.settings, group)
        self._calls = ToolCalls(opened, outbox, cloud)
        self.handles = Handles(opened.talk, outbox, cloud, lambda: self.busy)
        self._passes_over = cloud.settings.shows(PLACEHOLDERS_PASSED_OVER, opened.talk.model)
        self._silent_until = -math.inf
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
        talk = self._opened.talk
        talk.utterances += 1
        text = self._recognise(utterance)
        self._cloud.note("utterance", talk=talk.id, seconds=round(utterance.seconds, 3), text=text)
        self._remember(Line("user", text, utterance.seconds, self._pictures()))
        await self._ask(Ask(text, utterance), interrupts=interrupts)

    def arrived(self, word: int) -> None:
        """Note that a whole word arrived, whatever becomes of it."""
        self._cloud.note("word", talk=self._opened.talk.id, number=word)

    async def typed(self, text: str) -> None:
        """Answer what was typed. Guess: it interrupts, whatever was set for speech."""
        self._remember(Line("user", text, pictures=self._pictures()))
        await self._ask(Ask(self._latest_question()))

    async def told(self, lines: list[Line], *, answer: bool) -> None:
        """Take turns into the history, and answer the user's latest if asked to."""
        for line in lines:
            self._remember(line)
        if answer:
            await self._ask(Ask(self._latest_question()))

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

    def _recognise(self, utterance: Utterance) -> str:
        if self._cloud.settings.counts_words:
            return recognised(WordEar(utterance.rate).hear(utterance.samples))
        script, number = self._cloud.settings.recognised, self._opened.talk.utterances
        fixed = f"({utterance.seconds:.1f} seconds of speech)"
        return script[number - 1] if number <= len(script) else fixed

    @property
    def _speaks(self) -> bool:
        # Once turnComplete is on its way the turn is over, though its task may not be. One that
        # failed was cut short: its send found the client gone before the listener heard of it.
        if self._turn is None or not self._speaker.in_turn:
            return False
        return not self._turn.done() or _has_failed(self._turn)

    def _pictures(self) -> int:
        new, self._new_pictures = self._new_pictures, 0
        return new

    def _remember(self, line: Line) -> None:
        self._opened.talk.lines.append(line)
        compress(self._opened.setup, self._opened.talk)

    def _questions(self) -> list[str]:
        said = [line for line in self._opened.talk.lines if line.role == "user"]
        return [line.text for line in said if not (self._passes_over and is_placeholder(line))]

    def _latest_question(self) -> str:
        return next(reversed(self._questions()), "")

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
        await self.handles.renew()

    async def _answer(self, ask: Ask) -> None:
        if ask.utterance and self._hears:
            await self._transcribe(ask.text)
        if empty := self._cloud.faults.take("turn"):
            self._cloud.note("empty_turn", reason=empty.turn_complete_reason)
            await self._speaker.complete(reason=empty.turn_complete_reason)
            return
        await self._cloud.clock.sleep_until(self._silent_until)
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

    async def _transcribe(self, text: str) -> None:
        content = {"inputTranscription": {"text": text}}
        for _ in range(2 if self._cloud.settings.transcripts == "repeated" else 1):
            await self._outbox.send({"serverContent": content})

    async def _call(self, functions: list[dict[str, Any]], text: str) -> None:
        message = self._calls.make(functions, text)
        self._cloud.note("tool_call", talk=self._opened.talk.id, **message)
        if self._opened.talk.model in BOTH_3_8:
            silent_s = self._cloud.settings.silent_tools_s
            self._silent_until = self._cloud.clock.now() + silent_s
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
            return await self._words("You said: " + "; ".join(self._said_before()))
        if seen:
            words = f"{words} {seen}"
        if ask.utterance:
            return Speech(words, resample(ask.utterance.samples, ask.utterance.rate))
        return await self._words(words)

    def _said_before(self) -> list[str]:
        # Everything but the question itself, whatever placeholder asked for its answer.
        return self._questions()[:-1]

    async def _words(self, words: str) -> Speech:
        config = self._opened.setup.get("generationConfig", {}).get("speechConfig", {})
        voice = config.get("voiceConfig", {}).get("prebuiltVoiceConfig", {}).get("voiceName", "")
        return await spoken(words, voice, self._cloud.settings.speech)


def _has_failed(task: asyncio.Task[None]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is not None
