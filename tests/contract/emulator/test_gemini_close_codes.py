"""How a socket ends: the codes and reasons of the table (2.5) that no other suite here covers."""

from __future__ import annotations

from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from emulator.process import EmulatedGemini
from emulator.raw_client import SETUP, Message, audio, live_url, mint, raw_live

AUDIO = {"responseModalities": ["AUDIO"]}
INVALID = (1007, "Request contains an invalid argument.")


async def end_of(
    gemini: EmulatedGemini, setup: Message | None = None, *messages: Message, **address: str
) -> tuple[int, str]:
    """Connect, send all, and return how it ends; with a token of its own if none is given."""
    if not address.keys() & {"token", "key"}:
        address["token"] = mint(gemini.url)
    async with raw_live(live_url(gemini.url, **address), setup) as live:
        for message in messages:
            await live.send(message)
        return await live.closed()


def with_config(**config: Any) -> Message:
    return {**SETUP, "generationConfig": {**AUDIO, **config}}


def model(name: str, **setup: Any) -> Message:
    return {**SETUP, "model": f"models/{name}", **setup}


@pytest.mark.parametrize("version", ["v1alpha", "v1beta"])
@pytest.mark.parametrize("token", ["", "auth_tokens/" + "0" * 64, "nonsense"])
async def test_missing_or_unknown_token(gemini: EmulatedGemini, token: str, version: str) -> None:
    code, reason = await end_of(gemini, SETUP, token=token, version=version)

    assert code == 1007
    assert reason.startswith("Missing or malformed auth token")
    assert reason.endswith("pass it in an `access_token` query parameter")


@pytest.mark.parametrize(
    "config", [{}, {"responseModalities": ["TEXT"]}, {"responseModalities": ["TEXT", "AUDIO"]}]
)
async def test_modality_that_the_model_has_not(
    gemini: EmulatedGemini, config: dict[str, Any]
) -> None:
    code, reason = await end_of(gemini, {**SETUP, "generationConfig": config})

    asked = ", ".join(config.get("responseModalities", ["TEXT"]))
    assert code == 1007
    assert reason == (
        f"The requested combination of response modalities ({asked}) is not supported by the model."
    )


@pytest.mark.parametrize(
    ("setup", "name", "path"),
    [
        ({**SETUP, "responseModalities": ["AUDIO"]}, "responseModalities", "setup"),
        ({**SETUP, "speechConfig": {}}, "speechConfig", "setup"),
        (with_config(responseSchema={}), "responseSchema", "setup.generation_config"),
        (
            with_config(enableAffectiveDialog=True),
            "enableAffectiveDialog",
            "setup.generation_config",
        ),
        (
            model("gemini-3.1-flash-live-preview", proactivity={"proactiveAudio": True}),
            "proactivity",
            "setup",
        ),
    ],
)
async def test_field_that_there_is_not(
    gemini: EmulatedGemini, setup: Message, name: str, path: str
) -> None:
    closed = await end_of(gemini, setup)

    told = f"Invalid JSON payload received. Unknown name \"{name}\" at '{path}': Cannot find field."
    assert closed == (1007, told[:123])


@pytest.mark.parametrize(
    "setup",
    [
        with_config(thinkingConfig={"thinkingLevel": "low"}),
        with_config(thinkingConfig={}),
        {**SETUP, "proactivity": {"proactiveAudio": False}},
        {**SETUP, "tools": [{"codeExecution": {}}]},
        model("gemini-3.8-live-extended-thinking"),
        model(
            "gemini-3.8-live-extended-thinking",
            generationConfig={**AUDIO, "thinkingConfig": {"thinkingLevel": "minimal"}},
        ),
        {"generationConfig": AUDIO},
    ],
)
async def test_argument_that_the_model_does_not_take(
    gemini: EmulatedGemini, setup: Message
) -> None:
    assert await end_of(gemini, setup) == INVALID


