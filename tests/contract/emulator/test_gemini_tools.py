"""Tools: what makes the model call one, whether it waits, and what becomes of the answers."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from emulator.process import EmulatedGemini
from emulator.raw_client import (
    SETUP,
    Message,
    RawLive,
    live_url,
    raw_live,
    silence,
    transcript,
    voice,
)

BLOCKING = "models/gemini-3.1-flash-live-preview"
EXTENDED = "models/gemini-3.8-live-extended-thinking"
CITY = {"type": "OBJECT", "properties": {"city": {"type": "STRING"}}}
UNIT = {"type": "STRING", "enum": ["C", "F"]}


@pytest.fixture(autouse=True)
def fast(gemini: EmulatedGemini) -> None:
    gemini.set(speed=10, one_handle="never")  # handles tell the time here


def declared(*functions: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"functionDeclarations": list(functions)}]


WEATHER = {"name": "get_weather", "parameters": CITY}
TIMER = {"name": "setTimer"}


def talk(gemini: EmulatedGemini, **setup: Any) -> AbstractAsyncContextManager[RawLive]:
    setup = {"outputAudioTranscription": {}, "tools": declared(WEATHER, TIMER), **setup}
    return raw_live(live_url(gemini.url, key="key"), {**SETUP, **setup})


async def call_for(live: RawLive, text: str) -> list[dict[str, Any]]:
    await live.send({"realtimeInput": {"text": text}})
    calls = (await live.until("toolCall"))[-1]["toolCall"]["functionCalls"]
    return list(calls)


def response(call: dict[str, Any], output: Any, **more: Any) -> Message:
    answer = {"id": call["id"], "name": call["name"], "response": {"output": output}, **more}
    return {"toolResponse": {"functionResponses": [answer]}}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("How is the weather in Oslo?", ["get_weather"]),
        ("please get_weather", ["get_weather"]),
        ("Get Weather", ["get_weather"]),
        ("set timer", ["setTimer"]),
        ("get weather and set timer", ["get_weather", "setTimer"]),
    ],
)
async def test_function_is_called_when_it_is_asked_for(
    gemini: EmulatedGemini, text: str, names: list[str]
) -> None:
    async with talk(gemini) as live:
        calls = await call_for(live, text)

    assert [call["name"] for call in calls] == names
    assert len({call["id"] for call in calls}) == len(names)


@pytest.mark.parametrize("name", ["___", "go", "weather_man"])
async def test_function_is_not_called_for_a_part_of_a_word(
    gemini: EmulatedGemini, name: str
) -> None:
    async with talk(gemini, tools=declared({"name": name})) as live:
        await live.send({"realtimeInput": {"text": "a good goat"}})
        answer = await live.turn()

    assert transcript(answer) == "You wrote: a good goat"


async def test_function_is_called_when_its_name_is_spoken(gemini: EmulatedGemini) -> None:
    gemini.set(recognised=["what is the weather in Rome"])
    async with talk(gemini) as live:
        await live.say(voice(0.5) + silence(0.9))
        call = (await live.until("toolCall"))[-1]["toolCall"]["functionCalls"][0]

    assert call["args"] == {"city": "Rome"}


async def test_arguments_are_of_the_kinds_that_are_declared(gemini: EmulatedGemini) -> None:
    kinds = {"n": {"type": "INTEGER"}, "ok": {"type": "BOOLEAN"}, "unit": UNIT}
    function = {"name": "f_one", "parameters": {"type": "OBJECT", "properties": kinds}}
    async with talk(gemini, tools=declared(function)) as live:
        (call,) = await call_for(live, "f one")

    assert call["args"] == {"n": 1, "ok": True, "unit": "C"}


@pytest.mark.parametrize("model", [BLOCKING, "models/gemini-3.8-live"])
async def test_turn_with_a_tool_has_one_end(gemini: EmulatedGemini, model: str) -> None:
    async with talk(gemini, model=model) as live:
        (call,) = await call_for(live, "get weather")
        await live.send(response(call, "sunny"))
        answer = await live.turn()
        rest = await live.until("sessionResumptionUpdate")

    assert transcript(answer) == "get_weather says: sunny"
    assert not [message for message in rest if "serverContent" in message]


async def test_blocking_model_waits_for_every_answer(gemini: EmulatedGemini) -> None:
    async with talk(gemini, model=BLOCKING) as live:
        first, second = await call_for(live, "get weather and set timer")
        await live.send(response(first, "sunny"))
        while_waiting = await live.until("sessionResumptionUpdate")
        await live.send(response(second, {"minutes": 3}))
        answer = await live.turn()

    assert [m for m in while_waiting if "serverContent" in m] == []
    assert transcript(answer) == 'setTimer says: {"minutes": 3}'


@pytest.mark.parametrize("scheduling", ["SILENT", "INTERRUPT"])
async def test_answer_to_a_blocking_call_is_spoken_of_however_it_was_scheduled(
    gemini: EmulatedGemini, scheduling: str
) -> None:
    async with talk(gemini, model=BLOCKING) as live:
        (call,) = await call_for(live, "get weather")
        await live.send(response(call, "sunny", scheduling=scheduling))
        answer = await live.turn()

    assert transcript(answer) == "get_weather says: sunny"


async def test_picture_before_a_call_is_billed_once_and_seen_after_it(
    gemini: EmulatedGemini,
) -> None:
    async with talk(gemini, model=BLOCKING) as live:
        await live.send({"realtimeInput": {"video": {"mimeType": "image/jpeg", "data": "AAAA"}}})
        (call,) = await call_for(live, "get weather")
        await live.send(response(call, "sunny"))
        answer = await live.turn()
        await live.send({"realtimeInput": {"text": "thanks"}})
        await live.turn()

    pictures = [line["pictures"] for line in gemini.talks()[-1]["lines"] if line["role"] == "user"]
    assert pictures == [1, 0]
    assert transcript(answer).startswith("get_weather says: sunny I see a 0 by 0 picture")


async def test_no_handle_is_given_while_the_model_waits(gemini: EmulatedGemini) -> None:
    async with talk(gemini, model=BLOCKING) as live:
        (call,) = await call_for(live, "get weather")
        waiting = (await live.until("sessionResumptionUpdate"))[-1]
        await live.send(response(call, "sunny"))
        await live.turn()
        after = (await live.until("sessionResumptionUpdate"))[-1]

    assert waiting["sessionResumptionUpdate"] == {"newHandle": "", "resumable": False}
    assert after["sessionResumptionUpdate"]["resumable"] is True


async def test_speaking_over_a_blocking_call_cancels_it_and_its_late_answer_is_ignored(
    gemini: EmulatedGemini,
) -> None:
    async with talk(gemini, model=BLOCKING) as live:
        (call,) = await call_for(live, "get weather")
        await live.say(voice(0.3))
        rest = await live.turn()
        await live.send(response(call, "sunny"))
        await live.say(silence(0.9))
        answer = await live.turn()

    assert {"toolCallCancellation": {"ids": [call["id"]]}} in rest
    assert "sunny" not in transcript(answer)
    assert "tool" not in [line["role"] for line in gemini.talks()[-1]["lines"]]


async def test_declaration_overrules_the_model(gemini: EmulatedGemini) -> None:
    blocking, free = {**WEATHER, "behavior": "BLOCKING"}, {**TIMER, "behavior": "NON_BLOCKING"}
    async with talk(gemini, tools=declared(blocking, free)) as live:
        (call,) = await call_for(live, "get weather")
        held = (await live.until("sessionResumptionUpdate"))[-1]["sessionResumptionUpdate"]
        await live.send(response(call, "sunny"))
        await live.turn()
        await call_for(live, "set timer")
        open_ = (await live.until("sessionResumptionUpdate"))[-1]["sessionResumptionUpdate"]

    assert (held["resumable"], open_["resumable"]) == (False, True)


async def test_model_that_only_blocks_keeps_to_it(gemini: EmulatedGemini) -> None:
    tools = declared({**WEATHER, "behavior": "NON_BLOCKING"})
    async with talk(gemini, model=BLOCKING, tools=tools) as live:
        await call_for(live, "get weather")
        update = (await live.until("sessionResumptionUpdate"))[-1]["sessionResumptionUpdate"]

    assert update["resumable"] is False


async def test_talk_goes_on_while_a_function_works(gemini: EmulatedGemini) -> None:
    async with talk(gemini) as live:
        (call,) = await call_for(live, "get weather")
        await live.send({"realtimeInput": {"text": "meanwhile"}})
        meanwhile = await live.turn()
        await live.send(response(call, "sunny"))
        late = await live.turn()

    assert transcript(meanwhile) == "You wrote: meanwhile"
    assert transcript(late) == "get_weather says: sunny"


@pytest.mark.parametrize(
    ("scheduling", "first_end"),
    [("INTERRUPT", "interrupted"), ("WHEN_IDLE", "generationComplete")],
)
async def test_answer_is_spoken_of_as_it_was_scheduled(
    gemini: EmulatedGemini, scheduling: str, first_end: str
) -> None:
    async with talk(gemini) as live:
        (call,) = await call_for(live, "get weather")
        tales = 300 if scheduling == "INTERRUPT" else 10  # longer than any machine is late
        await live.send({"realtimeInput": {"text": "a long story " * tales}})
        await live.until("serverContent", "modelTurn")
        await live.send(response(call, "sunny", scheduling=scheduling))
        first, second = await live.turn(), await live.turn()

    ends = [name for m in first for name in m.get("serverContent", {})]
    assert first_end in ends
    assert transcript(second) == "get_weather says: sunny"


async def test_silent_answer_is_only_remembered(gemini: EmulatedGemini) -> None:
    async with talk(gemini) as live:
        (call,) = await call_for(live, "get weather")
        await live.send(response(call, "sunny", scheduling="SILENT"))
        rest = await live.until("sessionResumptionUpdate")

    assert [m for m in rest if "serverContent" in m] == []
    assert gemini.talks()[-1]["lines"][-1]["text"] == "get_weather says: sunny"


async def test_function_may_answer_in_parts(gemini: EmulatedGemini) -> None:
    async with talk(gemini) as live:
        (call,) = await call_for(live, "get weather")
        said = []
        for output, goes_on in (("clouds", True), ("rain", False)):
            await live.send(response(call, output, willContinue=goes_on))
            said.append(transcript(await live.turn()))

    assert said == ["get_weather says: clouds", "get_weather says: rain"]


async def test_extended_thinking_says_when_it_is_idle_and_sends_a_call_with_the_end_of_a_turn(
    gemini: EmulatedGemini,
) -> None:
    config = {**SETUP["generationConfig"], "thinkingConfig": {"thinkingLevel": "low"}}  # type: ignore[dict-item]
    async with talk(gemini, model=EXTENDED, generationConfig=config) as live:
        await live.send({"realtimeInput": {"text": "get weather"}})
        asked = (await live.turn())[-1]
        (call,) = asked["toolCall"]["functionCalls"]
        await live.send(response(call, "sunny"))
        answered = (await live.turn())[-1]

    assert asked["serverContent"]["interactionStatus"] == "IN_PROGRESS"
    assert answered["serverContent"]["interactionStatus"] == "IDLE"
    assert answered["usageMetadata"]["thoughtsTokenCount"] > 0


@pytest.mark.parametrize("on", [True, False])
async def test_search_adds_what_it_is_grounded_on(gemini: EmulatedGemini, on: bool) -> None:
    async with talk(gemini, tools=[{"googleSearch": {}}] if on else []) as live:
        await live.send({"realtimeInput": {"text": "who won"}})
        answer = await live.turn()

    found = [
        c["groundingMetadata"]
        for m in answer
        if "groundingMetadata" in (c := m.get("serverContent", {}))
    ]
    assert [metadata["webSearchQueries"] for metadata in found] == ([["who won"]] if on else [])
