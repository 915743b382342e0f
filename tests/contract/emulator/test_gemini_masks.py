"""Constraints: the mask the Python SDK sends (1.2), and what the service does with it (1.3)."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from google import genai
from google.genai import errors, types

from emulator.process import EmulatedGemini
from emulator.raw_client import SETUP, live_url, mint, post_mint, raw_live

pytestmark = pytest.mark.filterwarnings("ignore::google.genai.errors.ExperimentalWarning")

MODEL = "models/gemini-3.8-live"
AUDIO = {"responseModalities": ["AUDIO"]}
MANUAL = {"automatic_activity_detection": {"disabled": True}}
INSTRUCTION = {"parts": [{"text": "Be brief."}]}

CONFIG: dict[str, Any] = {
    "response_modalities": ["AUDIO"],
    "system_instruction": "Be brief.",
    "tools": [{"google_search": {}}],
    "session_resumption": {"handle": "h"},
    "input_audio_transcription": {},
}
SET_BY_CONFIG = (
    "model,generationConfig.responseModalities,systemInstruction.parts,systemInstruction.role,"
    "tools,sessionResumption.handle,inputAudioTranscription"
)


async def sent_by_sdk(gemini: EmulatedGemini, **token: Any) -> dict[str, Any]:
    """Mint through the SDK, and return the body that arrived, whatever came of it."""
    return await sent_for(gemini, types.CreateAuthTokenConfig(**token))


async def sent_for(
    gemini: EmulatedGemini, config: types.CreateAuthTokenConfigOrDict
) -> dict[str, Any]:
    options = types.HttpOptions(base_url=gemini.url, api_version="v1beta")
    async with genai.Client(api_key="key", http_options=options).aio as client:
        with contextlib.suppress(errors.ClientError):
            await client.auth_tokens.create(config=config)
    return dict(json.loads(gemini.journal("mint")[-1]["body"] or "{}"))


def constraints(**config: Any) -> dict[str, Any]:
    return {"live_connect_constraints": {"model": "gemini-3.8-live", "config": config or CONFIG}}


async def opened(gemini: EmulatedGemini, token: str, client: dict[str, Any]) -> dict[str, Any]:
    """Connect with a setup of the client's, and return the one that holds."""
    async with raw_live(live_url(gemini.url, token=token), client) as live:
        assert await live.receive() == {"setupComplete": {}}
    return dict(gemini.journal("session")[-1]["setup"])


async def refused(gemini: EmulatedGemini, token: str, client: dict[str, Any]) -> tuple[int, str]:
    async with raw_live(live_url(gemini.url, token=token), client) as live:
        return await live.closed()


async def test_sdk_without_a_lock_sends_no_mask(gemini: EmulatedGemini) -> None:
    body = await sent_by_sdk(gemini, **constraints())

    assert "fieldMask" not in body
    assert body["bidiGenerateContentSetup"]["model"] == MODEL


@pytest.mark.parametrize("lock", [None, []])
async def test_sdk_without_constraints_sends_neither(
    gemini: EmulatedGemini, lock: list[str] | None
) -> None:
    body = await sent_by_sdk(gemini, uses=0, lock_additional_fields=lock)

    assert body == {"uses": 0}


async def test_sdk_with_an_empty_lock_names_what_is_set(gemini: EmulatedGemini) -> None:
    body = await sent_by_sdk(gemini, **constraints(), lock_additional_fields=[])

    assert sorted(body["fieldMask"].split(",")) == sorted(SET_BY_CONFIG.split(","))


@pytest.mark.parametrize(
    ("config", "paths"),
    [
        ({"tools": [{"google_search": {}}]}, "tools"),
        ({"session_resumption": {}}, "sessionResumption"),
        ({"output_audio_transcription": {}}, "outputAudioTranscription"),
        (
            {"realtime_input_config": types.RealtimeInputConfig.model_validate(MANUAL)},
            "realtimeInputConfig",
        ),
        (
            {
                "context_window_compression": types.ContextWindowCompressionConfig(
                    sliding_window=types.SlidingWindow()
                )
            },
            "contextWindowCompression",
        ),
        ({"proactivity": types.ProactivityConfig(proactive_audio=True)}, "proactivity"),
        (
            {"response_modalities": ["AUDIO"], "speech_config": {"voice_config": {}}},
            "generationConfig.responseModalities,generationConfig.speechConfig",
        ),
        (
            {"system_instruction": "Be brief."},
            "systemInstruction.parts,systemInstruction.role",
        ),
    ],
)
async def test_sdk_expands_one_level_and_leaves_lists_and_types_bare_and_all_is_taken(
    gemini: EmulatedGemini, config: dict[str, Any], paths: str
) -> None:
    body = await sent_by_sdk(gemini, **constraints(**config), lock_additional_fields=[])

    assert sorted(body["fieldMask"].split(",")) == sorted(["model", *paths.split(",")])
    assert gemini.counts()["token"] == 1


