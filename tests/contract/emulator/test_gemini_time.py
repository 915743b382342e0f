"""Emulated time: handles, warnings, ends, and the growing cost of a talk."""

from __future__ import annotations

import time

import pytest

from emulator.process import EmulatedGemini
from emulator.raw_client import (
    SETUP,
    Message,
    RawLive,
    live_url,
    mint,
    raw_live,
    silence,
    transcript,
    voice,
)
from emulator.refusals import Closed
from emulator.tokens import TOKENS_KEPT, Token, TokenBook
from support.runs.margin import MARGIN_S


async def test_ten_minutes_pass_in_a_second(gemini: EmulatedGemini) -> None:
    gemini.set(speed=600, one_handle="never")
    began = time.monotonic()

    async with raw_live(live_url(gemini.url, token=mint(gemini.url))) as live:
        updates = [m for m in await live.until("goAway") if "sessionResumptionUpdate" in m]
        end = await live.closed()

    began_at, warned_at, ended_at = (
        gemini.journal(kind)[0]["at"] for kind in ("session", "go_away", "closed")
    )
    assert end == (1000, "")
    assert warned_at - began_at == pytest.approx(540, abs=90)
    assert ended_at - began_at == pytest.approx(600, abs=90)
    assert time.monotonic() - began < 1 + MARGIN_S
    assert len(updates) > 100


async def test_handles_come_about_every_second_though_nobody_asked(
    gemini: EmulatedGemini,
) -> None:
    gemini.set(speed=5)
    setup = {**SETUP, "model": "models/gemini-3.1-flash-live-preview"}
    async with raw_live(live_url(gemini.url, key="key"), setup) as live:
        await live.receive()
        began = gemini.now()
        handles = [
            (await live.until("sessionResumptionUpdate"))[-1]["sessionResumptionUpdate"]
            for _ in range(5)
        ]
        took_s = gemini.now() - began

    assert took_s == pytest.approx(5 * 1.2, abs=1.5)
    assert len({update["newHandle"] for update in handles}) == 5


async def handle_of(gemini: EmulatedGemini, token: str, say: str = "") -> str:
    async with raw_live(live_url(gemini.url, token=token)) as live:
        await live.receive()
        gemini.advance(2)
        update = (await live.until("sessionResumptionUpdate"))[-1]["sessionResumptionUpdate"]
        if say:
            await live.send({"realtimeInput": {"text": say}})
            await live.turn()
    gemini.wait_until_left()
    return str(update["newHandle"])


async def test_fresh_token_resumes_what_an_expired_one_began(gemini: EmulatedGemini) -> None:
    gemini.set(speed=20)
    handle = await handle_of(gemini, mint(gemini.url), say="my name is Ada")
    gemini.advance(31 * 60)

    setup = {**SETUP, "sessionResumption": {"handle": handle}}
    async with raw_live(live_url(gemini.url, token=mint(gemini.url)), setup) as live:
        assert await live.receive() == {"setupComplete": {}}

    assert gemini.journal("session")[-1]["resumed"] is True
    assert len(gemini.talks()) == 1


@pytest.mark.parametrize(("after_s", "resumed"), [(2 * 3600 - 60, True), (2 * 3600 + 1, False)])
async def test_handle_is_good_for_two_hours_after_the_end(
    gemini: EmulatedGemini, after_s: float, resumed: bool
) -> None:
    handle = await handle_of(gemini, mint(gemini.url))
    gemini.advance(after_s)

    setup = {**SETUP, "sessionResumption": {"handle": handle}}
    async with raw_live(live_url(gemini.url, token=mint(gemini.url)), setup) as live:
        if resumed:
            assert await live.receive() == {"setupComplete": {}}
        else:
            assert await live.closed() == (1008, "Requested entity was not found.")


async def test_life_of_a_handle_is_a_setting(gemini: EmulatedGemini) -> None:
    handle = await handle_of(gemini, mint(gemini.url))
    gemini.set(handle_life_s=10)
    gemini.advance(11)

    setup = {**SETUP, "sessionResumption": {"handle": handle}}
    async with raw_live(live_url(gemini.url, key="key"), setup) as live:
        assert (await live.closed())[0] == 1008


async def test_speed_stays_when_something_else_is_set(gemini: EmulatedGemini) -> None:
    gemini.run_at(50)
    gemini.set(pace=3)

    assert gemini.settings()["speed"] == 50


async def test_everything_but_the_model_may_change_on_the_way(gemini: EmulatedGemini) -> None:
    handle = await handle_of(gemini, mint(gemini.url, {"uses": 0}))
    resumption = {"sessionResumption": {"handle": handle}}
    address = live_url(gemini.url, key="key")

    async with raw_live(address, {**SETUP, **resumption, "tools": [{"googleSearch": {}}]}) as live:
        changed = await live.receive()
    other = {**SETUP, **resumption, "model": "models/gemini-3.1-flash-live-preview"}
    async with raw_live(address, other) as live:
        refused = await live.closed()

    assert changed == {"setupComplete": {}}
    assert refused[0] == 1007


