"""One answer on its way: sent ahead of time, complete when it would have been played."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

from emulator.clock import Clock
from emulator.handshake import Opened
from emulator.outbox import Outbox
from emulator.pcm import OUT_RATE, encode
from emulator.settings import EmulatorSettings
from emulator.speech import Speech
from emulator.talk import Line
from emulator.usage import usage_metadata

CHUNK_S = 0.1


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
        for words, sound in _pieces(speech):
            line.text += words
            for content in self._contents(words, sound):
                await self._outbox.send({"serverContent": content})
            if not self._in_text:
                line.audio_s += len(sound) / 2 / OUT_RATE
                await self._clock.sleep(CHUNK_S / self._settings.pace)
        await self._outbox.send({"serverContent": {"generationComplete": True, **(extra or {})}})
        if not self._in_text:
            await self._clock.sleep_until(began + speech.seconds)

    async def complete(self, status: str = "IDLE", **beside: Any) -> None:
        """End the turn; once it is said that it ended, nothing can interrupt it any more."""
        line, self._line = self._line or Line("model"), None
        content: dict[str, Any] = {"turnComplete": True}
        if self._opened.model.reports_interaction:
            content["interactionStatus"] = status
        usage = usage_metadata(self._opened.setup, self._before, line)
        message = {"serverContent": content, "usageMetadata": usage, **beside}
        await asyncio.shield(self._group.create_task(self._outbox.send(message)))

    async def interrupted(self) -> None:
        """Say that the turn was interrupted, and end it."""
        await self._outbox.send({"serverContent": {"interrupted": True}})
        await self.complete()

    @property
    def in_turn(self) -> bool:
        """Whether a turn has begun and not ended."""
        return self._line is not None

    def _contents(self, words: str, sound: bytes) -> Iterator[dict[str, Any]]:
        if self._in_text:
            if words:
                yield {"modelTurn": {"role": "model", "parts": [{"text": words}]}}
            return
        blob = {"mimeType": f"audio/pcm;rate={OUT_RATE}", "data": b64encode(sound).decode()}
        content: dict[str, Any] = {"modelTurn": {"role": "model", "parts": [{"inlineData": blob}]}}
        told = {"outputTranscription": {"text": words}} if words and self._transcribes else {}
        if self._outbox.sent % 2:  # since 3.1 one message may hold both; and it may not
            yield content | told
        else:
            yield content
            if told:
                yield told


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
