"""Faults on request, and the journal that says what was received."""

from __future__ import annotations

import asyncio
import time

import pytest

from emulator.process import EmulatedGemini, emulator_process
from emulator.raw_client import SETUP, live_url, mint, post_mint, raw_live, silence, voice


async def test_cut_ends_the_connection_without_a_close(gemini: EmulatedGemini) -> None:
    gemini.fault(on="socket", do="cut", after_frames=1)
    async with raw_live(live_url(gemini.url, key="key")) as live:
        opened = await live.receive()
        await live.send({"realtimeInput": {"text": "hello"}})

        assert opened == {"setupComplete": {}}
        assert await live.closed() == (1006, "")


@pytest.mark.parametrize("code", [1000, 1001, 1006, 1011, 1012, 1013, 4321])
async def test_socket_is_closed_with_any_code(gemini: EmulatedGemini, code: int) -> None:
    gemini.fault(on="socket", do="close", code=code, reason="because", after_s=0.05)
    async with raw_live(live_url(gemini.url, key="key")) as live:
        assert await live.closed() == (code, "" if code == 1006 else "because")


async def test_stalled_socket_says_nothing_more_and_stays_open(gemini: EmulatedGemini) -> None:
    gemini.fault(on="socket", do="stall", after_frames=1)
    gemini.set(speed=20)
    async with raw_live(live_url(gemini.url, key="key")) as live:
        await live.receive()
        began = gemini.now()

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(live.receive(), 0.3)

        assert gemini.now() - began > 2 * 1.2, "two updates would have come"
        assert gemini.open_sockets() == 1


async def test_client_may_leave_a_socket_that_never_was_set_up(gemini: EmulatedGemini) -> None:
    gemini.fault(on="socket", do="stall", after_frames=0)
    async with raw_live(live_url(gemini.url, key="key")) as live:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(live.receive(), 0.1)

    gemini.wait_until_left()
    assert len(gemini.journal("left")) == 1


async def test_client_may_leave_a_turn_whose_end_is_stalled(gemini: EmulatedGemini) -> None:
    gemini.set(speed=100, first_handle_s=1e6)
    hello = {"realtimeInput": {"text": "hello"}}
    address = live_url(gemini.url, key="key")
    async with raw_live(address) as live:
        await live.send(hello)
        frames = len(await live.turn())

    gemini.fault(on="socket", do="stall", after_frames=frames - 1)
    async with raw_live(address) as live:
        await live.send(hello)
        await live.until("serverContent", "generationComplete")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(live.receive(), 0.1)

    gemini.wait_until_left()  # and the fixture holds it to no complaint of a task that is left


@pytest.mark.parametrize(
    "fault",
    [
        {"on": "socket", "do": "cut", "after_s": 100},
        {"on": "socket", "do": "go_away", "time_left_s": 100},
    ],
)
async def test_fault_that_takes_its_time_holds_up_no_other(
    gemini: EmulatedGemini, fault: dict[str, object]
) -> None:
    gemini.fault(**fault)
    async with raw_live(live_url(gemini.url, key="key")) as live:
        await live.receive()
        gemini.fault(on="open", do="close", code=1012, reason="now")

        assert await live.closed() == (1012, "now")


async def test_jitter_delays_and_keeps_the_order(gemini: EmulatedGemini) -> None:
    gemini.set(speed=20)
    gemini.fault(on="socket", do="jitter", jitter_s=0.05)
    async with raw_live(live_url(gemini.url, key="key")) as live:
        await live.receive()
        began = time.monotonic()
        await live.send({"realtimeInput": {"text": "one two three four"}})
        answer = await live.turn()

    words = [
        m["serverContent"].get("outputTranscription", {}).get("text", "")
        for m in answer
        if "serverContent" in m
    ]
    assert "".join(words) == "You wrote: one two three four"
    assert time.monotonic() - began > 0.2