@pytest.mark.parametrize(
    "setup",
    [
        {**SETUP, "proactivity": {"proactiveAudio": True}},
        {**SETUP, "tools": [{"googleSearch": {}}]},
        model("gemini-3.1-flash-live-preview"),
        model(
            "gemini-3.8-live-extended-thinking",
            generationConfig={**AUDIO, "thinkingConfig": {"thinkingLevel": "LOW"}},
        ),
        model(
            "gemini-2.5-flash-native-audio-preview-12-2025",
            generationConfig={
                **AUDIO,
                "thinkingConfig": {"thinkingBudget": 0},
                "enableAffectiveDialog": True,
            },
            proactivity={"proactiveAudio": True},
        ),
    ],
)
async def test_argument_that_the_model_takes(gemini: EmulatedGemini, setup: Message) -> None:
    async with raw_live(live_url(gemini.url, key="key"), setup) as live:
        assert await live.receive() == {"setupComplete": {}}


async def test_legacy_media_chunks(gemini: EmulatedGemini) -> None:
    chunk = {"mimeType": "audio/pcm;rate=16000", "data": "AAAA"}

    closed = await end_of(gemini, SETUP, {"realtimeInput": {"mediaChunks": [chunk]}})

    assert closed == (
        1007,
        "realtime_input.media_chunks is deprecated. Use audio, video, or text instead.",
    )


@pytest.mark.parametrize(
    "blob",
    [
        {"mimeType": "audio/pcm;rate=16000", "data": "AAAA"},  # a sample and a half
        {"mimeType": "audio/wav", "data": "AAA="},
        {"mimeType": "audio/pcm;rate=fast", "data": "AAA="},
        {"data": "AAA="},
    ],
)
async def test_sound_that_is_no_pcm(gemini: EmulatedGemini, blob: dict[str, str]) -> None:
    code, reason = await end_of(gemini, SETUP, {"realtimeInput": {"audio": blob}})

    assert code == 1007
    assert reason.startswith("error when processing input audio, please check")
    assert reason.endswith("16khz s16le pcm, mono")


async def test_bad_api_key(gemini: EmulatedGemini) -> None:
    code, reason = await end_of(gemini, SETUP, key="bad-key")

    assert (code, reason[:21]) == (1007, "API key not valid. Pl")


@pytest.mark.parametrize("name", ["bogus", "gemini-2.0-flash-live-001"])
@pytest.mark.parametrize("version", ["v1alpha", "v1beta"])
async def test_model_that_there_is_not_or_no_longer(
    gemini: EmulatedGemini, name: str, version: str
) -> None:
    code, reason = await end_of(gemini, model(name), version=version)

    told = f"models/{name} is not found for API version {version}, or is not supported for"
    assert code == 1008
    assert reason.startswith(told)


@pytest.mark.parametrize("handle", ["nonsense", "aGVsbG8", "\u00e9" * 9])
async def test_handle_that_was_never_given(gemini: EmulatedGemini, handle: str) -> None:
    closed = await end_of(gemini, {**SETUP, "sessionResumption": {"handle": handle}})

    assert closed == (1008, "Requested entity was not found.")


async def test_answer_to_a_call_that_was_never_made(gemini: EmulatedGemini) -> None:
    answer = {"functionResponses": [{"id": "1", "name": "f", "response": {}}]}

    closed = await end_of(gemini, SETUP, {"toolResponse": answer})

    assert closed == (1008, "Requested entity was not found.")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (1007, "CONTENT_TYPE_AUDIO is not supported for this model configuration"),
        (1007, "User location is not supported for the API use."),
        (1007, "Precondition check failed."),
        (1007, "Cannot extract voices from a non-audio request."),
        (1008, "Operation is not implemented, or supported, or enabled."),
        (1008, "The operation was aborted."),
        (1011, "Internal error encountered."),
        (1011, "The service is currently unavailable."),
        (1011, "Deadline expired before operation could complete."),
    ],
)
async def test_close_that_nobody_can_cause_happens_on_request(
    gemini: EmulatedGemini, code: int, reason: str
) -> None:
    gemini.fault(on="socket", do="close", code=code, reason=reason, after_frames=1)
    async with raw_live(live_url(gemini.url, key="key")) as live:
        opened = await live.receive()
        await live.send({"realtimeInput": {"text": "hello"}})

        assert opened == {"setupComplete": {}}
        assert await live.closed() == (code, reason)


