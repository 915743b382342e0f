"""A conversation that is cut at 50 random moments and resumed by handle loses no history."""

from __future__ import annotations

import random

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage

from emulator.process import EmulatedGemini
from emulator.raw_client import SETUP, live_url, mint, raw_live, transcript

CUTS = 50
SPEED = 30
LONGEST_S = 3.5
"""Emulated seconds; a whole turn takes about 2, so that cuts fall before, within and after one."""


async def test_history_is_whole_after_50_cuts_at_random_moments(gemini: EmulatedGemini) -> None:
    gemini.set(speed=SPEED)
    moments = random.Random(2026)
    address = live_url(gemini.url, token=mint(gemini.url, {"uses": 1}))
    handle, answered = "", []
    async with raw_live(address) as live:
        update = (await live.until("sessionResumptionUpdate"))[-1]["sessionResumptionUpdate"]
        handle = update["newHandle"]

    for cut in range(CUTS):
        gemini.advance(1)  # right after a drop in silence no resume is taken
        gemini.fault(on="socket", do="cut", after_s=moments.uniform(0, LONGEST_S))
        setup = {**SETUP, "sessionResumption": {"handle": handle}}
        try:
            async with raw_live(address, setup) as live:
                await live.send({"realtimeInput": {"text": f"this is turn {cut}"}})
                while message := await live.receive():
                    update = message.get("sessionResumptionUpdate", {})
                    handle = update.get("newHandle") or handle
                    if "modelTurn" in message.get("serverContent", {}):
                        answered.append(f"this is turn {cut}")
        except (ConnectionClosed, InvalidHandshake, InvalidMessage, ConnectionError):
            pass

    gemini.advance(1)
    setup = {**SETUP, "sessionResumption": {"handle": handle}}
    async with raw_live(address, setup) as live:
        await live.send({"realtimeInput": {"text": "recap"}})
        recap = transcript(await live.turn())

    (talk,) = gemini.talks()
    received = [entry["message"]["realtimeInput"]["text"] for entry in gemini.journal("message")]
    spoken = [line["text"] for line in talk["lines"] if line["role"] == "user"]
    assert len(gemini.journal("cut")) == CUTS
    assert CUTS / 2 < len(set(answered)) < CUTS, "cuts fall before, within and after a turn"
    assert spoken == received, "nothing that arrived is lost, doubled or out of order"
    assert recap == "You said: " + "; ".join(received[:-1])
    assert set(answered) <= set(spoken)
    assert [entry["resumed"] for entry in gemini.journal("session")] == [False] + [True] * (
        CUTS + 1
    )