def tokens(message: Message, side: str, modality: str) -> int:
    details = message["usageMetadata"][f"{side}TokensDetails"]
    return sum(entry["tokenCount"] for entry in details if entry["modality"] == modality)


async def spoken(live: RawLive, seconds: float) -> Message:
    await live.say(voice(seconds))
    await live.send({"realtimeInput": {"audioStreamEnd": True}})
    return (await live.turn())[-1]


async def test_every_turn_pays_again_for_all_before_it(gemini: EmulatedGemini) -> None:
    gemini.set(speed=40, stream_end_ignored="never")
    async with raw_live(live_url(gemini.url, key="key")) as live:
        first, second, third = [await spoken(live, 4) for _ in range(3)]

    assert tokens(first, "prompt", "AUDIO") == pytest.approx(100, abs=2)
    assert tokens(first, "response", "AUDIO") == pytest.approx(100, abs=2)
    assert tokens(second, "prompt", "AUDIO") == pytest.approx(300, abs=4)
    assert tokens(third, "prompt", "AUDIO") == pytest.approx(500, abs=6)
    usage = third["usageMetadata"]
    assert usage["totalTokenCount"] == usage["promptTokenCount"] + usage["responseTokenCount"]


async def test_compression_keeps_the_context_below_its_trigger(gemini: EmulatedGemini) -> None:
    gemini.set(speed=40, stream_end_ignored="never", unclaimed_tokens="never")
    compression = {"triggerTokens": "300", "slidingWindow": {"targetTokens": 150}}
    setup = {**SETUP, "contextWindowCompression": compression}
    async with raw_live(live_url(gemini.url, key="key"), setup) as live:
        usages = [(await spoken(live, 3))["usageMetadata"] for _ in range(6)]

    assert max(usage["promptTokenCount"] for usage in usages) < 300


async def test_compression_never_forgets_what_is_to_be_answered(gemini: EmulatedGemini) -> None:
    gemini.set(speed=40)
    compression = {"triggerTokens": 20, "slidingWindow": {"targetTokens": 10}}
    setup = {**SETUP, "contextWindowCompression": compression}
    turn = {"role": "user", "parts": [{"text": "a long story " * 10}]}
    async with raw_live(live_url(gemini.url, key="key"), setup) as live:
        await live.send({"clientContent": {"turns": [turn], "turnComplete": True}})
        answer = await live.turn()

    assert transcript(answer).startswith("You wrote: a long story")


async def test_token_that_is_over_is_told_so_whatever_its_handle(gemini: EmulatedGemini) -> None:
    token = mint(gemini.url)
    gemini.advance(31 * 60)

    setup = {**SETUP, "sessionResumption": {"handle": "stale"}}
    async with raw_live(live_url(gemini.url, token=token), setup) as live:
        assert await live.closed() == (1011, "Token has expired")


async def test_time_may_run_at_another_speed_in_the_middle_of_a_turn(
    gemini: EmulatedGemini,
) -> None:
    async with raw_live(live_url(gemini.url, key="key")) as live:
        await live.say(voice(30) + silence(0.9))
        await live.until("serverContent", "modelTurn")
        gemini.run_at(100)
        began = time.monotonic()
        await live.turn()

    assert time.monotonic() - began < 1 + MARGIN_S


async def test_token_may_end_in_the_middle_of_a_turn(gemini: EmulatedGemini) -> None:
    token = mint(gemini.url)
    async with raw_live(live_url(gemini.url, token=token)) as live:
        await live.send({"realtimeInput": {"text": "a long story " * 10}})
        await live.until("serverContent", "modelTurn")
        gemini.advance(30 * 60)

        assert await live.closed() == (1011, "auth token has expired")


def test_oldest_token_is_forgotten_where_there_are_too_many() -> None:
    book = TokenBook()
    tokens = [Token(str(number), 1, 1, 1) for number in range(TOKENS_KEPT + 1)]

    for token in tokens:
        book.add(token)

    assert book.find("1") is tokens[1]
    with pytest.raises(Closed):
        book.find("0")


async def test_advancing_the_clock_wakes_its_sleepers(gemini: EmulatedGemini) -> None:
    async with raw_live(live_url(gemini.url, key="key")) as live:
        await live.receive()
        gemini.advance(541)
        await live.until("goAway")
        await live.say(silence(0.1))
        gemini.advance(60)

        assert await live.closed() == (1000, "")