async def test_socket_that_is_open_can_be_struck_now(gemini: EmulatedGemini) -> None:
    async with raw_live(live_url(gemini.url, key="key")) as live:
        await live.receive()
        gemini.fault(on="open", do="go_away", time_left_s=0.2)
        warning = (await live.until("goAway"))[-1]

        assert warning == {"goAway": {"timeLeft": "0.2s"}}
        assert await live.closed() == (1000, "")


async def test_faults_happen_as_often_as_asked_for_and_in_order(gemini: EmulatedGemini) -> None:
    gemini.fault(on="mint", do="status", status=503, skip=1, times=2)
    gemini.fault(on="mint", do="status", status=429)

    answers = [post_mint(gemini.url).status_code for _ in range(5)]

    assert answers == [200, 503, 503, 429, 200]


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        ({"on": "mint", "do": "explode"}, "do"),
        ({"on": "mint", "do": "cut"}, "not cut"),
        ({"on": "open", "do": "refuse"}, "not refuse"),
        ({"on": "mint", "do": "status", "status": 200}, "status"),
        ({"on": "socket", "do": "close", "code": 1004}, "no close can carry 1004"),
        ({"on": "socket", "do": "close", "code": 2999}, "no close can carry 2999"),
        ({"on": "mint", "do": "hang", "sometimes": True}, "sometimes"),
    ],
)
def test_fault_that_cannot_be_is_refused_by_name(
    gemini: EmulatedGemini, fault: dict[str, object], problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        gemini.fault(**fault)


@pytest.mark.parametrize(
    ("change", "problem"), [({"speed": 0}, "speed"), ({"sped": 1}, "sped"), ({"pace": "x"}, "pace")]
)
def test_setting_that_cannot_be_is_refused_by_name(
    gemini: EmulatedGemini, change: dict[str, object], problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        gemini.set(**change)


async def test_journal_holds_all_that_was_received(gemini: EmulatedGemini) -> None:
    gemini.set(speed=20)
    token = mint(gemini.url, {"uses": 2})
    async with raw_live(live_url(gemini.url, token=token)) as live:
        await live.say(voice(0.5) + silence(0.9))
        await live.turn()
        await live.send({"realtimeInput": {"text": "hello"}})
        await live.turn()
        await live.socket.close(1000, "bye")
    gemini.wait_until_left()

    kinds = [entry["kind"] for entry in gemini.journal()]
    assert kinds == [
        "mint",
        "token",
        "socket",
        "setup",
        "session",
        "utterance",
        "message",
        "left",
    ]
    (minted,), (setup,), (left,) = (gemini.journal(kind) for kind in ("mint", "setup", "left"))
    assert (minted["key"], minted["body"]) == ("key", '{"uses": 2}')
    assert (setup["token"], setup["setup"]) == (token, SETUP)
    assert (left["code"], left["reason"], left["audio_frames"]) == (1000, "bye", 35)


def test_reset_forgets_tokens_faults_and_settings(gemini: EmulatedGemini) -> None:
    gemini.fail_next_mints()
    gemini.set(mint_latency_s=5)

    gemini.reset()

    assert post_mint(gemini.url).status_code == 200
    assert gemini.counts() == {"mint": 1, "token": 1}


async def test_reset_forgets_sockets_without_a_setup(gemini: EmulatedGemini) -> None:
    async with raw_live(live_url(gemini.url, key="key"), {}) as live:
        gemini.reset()
        await live.send({"setup": SETUP})

        assert await live.closed() == (1006, "")


def test_program_prints_where_it_is_and_serves_tls_that_its_authority_vouches_for() -> None:
    with emulator_process("--tls", "--speed", "60", "--recognise", "hello") as gemini:
        shown = gemini.settings()

    assert gemini.url.startswith("https://127.0.0.1:")
    assert gemini.authority.endswith(".pem")
    assert (shown["speed"], shown["recognised"]) == (60.0, ["hello"])
