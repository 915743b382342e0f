"""Speech detection loses nothing, whatever padding and silence a client configures."""

from __future__ import annotations

from array import array
from itertools import product
from typing import Any

import pytest

from emulator.hearing import Ear, SpeechBegan, Utterance
from emulator.pcm import Samples, decode
from emulator.raw_client import RATE, silence, voice

PADDINGS_MS = (None, 0, 1, 20, 100, 200, 300, 500, 1000, 2000)
SILENCES_MS = (None, 0, 1, 100, 300, 500, 800, 2000, 5000)


def heard(
    sound: bytes, *, chunk_s: float = 0.02, hears_short: bool = False, **detection: Any
) -> list[SpeechBegan | Utterance]:
    ear = Ear({k: v for k, v in detection.items() if v is not None}, hears_short=hears_short)
    samples, size = decode(sound), int(chunk_s * RATE)
    pieces: list[Samples] = [
        array("h", samples[start : start + size]) for start in range(0, len(samples), size)
    ]
    return [event for piece in pieces for event in ear.hear(piece, RATE)]


def utterances(events: list[SpeechBegan | Utterance]) -> list[Utterance]:
    return [event for event in events if isinstance(event, Utterance)]


@pytest.mark.parametrize(
    ("padding_ms", "silence_ms"), list(product(PADDINGS_MS, SILENCES_MS)), ids=str
)
def test_all_of_what_was_said_is_heard_once(padding_ms: int | None, silence_ms: int | None) -> None:
    sound = silence(1) + voice(2.5) + silence(6)

    events = heard(sound, prefixPaddingMs=padding_ms, silenceDurationMs=silence_ms)

    (said,) = utterances(events)
    after_s = min(0.1, (800 if silence_ms is None else max(silence_ms, 20)) / 1000)
    assert said.seconds == pytest.approx(0.2 + 2.5 + after_s, abs=0.05)
    assert [e.offset_s for e in events if isinstance(e, SpeechBegan)] == [
        pytest.approx(1.0, abs=0.03)
    ]


@pytest.mark.parametrize("padding_ms", [20, 100, 200, 300, 500])
@pytest.mark.parametrize("chunk_s", [0.01, 0.02, 0.032, 0.1, 1.0])
def test_pause_between_two_syllables_costs_neither(padding_ms: int, chunk_s: float) -> None:
    syllables = voice(0.16) + silence(0.1) + voice(0.16) + silence(0.1) + voice(0.2)

    events = heard(silence(1) + syllables + silence(1), chunk_s=chunk_s, prefixPaddingMs=padding_ms)

    (said,) = utterances(events)
    assert said.seconds == pytest.approx(0.2 + 0.72 + 0.1, abs=0.06)


@pytest.mark.parametrize("padding_ms", [20, 300, 500])
@pytest.mark.parametrize("rate", [8_000, 24_000, 44_100, 48_000])
def test_padding_is_time_at_any_rate_and_in_any_piece(padding_ms: int, rate: int) -> None:
    tone = array("h", (8000 if n // 20 % 2 else -8000 for n in range(int(1.2 * rate))))
    sound = array("h", bytes(2 * rate)) + tone + array("h", bytes(4 * rate))
    ear, size = Ear({"prefixPaddingMs": padding_ms}), 333  # samples, which fill no window

    events = [
        event
        for start in range(0, len(sound), size)
        for event in ear.hear(sound[start : start + size], rate)
    ]

    (said,) = utterances(events)
    assert said.seconds == pytest.approx(0.2 + 1.2 + 0.1, abs=0.06)


def test_breath_before_a_word_costs_nothing_of_it() -> None:
    sound = silence(1) + voice(0.06) + silence(0.2) + voice(0.6) + silence(1)

    (said,) = utterances(heard(sound, prefixPaddingMs=500))

    assert said.seconds == pytest.approx(0.2 + 0.06 + 0.2 + 0.6 + 0.1, abs=0.06)


def test_speech_shorter_than_its_padding_is_not_heard() -> None:
    sound = silence(1) + voice(0.2) + silence(2)

    assert heard(sound, prefixPaddingMs=500) == []
    assert len(utterances(heard(sound, prefixPaddingMs=500, hears_short=True))) == 1


def test_last_consonant_of_a_word_counts() -> None:
    sound = silence(1) + voice(0.3) + silence(1)

    (said,) = utterances(heard(sound, prefixPaddingMs=500))

    assert said.seconds == pytest.approx(0.2 + 0.3 + 0.1, abs=0.05)


def test_clicks_that_are_far_apart_add_up_to_no_speech() -> None:
    clicks = (voice(0.04) + silence(0.4)) * 10

    assert heard(clicks, prefixPaddingMs=100) == []


def test_hour_of_silence_leaves_no_more_than_a_moment() -> None:
    ear = Ear({"prefixPaddingMs": 500})

    for _ in range(100):
        assert list(ear.hear(decode(silence(1)), RATE)) == []

    (began, said) = ear.hear(decode(voice(1) + silence(1)), RATE)
    assert isinstance(began, SpeechBegan)
    assert isinstance(said, Utterance)
    assert said.seconds == pytest.approx(0.2 + 1 + 0.1, abs=0.05)
