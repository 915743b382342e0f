"""Google's own Python SDK, unpatched, over TLS with a throw-away authority."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import aiohttp
import pytest
from google import genai
from google.genai import errors, types
from google.genai.live import AsyncSession
from websockets.exceptions import InvalidStatus

from emulator.pcm import OUT_RATE
from emulator.process import EmulatedGemini
from emulator.raw_client import silence, voice

pytestmark = pytest.mark.filterwarnings(
    "ignore::google.genai.errors.ExperimentalWarning"  # tokens are called experimental
)

MODEL = "gemini-3.8-live"
BLOCKING_MODEL = "gemini-3.1-flash-live-preview"
SPEED = 5
WEATHER = types.Tool(
    function_declarations=[
        types.FunctionDeclaration(
            name="get_weather",
            parameters=types.Schema(
                type=types.Type.OBJECT, properties={"city": types.Schema(type=types.Type.STRING)}
            ),
        )
    ]
)

Client = Callable[[str], genai.Client]


@pytest.fixture
def client(gemini_tls: EmulatedGemini, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setenv("SSL_CERT_FILE", gemini_tls.authority)
    gemini_tls.set(speed=SPEED)
    options = types.HttpOptions(base_url=gemini_tls.url, api_version="v1beta")
    return lambda api_key: genai.Client(api_key=api_key, http_options=options)


@pytest.fixture
async def token(client: Client) -> str:
    async with client("key").aio as minting:
        minted = await minting.auth_tokens.create(config={"uses": 1})
    return str(minted.name)


@pytest.fixture
async def session(client: Client, token: str) -> AsyncIterator[AsyncSession]:
    async with talk(client(token), tools=[WEATHER]) as session:
        yield session


def talk(
    client: genai.Client, model: str = MODEL, **config: object
) -> AbstractAsyncContextManager[AsyncSession]:
    ready = types.LiveConnectConfig.model_validate(
        {"response_modalities": [types.Modality.AUDIO], **config}
    )
    return client.aio.live.connect(model=model, config=ready)


async def speak(session: AsyncSession, data: bytes) -> None:
    for start in range(0, len(data), 3200):
        blob = types.Blob(data=data[start : start + 3200], mime_type="audio/pcm;rate=16000")
        await session.send_realtime_input(audio=blob)


async def turn(session: AsyncSession) -> list[types.LiveServerMessage]:
    return [message async for message in session.receive()]


async def first(
    session: AsyncSession, is_it: Callable[[types.LiveServerMessage], object]
) -> types.LiveServerMessage:
    while True:
        async for message in session.receive():
            if is_it(message):
                return message


def said(messages: list[types.LiveServerMessage]) -> str:
    contents = [message.server_content for message in messages if message.server_content]
    spoken = [content.output_transcription for content in contents]
    return "".join(piece.text or "" for piece in spoken if piece)


def marks(messages: list[types.LiveServerMessage]) -> list[str]:
    names = ("interrupted", "generation_complete", "turn_complete")
    return [
        name
        for message in messages
        for name in names
        if getattr(message.server_content, name, None)
    ]


async def test_types_and_is_answered_in_sound_and_words(session: AsyncSession) -> None:
    await session.send_client_content(
        turns=types.Content(role="user", parts=[types.Part(text="hello there")])
    )

    answer = await turn(session)

    assert said(answer) == "You wrote: hello there"
    assert len(b"".join(message.data or b"" for message in answer)) > OUT_RATE
    assert marks(answer) == ["generation_complete", "turn_complete"]
    assert answer[-1].usage_metadata is not None
    assert (answer[-1].usage_metadata.total_token_count or 0) > 0


async def test_hears_its_own_voice(session: AsyncSession) -> None:
    await speak(session, voice(1.5) + silence(1))

    answer = await turn(session)

    played_s = len(b"".join(message.data or b"" for message in answer)) / 2 / OUT_RATE
    assert played_s == pytest.approx(1.5 + 0.1, abs=0.1)


async def test_speaks_over_it_and_interrupts(session: AsyncSession) -> None:
    await speak(session, voice(20) + silence(1))
    await first(session, lambda message: message.data)

    await speak(session, voice(0.2))
    rest = await turn(session)

    assert marks(rest) == ["interrupted", "turn_complete"]


async def test_calls_a_tool_and_speaks_of_its_answer(session: AsyncSession) -> None:
    await session.send_realtime_input(text="What is the weather in Paris?")
    asked = (await first(session, lambda message: message.tool_call)).tool_call
    assert asked is not None
    assert asked.function_calls is not None
    call = asked.function_calls[0]

    await session.send_tool_response(
        function_responses=types.FunctionResponse(
            id=call.id, name=call.name, response={"output": "sunny"}
        )
    )
    answer = await turn(session)

    assert (call.name, call.args) == ("get_weather", {"city": "Paris"})
    assert said(answer) == "get_weather says: sunny"


async def test_is_told_that_a_tool_is_cancelled_when_it_speaks_over_it(
    client: Client, token: str
) -> None:
    async with talk(client(token), BLOCKING_MODEL, tools=[WEATHER]) as session:
        await session.send_realtime_input(text="get weather")
        asked = (await first(session, lambda message: message.tool_call)).tool_call

        await speak(session, voice(0.2))
        told = await first(session, lambda message: message.tool_call_cancellation)

    assert asked is not None
    assert asked.function_calls is not None
    assert told.tool_call_cancellation is not None
    assert told.tool_call_cancellation.ids == [asked.function_calls[0].id]


async def test_resumes_with_the_same_token_and_nothing_is_forgotten(
    client: Client, token: str
) -> None:
    async with talk(client(token)) as session:
        update = (
            await first(
                session,
                lambda message: (
                    message.session_resumption_update
                    and message.session_resumption_update.resumable
                ),
            )
        ).session_resumption_update
        await session.send_realtime_input(text="my name is Ada")
        await turn(session)
    assert update is not None

    resumption = {"handle": update.new_handle}
    async with talk(client(token), session_resumption=resumption) as session:
        await session.send_realtime_input(text="recap")
        answer = await turn(session)

    assert said(answer) == "You said: my name is Ada"


async def test_is_told_why_a_used_token_opens_nothing(client: Client, token: str) -> None:
    async with talk(client(token)):
        pass

    with pytest.raises(errors.APIError, match="used too many times") as refused:
        async with talk(client(token)):
            pass

    assert refused.value.code == 1011


async def test_nested_keys_in_snake_case_are_understood(
    client: Client, gemini_tls: EmulatedGemini
) -> None:
    detection = {"automatic_activity_detection": {"disabled": True}}
    compression = {"sliding_window": {"target_tokens": 1000}, "trigger_tokens": 2000}

    async with talk(
        client("key"),
        realtime_input_config=detection,
        context_window_compression=compression,
    ) as session:
        await session.send_realtime_input(activity_start=types.ActivityStart())
        await speak(session, voice(0.5))
        await session.send_realtime_input(activity_end=types.ActivityEnd())
        answer = await turn(session)

    held = gemini_tls.journal("session")[-1]["setup"]
    assert held["realtimeInputConfig"] == {"automaticActivityDetection": {"disabled": True}}
    assert held["contextWindowCompression"]["slidingWindow"] == {"targetTokens": 1000}
    assert said(answer) == "(0.5 seconds of speech)"


@pytest.mark.parametrize(("attempts", "mints"), [(None, 1), (3, 3)])
async def test_mint_is_tried_again_only_where_that_was_asked_for(
    gemini_tls: EmulatedGemini, client: Client, attempts: int | None, mints: int
) -> None:
    gemini_tls.fail_next_mints(status=503, times=2)
    retry = types.HttpRetryOptions(attempts=attempts, initial_delay=0.01) if attempts else None
    options = types.HttpOptions(retry_options=retry)

    async with client("key").aio as minting:
        with contextlib.suppress(errors.ServerError):
            await minting.auth_tokens.create(config={"http_options": options})

    assert gemini_tls.counts()["mint"] == mints
    assert gemini_tls.counts().get("token", 0) == (1 if attempts else 0)


async def test_sdk_that_is_not_pinned_to_a_version_mints_nothing(
    gemini_tls: EmulatedGemini, client: Client
) -> None:
    unpinned = genai.Client(api_key="key", http_options=types.HttpOptions(base_url=gemini_tls.url))

    async with unpinned.aio as minting:
        with pytest.raises(errors.ClientError) as failed:
            await minting.auth_tokens.create()

    assert failed.value.code == 404
    assert "set the API version to v1beta" in str(failed.value)
    assert gemini_tls.journal("mint")[-1]["version"] == "v1"


async def test_sdk_that_is_not_pinned_to_a_version_opens_nothing_and_it_is_noted(
    gemini_tls: EmulatedGemini, client: Client
) -> None:
    unpinned = genai.Client(api_key="key", http_options=types.HttpOptions(base_url=gemini_tls.url))

    with pytest.raises(InvalidStatus) as failed:
        async with unpinned.aio.live.connect(model="gemini-3.8-live", config={}):
            pass

    assert failed.value.response.status_code == 404
    assert b"GOOGLE_GENAI_API_VERSION=v1beta" in (failed.value.response.body or b"")
    (noted,) = gemini_tls.journal("wrong_version")
    assert (noted["version"], noted["method"]) == ("v1", "BidiGenerateContent")


@pytest.mark.parametrize("version", ["v2", "v1beta1", "v1main"])
async def test_any_other_version_is_told_what_to_set_too(
    gemini_tls: EmulatedGemini, client: Client, version: str
) -> None:
    options = types.HttpOptions(base_url=gemini_tls.url, api_version=version)
    other = genai.Client(api_key="key", http_options=options)

    async with other.aio as minting:
        with pytest.raises(errors.ClientError, match=f"in {version} here: set the API version"):
            await minting.auth_tokens.create()
    with pytest.raises(InvalidStatus) as failed:
        async with other.aio.live.connect(model="gemini-3.8-live", config={}):
            pass

    assert f"in {version} here".encode() in (failed.value.response.body or b"")


async def test_base_url_may_end_in_a_slash(gemini_tls: EmulatedGemini, client: Client) -> None:
    options = types.HttpOptions(base_url=f"{gemini_tls.url}/", api_version="v1beta")
    slashed = genai.Client(api_key="key", http_options=options)

    async with talk(slashed) as session:
        await session.send_realtime_input(text="hello")

        assert said(await turn(session)) == "You wrote: hello"


@pytest.mark.parametrize(("status", "kind"), [(429, errors.ClientError), (503, errors.ServerError)])
async def test_errors_of_a_mint_are_the_sdk_s_own(
    client: Client, gemini_tls: EmulatedGemini, status: int, kind: type[errors.APIError]
) -> None:
    gemini_tls.fail_next_mints(status=status)

    async with client("key").aio as minting:
        with pytest.raises(kind) as failed:
            await minting.auth_tokens.create()

    assert failed.value.code == status


async def test_lost_connection_of_a_mint_is_an_error_of_aiohttp(
    gemini_tls: EmulatedGemini, client: Client
) -> None:
    gemini_tls.reset_mints()
    once = types.HttpOptions(retry_options=types.HttpRetryOptions(attempts=1))

    async with client("key").aio as minting:  # untold, it posts again some seconds later
        with pytest.raises(aiohttp.ClientConnectionError):
            await minting.auth_tokens.create(config={"http_options": once})

    assert gemini_tls.counts()["mint"] == 1


async def test_error_without_json_is_told_by_its_text_and_the_status_reason(
    gemini_tls: EmulatedGemini, client: Client
) -> None:
    elsewhere = f"{gemini_tls.url}/nothing"
    options = types.HttpOptions(base_url=elsewhere, api_version="v1beta")
    old = genai.Client(api_key="key", http_options=options)

    async with old.aio as minting:
        with pytest.raises(errors.ClientError) as failed:
            await minting.auth_tokens.create()

    told = failed.value
    assert (told.code, told.status, told.message) == (404, "Not Found", "")
