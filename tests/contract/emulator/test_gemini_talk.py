"""A talk as a caller hears it: speech detection, turns, interruptions, pictures, history."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from emulator.pcm import OUT_RATE, decode, loudness
from emulator.process import EmulatedGemini
from emulator.raw_client import (
    SETUP,
    Message,
    RawLive,
    live_url,
    raw_live,
    silence,
    sound_of,
    transcript,
    voice,
)
from support.runs.margin import MARGIN_S

SPEED = 10


@pytest.fixture(autouse=True)
def fast(gemini: EmulatedGemini) -> None:
    gemini.set(speed=SPEED)


def talk(gemini: EmulatedGemini, **setup: Any) -> AbstractAsyncContextManager[RawLive]:
    return raw_live(live_url(gemini.url, key="key"), {**SETUP, **setup})


@pytest.fixture
async def live(gemini: EmulatedGemini) -> AsyncIterator[RawLive]:
    async with talk(gemini) as live:
        await live.receive()
        yield live


def detection(**detection: Any) -> dict[str, Any]:
    return {"automaticActivityDetection": detection}


def played(messages: list[Message]) -> bytes:
    return b"".join(b64decode(piece) for piece in sound_of(messages))


def seconds(messages: list[Message]) -> float:
    return len(played(messages)) / 2 / OUT_RATE


def marks(messages: list[Message]) -> list[str]:
    names = ("interrupted", "generationComplete", "turnComplete")
    contents = [message.get("serverContent", {}) for message in messages]
    return [name for content in contents for name in names if name in content]


@pytest.mark.parametrize("rate", [8000, 16000, 24000, 44100, 48000])
async def test_caller_hears_their_own_voice_at_24_khz_whatever_they_sent(
    live: RawLive, rate: int
) -> None:
    await live.say(voice(1.0, rate=rate) + silence(0.9, rate=rate), rate=rate)

    answer = await live.turn()

    blob = next(m for m in answer if "modelTurn" in m.get("serverContent", {}))
    part = blob["serverContent"]["modelTurn"]["parts"][0]["inlineData"]
    assert part["mimeType"] == "audio/pcm;rate=24000"
    assert seconds(answer) == pytest.approx(1.0 + 0.1, abs=0.05)
    assert loudness(decode(played(answer)[: OUT_RATE * 2])) == pytest.approx(
        8000 / 2**0.5, rel=0.05
    )


async def test_answer_is_generated_early_and_complete_when_it_was_played(
    gemini: EmulatedGemini, live: RawLive
) -> None:
    gemini.set(speed=1, first_audio_s=0, pace=10)
    await live.say(voice(2.0) + silence(0.9))

    await live.until("serverContent", "modelTurn")
    began = gemini.now()
    await live.until("serverContent", "generationComplete")
    generated = gemini.now()
    await live.turn()
    completed = gemini.now()

    assert generated - began < 0.5 + MARGIN_S
    assert 1.7 < completed - began < 2.1 + MARGIN_S


@pytest.mark.parametrize(("silence_ms", "answered"), [(300, True), (3000, False)])
async def test_speech_ends_after_the_silence_that_was_configured(
    gemini: EmulatedGemini, silence_ms: int, answered: bool
) -> None:
    config = detection(silenceDurationMs=silence_ms)
    async with talk(gemini, realtimeInputConfig=config) as live:
        await live.say(voice(0.5) + silence(1.0))
        await live.until("sessionResumptionUpdate")

        assert bool(gemini.journal("utterance")) == answered


async def test_silence_of_no_length_cuts_no_speech_in_pieces(gemini: EmulatedGemini) -> None:
    config = detection(silenceDurationMs=0)
    async with talk(gemini, realtimeInputConfig=config) as live:
        await live.say(voice(1.0) + silence(0.1))
        await live.turn()

    (utterance,) = gemini.journal("utterance")
    assert utterance["seconds"] == pytest.approx(1.0, abs=0.05)


async def test_murmur_is_no_speech(gemini: EmulatedGemini, live: RawLive) -> None:
    murmur = bytes(b // 64 for b in voice(0.5)[1::2])
    await live.say(b"".join(bytes((b, 0)) for b in murmur) + silence(1.0))
    await live.until("sessionResumptionUpdate")

    assert gemini.journal("utterance") == []


async def test_words_are_those_of_the_script(gemini: EmulatedGemini) -> None:
    gemini.set(recognised=["good morning to you", "good night"])
    async with talk(gemini, inputAudioTranscription={}) as live:
        answers = []
        for _ in range(3):
            await live.say(voice(0.4) + silence(0.9))
            answers.append(await live.turn())

    assert [transcript(answer, "inputTranscription") for answer in answers] == [
        "good morning to you",
        "good night",
        "(0.6 seconds of speech)",
    ]
    assert transcript(answers[0]) == "good morning to you"
    assert len([m for m in answers[0] if "outputTranscription" in m.get("serverContent", {})]) > 2


async def test_speaking_over_it_interrupts(live: RawLive) -> None:
    await live.say(voice(30) + silence(0.9))
    await live.until("serverContent", "modelTurn")

    await live.say(voice(0.3))
    rest = await live.turn()

    assert marks(rest) == ["interrupted", "turnComplete"]


async def test_speaking_over_it_waits_its_turn_where_interruption_is_off(
    gemini: EmulatedGemini,
) -> None:
    config = {"activityHandling": "NO_INTERRUPTION"}
    async with talk(gemini, realtimeInputConfig=config) as live:
        await live.say(voice(3) + silence(0.9))
        await live.until("serverContent", "modelTurn")
        await live.say(voice(0.5) + silence(0.9))
        first, second = await live.turn(), await live.turn()

    assert marks(first + second) == ["generationComplete", "turnComplete"] * 2
    assert seconds(second) == pytest.approx(0.1 + 0.5 + 0.1, abs=0.05)


async def test_silent_caller_interrupts_nobody(live: RawLive) -> None:
    await live.say(voice(1) + silence(4))

    assert marks(await live.turn()) == ["generationComplete", "turnComplete"]


async def test_manual_activity_is_all_that_is_heard(gemini: EmulatedGemini) -> None:
    config = detection(disabled=True)
    async with talk(gemini, realtimeInputConfig=config) as live:
        await live.say(voice(5))
        await live.send({"realtimeInput": {"activityStart": {}}})
        await live.say(voice(0.5) + silence(2))
        await live.send({"realtimeInput": {"activityEnd": {}}})

        answer = await live.turn()

    assert seconds(answer) == pytest.approx(2.5, abs=0.01)


async def test_end_of_the_stream_ends_the_speech_and_sound_opens_it_again(
    gemini: EmulatedGemini,
) -> None:
    gemini.set(stream_end_ignored="never")
    async with talk(gemini) as live:
        lengths = []
        for length in (0.5, 0.7):
            await live.say(voice(length))
            await live.send({"realtimeInput": {"audioStreamEnd": True}})
            lengths.append(seconds(await live.turn()))

    assert lengths == [pytest.approx(0.5, abs=0.03), pytest.approx(0.7, abs=0.03)]


async def test_text_is_answered_with_sound_and_words(live: RawLive) -> None:
    await live.send({"realtimeInput": {"text": "two words"}})

    answer = await live.turn()

    assert transcript(answer) == "You wrote: two words"
    assert seconds(answer) == pytest.approx(4 * 0.25, abs=0.01)
    assert loudness(decode(played(answer))) > 1000


def jpeg(width: int, height: int) -> bytes:
    frame = b"\xff\xc0\x00\x11\x08" + height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return b"\xff\xd8\xff\xe0\x00\x04ab" + frame + bytes(20)


async def test_picture_is_acknowledged_with_its_size(live: RawLive) -> None:
    picture = jpeg(640, 480)
    blob = {"mimeType": "image/jpeg", "data": b64encode(picture).decode()}
    await live.send({"realtimeInput": {"video": blob}})
    await live.send({"realtimeInput": {"text": "what is this"}})

    answer = await live.turn()

    told = f"You wrote: what is this I see a 640 by 480 picture of {len(picture)} bytes."
    assert transcript(answer) == told


def content(*texts: str, complete: bool, role: str = "user") -> Message:
    turns = [{"role": role, "parts": [{"text": text}]} for text in texts]
    return {"clientContent": {"turns": turns, "turnComplete": complete}}


async def test_content_waits_until_the_turn_is_complete(
    gemini: EmulatedGemini, live: RawLive
) -> None:
    await live.send(content("I am Ada.", complete=False))
    await live.until("sessionResumptionUpdate")
    await live.send(content("recap", complete=True))

    assert transcript(await live.turn()) == "You said: I am Ada."


async def test_complete_content_interrupts_what_is_running(live: RawLive) -> None:
    await live.send(content("one " * 40, complete=True))
    await live.until("serverContent", "modelTurn")
    await live.send(content("two", complete=True))

    interrupted, answer = await live.turn(), await live.turn()

    assert marks(interrupted) == ["interrupted", "turnComplete"]
    assert transcript(answer) == "You wrote: two"


@pytest.mark.parametrize(
    ("model", "asked", "heard", "said"),
    [
        ("gemini-3.8-live", False, False, True),
        ("gemini-3.8-live", True, True, True),
        ("gemini-3.1-flash-live-preview", False, True, False),
        ("gemini-3.1-flash-live-preview", True, True, True),
        ("gemini-2.5-flash-native-audio-preview-12-2025", False, False, False),
    ],
)
async def test_transcripts_come_where_asked_for_and_where_the_model_sends_them_anyway(
    gemini: EmulatedGemini, model: str, asked: bool, heard: bool, said: bool
) -> None:
    transcripts: dict[str, Any] = (
        {"inputAudioTranscription": {}, "outputAudioTranscription": {}} if asked else {}
    )
    async with talk(gemini, model=f"models/{model}", **transcripts) as live:
        await live.say(voice(0.4) + silence(0.9))
        answer = await live.turn()

    assert bool(transcript(answer, "inputTranscription")) == heard
    assert bool(transcript(answer)) == said


async def test_model_that_is_only_known_by_settings_answers_in_text(
    gemini: EmulatedGemini,
) -> None:
    gemini.set(extra_models=["models/of-next-year"])
    config = {"responseModalities": ["TEXT"]}
    async with talk(gemini, model="models/of-next-year", generationConfig=config) as live:
        await live.send({"realtimeInput": {"text": "hello"}})
        answer = await live.turn()

    parts = [
        p for m in answer for p in m.get("serverContent", {}).get("modelTurn", {}).get("parts", [])
    ]
    assert "".join(part["text"] for part in parts) == "You wrote: hello"


@pytest.mark.parametrize("by", ["silence", "end of the stream"])
async def test_activity_is_reported_where_speech_begins_and_ends(
    gemini: EmulatedGemini, by: str
) -> None:
    gemini.set(stream_end_ignored="never")
    async with talk(gemini) as live:
        await live.say(silence(1.0) + voice(0.5) + silence(0.9 if by == "silence" else 0.1))
        if by == "end of the stream":
            await live.send({"realtimeInput": {"audioStreamEnd": True}})

        began = (await live.until("voiceActivity"))[-1]["voiceActivity"]
        ended = (await live.until("voiceActivity"))[-1]["voiceActivity"]

    assert began["voiceActivityType"] == "ACTIVITY_START"
    assert float(began["audioOffset"].rstrip("s")) == pytest.approx(1.0, abs=0.05)
    assert ended["voiceActivityType"] == "ACTIVITY_END"
    assert float(ended["audioOffset"].rstrip("s")) == pytest.approx(1.5, abs=0.05)
