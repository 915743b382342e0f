"""Speech, detected by energy: when it begins, when it ends, and how it sounded."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from emulator.pcm import Samples, loudness, resample

WINDOW_MS = 20
GAP_MS = 250
"""How long a pause may be within speech that is still too short: between two syllables. So much of
the quiet after it counts as speech, too, up to as much as was loud: the last consonant of a word.
Guess: the service has a model, and no number; Google's own example page sets a padding of 500 ms,
and is told "yes".
"""
KEPT_BEFORE_MS = 200
"""What is kept of the sound before speech, so that no first consonant is lost."""
KEPT_AFTER_MS = 100
"""What is kept of the silence after it: nobody wants to hear all of their own."""
UTTERANCE_LIMIT_S = 60
"""Guess: the real service takes longer speech; no test needs it, and memory is bounded."""
LOUD = {"START_SENSITIVITY_LOW": 1500.0}
LOUD_BY_DEFAULT = 500.0
"""Root mean square of what counts as speech. Guess: the service has a model, and no number."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """Somebody spoke: the sound, and where in the stream the last of it was."""

    samples: Samples
    rate: int
    ended_s: float

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / self.rate


@dataclass(frozen=True, slots=True)
class SpeechBegan:
    """Somebody began to speak."""

    offset_s: float


class Ear:
    """Listens to one stream, in the stream's own time: to send nothing is no silence."""

    def __init__(self, detection: dict[str, Any], *, hears_short: bool = False) -> None:
        """Take `setup.realtimeInputConfig.automaticActivityDetection`, which may be empty, and
        whether speech shorter than its padding is heard all the same.

        `prefixPaddingMs` is how much speech there must be before it counts, and no piece of it is
        lost: "the lower this value [...] the shorter speech can be recognized"
        (https://ai.google.dev/api/live). Guess: a negative number is as good as none.
        """
        # 800 ms was measured by others; Guess: 20 ms before speech is taken for speech.
        self._silence_ms = max(1, detection.get("silenceDurationMs", 800))
        self._prefix_ms = 1 if hears_short else max(1, detection.get("prefixPaddingMs", 20))
        self._loud = LOUD.get(detection.get("startOfSpeechSensitivity", ""), LOUD_BY_DEFAULT)
        self._heard_s = 0.0
        self._rate = 16_000
        self._sound: Samples = array("h")
        self.speaking = False
        self._speech_ms = 0.0
        """From the beginning of what may become speech to its latest loud moment."""
        self._quiet_ms = 0.0

    def hear(self, samples: Samples, rate: int) -> Iterator[SpeechBegan | Utterance]:
        """Listen to the next of the stream, and say what was noticed, in order."""
        if self._sound and rate != self._rate:
            self._sound = resample(self._sound, self._rate, rate)
        self._rate = rate
        size = max(1, rate * WINDOW_MS // 1000)
        for start in range(0, len(samples), size):
            yield from self._window(samples[start : start + size])

    def begin(self) -> None:
        """Take all that follows for speech, until `finish`: the client says so itself."""
        self.speaking, self._sound = True, array("h")

    def keep(self, samples: Samples, rate: int) -> None:
        """Keep sound between `begin` and `finish`."""
        if self._sound and rate != self._rate:
            self._sound = resample(self._sound, self._rate, rate)
        self._rate = rate
        self._heard_s += len(samples) / rate
        if self.speaking and len(self._sound) < UTTERANCE_LIMIT_S * rate:
            self._sound.extend(samples)

    def finish(self) -> Utterance | None:
        """Return what was said so far, if anything, and listen afresh."""
        ended_s = self._heard_s - self._quiet_ms / 1000
        said = Utterance(self._sound, self._rate, ended_s) if self.speaking else None
        self.speaking, self._sound = False, array("h")
        self._speech_ms = self._quiet_ms = 0.0
        return said

    def _window(self, window: Samples) -> Iterator[SpeechBegan | Utterance]:
        length_ms = len(window) * 1000 / self._rate
        loud = loudness(window) >= self._loud
        self._heard_s += length_ms / 1000
        if len(self._sound) < UTTERANCE_LIMIT_S * self._rate:
            self._sound.extend(window)
        if loud:
            gap_ms = self._quiet_ms if self._speech_ms else 0.0
            self._speech_ms += gap_ms + length_ms
        self._quiet_ms = 0.0 if loud else self._quiet_ms + length_ms
        if self.speaking:
            yield from self._end_in_silence()
        elif self._speech_ms + self._tail_ms() >= self._prefix_ms:
            self.speaking = True
            yield SpeechBegan(self._heard_s - (self._speech_ms + self._quiet_ms) / 1000)
        else:
            self._wait_for_speech()

    def _end_in_silence(self) -> Iterator[Utterance]:
        if self._quiet_ms < self._silence_ms:
            return
        spare_ms = max(0.0, self._quiet_ms - KEPT_AFTER_MS)
        del self._sound[len(self._sound) - int(spare_ms * self._rate / 1000) :]
        if said := self.finish():
            yield said

    def _tail_ms(self) -> float:
        return min(self._quiet_ms, GAP_MS, self._speech_ms)

    def _wait_for_speech(self) -> None:
        if self._quiet_ms > GAP_MS:
            self._speech_ms = 0.0
        kept_ms = KEPT_BEFORE_MS + (self._speech_ms + self._quiet_ms if self._speech_ms else 0.0)
        del self._sound[: -int(self._rate * kept_ms / 1000)]
