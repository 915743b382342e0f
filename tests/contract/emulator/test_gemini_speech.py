"""Speech output: by this machine's synthesiser if it has one, else a tone."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from emulator.pcm import OUT_RATE, loudness
from emulator.speech import spoken


async def test_tone_is_loud_enough_and_as_long_as_its_words() -> None:
    speech = await spoken("one two three", by="tone")

    assert speech.seconds == pytest.approx(0.75)
    assert loudness(speech.samples) > 1000


async def test_every_voice_has_its_own_tone() -> None:
    puck, kore = [await spoken("hello", voice, by="tone") for voice in ("Puck", "Kore")]

    assert puck.samples != kore.samples


@pytest.mark.skipif(
    os.environ.get("CI") != "true" and not (shutil.which("espeak-ng") or shutil.which("espeak")),
    reason="no synthesiser here: apt-get install espeak-ng",
)
async def test_synthesiser_speaks_the_words() -> None:
    short, long = [await spoken(words) for words in ("Hello.", "Hello, how are you today?")]

    assert 0.2 < short.seconds < long.seconds < 5
    assert loudness(long.samples[OUT_RATE // 10 :]) > 500
    assert short.samples != (await spoken("Hello.", by="tone")).samples


@pytest.fixture
def patient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a synthesiser first that writes down who it is and what it is told, and never ends."""
    program = tmp_path / "espeak-ng"
    program.write_text(
        f"#!/bin/sh\necho $$ > {tmp_path}/pid\ncat > {tmp_path}/words\nexec sleep 60\n"
    )
    program.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    return tmp_path


async def test_synthesiser_ends_with_its_caller(patient: Path) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await spoken("half a pair \ud800 " + "word " * 10_000)
    await asyncio.sleep(0.1)

    pid, words = (patient / "pid").read_text(), (patient / "words").read_text()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)
    assert words.startswith("half a pair ? word")
    assert len(words.split()) == 200


async def test_speech_that_is_cancelled_as_its_synthesiser_ends_is_cancelled_and_no_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "espeak-ng"
    program.write_text("#!/bin/sh\nexit 0\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    async def ended(self: asyncio.subprocess.Process, _input: bytes) -> tuple[bytes, bytes]:
        await self.wait()
        raise asyncio.CancelledError

    def gone(_: asyncio.subprocess.Process) -> None:  # as uvloop says it
        raise ProcessLookupError

    monkeypatch.setattr(asyncio.subprocess.Process, "communicate", ended)
    monkeypatch.setattr(asyncio.subprocess.Process, "kill", gone)

    with pytest.raises(asyncio.CancelledError):
        await spoken("hello")