async def test_sdk_names_twice_what_is_set_and_locked(gemini: EmulatedGemini) -> None:
    body = await sent_by_sdk(
        gemini, **constraints(tools=[{"google_search": {}}]), lock_additional_fields=["tools"]
    )

    assert body["fieldMask"].split(",").count("tools") == 2
    assert gemini.counts()["token"] == 1


async def test_sdk_does_not_see_a_lock_spelled_in_camel_case(gemini: EmulatedGemini) -> None:
    held = {"model": "gemini-3.8-live", "config": {"responseModalities": ["AUDIO"]}}
    spelled: Any = {"liveConnectConstraints": held, "lockAdditionalFields": []}

    body = await sent_for(gemini, spelled)

    assert "fieldMask" not in body
    assert body["bidiGenerateContentSetup"]["model"] == MODEL


async def test_sdk_adds_names_as_they_are_but_for_those_of_the_generation(
    gemini: EmulatedGemini,
) -> None:
    names = ["temperature", "max_output_tokens", "system_instruction", "topP"]

    body = await sent_by_sdk(gemini, **constraints(), lock_additional_fields=names)

    added = [path for path in body["fieldMask"].split(",") if path not in SET_BY_CONFIG.split(",")]
    assert added == [
        "generationConfig.temperature",
        "generationConfig.max_output_tokens",
        "system_instruction",
        "topP",
    ]


async def test_sdk_sends_names_alone_where_nothing_is_set(gemini: EmulatedGemini) -> None:
    body = await sent_by_sdk(gemini, lock_additional_fields=["tools", "proactivity"])

    assert body == {"fieldMask": "tools,proactivity"}


async def test_exact_mask_goes_through_as_an_extra_body(gemini: EmulatedGemini) -> None:
    mask = "model,generationConfig,systemInstruction,tools"

    body = await sent_by_sdk(
        gemini,
        **constraints(response_modalities=["AUDIO"]),
        http_options={"extra_body": {"fieldMask": mask}},
    )

    assert body["fieldMask"] == mask


@pytest.mark.parametrize(
    "mask",
    [
        "system_instruction",
        "generationConfig.max_output_tokens",
        "topP",
        "nothing",
        "model,tools.0",
        "generationConfig.responseModalities.0",
        "model,,?",
    ],
)
def test_mask_with_a_path_that_is_none_is_refused(gemini: EmulatedGemini, mask: str) -> None:
    answer = post_mint(gemini.url, {"fieldMask": mask})

    error = answer.json()["error"]
    assert (answer.status_code, error["status"]) == (400, "INVALID_ARGUMENT")
    assert error["message"] == "field_mask is invalid for BidiGenerateContentSetup"


@pytest.mark.parametrize(
    ("setup", "mask", "stray"),
    [
        ({"model": MODEL, "systemInstruction": INSTRUCTION}, "model", "systemInstruction.parts"),
        ({"model": MODEL, "sessionResumption": {}}, "model", "sessionResumption"),
        (
            {"generationConfig": {**AUDIO, "temperature": 1}},
            "generationConfig.responseModalities",
            "generationConfig.temperature",
        ),
    ],
)
def test_value_outside_a_mask_is_refused(
    gemini: EmulatedGemini, setup: dict[str, Any], mask: str, stray: str
) -> None:
    answer = post_mint(gemini.url, {"bidiGenerateContentSetup": setup, "fieldMask": mask})

    assert answer.status_code == 400
    assert stray in answer.json()["error"]["message"]


async def test_neither_setup_nor_mask_leaves_all_to_the_client(gemini: EmulatedGemini) -> None:
    client = {**SETUP, "systemInstruction": INSTRUCTION, "tools": [{"googleSearch": {}}]}

    assert await opened(gemini, mint(gemini.url), client) == client


async def test_setup_without_a_mask_ignores_all_of_the_client_s(gemini: EmulatedGemini) -> None:
    held = {"model": MODEL, "generationConfig": AUDIO}
    token = mint(gemini.url, {"bidiGenerateContentSetup": held})
    client = {
        "model": "models/bogus",
        "systemInstruction": INSTRUCTION,
        "tools": [{"googleSearch": {}}],
        "sessionResumption": {"handle": "no handle at all"},
    }

    assert await opened(gemini, token, client) == held


async def test_locked_token_with_a_model_alone_is_refused_for_its_default_of_text(
    gemini: EmulatedGemini,
) -> None:
    token = mint(gemini.url, {"bidiGenerateContentSetup": {"model": MODEL}})

    code, reason = await refused(gemini, token, SETUP)

    assert code == 1007
    assert reason.startswith("The requested combination of response modalities (TEXT)")