async def test_quota_used_up_in_the_handshake(gemini: EmulatedGemini) -> None:
    reason = "You exceeded your current quota, please check your plan and billing details."
    gemini.fault(on="socket", do="close", code=1011, reason=reason, after_frames=0)

    assert await end_of(gemini) == (1011, reason)


async def test_refused_upgrade_is_an_http_answer(gemini: EmulatedGemini) -> None:
    gemini.fault(on="socket", do="refuse", status=429)

    with pytest.raises(InvalidStatus) as refused:
        await end_of(gemini)

    assert refused.value.response.status_code == 429


@pytest.mark.parametrize(
    "path",
    [
        "/ws/google.ai.generativelanguage.v1.GenerativeService.BidiGenerateContentConstrained",
        "/ws/google.ai.generativelanguage.v1beta.GenerativeService.StreamGenerateContent",
        "/ws/elsewhere",
    ],
)
async def test_upgrade_to_nothing_is_an_http_answer(gemini: EmulatedGemini, path: str) -> None:
    address = gemini.url.replace("http", "ws") + path

    with pytest.raises(InvalidStatus):
        async with connect(address + "?access_token=" + mint(gemini.url)):
            pass


async def test_connection_ends_in_order_after_its_warning(gemini: EmulatedGemini) -> None:
    gemini.set(speed=600)
    async with raw_live(live_url(gemini.url, key="key")) as live:
        warning = (await live.until("goAway"))[-1]

        assert warning == {"goAway": {"timeLeft": "60s"}}
        assert await live.closed() == (1000, "")


async def test_token_is_refused_on_the_socket_for_keys(gemini: EmulatedGemini) -> None:
    code, reason = await end_of(gemini, SETUP, key=mint(gemini.url))

    assert code == 1008
    assert reason.startswith("Method doesn't allow unregistered callers")


@pytest.mark.parametrize("how", ["raw", "encoded", "header"])
@pytest.mark.parametrize("slashes", ["/", "//"])
async def test_token_is_taken_however_it_comes(
    gemini: EmulatedGemini, how: str, slashes: str
) -> None:
    token = mint(gemini.url)
    in_query = {"raw": token, "encoded": token.replace("/", "%2F"), "header": ""}[how]
    address = live_url(gemini.url, token=in_query, slashes=slashes)
    if how == "header":
        address = address.partition("?")[0]
    headers = {"Authorization": f"Token {token}"} if how == "header" else None

    async with raw_live(address, headers=headers) as live:
        assert await live.receive() == {"setupComplete": {}}


@pytest.mark.parametrize(
    "messages",
    [
        [{"realtimeInput": {"text": "hello"}}],
        [{"setup": SETUP}, {"setup": SETUP}],
        [{"setup": SETUP, "realtimeInput": {"text": "hello"}}],
        [{"setup": SETUP}, {}],
        [{"setup": SETUP}, {"realtime": {}}],
        [{"setup": SETUP}, {"realtimeInput": {"sound": {}}}],
        [{"setup": SETUP}, {"toolResponse": {"functionResponses": [{"name": "f"}]}}],
        [{"setup": SETUP}, {"realtimeInput": {"activityStart": {}}}],
        [
            {
                "setup": {
                    **SETUP,
                    "realtimeInputConfig": {"automaticActivityDetection": {"disabled": True}},
                }
            },
            {"realtimeInput": {"audioStreamEnd": True}},
        ],
    ],
)
async def test_message_out_of_place_is_1007(
    gemini: EmulatedGemini, messages: list[Message]
) -> None:
    code, _ = await end_of(gemini, {}, *messages)

    assert code == 1007


async def test_frame_that_is_no_json_is_1007(gemini: EmulatedGemini) -> None:
    async with raw_live(live_url(gemini.url, key="key")) as live:
        await live.receive()
        await live.socket.send("hello")

        assert (await live.closed())[0] == 1007


async def test_frames_of_the_client_may_be_binary(gemini: EmulatedGemini) -> None:
    async with raw_live(live_url(gemini.url, key="key"), {}) as live:
        await live.socket.send(
            b'{"setup": {"model": "models/gemini-3.8-live", "generationConfig": '
            b'{"responseModalities": ["AUDIO"]}}}'
        )
        await live.send(audio(b"\0\0"))

        assert await live.receive() == {"setupComplete": {}}
