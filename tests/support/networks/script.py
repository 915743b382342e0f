"""What is said in a talk: sentences of numbered words, with pauses in which an answer fits. Every
fourth sentence asks for the weather.
"""

from __future__ import annotations

import wave
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from emulator.marks import ASKS, GAP_MS, WORD_MS, silence, word
from emulator.pcm import encode

RATE = 48_000
LEAD_S = 3.0
WORDS = 4
"""In a sentence."""
WORD_S = (WORD_MS + GAP_MS) / 1000
PAUSE_S = 3.6
"""For 0.8 s of silence that end a turn, 0.3 s of thought, and an answer as long as the question."""
SENTENCE_S = WORDS * WORD_S + PAUSE_S
ASKS_EACH = 4
HUM_S = 120
"""After the last pause: a microphone that gives nothing but zeros for 15 s is opened again by the
client, and the recording would begin anew."""
HUM = array("h", ([20] * 240 + [-20] * 240) * (RATE // 480))
"""A second, far below what counts as speech."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A word, and when it has been said, in seconds from the beginning."""

    number: int
    ended_s: float


@dataclass(frozen=True, slots=True)
class Script:
    """So many sentences."""

    sentences: int

    @classmethod
    def lasting(cls, seconds: float) -> Script:
        """Return one of about that length."""
        return cls(round((seconds - LEAD_S) / SENTENCE_S))

    @property
    def seconds(self) -> float:
        """How long it takes, with its last pause."""
        return LEAD_S + self.sentences * SENTENCE_S

    def words(self) -> Iterator[Spoken]:
        """Return all words in order."""
        for sentence in range(self.sentences):
            began_s = LEAD_S + sentence * SENTENCE_S
            for place, number in enumerate(self._numbers(sentence)):
                yield Spoken(number, began_s + place * WORD_S + WORD_MS / 1000)

    def write(self, path: Path) -> None:
        """Write it as a recording for Chromium's microphone."""
        sound = silence(LEAD_S, RATE)
        for sentence in range(self.sentences):
            for number in self._numbers(sentence):
                sound.extend(word(number, RATE))
            sound.extend(silence(PAUSE_S, RATE))
        sound.extend(HUM * HUM_S)
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(encode(sound))

    @staticmethod
    def _numbers(sentence: int) -> list[int]:
        first = sentence * WORDS
        if sentence % ASKS_EACH == ASKS_EACH - 1:
            return [ASKS + first // ASKS_EACH + place for place in range(WORDS)]
        return list(range(first, first + WORDS))
