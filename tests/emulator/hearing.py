"""Speech, detected by energy: when it begins, when it ends, and how it sounded."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from emulator.pcm import Samples, loudness, resample

WINDOW_MS = 20
KEPT_BEFORE_MS = 200
"""What is kept of the sound before speech was detected, so that no first consonant is lost."""
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

    def __init__(self, detection: dict[str, Any]) -> None:
        """Take `setup.realtimeInputConfig.automaticActivityDetection`; it may be empty."""
        # 800 ms was measured by others; Guess: 20 ms before speech is taken for speech.
        self._silence_ms = max(1, detection.get("silenceDurationMs", 800))
        self._prefix_ms = max(1, detection.get("prefixPaddingMs", 20))
        self._loud = LOUD.get(detection.get("startOfSpeechSensitivity", ""), LOUD_BY_DEFAULT)
        self._heard_s = 0.0
        self._rate = 16_000
        self._sound: Samples = array("h")
        self.speaking = False
        self._loud_ms = 0.0
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
        self._loud_ms = self._quiet_ms = 0.0
        return said

    def _window(self, window: Samples) -> Iterator[SpeechBegan | Utterance]:
        length_ms = len(window) * 1000 / self._rate
        loud = loudness(window) >= self._loud
        self._heard_s += length_ms / 1000
        if len(self._sound) < UTTERANCE_LIMIT_S * self._rate:
            self._sound.extend(window)
        self._loud_ms = self._loud_ms + length_ms if loud else 0.0
        self._quiet_ms = 0.0 if loud else self._quiet_ms + length_ms
        if self.speaking:
            if self._quiet_ms >= self._silence_ms:
                spare_ms = max(0.0, self._quiet_ms - KEPT_AFTER_MS)
                del self._sound[len(self._sound) - int(spare_ms * self._rate / 1000) :]
                if said := self.finish():
                    yield said
        elif self._loud_ms >= self._prefix_ms:
            self.speaking = True
            yield SpeechBegan(self._heard_s - self._loud_ms / 1000)
        else:
            del self._sound[: -self._rate * KEPT_BEFORE_MS // 1000]
