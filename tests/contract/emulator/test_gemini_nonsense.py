"""Arbitrary input is refused in the service's own words, and never crashes the emulator."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed

from emulator.fields import AUTH_TOKEN, CLIENT_MESSAGE, SETUP
from emulator.mint import minted
from emulator.process import EmulatedGemini
from emulator.raw_client import SETUP as GOOD_SETUP
from emulator.raw_client import Message, live_url, raw_live, sound_of, transcript
from emulator.refusals import Refusal
from emulator.schema import Kind, Repeated
from emulator.settings import EmulatorSettings

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def likely(kind: Kind) -> st.SearchStrategy[Any]:
    """Return values that look like a message, and now and then are not."""
    if isinstance(kind, Repeated):
        return st.lists(likely(kind.of), max_size=2)
    if isinstance(kind, str):
        plain: dict[str, st.SearchStrategy[Any]] = {
            "string": st.sampled_from(["", "weather", "AAAA", "audio/pcm;rate=16000"]) | st.text(),
            "number": st.floats(allow_nan=False, allow_infinity=False),
            "integer": st.integers(-1, 10**6),
            "boolean": st.booleans(),
            "free": ANYTHING,
        }
        return plain[kind]
    return st.fixed_dictionaries({}, optional={name: likely(k) for name, k in kind.items()})


def status_of_mint(body: bytes) -> int:
    try:
        minted(body, EmulatorSettings(), now=0, wall_s=1e9)
    except Refusal as refusal:
        return refusal.http_status
    return 200


@settings(max_examples=300)
@given(ANYTHING | likely(AUTH_TOKEN))
def test_every_json_is_a_token_or_a_400(body: Any) -> None:
    assert status_of_mint(json.dumps(body).encode()) in (200, 400)


@given(st.binary())
def test_every_byte_string_is_a_token_or_a_400(body: bytes) -> None:
    assert status_of_mint(body) in (200, 400)


@pytest.mark.parametrize("depth", [99, 500, 900, 100_000])
def test_bottomless_json_is_a_400(depth: int) -> None:
    bottomless = b"[" * depth + b"]" * depth

    assert status_of_mint(bottomless) == 400
    assert status_of_mint(b'{"uses": %s}' % bottomless) == 400
    assert status_of_mint(b'{"bidiGenerateContentSetup": {"labels": %s}}' % bottomless) == 400


def test_number_beyond_all_numbers_is_a_400() -> None:
    config = b'{"generationConfig": {"temperature": 1e999}}'

    assert status_of_mint(b'{"bidiGenerateContentSetup": %s}' % config) == 400


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    setup=likely({name: kind for name, kind in SETUP.items() if name != "model"}),
    messages=st.lists(likely(CLIENT_MESSAGE) | ANYTHING, max_size=3),
)
async def test_every_message_is_taken_or_closed_with_a_code_of_the_table(
    gemini: EmulatedGemini, setup: dict[str, Any], messages: list[Any]
) -> None:
    gemini.set(speed=1000)
    config = {**setup.get("generationConfig", {}), **GOOD_SETUP["generationConfig"]}  # type: ignore[dict-item]
    address = live_url(gemini.url, key="key")
    code = 1000
    async with raw_live(address, {**setup, **GOOD_SETUP, "generationConfig": config}) as live:
        try:
            await live.receive()
            for message in messages:
                await live.socket.send(json.dumps(message))
            await live.send({"realtimeInput": {"text": "get weather"}})
            await live.until("sessionResumptionUpdate")
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd else 1006

    assert code in (1000, 1007, 1008)


def sound(data: str, kind: str = "audio/pcm") -> Message:
    return {"realtimeInput": {"audio": {"data": data, "mimeType": kind}}}


def result(response: Any) -> Message:
    return {"toolResponse": {"functionResponses": [{"id": "1", "response": response}]}}


BOTTOMLESS: list[Any] = []
for _ in range(900):
    BOTTOMLESS = [BOTTOMLESS]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (sound("\u00e9" * 4), 1007),
        (sound("AAA=", "audio/pcm;rate=" + "1" * 5000), 1007),
        (sound("AAA=", "audio/pcm;rate=\u0661\u0662\u0663\u0664"), 1007),
        (result(BOTTOMLESS), 1007),
        (result({"data": 5}), 1008),
        (result({"data": {"data": None}}), 1008),
    ],
)
async def test_message_that_is_odd_is_closed_with_its_code(
    gemini: EmulatedGemini, message: Message, code: int
) -> None:
    async with raw_live(live_url(gemini.url, key="key")) as live:
        await live.send(message)

        assert (await live.closed())[0] == code


async def test_long_text_is_told_whole_and_sounded_in_part(gemini: EmulatedGemini) -> None:
    gemini.set(speed=1000, pace=1000)
    text = "word " * 100_000
    async with raw_live(live_url(gemini.url, key="key")) as live:
        await live.send({"realtimeInput": {"text": text}})
        answer = await live.turn()

    assert transcript(answer) == f"You wrote: {text}".strip()
    assert len(sound_of(answer)) == 200 * 0.25 / 0.1
