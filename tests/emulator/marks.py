"""Words that can be counted: each is a number in five tones, so that whoever hears one knows which
it was, and knows of one that was cut that it was no whole word.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator

from emulator.pcm import Samples, loudness

TONE_MS = 60
TONES = 5
"""A start, three octal digits, and a check."""
WORD_MS = TONE_MS * TONES
GAP_MS = 120
NUMBERS = 8**3
ASKS = 448
"""Numbers from this one on ask for the weather."""
START_HZ = 500
STEP_HZ = 150
PITCHES = tuple(START_HZ + STEP_HZ * index for index in range(9))
"""The start's, and one for each digit."""
AMPLITUDE = 9000
LOUD = 700.0
WINDOW_MS = 5
HEARD_MS = 40
"""How much of the middle of each tone is listened to."""
CLEAR = 0.5
"""The part of a tone's energy that must be at its pitch."""


def word(number: int, rate: int) -> Samples:
    """Return how a number from 0 to 511 sounds, and the gap after it."""
    sound = array("h")
    for pitch in _pitches(number):
        sound.extend(_tone(pitch, rate))
    sound.extend(silence(GAP_MS / 1000, rate))
    return sound


def silence(seconds: float, rate: int) -> Samples:
    """Return so much silence."""
    return array("h", bytes(2 * round(seconds * rate)))


def recognised(numbers: Iterable[int]) -> str:
    """Return what words mean: a question about the weather, or themselves."""
    said = list(numbers)
    asks = "what is the weather in " if any(number >= ASKS for number in said) else ""
    return asks + " ".join(map(str, said))


class WordEar:
    """Listens to one stream, and tells each whole word once, as soon as it has ended."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._sound: Samples = array("h")
        self._in_sound = False

    def hear(self, samples: Samples) -> Iterator[int]:
        """Listen to the next of the stream."""
        self._sound.extend(samples)
        window, whole = self._count(WINDOW_MS), self._count(WORD_MS)
        at = 0
        while at + window <= len(self._sound):
            if loudness(self._sound[at : at + window]) < LOUD:
                self._in_sound = False
            elif not self._in_sound:
                if at + whole > len(self._sound):
                    break
                self._in_sound = True
                number = self._read(self._sound[at : at + whole])
                if number is not None:
                    yield number
                    at += whole - 2 * window
            at += window
        del self._sound[:at]

    def _read(self, sound: Samples) -> int | None:
        tone, edge = self._count(TONE_MS), self._count((TONE_MS - HEARD_MS) / 2)
        heard = [
            self._pitch(sound[at * tone + edge : (at + 1) * tone - edge]) for at in range(TONES)
        ]
        digits = [pitch - 1 for pitch in heard]
        number = digits[1] * 64 + digits[2] * 8 + digits[3]
        whole = digits[0] == -1 and min(digits[1:]) >= 0 and sum(digits[1:4]) % 8 == digits[4]
        return number if whole else None

    def _pitch(self, sound: Samples) -> int:
        """Return which of the pitches sounds; -1 for none."""
        powers = [_power(sound, pitch / self._rate) for pitch in PITCHES]
        loudest = max(powers)
        energy = sum(sample * sample for sample in sound) * len(sound) / 2
        return powers.index(loudest) if energy and loudest >= CLEAR * energy else -1

    def _count(self, ms: float) -> int:
        return round(self._rate * ms / 1000)


def _pitches(number: int) -> list[int]:
    digits = [number // 64 % 8, number // 8 % 8, number % 8]
    return [START_HZ, *(PITCHES[1 + digit] for digit in [*digits, sum(digits) % 8])]


def _tone(pitch: int, rate: int) -> Samples:
    count = round(rate * TONE_MS / 1000)
    turn = math.tau * pitch / rate
    fade = max(1, count // 20)
    return array(
        "h",
        (
            int(AMPLITUDE * math.sin(turn * n) * min(1, (n + 1) / fade, (count - n) / fade))
            for n in range(count)
        ),
    )


def _power(sound: Samples, turns_a_sample: float) -> float:
    # Goertzel's algorithm: one frequency of a Fourier transform.
    twice = 2 * math.cos(math.tau * turns_a_sample)
    before = latest = 0.0
    for sample in sound:
        before, latest = latest, sample + twice * latest - before
    return latest * latest + before * before - twice * latest * before
