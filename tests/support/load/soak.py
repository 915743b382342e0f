"""Many sockets at once, each streaming both ways: `python -m support.load.soak --sockets 200`.

Every client speaks in real time, 40 ms a frame, one second in three and a half, and is answered
with its own voice. It fails when a socket is dropped, when one is not answered, or when the
server's memory grows.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from websockets.exceptions import ConnectionClosed

from emulator.process import EmulatedGemini, emulator_process
from emulator.raw_client import SETUP, RawLive, chunks, live_url, mint, raw_live, silence, voice
from support.runs import tables

FRAME_S = 0.04
SPEECH_S, SILENCE_S = 1.0, 2.5
DETECTION = {"automaticActivityDetection": {"silenceDurationMs": 500}}
WARM_UP = 1 / 2
"""The part of the time after which memory must be flat."""
GROWTH_ALLOWED = 1.05
SAMPLES = 30


@dataclass(slots=True)
class Report:
    """What happened."""

    sockets: int
    seconds: float
    dropped: int = 0
    unanswered: int = 0
    frames_sent: int = 0
    frames_received: int = 0
    bytes_received: int = 0
    turns: int = 0
    latest_s: float = 0.0
    """How far the slowest client fell behind real time."""
    cpu_s: float = 0.0
    memory_mb: list[float] = field(default_factory=list)

    @property
    def growth(self) -> float:
        """How memory at the end compares to that after the warm-up: 1 is flat."""
        warm = self.memory_mb[int(len(self.memory_mb) * WARM_UP)]
        return self.memory_mb[-1] / warm

    def held(self) -> bool:
        """Whether nobody was dropped, everybody was answered, and memory was flat."""
        return not self.dropped and not self.unanswered and self.growth <= GROWTH_ALLOWED

    def __str__(self) -> str:
        """Say it in three lines."""
        return (
            f"{self.sockets} sockets for {self.seconds:g} s: {self.dropped} dropped,"
            f" {self.unanswered} unanswered, {self.turns} turns, clients late by"
            f" {self.latest_s:.2f} s at most\n"
            f"{self.frames_sent / self.seconds:.0f} frames/s in,"
            f" {self.frames_received / self.seconds:.0f} frames/s and"
            f" {self.bytes_received / self.seconds / 1e6:.1f} MB/s out,"
            f" {self.cpu_s / self.seconds:.0%} of a core\n"
            f"memory in MB, from first to last: {' '.join(f'{mb:.0f}' for mb in self.memory_mb)}\n"
            f"{self.growth:.2f} of what it was at half time"
        )


async def soak(
    gemini: EmulatedGemini, sockets: int, seconds: float, patience_s: float = 0
) -> Report:
    """Stream for some seconds, wait as long for answers that are late, and report."""
    report = Report(sockets, seconds)
    address = live_url(gemini.url, token=mint(gemini.url, {"uses": 0}))
    frames = [
        json.dumps(message) for message in chunks(voice(SPEECH_S) + silence(SILENCE_S), FRAME_S)
    ]
    cpu_s = _cpu_s(gemini.pid)
    watching = asyncio.create_task(_watch(gemini.pid, report))
    in_turn_s = (SPEECH_S + SILENCE_S) / sockets  # people do not speak in step
    await asyncio.gather(
        *(
            _stream(address, frames, report, index * in_turn_s, patience_s)
            for index in range(sockets)
        )
    )
    watching.cancel()
    report.cpu_s = _cpu_s(gemini.pid) - cpu_s
    return report


async def _stream(
    address: str, frames: Sequence[str], report: Report, wait_s: float, patience_s: float
) -> None:
    answered = asyncio.Event()
    try:
        async with raw_live(address, {**SETUP, "realtimeInputConfig": DETECTION}) as live:
            await live.receive()
            receiving = asyncio.create_task(_receive(live, report, answered))
            await asyncio.sleep(wait_s)
            await _speak(live, frames, report)
            with suppress(TimeoutError):
                await asyncio.wait_for(answered.wait(), patience_s)
            receiving.cancel()
    except ConnectionClosed:
        report.dropped += 1


async def _speak(live: RawLive, frames: Sequence[str], report: Report) -> None:
    began = time.monotonic()
    for index in range(int(report.seconds / FRAME_S)):
        late_s = time.monotonic() - (began + index * FRAME_S)
        report.latest_s = max(report.latest_s, late_s)
        if late_s < 0:
            await asyncio.sleep(-late_s)
        await live.socket.send(frames[index % len(frames)])
        report.frames_sent += 1


async def _receive(live: RawLive, report: Report, answered: asyncio.Event) -> None:
    report.unanswered += 1
    async for frame in live.socket:
        report.frames_received += 1
        report.bytes_received += len(frame)
        if isinstance(frame, bytes) and b"turnComplete" in frame:
            report.unanswered -= not answered.is_set()
            report.turns += 1
            answered.set()


async def _watch(pid: int, report: Report) -> None:
    """Sample the memory while all stream: what 200 goodbyes at once take is not growth."""
    for _ in range(SAMPLES):
        report.memory_mb.append(_memory_mb(pid))
        await asyncio.sleep(report.seconds / SAMPLES)


def _memory_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def main() -> None:
    """Run it, print the report, and fail where it did not hold."""
    parser = argparse.ArgumentParser(prog="python -m support.load.soak", description=__doc__)
    parser.add_argument("--sockets", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=30)
    chosen = parser.parse_args()
    with emulator_process("--tone") as gemini:
        report = asyncio.run(soak(gemini, chosen.sockets, chosen.seconds))
    print(report)
    passed = report.sockets - report.dropped - report.unanswered
    row = (
        report.sockets,
        passed,
        f"{report.latest_s:.2f} s behind",
        f"{report.growth:.2f}",
        "none",
    )
    tables.add("Sockets that stream", ("cases", "passed", "worst", "memory x", "seed"), row)
    print(*tables.lines(), sep="\n")
    sys.exit(not report.held())


if __name__ == "__main__":
    main()
