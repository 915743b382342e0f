"""What a client may send after its setup, one message at a time, and what becomes of it."""

from __future__ import annotations

import re
from array import array
from base64 import b64decode
from functools import partial
from typing import Any

from emulator.dialogue import Dialogue
from emulator.handshake import Opened
from emulator.hearing import Ear, SpeechBegan, Utterance
from emulator.manners import HISTORY_ANNOUNCED, SHORT_SPEECH_UNHEARD, STREAM_END_IGNORED
from emulator.marks import WordEar
from emulator.outbox import Outbox
from emulator.pcm import Samples, decode
from emulator.pictures import picture
from emulator.refusals import bad_argument, bad_audio, deprecated_media_chunks
from emulator.settings import EmulatorSettings
from emulator.talk import Line

DEFAULT_RATE = 16_000
MIN_RATE, MAX_RATE = 4_000, 192_000
"""Guess: any rate that is declared is taken; these are what microphones have."""


class Intake:
    """Everything that one connection receives."""

    def __init__(
        self, opened: Opened, dialogue: Dialogue, outbox: Outbox, settings: EmulatorSettings
    ) -> None:
        self._opened, self._dialogue, self._outbox = opened, dialogue, outbox
        shows = partial(settings.shows, model=opened.talk.model)
        config = opened.setup.get("realtimeInputConfig", {})
        detection = config.get("automaticActivityDetection", {})
        self._manual = bool(detection.get("disabled"))
        self._interrupts = config.get("activityHandling") != "NO_INTERRUPTION"
        self._ear = Ear(detection, hears_short=not shows(SHORT_SPEECH_UNHEARD))
        self._ends_with_stream = not shows(STREAM_END_IGNORED)
        history = opened.setup.get("historyConfig", {})
        self._seeding = bool(history.get("initialHistoryInClientContent")) and not opened.resumed
        self._takes_content = not shows(HISTORY_ANNOUNCED)
        self._words = WordEar(DEFAULT_RATE) if settings.counts_words else None
        self.audio_frames = 0

    @property
    def hears_speech(self) -> bool:
        """Whether somebody is speaking to it."""
        return self._ear.speaking

    async def take(self, message: dict[str, Any]) -> None:
        """Take one message. Raises Closed where it is not allowed."""
        match message:
            case {"realtimeInput": realtime}:
                await self._realtime(realtime)
            case {"clientContent": content}:
                await self._content(content)
            case {"toolResponse": response}:
                await self._dialogue.answered(response.get("functionResponses", []))
            case _:
                # Guess: the words; that setup comes first and once is documented.
                raise bad_argument("setup must be the first message and only the first message")

    async def _realtime(self, realtime: dict[str, Any]) -> None:
        if "mediaChunks" in realtime:
            raise deprecated_media_chunks()
        if audio := realtime.get("audio"):
            self.audio_frames += 1
            await self._listen(*_sound(audio))
        if video := realtime.get("video"):
            self._dialogue.see(picture(_bytes(video, "video")))
        if "activityStart" in realtime or "activityEnd" in realtime:
            if not self._manual:
                # Guess: the words here and below; that each is for one of the modes is documented.
                raise bad_argument(
                    "Explicit activity control is not supported when automatic"
                    " activity detection is enabled."
                )
            await self._mark(began="activityStart" in realtime)
        if realtime.get("audioStreamEnd"):
            if self._manual:
                raise bad_argument("audio_stream_end needs automatic activity detection.")
            if self._ends_with_stream and (cut_off := self._ear.finish()):
                await self._ended(cut_off)
        if text := realtime.get("text"):
            await self._dialogue.typed(text)

    async def _listen(self, samples: Samples, rate: int) -> None:
        if self._words is not None:
            for word in self._words.hear(samples):
                self._dialogue.arrived(word)
        if self._manual:
            self._ear.keep(samples, rate)
            return
        for event in self._ear.hear(samples, rate):
            if isinstance(event, Utterance):
                await self._ended(event)
            else:
                await self._began(event)

    async def _mark(self, *, began: bool) -> None:
        if not began:
            await self._said(self._ear.finish())
            return
        self._ear.begin()
        if self._interrupts:
            await self._dialogue.interrupt()

    async def _began(self, event: SpeechBegan) -> None:
        await self._signal("ACTIVITY_START", event.offset_s)
        if self._interrupts:
            await self._dialogue.interrupt()

    async def _ended(self, utterance: Utterance) -> None:
        await self._signal("ACTIVITY_END", utterance.ended_s)
        await self._said(utterance)

    async def _said(self, utterance: Utterance | None) -> None:
        if utterance is not None:
            await self._dialogue.heard(utterance, interrupts=self._interrupts)

    async def _signal(self, kind: str, offset_s: float) -> None:
        if self._opened.model.reports_activity:
            activity = {"voiceActivityType": kind, "audioOffset": f"{offset_s:.3f}s"}
            await self._outbox.send({"voiceActivity": activity})

    async def _content(self, content: dict[str, Any]) -> None:
        if not (self._seeding or self._takes_content):
            raise bad_argument()
        lines = [_line(turn) for turn in content.get("turns", [])]
        complete = bool(content.get("turnComplete"))
        await self._dialogue.told(lines, answer=complete and not self._seeding)
        self._seeding = self._seeding and not complete


def _sound(blob: dict[str, Any]) -> tuple[Samples, int]:
    kind, _, parameters = blob.get("mimeType", "").replace(" ", "").partition(";")
    rate = parameters.removeprefix("rate=") or str(DEFAULT_RATE)
    data = _bytes(blob, "audio")
    if kind != "audio/pcm" or not re.fullmatch(r"\d{4,6}", rate, re.ASCII):
        raise bad_audio()
    if not MIN_RATE <= int(rate) <= MAX_RATE:
        raise bad_audio()
    if len(data) % 2:
        raise bad_audio()
    return (decode(data) if data else array("h")), int(rate)


def _bytes(blob: dict[str, Any], name: str) -> bytes:
    # Protobuf's JSON takes either alphabet of base64, padded or not; the SDKs send one each.
    text = str(blob.get("data", "")).replace("-", "+").replace("_", "/")
    try:
        return b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError as error:
        text = f"Invalid value at 'realtime_input.{name}.data' (TYPE_BYTES), Base64 decoding failed"
        raise bad_argument(text) from error


def _line(turn: dict[str, Any]) -> Line:
    line = Line("model" if turn.get("role") == "model" else "user")
    for part in turn.get("parts", []):
        blob = part.get("inlineData", {})
        kind = blob.get("mimeType", "")
        line.text += part.get("text", "")
        line.pictures += kind.startswith("image/")
        if kind.startswith("audio/pcm"):
            line.audio_s += len(_bytes(blob, "content")) / 2 / DEFAULT_RATE
    return line
