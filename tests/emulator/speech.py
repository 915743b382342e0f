"""What the model sounds like: the caller, a synthesiser where there is one, or a tone."""

from __future__ import annotations

import asyncio
import shutil
from array import array
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from emulator.pcm import OUT_RATE, Samples, decode, note, resample

WORD_S = 0.25
WORDS_SOUNDED = 200
"""How many words of a long text are heard: enough for a minute, and a bound for time and memory."""
CHARACTERS_SOUNDED = 2_000
SCALE = (1.0, 9 / 8, 5 / 4, 3 / 2, 5 / 3)
"""A pentatonic scale: no two notes of it sound wrong together."""
WAV_HEADER_BYTES = 44
WAV_RATE_AT = slice(24, 28)


@dataclass(frozen=True, slots=True)
class Speech:
    """Words, and how they sound at 24 kHz."""

    words: str
    samples: Samples

    @property
    def seconds(self) -> float:
        """How long it takes to play."""
        return len(self.samples) / OUT_RATE


async def spoken(words: str, voice: str = "", by: Literal["auto", "tone"] = "auto") -> Speech:
    """Return words spoken by the synthesiser of this machine, or by a tone, one note a word."""
    program = shutil.which("espeak-ng") or shutil.which("espeak") if by == "auto" else None
    if program is None:
        return Speech(words, _melody(len(words.split()), voice))
    return Speech(words, await _synthesised(program, words))


def _melody(words: int, voice: str) -> Samples:
    base = 220.0 + 10 * (sum(voice.encode()) % 16)  # so that one hears that the voice was changed
    melody = array("h")
    for index in range(min(max(1, words), WORDS_SOUNDED)):
        melody.extend(note(base * SCALE[index * 2 % len(SCALE)], WORD_S))
    return melody


async def _synthesised(program: str, words: str) -> Samples:
    running = await asyncio.create_subprocess_exec(
        program,
        "--stdout",
        "--stdin",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    heard = " ".join(words.split()[:WORDS_SOUNDED])[:CHARACTERS_SOUNDED]
    try:
        wav, _ = await running.communicate(heard.encode(errors="replace"))
    except asyncio.CancelledError:  # somebody speaks over it
        with suppress(ProcessLookupError):  # it has just ended
            running.kill()
        raise
    rate = int.from_bytes(wav[WAV_RATE_AT], "little")
    sound = wav[WAV_HEADER_BYTES:]
    return resample(decode(sound[: len(sound) // 2 * 2]), rate or OUT_RATE)
