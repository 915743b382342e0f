"""One answer on its way: sent ahead of time, complete when it would have been played."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

from emulator.clock import Clock
from emulator.handshake import Opened
from emulator.manners import REASONS_IN_TEXT
from emulator.outbox import Outbox
from emulator.pcm import OUT_RATE, encode
from emulator.settings import EmulatorSettings
from emulator.speech import Speech
from emulator.talk import Line
from emulator.usage import usage_metadata

CHUNK_S = 0.1
REASONING = "**Considering the reply** I will keep it short."
"""What a model says to itself, in the form that was reported (mastra-ai/mastra#17021)."""


class Speaker:
    """The model's voice on one connection; it says one thing at a time."""

    def __init__(
        self,
        opened: Opened,
        outbox: Outbox,
        clock: Clock,
        settings: EmulatorSettings,
        group: asyncio.TaskGroup,
    ) -> None:
        """Take the connection's tasks too: what must be sent to its end is one of them."""
        self._opened = opened
        self._group = group
        self._outbox = outbox
        self._clock = clock
        self._settings = settings
        config = opened.setup.get("generationConfig", {})
        self._in_text = config.get("responseModalities") == ["TEXT"]
        self._transcribes = (
            opened.model.transcribes_output or "outputAudioTranscription" in opened.setup
        )
        shows_reasons = settings.shows(REASONS_IN_TEXT, opened.talk.model)
        self._reasons_in_text = shows_reasons and not self._in_text
        self._late: list[dict[str, Any]] = []
        self._line: Line | None = None
        self._before: list[Line] = []

    def begin(self) -> None:
        """Begin a turn: what it costs is counted from what was said until here."""
        self._before = list(self._opened.talk.lines)
        self._line = Line("model")

    async def say(self, speech: Speech, extra: dict[str, Any] | None = None) -> None:
        """Say something, up to generationComplete, and wait until it would have been played."""
        line = self._line = self._line or Line("model")
        await self._clock.sleep(self._settings.first_audio_s)
        self._opened.talk.lines.append(line)
        began = self._clock.now()
        if self._reasons_in_text:
            await self._outbox.send({"serverContent": _text_part(REASONING)})
        for words, sound in _pieces(speech):
            line.text += words
            await self._deliver(list(self._contents(words, sound)))
            if not self._in_text:
                line.audio_s += len(sound) / 2 / OUT_RATE
                await self._clock.sleep(CHUNK_S / self._settings.pace)
        await self._outbox.send({"serverContent": {"generationComplete": True, **(extra or {})}})
        if not self._in_text:
            await self._clock.sleep_until(began + speech.seconds)

    async def complete(self, status: str = "IDLE", reason: str = "", **beside: Any) -> None:
        """End the turn; once it is said that it ended, nothing can interrupt it any more."""
        line, self._line = self._line or Line("model"), None
        content: dict[str, Any] = {"turnComplete": True}
        if reason:
            content["turnCompleteReason"] = reason
        if self._opened.model.reports_interaction:
            content["interactionStatus"] = status
        usage = usage_metadata(self._opened.setup, self._before, line, self._settings)
        message = {"serverContent": content, "usageMetadata": usage, **beside}
        await asyncio.shield(self._group.create_task(self._outbox.send(message)))
        if late := self._take_late():
            self._group.create_task(self._send_late(late))

    async def interrupted(self) -> None:
        """Say that the turn was interrupted, and end it."""
        self._take_late()
        await self._outbox.send({"serverContent": {"interrupted": True}})
        await self.complete()

    @property
    def in_turn(self) -> bool:
        """Whether a turn has begun and not ended."""
        return self._line is not None

    async def _deliver(self, contents: list[dict[str, Any]]) -> None:
        # With late sound each piece waits for the next, so that the last is left at the end.
        ready, self._late = self._take_late(), contents
        for content in ready if self._settings.late_sound_s else self._take_late():
            await self._outbox.send({"serverContent": content})

    def _take_late(self) -> list[dict[str, Any]]:
        late, self._late = self._late, []
        return late

    async def _send_late(self, contents: list[dict[str, Any]]) -> None:
        await self._clock.sleep(self._settings.late_sound_s)
        for content in contents:
            await self._outbox.send({"serverContent": content})

    def _contents(self, words: str, sound: bytes) -> Iterator[dict[str, Any]]:
        if self._in_text:
            if words:
                yield _text_part(words)
            return
        blob = {"mimeType": f"audio/pcm;rate={OUT_RATE}", "data": b64encode(sound).decode()}
        content: dict[str, Any] = {"modelTurn": {"role": "model", "parts": [{"inlineData": blob}]}}
        if self._settings.transcripts == "glued":
            words = words.strip()
        told = {"outputTranscription": {"text": words}} if words and self._transcribes else {}
        if told and self._settings.transcripts == "repeated":
            yield told
        if self._outbox.sent % 2:  # since 3.1 one message may hold both; and it may not
            yield content | told
        else:
            yield content
            if told:
                yield told


def _text_part(text: str) -> dict[str, Any]:
    return {"modelTurn": {"role": "model", "parts": [{"text": text}]}}


def _pieces(speech: Speech) -> Iterator[tuple[str, bytes]]:
    words = [word if not index else f" {word}" for index, word in enumerate(speech.words.split())]
    size = int(CHUNK_S * OUT_RATE)
    count = max(1, -(-len(speech.samples) // size))
    told = 0
    for index in range(count):
        due = -(-len(words) * (index + 1) // count)
        sound = encode(speech.samples[index * size : (index + 1) * size])
        yield "".join(words[told:due]), sound
        told = due
