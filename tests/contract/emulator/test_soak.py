"""The short form of the soak; `python -m support.load.soak` is the long one."""

from __future__ import annotations

from emulator.process import EmulatedGemini
from support.load.soak import soak


async def test_nobody_is_dropped_when_many_stream_both_ways_at_once(
    gemini: EmulatedGemini,
) -> None:
    report = await soak(gemini, sockets=40, seconds=3)

    assert report.dropped == 0
    assert report.unanswered == 0
    assert report.turns >= 40
