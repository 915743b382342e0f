"""The short form of the soak; `python -m support.load.soak` is the long one."""

from __future__ import annotations

from emulator.process import EmulatedGemini
from support.load.soak import soak
from support.runs.margin import MARGIN_S


async def test_nobody_is_dropped_when_many_stream_both_ways_at_once(
    gemini: EmulatedGemini,
) -> None:
    report = await soak(gemini, sockets=40, seconds=3, patience_s=4 * MARGIN_S)

    assert report.dropped == 0
    assert report.unanswered == 0
    assert report.turns >= 40
