"""Words that can be counted are heard whole or not at all."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

import pytest

from emulator.marks import NUMBERS, WORD_MS, WordEar, recognised, silence, word
from emulator.pcm import Samples

CHUNK_S = 0.02


def heard(sound: Samples, rate: int) -> list[int]:
    ear, length = WordEar(rate), round(rate * CHUNK_S)
    chunks = (sound[at : at + length] for at in range(0, len(sound), length))
    return [number for chunk in chunks for number in ear.hear(chunk)]


def spoken(numbers: Iterator[int] | list[int], rate: int) -> Samples:
    sound = silence(0.1, rate)
    for number in numbers:
        sound.extend(word(number, rate))
    return sound


@pytest.mark.parametrize("rate", [16_000, 24_000, 44_100])
def test_each_word_is_heard_once(rate: int) -> None:
    numbers = [0, 1, 7, 8, 63, 64, 448, NUMBERS - 1, NUMBERS - 1]

    assert heard(spoken(numbers, rate), rate) == numbers


@pytest.mark.parametrize("part", [0.2, 0.5, 0.8])
def test_word_that_was_cut_is_none(part: float) -> None:
    rate = 16_000
    cut = round(rate * part * WORD_MS / 1000)
    whole = word(99, rate)

    began_late = silence(0.1, rate) + whole[cut:] + word(7, rate)
    ended_early = silence(0.1, rate) + whole[:cut] + silence(0.1, rate) + word(7, rate)

    assert heard(began_late, rate) == [7]
    assert heard(ended_early, rate) == [7]


def test_noise_is_no_word() -> None:
    loud = array("h", [9000, -9000, 9000, 9000] * 8000)

    assert heard(loud, 16_000) == []


def test_high_numbers_ask_for_the_weather() -> None:
    assert recognised([1, 2]) == "1 2"
    assert recognised([448, 2]) == "what is the weather in 448 2"