async def test_mask_overwrites_what_it_names_and_leaves_the_rest(gemini: EmulatedGemini) -> None:
    token = mint(
        gemini.url,
        {
            "bidiGenerateContentSetup": {"model": MODEL, "systemInstruction": INSTRUCTION},
            "fieldMask": "model,systemInstruction",
        },
    )
    client = {
        "model": "models/bogus",
        "generationConfig": {**AUDIO, "temperature": 2},
        "systemInstruction": {"parts": [{"text": "Say rude things."}]},
        "tools": [{"googleSearch": {}}],
    }

    held = await opened(gemini, token, client)

    assert held == {
        "model": MODEL,
        "generationConfig": {**AUDIO, "temperature": 2},
        "systemInstruction": INSTRUCTION,
        "tools": [{"googleSearch": {}}],
    }


async def test_mask_into_a_message_locks_that_much_of_it(gemini: EmulatedGemini) -> None:
    token = mint(
        gemini.url,
        {
            "bidiGenerateContentSetup": {"generationConfig": {"temperature": 0.5}},
            "fieldMask": "generationConfig.temperature",
        },
    )
    client = {**SETUP, "generationConfig": {**AUDIO, "temperature": 2, "topP": 0.1}}

    held = await opened(gemini, token, client)

    assert held["generationConfig"] == {**AUDIO, "temperature": 0.5, "topP": 0.1}


@pytest.mark.parametrize("mask", ["tools,systemInstruction", "model,tools,systemInstruction"])
async def test_masked_path_without_a_value_is_locked_to_nothing(
    gemini: EmulatedGemini, mask: str
) -> None:
    setup = {"model": MODEL} if "model" in mask else {}
    token = mint(gemini.url, {"bidiGenerateContentSetup": setup, "fieldMask": mask})
    client = {**SETUP, "systemInstruction": INSTRUCTION, "tools": [{"googleSearch": {}}]}

    held = await opened(gemini, token, client)

    assert held == SETUP


async def first_handle(gemini: EmulatedGemini, token: str) -> str:
    async with raw_live(live_url(gemini.url, token=token)) as live:
        await live.receive()
        gemini.advance(2)
        update = (await live.until("sessionResumptionUpdate"))[-1]
    return str(update["sessionResumptionUpdate"]["newHandle"])


async def test_token_of_one_use_resumes_again_and_again(gemini: EmulatedGemini) -> None:
    token = mint(gemini.url, {"uses": 1})
    handle = await first_handle(gemini, token)

    for _ in range(3):
        await opened(gemini, token, {**SETUP, "sessionResumption": {"handle": handle}})

    assert [entry["resumed"] for entry in gemini.journal("session")] == [False, True, True, True]


async def test_token_resumes_after_its_start_window(gemini: EmulatedGemini) -> None:
    token = mint(gemini.url)
    handle = await first_handle(gemini, token)
    gemini.advance(120)

    held = await opened(gemini, token, {**SETUP, "sessionResumption": {"handle": handle}})

    assert held["sessionResumption"] == {"handle": handle}


async def test_locked_resumption_overwrites_the_handle_and_is_a_second_use(
    gemini: EmulatedGemini,
) -> None:
    setup = {**SETUP, "sessionResumption": {}}
    mask = "model,generationConfig,sessionResumption"
    token = mint(gemini.url, {"bidiGenerateContentSetup": setup, "fieldMask": mask})
    handle = await first_handle(gemini, token)

    again = await refused(gemini, token, {**SETUP, "sessionResumption": {"handle": handle}})

    assert again == (1011, "Token has been used too many times")


@pytest.mark.parametrize(("uses", "sessions"), [(None, 1), (1, 1), (3, 3), (0, 5)])
async def test_uses_count_new_sessions_and_0_is_no_limit(
    gemini: EmulatedGemini, uses: int | None, sessions: int
) -> None:
    token = mint(gemini.url, {} if uses is None else {"uses": uses})

    for _ in range(sessions):
        await opened(gemini, token, SETUP)

    if uses != 0:
        assert (await refused(gemini, token, SETUP))[0] == 1011


async def test_token_starts_sessions_for_a_minute_and_lives_for_30(gemini: EmulatedGemini) -> None:
    token = mint(gemini.url, {"uses": 0})
    handle = await first_handle(gemini, token)
    gemini.advance(55)
    await opened(gemini, token, SETUP)
    gemini.advance(10)
    late = await refused(gemini, token, SETUP)
    gemini.advance(29 * 60)

    resumed = await refused(gemini, token, {**SETUP, "sessionResumption": {"handle": handle}})

    assert late[0] == 1011
    assert resumed == (1011, "Token has expired")


async def test_what_a_model_may_not_be_sent_is_minted_and_refused_at_the_connect(
    gemini: EmulatedGemini,
) -> None:
    config = {**AUDIO, "thinkingConfig": {"thinkingLevel": "low"}}
    token = mint(
        gemini.url, {"bidiGenerateContentSetup": {"model": MODEL, "generationConfig": config}}
    )

    closed = await refused(gemini, token, SETUP)

    assert closed == (1007, "Request contains an invalid argument.")
