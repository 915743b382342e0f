"""Manners that clients suffer from, each by its setting: harsh as reported, or kind."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import fields
from typing import Any

import pytest

from emulator.manners import (
    EXTENDED_3_8,
    HISTORY_ANNOUNCED,
    LIVE_3_1,
    LIVE_3_8,
    MANNERS,
    NATIVE_2_5,
)
from emulator.process import TESTS, EmulatedGemini
from emulator.raw_client import (
    SETUP,
    Message,
    RawLive,
    live_url,
    mint,
    raw_live,
    silence,
    sound_of,
    transcript,
    voice,
)
from emulator.settings import KIND, EmulatorSettings
from vending.gemini.models import NAMES, catalog

MODELS = (LIVE_3_8, EXTENDED_3_8, LIVE_3_1, NATIVE_2_5)
WEATHER = {
    "name": "get_weather",
    "parameters": {"type": "OBJECT", "properties": {"city": {"type": "STRING"}}},
}
SEEDING: dict[str, Any] = {"historyConfig": {"initialHistoryInClientContent": True}}
STREAM_END = {"realtimeInput": {"audioStreamEnd": True}}
INVALID = (1007, "Request contains an invalid argument.")


@pytest.fixture(autouse=True)
def fast(gemini: EmulatedGemini) -> None:
    gemini.set(speed=10)


def talk(
    gemini: EmulatedGemini, model: str = LIVE_3_8, handle: str = "", **setup: Any
) -> AbstractAsyncContextManager[RawLive]:
    config: dict[str, Any] = {"responseModalities": ["AUDIO"]}
    if model == EXTENDED_3_8:
        config["thinkingConfig"] = {"thinkingLevel": "low"}
    resumption = {"sessionResumption": {"handle": handle}} if handle else {}
    whole = {
        "model": model,
        "generationConfig": config,
        "outputAudioTranscription": {},
        **resumption,
        **setup,
    }
    return raw_live(live_url(gemini.url, key="key"), whole)


def tools(**more: Any) -> list[dict[str, Any]]:
    return [{"functionDeclarations": [{**WEATHER, **more}]}]


def text(words: str) -> Message:
    return {"realtimeInput": {"text": words}}


def content(*turns: str, complete: bool = True, role: str = "user") -> Message:
    said = [{"role": role, "parts": [{"text": words}]} for words in turns]
    return {"clientContent": {"turns": said, "turnComplete": complete}}


async def handle_of(live: RawLive) -> str:
    update = (await live.until("sessionResumptionUpdate"))[-1]["sessionResumptionUpdate"]
    return str(update["newHandle"])


async def call_of(live: RawLive, words: str = "what is the weather in Rome") -> dict[str, Any]:
    await live.send(text(words))
    calls = (await live.until("toolCall"))[-1]["toolCall"]["functionCalls"]
    return dict(calls[0])


def answer_to(call: dict[str, Any], **more: Any) -> Message:
    response = {"id": call["id"], "name": call["name"], "response": {"output": "sunny"}, **more}
    return {"toolResponse": {"functionResponses": [response]}}


async def recap(live: RawLive) -> str:
    await live.send(text("recap"))
    return transcript(await live.turn())


# Turns


@pytest.mark.parametrize("model", [LIVE_3_8, EXTENDED_3_8])
async def test_end_of_the_stream_ends_no_turn_and_runs_two_questions_together(
    gemini: EmulatedGemini, model: str
) -> None:
    async with talk(gemini, model) as live:
        await live.say(voice(1))
        await live.send(STREAM_END)
        await handle_of(live)
        before = gemini.journal("utterance")
        await live.say(voice(1) + silence(0.9))
        await live.turn()

    assert before == []
    assert [u["seconds"] for u in gemini.journal("utterance")] == [pytest.approx(2.1, abs=0.05)]


@pytest.mark.parametrize(("model", "where"), [(LIVE_3_1, "where_reported"), (LIVE_3_8, "never")])
async def test_end_of_the_stream_ends_the_turn_elsewhere(
    gemini: EmulatedGemini, model: str, where: str
) -> None:
    gemini.set(stream_end_ignored=where)
    async with talk(gemini, model) as live:
        await live.say(voice(1))
        await live.send(STREAM_END)
        await live.turn()

    assert len(gemini.journal("utterance")) == 1


@pytest.mark.parametrize("reason", ["", "RESPONSE_REJECTED"])
async def test_turns_may_be_empty_and_say_why(gemini: EmulatedGemini, reason: str) -> None:
    gemini.fault(on="turn", do="empty", times=2, turn_complete_reason=reason)
    async with talk(gemini, inputAudioTranscription={}) as live:
        await live.receive()
        await live.say(voice(0.5) + silence(0.9))
        first = await live.turn()
        await live.send(text("hello"))
        second = await live.turn()
        await live.send(text("hello"))
        third = await live.turn()

    assert transcript(first, "inputTranscription")
    for empty in (first, second):
        assert sound_of(empty) == []
        assert empty[-1]["serverContent"].get("turnCompleteReason", "") == reason
    assert transcript(third) == "You wrote: hello"


async def test_reasoning_comes_as_text_beside_the_sound(gemini: EmulatedGemini) -> None:
    gemini.set(reasons_in_text="where_reported")
    said = {}
    for model in (NATIVE_2_5, LIVE_3_8):
        async with talk(gemini, model) as live:
            await live.send(text("hello"))
            parts = [
                part
                for message in await live.turn()
                for part in message.get("serverContent", {}).get("modelTurn", {}).get("parts", [])
            ]
            said[model] = [part for part in parts if "text" in part]

    (reasoning,) = said[NATIVE_2_5]
    assert reasoning["text"].startswith("**")
    assert "thought" not in reasoning
    assert said[LIVE_3_8] == []


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("whole", "You wrote: one two"),
        ("glued", "Youwrote:onetwo"),
        ("repeated", "YouYou wrote: wrote: one one two two"),
    ],
)
async def test_transcripts_come_as_they_were_asked_for(
    gemini: EmulatedGemini, how: str, told: str
) -> None:
    gemini.set(transcripts=how)
    async with talk(gemini) as live:
        await live.send(text("one two"))

        assert transcript(await live.turn()) == told


async def test_last_of_the_sound_may_come_after_the_end_of_its_turn(
    gemini: EmulatedGemini,
) -> None:
    gemini.set(late_sound_s=0.5)
    async with talk(gemini) as live:
        await live.send(text("hello there"))
        turn = await live.turn()
        late = await live.until("serverContent", "modelTurn")

    assert sound_of(turn)
    assert sound_of(late)


# Tools


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("end", ["ignored", "closes"])
async def test_call_dies_with_its_connection(gemini: EmulatedGemini, model: str, end: str) -> None:
    gemini.set(stray_answer=end, early_resume_refused="never")
    async with talk(gemini, model, tools=tools()) as live:
        handle = await handle_of(live)
        call = await call_of(live)
    gemini.wait_until_left()
    async with talk(gemini, model, handle, tools=tools()) as live:
        await live.send(answer_to(call))
        if end == "closes":
            assert await live.closed() == (1008, "Requested entity was not found.")
            return
        await live.send(text("hello"))
        after = await live.turn()

    assert transcript(after) == "You wrote: hello"
    assert [line["role"] for line in gemini.talks()[-1]["lines"]].count("tool") == 0


async def test_kind_call_is_answered_on_the_next_connection(gemini: EmulatedGemini) -> None:
    gemini.be_kind()
    async with talk(gemini, tools=tools()) as live:
        handle = await handle_of(live)
        call = await call_of(live)
    async with talk(gemini, handle=handle, tools=tools()) as live:
        await live.send(answer_to(call))

        assert transcript(await live.turn()) == "get_weather says: sunny"


@pytest.mark.parametrize("scheduling", ["SILENT", "WHEN_IDLE", "INTERRUPT"])
async def test_extended_thinking_refuses_scheduling(
    gemini: EmulatedGemini, scheduling: str
) -> None:
    async with talk(gemini, EXTENDED_3_8, tools=tools()) as live:
        await live.send(answer_to(await call_of(live), scheduling=scheduling))

        assert await live.closed() == (
            1007,
            "Function response scheduling is not supported for this model",
        )


async def test_extended_thinking_never_speaks_of_what_follows_an_interim_answer(
    gemini: EmulatedGemini,
) -> None:
    async with talk(gemini, EXTENDED_3_8, tools=tools()) as live:
        call = await call_of(live)
        await live.send(answer_to(call, willContinue=True))
        await live.turn()
        await live.send(answer_to(call, response={"output": "rain"}))
        await live.send(text("hello"))
        after = await live.turn()

    assert transcript(after) == "You wrote: hello"


@pytest.mark.parametrize(
    ("behavior", "end"), [("BLOCKING", INVALID), ("NON_BLOCKING", None), ("UNSPECIFIED", None)]
)
async def test_extended_thinking_has_no_function_that_blocks(
    gemini: EmulatedGemini, behavior: str, end: tuple[int, str] | None
) -> None:
    async with talk(gemini, EXTENDED_3_8, tools=tools(behavior=behavior)) as live:
        if end:
            assert await live.closed() == end
        else:
            assert await live.receive() == {"setupComplete": {}}


@pytest.mark.parametrize("name", [None, ""])
async def test_extended_thinking_takes_an_unnamed_answer_for_a_failure(
    gemini: EmulatedGemini, name: str | None
) -> None:
    async with talk(gemini, EXTENDED_3_8, tools=tools()) as live:
        await live.until("setupComplete")
        await live.send(answer_to(await call_of(live), name=name))
        answer = await live.turn()

    assert "failed" in transcript(answer)
    assert "sunny" not in transcript(answer)


async def test_answer_in_another_function_s_name_is_noted(gemini: EmulatedGemini) -> None:
    async with talk(gemini, EXTENDED_3_8, tools=tools()) as live:
        call = await call_of(live)
        await live.send(answer_to(call, name="set_timer"))
        await live.turn()

    (noted,) = gemini.journal("answer_misnamed")
    assert (noted["called"], noted["answered"]) == ("get_weather", "set_timer")


@pytest.mark.parametrize("model", [LIVE_3_8, LIVE_3_1])
async def test_other_models_take_what_extended_thinking_refuses(
    gemini: EmulatedGemini, model: str
) -> None:
    async with talk(gemini, model, tools=tools(behavior="BLOCKING")) as live:
        call = await call_of(live)
        await live.send(answer_to(call, name=None, scheduling="WHEN_IDLE"))

        assert transcript(await live.turn()) == "get_weather says: sunny"


async def test_kind_extended_thinking_takes_anything(gemini: EmulatedGemini) -> None:
    gemini.be_kind()
    async with talk(gemini, EXTENDED_3_8, tools=tools(behavior="BLOCKING")) as live:
        call = await call_of(live)
        await live.send(answer_to(call, name=None, scheduling="INTERRUPT", willContinue=True))
        interim = transcript(await live.turn())
        await live.send(answer_to(call, response={"output": "rain"}))

        assert interim == "get_weather says: sunny"
        assert transcript(await live.turn()) == "get_weather says: rain"


async def test_model_may_be_silent_for_as_long_as_a_function_works(
    gemini: EmulatedGemini,
) -> None:
    gemini.set(silent_tools_s=6)
    async with talk(gemini, tools=tools()) as live:
        call = await call_of(live)
        called_at = gemini.journal("tool_call")[-1]["at"]
        await live.send(answer_to(call))
        answer = await live.turn()
        spoke_at = gemini.now()

    assert transcript(answer) == "get_weather says: sunny"
    assert spoke_at - called_at >= 6


# Connections


@pytest.mark.parametrize("model", [LIVE_3_1, NATIVE_2_5])
async def test_handle_brings_back_its_own_moment(gemini: EmulatedGemini, model: str) -> None:
    gemini.set(handle_interval_s=5)
    async with talk(gemini, model) as live:
        await live.send(text("Noor"))
        await live.turn()
        handle = await handle_of(live)
        await live.send(text("Haifa"))
        await live.turn()
        await live.socket.close()
    gemini.wait_until_left()
    async with talk(gemini, model, handle) as live:
        assert await recap(live) == "You said: Noor"


@pytest.mark.parametrize(
    ("settings", "recalled"),
    [
        pytest.param({}, "You said: my name is Noor", id="the talk on 3.8"),
        pytest.param({"handles_are_moments": "always"}, "You said:", id="a moment where set so"),
    ],
)
async def test_handle_stands_for_the_talk_or_a_moment(
    gemini: EmulatedGemini, settings: dict[str, str], recalled: str
) -> None:
    gemini.set(**settings)
    async with talk(gemini) as live:
        handle = await handle_of(live)
        await live.send(text("my name is Noor"))
        await live.turn()
        await live.socket.close()
    gemini.wait_until_left()
    async with talk(gemini, handle=handle) as live:
        assert await recap(live) == recalled


@pytest.mark.parametrize("model", MODELS)
async def test_resume_is_refused_while_another_socket_holds_the_talk(
    gemini: EmulatedGemini, model: str
) -> None:
    async with talk(gemini, model) as old:
        handle = await handle_of(old)
        async with talk(gemini, model, handle) as new:
            refused = await new.closed()
        await old.socket.close()
        gemini.wait_until_left()
        async with talk(gemini, model, handle) as new:
            taken = await new.receive()

    assert refused == (1011, "The service is currently unavailable.")
    assert taken == {"setupComplete": {}}


async def test_kind_talk_may_have_two_sockets(gemini: EmulatedGemini) -> None:
    gemini.be_kind()
    async with talk(gemini) as old, talk(gemini, handle=await handle_of(old)) as new:
        assert await new.receive() == {"setupComplete": {}}


async def test_3_8_gives_one_handle_a_connection_and_never_an_empty_one(
    gemini: EmulatedGemini,
) -> None:
    async with talk(gemini) as live:
        await live.send(text("hello"))
        await live.turn()
        gemini.advance(60)
        await live.send(text("hello"))
        received = await live.turn()
        await live.send(text("hello"))
        received += await live.turn()

    assert [m for m in received if "sessionResumptionUpdate" in m] == []


async def test_resumed_connection_gives_one_handle_of_its_own(gemini: EmulatedGemini) -> None:
    async with talk(gemini) as live:
        first = await handle_of(live)
        await live.socket.close()
    gemini.wait_until_left()
    async with talk(gemini, handle=first) as live:
        second = await handle_of(live)
        await live.send(text("hello"))
        rest = await live.turn()

    assert second not in ("", first)
    assert [m for m in rest if "sessionResumptionUpdate" in m] == []


async def test_handle_comes_while_the_model_speaks_too(gemini: EmulatedGemini) -> None:
    gemini.set(first_handle_s=2)
    async with talk(gemini) as live:
        await live.send(text("a long story " * 20))
        turn = await live.turn()

    (update,) = [m["sessionResumptionUpdate"] for m in turn if "sessionResumptionUpdate" in m]
    assert update["resumable"]
    assert update["newHandle"]


async def test_no_empty_handle_is_left_the_last_after_a_turn(gemini: EmulatedGemini) -> None:
    gemini.set(speed=4)
    async with talk(gemini, LIVE_3_1) as live:
        await live.send(text("a long story " * 40))
        while_speaking = (await live.until("sessionResumptionUpdate"))[-1]
        gemini.set(handle_interval_s=3600)  # so that nothing but the turn's end brings another
        await live.turn()
        after = (await live.until("sessionResumptionUpdate"))[-1]

    assert while_speaking["sessionResumptionUpdate"] == {"newHandle": "", "resumable": False}
    assert after["sessionResumptionUpdate"]["resumable"] is True


async def drop(gemini: EmulatedGemini, live: RawLive) -> None:
    live.socket.transport.abort()
    await asyncio.sleep(0)  # the loop has to go round once for it
    gemini.wait_until_left()


async def test_resume_right_after_a_drop_in_silence_is_refused_and_a_second_later_it_is_not(
    gemini: EmulatedGemini,
) -> None:
    gemini.set(speed=0.001)  # so that no second passes unasked for
    async with talk(gemini) as live:
        await live.receive()
        gemini.advance(1)
        handle = await handle_of(live)
        await drop(gemini, live)
    async with talk(gemini, handle=handle) as live:
        while len(gemini.journal("setup")) < 2:  # noqa: ASYNC110 - nothing else tells of it
            await asyncio.sleep(0.01)
        gemini.advance(0.6)
        refused = await live.closed()
    gemini.advance(1)
    async with talk(gemini, handle=handle) as live:
        taken = await live.receive()

    assert refused == (1011, "Internal error encountered.")
    assert taken == {"setupComplete": {}}


@pytest.mark.parametrize("who", ["model", "person"])
async def test_resume_right_after_a_drop_in_speech_is_taken(
    gemini: EmulatedGemini, who: str
) -> None:
    async with talk(gemini) as live:
        handle = await handle_of(live)
        if who == "model":
            await live.send(text("a long story " * 300))  # longer than any machine is late
            await live.until("serverContent", "modelTurn")
        else:
            await live.say(voice(1))
            await live.until("voiceActivity")
        await drop(gemini, live)
    async with talk(gemini, handle=handle) as live:
        assert await live.receive() == {"setupComplete": {}}


# History


@pytest.mark.parametrize("announced", [False, True])
async def test_3_1_takes_content_only_as_the_history_that_was_announced(
    gemini: EmulatedGemini, announced: bool
) -> None:
    seeding: dict[str, Any] = SEEDING if announced else {}
    async with talk(gemini, LIVE_3_1, **seeding) as live:
        await live.send(content("my name is Ann"))
        if announced:
            assert await recap(live) == "You said: my name is Ann"
            await live.send(content("one more"))
        assert await live.closed() == INVALID


@pytest.mark.parametrize("model", MODELS)
async def test_history_in_pieces_that_ends_with_a_question_is_not_answered(
    gemini: EmulatedGemini, model: str
) -> None:
    async with talk(gemini, model, **SEEDING) as live:
        await live.send(content("my name is Ann", complete=False))
        await live.send(content("hello Ann", complete=False, role="model"))
        await live.send(content("what is my name"))
        told = await recap(live)

    assert told == "You said: my name is Ann; what is my name"
    assert [line["role"] for line in gemini.talks()[-1]["lines"]] == [
        *("user", "model", "user"),
        *("user", "model"),
    ]


@pytest.mark.parametrize("announced", [{}, {"initialHistoryInClientContent": False}])
async def test_history_that_is_not_announced_is_answered(
    gemini: EmulatedGemini, announced: dict[str, Any]
) -> None:
    async with talk(gemini, historyConfig=announced) as live:
        await live.send(content("my name is Ann"))

        assert transcript(await live.turn()) == "You wrote: my name is Ann"


async def test_3_1_takes_no_history_on_a_talk_that_was_resumed(gemini: EmulatedGemini) -> None:
    async with talk(gemini, LIVE_3_1, **SEEDING) as live:
        handle = await handle_of(live)
        await live.socket.close()
    gemini.wait_until_left()
    async with talk(gemini, LIVE_3_1, handle, **SEEDING) as live:
        await live.send(content("my name is Ann"))

        assert await live.closed() == INVALID


async def test_history_that_a_token_does_not_let_through_is_a_question(
    gemini: EmulatedGemini,
) -> None:
    locked = {"bidiGenerateContentSetup": {"model": LIVE_3_8}, "fieldMask": "model,historyConfig"}
    token = mint(gemini.url, locked)
    setup = {**SETUP, **SEEDING}
    async with raw_live(live_url(gemini.url, token=token), setup) as live:
        await live.send(content("my name is Ann"))

        assert transcript(await live.turn()) == "You wrote: my name is Ann"


QUESTION = content("what is the weather in Rome", complete=False)
TWO_PARTS = {"role": "user", "parts": [{"text": "."}, {"text": " \n"}]}
PLACEHOLDERS: dict[str, Message] = {
    **{text: content(text) for text in (".", " ", "...", "\n", "…", "¿?", "\u200b")},
    "two parts": {"clientContent": {"turns": [TWO_PARTS], "turnComplete": True}},
    "no turn": {"clientContent": {"turnComplete": True}},
}


@pytest.mark.parametrize("placeholder", PLACEHOLDERS)
async def test_placeholder_asks_for_an_answer_to_what_was_said_before_it(
    gemini: EmulatedGemini, placeholder: str
) -> None:
    async with talk(gemini, tools=tools()) as live:
        await live.send(QUESTION)
        await live.send(PLACEHOLDERS[placeholder])
        call = (await live.until("toolCall"))[-1]["toolCall"]["functionCalls"][0]

    assert call["args"] == {"city": "Rome"}


async def test_placeholder_after_a_seeded_history_asks_for_its_answer(
    gemini: EmulatedGemini,
) -> None:
    async with talk(gemini, tools=tools(), **SEEDING) as live:
        await live.send(content("what is the weather in Rome"))
        await live.send(text(" "))
        call = (await live.until("toolCall"))[-1]["toolCall"]["functionCalls"][0]

    assert call["args"] == {"city": "Rome"}


@pytest.mark.parametrize("words", ["да", "3", "はい", "נו", "é", "👍", "€?"])
async def test_word_of_any_script_is_no_placeholder(gemini: EmulatedGemini, words: str) -> None:
    async with talk(gemini) as live:
        await live.send(QUESTION)
        await live.send(content(words))

        assert transcript(await live.turn()) == f"You wrote: {words}"


@pytest.mark.parametrize("kind", ["image/jpeg", "audio/pcm"])
async def test_picture_or_sound_without_a_word_is_no_placeholder(
    gemini: EmulatedGemini, kind: str
) -> None:
    blob = {"inlineData": {"mimeType": kind, "data": "AAAA" * 400}}
    shown = {"role": "user", "parts": [{"text": " "}, blob]}
    async with talk(gemini, tools=tools()) as live:
        await live.send(QUESTION)
        await live.send({"clientContent": {"turns": [shown], "turnComplete": True}})
        answer = await live.turn()

    assert not any("toolCall" in message for message in answer)


async def test_kind_placeholder_is_answered_itself(gemini: EmulatedGemini) -> None:
    gemini.be_kind()
    async with talk(gemini) as live:
        await live.send(content("hello", complete=False))
        await live.send(content("."))

        assert transcript(await live.turn()) == "You wrote: ."


# Usage


@pytest.mark.parametrize("kind", [False, True])
async def test_total_leaves_the_thoughts_out_and_some_tokens_are_of_no_modality(
    gemini: EmulatedGemini, kind: bool
) -> None:
    if kind:
        gemini.be_kind()
    async with talk(gemini, EXTENDED_3_8) as live:
        await live.send(text("hello"))
        usage = (await live.turn())[-1]["usageMetadata"]

    claimed = sum(entry["tokenCount"] for entry in usage["promptTokensDetails"])
    thoughts = usage["thoughtsTokenCount"] if kind else 0
    assert usage["thoughtsTokenCount"] > 0
    assert usage["totalTokenCount"] == (
        usage["promptTokenCount"] + usage["responseTokenCount"] + thoughts
    )
    assert (usage["promptTokenCount"] == claimed) == kind


# The table


def test_every_manner_is_a_setting_that_is_on_unless_it_was_seen_only_at_times() -> None:
    settings = EmulatorSettings()
    named = {field.name for field in fields(EmulatorSettings)}

    assert {manner.setting for manner in MANNERS} <= named
    assert [m.setting for m in MANNERS if getattr(settings, m.setting) != "where_reported"] == [
        "reasons_in_text"
    ]
    assert set(KIND) == {manner.setting for manner in MANNERS}


def rows() -> Iterator[tuple[str, ...]]:
    page = (TESTS / "emulator" / "README.md").read_text()
    for line in page.splitlines():
        if re.match(r"\| `\w+` \|", line):
            yield tuple(cell.strip().strip("`") for cell in line.strip("|").split("|"))


def test_page_has_every_manner_with_its_models_evidence_and_source() -> None:
    told = {row[0]: row[1:] for row in rows()}

    assert list(told) == [manner.setting for manner in MANNERS]
    for manner in MANNERS:
        _, models, evidence = told[manner.setting]
        assert models == manner.where(), manner.setting
        assert evidence.startswith(manner.evidence), manner.setting
        assert manner.source in evidence, manner.setting


AT_ANY_TIME = "at any time"
ANNOUNCED = (
    "only as a history that `historyConfig` announces, once; "
    "anything else closes the socket with 1007"
)


@pytest.mark.parametrize("page", ["README.md", "tests/emulator/README.md"])
def test_page_says_by_model_whether_a_talk_may_begin_with_its_history(page: str) -> None:
    text = (TESTS.parent / page).read_text()
    _, _, after = text.partition("| model | `historyConfig` | `clientContent` |\n")
    told = after.partition("\n\n")[0].splitlines()[1:]

    expected = [
        f"| `{name}` | {'open' if model.seeds_history else 'locked'} | {content_on(name)} |"
        for name, model in catalog(NAMES[0], ()).items()
    ]
    other = catalog(NAMES[0], ("gemini-of-next-year", NAMES[0]))["gemini-of-next-year"]
    assert not other.seeds_history
    assert told == [*expected, "| any other that you allow | locked | not known |"]


def content_on(model: str) -> str:
    refused = HISTORY_ANNOUNCED.shows("where_reported", f"models/{model}")
    return ANNOUNCED if refused else AT_ANY_TIME
