"""What is sent to Gemini, byte for byte, and what becomes of every answer.

The bodies are in golden/. After a change that is meant, write them anew and read the difference:

    LIVEPASS_WRITE_GOLDEN=1 python -m pytest tests/unit/test_mint.py
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import os
import re
import socket
import ssl
import time
import traceback
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from google import genai
from google.genai import types

from unit.fakes import Seconds
from vending.catalog import catalog
from vending.connections import Answer, Connections, NotHttp, Target
from vending.errors import LivepassError, UpstreamRejected, UpstreamTimedOut, UpstreamUnavailable
from vending.mint import DEADLINE_S, STATE_KEPT_S, Mint, Order, Token
from vending.settings import Settings
from vending.shape import LOCKED, Shaper

pytestmark = pytest.mark.filterwarnings(
    "ignore:The SDK's token creation implementation is experimental"
)

GOLDEN = Path(__file__).parent / "golden"
API_KEY = "AQ.canary-of-the-api-key-0123456789"
URL = "https://gemini.example"
NAME = f"auth_tokens/{'0f' * 32}"
GOOD = {"name": NAME}
SETTINGS = Settings(
    gemini_api_key=API_KEY,
    issuers=(),
    ledger="",
    tiers={},
    default_instruction="You are a friendly guide.",
    allowed_models=(*catalog("gemini-3.8-live", ()), "gemini-of-next-year"),
)
EVERYTHING: Mapping[str, Any] = {
    "voice": "Kore",
    "temperature": 0.7,
    "systemInstruction": "Sprich wie ein Pilot: „Über den Wolken“.",
    "tools": ["google_search", "get_weather"],
    "turnDetection": {
        "mode": "automatic",
        "silenceMs": 500,
        "startSensitivity": "high",
        "endSensitivity": "low",
    },
}
WISHES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    **{model: (model, {}) for model in SETTINGS.allowed_models},
    "everything": ("gemini-3.1-flash-live-preview", {**EVERYTHING, "thinkingLevel": "low"}),
    "manual-turns": ("gemini-3.8-live", {"turnDetection": {"mode": "manual"}}),
    "text": ("gemini-of-next-year", {"responseModality": "TEXT"}),
}


def order(case: str = "gemini-3.8-live", uses: int = 1) -> Order:
    return Order(
        setup=Shaper(SETTINGS).setup(*WISHES[case]),
        locked=LOCKED,
        expires=datetime(2026, 11, 20, 12, 30, 0, 123000, UTC),
        start_before=datetime(2026, 11, 20, 12, 2, tzinfo=UTC),
        uses=uses,
    )


@dataclass
class Gemini:
    """Answers every request alike, and keeps them."""

    answer: Callable[[], httpx2.Response] = field(default=lambda: httpx2.Response(200, json=GOOD))
    requests: list[httpx2.Request] = field(default_factory=list)
    hangs: bool = False

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        if self.hangs:
            await asyncio.Event().wait()
        return self.answer()

    async def post(self, target: Target, content: bytes) -> Answer:
        scheme, *_ = target.origin
        head, _, _ = target.head.decode().rpartition("\r\n")
        (method, path, _), *fields = (line.split(" ", 2) for line in head.split("\r\n"))
        headers = [(name.rstrip(":"), value) for name, value in fields]
        url = f"{scheme}://{dict(headers)['Host']}{path}"
        answer = await self(httpx2.Request(method, url, headers=headers, content=content))
        return Answer(answer.status_code, await answer.aread())

    async def close(self) -> None:
        pass

    def mint(self, deadline_s: float = 5, **more: Any) -> Mint:
        return Mint(API_KEY, URL, "v1beta", deadline_s=deadline_s, http=self, **more)


def raising(error: Exception) -> Callable[[], httpx2.Response]:
    def answer() -> httpx2.Response:
        raise error

    return answer


async def refusal(gemini: Gemini, deadline_s: float = 5) -> LivepassError:
    with pytest.raises(LivepassError) as caught:
        await gemini.mint(deadline_s).mint(order())
    return caught.value


# --- the request ----------------------------------------------------------------------------------


@pytest.mark.parametrize("case", WISHES)
async def test_request_body_is_that_of_the_golden_file_byte_for_byte(case: str) -> None:
    gemini, golden = Gemini(), GOLDEN / f"{case}.json"

    await gemini.mint().mint(order(case))

    body = gemini.requests[0].content
    if os.environ.get("LIVEPASS_WRITE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_bytes(body)
    assert body == golden.read_bytes()


def test_every_model_of_the_catalogue_has_a_golden_file() -> None:
    golden = {path.stem for path in GOLDEN.glob("*.json")}

    assert golden == set(WISHES)
    assert set(catalog("gemini-3.8-live", ())) < golden


async def test_key_is_in_its_header_and_nowhere_else() -> None:
    gemini = Gemini()

    await gemini.mint().mint(order())

    request = gemini.requests[0]
    assert request.method == "POST"
    assert str(request.url) == f"{URL}/v1beta/auth_tokens"
    assert request.headers.get_list("x-goog-api-key") == [API_KEY]
    assert [n for n, v in request.headers.items() if API_KEY in v] == ["x-goog-api-key"]
    assert "authorization" not in request.headers
    assert API_KEY.encode() not in request.content


@pytest.mark.parametrize("version", ["v1alpha", "v1beta"])
async def test_version_is_pinned_whatever_the_environment_says(
    version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_GENAI_API_VERSION", "v1")
    monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", "https://elsewhere.example")
    monkeypatch.setenv("GOOGLE_API_KEY", "another key")
    gemini = Gemini()
    mint = Mint(API_KEY, URL, version, http=gemini)

    await mint.mint(order())

    assert str(gemini.requests[0].url) == f"{URL}/{version}/auth_tokens"
    assert gemini.requests[0].headers["x-goog-api-key"] == API_KEY


def test_no_proxy_of_the_environment_sees_the_key() -> None:
    assert isinstance(Mint(API_KEY, URL, "v1beta")._http, Connections)  # which knows none


async def test_base_url_may_have_a_path() -> None:
    gemini = Gemini()
    url = "http://127.0.0.1:8080/local/gemini"
    mint = Mint(API_KEY, url, "v1beta", http=gemini)

    await mint.mint(order())

    assert str(gemini.requests[0].url) == f"{url}/v1beta/auth_tokens"


async def test_requests_differ_by_their_order_alone() -> None:
    gemini = Gemini()
    mint = gemini.mint()

    for uses in (1, 3):
        await mint.mint(order("everything", uses))
    await mint.mint(order("gemini-3.8-live"))

    bodies = [json.loads(request.content) for request in gemini.requests]
    assert [body["uses"] for body in bodies] == [1, 3, 1]
    assert {**bodies[0], "uses": 3} == bodies[1]
    assert bodies[2]["bidiGenerateContentSetup"] == order().setup


@pytest.mark.parametrize("case", WISHES)
async def test_mask_locks_every_field_and_the_setup_has_no_other(case: str) -> None:
    gemini = Gemini()

    await gemini.mint().mint(order(case))

    body = json.loads(gemini.requests[0].content)
    mask = body["fieldMask"].split(",")
    assert tuple(mask) == LOCKED
    assert set(body["bidiGenerateContentSetup"]) <= set(mask)
    assert "sessionResumption" not in mask
    assert set(body) == {
        *("uses", "expireTime", "newSessionExpireTime"),
        *("bidiGenerateContentSetup", "fieldMask"),
    }


async def test_mask_names_every_field_a_setup_has_but_resumption() -> None:
    ours = set(LOCKED) | {"sessionResumption"}
    of_the_sdk = set(types.LiveClientSetup.model_fields) | {"labels"}
    vertex_only = {"explicit_vad_signal"}

    theirs = {_camel(name) for name in of_the_sdk - vertex_only}

    assert theirs - ours == set()


async def test_times_are_utc_in_whole_offsets() -> None:
    gemini = Gemini()

    await gemini.mint().mint(order())

    body = json.loads(gemini.requests[0].content)
    assert body["expireTime"] == "2026-11-20T12:30:00.123000+00:00"
    assert body["newSessionExpireTime"] == "2026-11-20T12:02:00+00:00"


# --- the same as the SDK's own --------------------------------------------------------------------


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), name)


def normal(value: Any) -> Any:
    """Proto JSON takes snake_case and camelCase alike, and an integer as text."""
    if isinstance(value, dict):
        return {_camel(name): normal(member) for name, member in value.items()}
    if isinstance(value, list):
        return [normal(element) for element in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value


def typed(case: str) -> types.LiveConnectConstraints:
    """The same wish, as one would write it with the SDK's types."""
    setup = order(case).setup
    generation = setup["generationConfig"]
    realtime = setup.get("realtimeInputConfig")
    instruction = setup["systemInstruction"]
    return types.LiveConnectConstraints(
        model=setup["model"].removeprefix("models/"),
        config=types.LiveConnectConfig(
            response_modalities=generation["responseModalities"],
            temperature=generation.get("temperature"),
            speech_config=types.SpeechConfig.model_validate(generation["speechConfig"])
            if "speechConfig" in generation
            else None,
            thinking_config=types.ThinkingConfig.model_validate(generation["thinkingConfig"])
            if "thinkingConfig" in generation
            else None,
            system_instruction=types.Content.model_validate(instruction),
            tools=[types.Tool.model_validate(tool) for tool in setup["tools"]]
            if "tools" in setup
            else None,
            realtime_input_config=types.RealtimeInputConfig.model_validate(realtime)
            if realtime
            else None,
            context_window_compression=types.ContextWindowCompressionConfig(
                trigger_tokens=16_000, sliding_window=types.SlidingWindow(target_tokens=8_000)
            ),
            input_audio_transcription=types.AudioTranscriptionConfig(),
            output_audio_transcription=types.AudioTranscriptionConfig(),
        ),
    )


@pytest.mark.parametrize("case", WISHES)
async def test_setup_means_what_the_sdk_s_own_types_would_send(case: str) -> None:
    ours, theirs = Gemini(), Gemini()
    http = httpx2.AsyncClient(transport=httpx2.MockTransport(theirs))
    options = types.HttpOptions(base_url=URL, api_version="v1beta", httpx_async_client=http)
    client = genai.Client(api_key=API_KEY, vertexai=False, http_options=options)
    asked = order(case)

    await ours.mint().mint(asked)
    await client.aio.auth_tokens.create(
        config=types.CreateAuthTokenConfig(
            uses=asked.uses,
            expire_time=asked.expires,
            new_session_expire_time=asked.start_before,
            live_connect_constraints=typed(case),
        )
    )

    sent, expected = (json.loads(gemini.requests[0].content) for gemini in (ours, theirs))
    del sent["fieldMask"]
    assert normal(sent) == normal(expected)


# --- the answer -----------------------------------------------------------------------------------


async def test_token_is_the_name_in_the_answer_and_never_prints() -> None:
    mint = Gemini().mint()
    before = mint.state

    token = await mint.mint(order())

    assert token == Token(NAME)
    assert NAME not in repr(token)
    assert (before, mint.state) == ("unknown", "ok")


def problem(status: int, reason: str = "SCRIPTED", **headers: str) -> Callable[[], httpx2.Response]:
    body = {"error": {"code": status, "message": "scripted", "status": reason}}
    return lambda: httpx2.Response(status, json=body, headers=headers)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413])
async def test_request_that_gemini_does_not_take_is_rejected(status: int) -> None:
    gemini = Gemini(problem(status))

    refused = await refusal(gemini)

    assert type(refused) is UpstreamRejected
    assert refused.retry_after_s is None
    assert str(refused) == f"{status} SCRIPTED: scripted"
    assert len(gemini.requests) == 1


async def test_wrong_version_with_an_empty_body_is_rejected() -> None:
    assert type(await refusal(Gemini(lambda: httpx2.Response(404)))) is UpstreamRejected


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 529])
async def test_gemini_that_cannot_right_now_is_unavailable(status: int) -> None:
    gemini = Gemini(problem(status, **{"Retry-After": "1"}))

    refused = await refusal(gemini)

    assert type(refused) is UpstreamUnavailable
    assert refused.retry_after_s == 5
    assert len(gemini.requests) == 1


async def _cut() -> AsyncIterator[bytes]:
    yield b'{"name": "auth_tok'
    raise NotHttp("the server hung up")


NONSENSE: Mapping[str, Callable[[], httpx2.Response]] = {
    "nothing": lambda: httpx2.Response(200),
    "an empty object": lambda: httpx2.Response(200, json={}),
    "a list": lambda: httpx2.Response(200, json=[GOOD]),
    "a text": lambda: httpx2.Response(200, json="auth_tokens/x"),
    "a number": lambda: httpx2.Response(200, json=7),
    "null": lambda: httpx2.Response(200, json=None),
    "half an object": lambda: httpx2.Response(200, content=b'{"name": "auth_tokens/'),
    "no JSON": lambda: httpx2.Response(200, content=b"so sorry"),
    "HTML": lambda: httpx2.Response(200, html="<html><body>maintenance</body></html>"),
    "no UTF-8": lambda: httpx2.Response(200, content=b'{"name": "\xff\xfe"}'),
    "a deep document": lambda: httpx2.Response(200, content=b"[" * 100_000),
    "a large document": lambda: httpx2.Response(200, content=b" " * 10_000_000),
    "a cut answer": lambda: httpx2.Response(200, content=_cut()),
    "a compression nobody asked for": lambda: httpx2.Response(
        200, content=gzip.compress(json.dumps(GOOD).encode())
    ),
    "an empty name": lambda: httpx2.Response(200, json={"name": ""}),
    "a name of something else": lambda: httpx2.Response(200, json={"name": "files/abc"}),
    "a name without an end": lambda: httpx2.Response(200, json={"name": "auth_tokens/"}),
    "a huge name": lambda: httpx2.Response(200, json={"name": "auth_tokens/" + "x" * 5000}),
    "a name of two lines": lambda: httpx2.Response(200, json={"name": "auth_tokens/x\nSet: y"}),
    "a name with a query": lambda: httpx2.Response(200, json={"name": "auth_tokens/x&key=y"}),
    "a name that is a number": lambda: httpx2.Response(200, json={"name": 7}),
    "a name that is a list": lambda: httpx2.Response(200, json={"name": [NAME]}),
    "an error with a good status": lambda: httpx2.Response(200, json={"error": {"code": 400}}),
    "an error that is HTML": lambda: httpx2.Response(503, html="<html>busy</html>"),
    "an error that is a list": lambda: httpx2.Response(500, json=[{"error": {"code": 500}}]),
    "an error that is text": lambda: httpx2.Response(500, json="broken"),
    "an error whose inside is text": lambda: httpx2.Response(500, json={"error": "broken"}),
    "an error that is null": lambda: httpx2.Response(500, json=None),
    "an error that is no UTF-8": lambda: httpx2.Response(500, content=b"\xff\xfe"),
    "nothing new": lambda: httpx2.Response(304),
    "no content": lambda: httpx2.Response(204),
}


@pytest.mark.parametrize("kind", NONSENSE)
async def test_nonsense_is_as_good_as_no_answer(kind: str) -> None:
    gemini = Gemini(NONSENSE[kind])

    refused = await refusal(gemini)

    assert type(refused) is UpstreamUnavailable
    assert len(gemini.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirect_is_not_followed(status: int) -> None:
    gemini = Gemini(
        lambda: httpx2.Response(status, headers={"Location": "https://elsewhere.example/"})
    )

    refused = await refusal(gemini)

    assert type(refused) is UpstreamUnavailable
    assert [str(request.url) for request in gemini.requests] == [f"{URL}/v1beta/auth_tokens"]


LOST: tuple[Exception, ...] = (
    NotHttp("the server hung up"),
    ConnectionRefusedError("refused"),
    socket.gaierror("no such name"),
    ssl.SSLCertVerificationError("not valid"),
    ConnectionResetError("reset"),
    OSError("network unreachable"),
    TimeoutError("slow"),
)


@pytest.mark.parametrize("error", LOST, ids=lambda error: type(error).__name__)
async def test_request_that_is_lost_is_never_sent_again(error: Exception) -> None:
    gemini = Gemini(raising(error))
    began = time.monotonic()

    refused = await refusal(gemini)

    expected = UpstreamTimedOut if isinstance(error, TimeoutError) else UpstreamUnavailable
    assert type(refused) is expected
    assert len(gemini.requests) == 1
    assert time.monotonic() - began < 1


async def test_gemini_that_hangs_is_left_at_the_deadline() -> None:
    gemini = Gemini(hangs=True)
    began = time.monotonic()

    refused = await refusal(gemini, deadline_s=0.1)

    assert type(refused) is UpstreamTimedOut
    assert 0.1 <= time.monotonic() - began < 0.6
    assert len(gemini.requests) == 1


async def test_gemini_that_drips_is_left_at_the_deadline() -> None:
    async def drip() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.02)

    began = time.monotonic()

    refused = await refusal(Gemini(lambda: httpx2.Response(200, content=drip())), deadline_s=0.1)

    assert type(refused) is UpstreamTimedOut
    assert time.monotonic() - began < 0.6


def test_deadline_is_eight_seconds() -> None:
    assert DEADLINE_S == 8
    assert Mint(API_KEY, URL, "v1beta")._deadline_s == 8


async def test_cancelled_mint_is_no_failure_of_gemini() -> None:
    gemini = Gemini(hangs=True)
    mint = gemini.mint()
    minting = asyncio.create_task(mint.mint(order()))
    await asyncio.sleep(0.05)

    minting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await minting
    assert mint.state == "unknown"


async def test_state_is_that_of_the_last_mint() -> None:
    gemini = Gemini(problem(503))
    mint = gemini.mint()

    with pytest.raises(UpstreamUnavailable):
        await mint.mint(order())
    failing: str = mint.state
    gemini.answer = lambda: httpx2.Response(200, json=GOOD)
    await mint.mint(order())

    assert (failing, mint.state) == ("failing", "ok")


@pytest.mark.parametrize("fails", [True, False])
async def test_state_is_forgotten_after_a_while(fails: bool) -> None:
    gemini, clock = Gemini(problem(503)) if fails else Gemini(), Seconds()
    mint = gemini.mint(clock=clock)
    with contextlib.suppress(UpstreamUnavailable):
        await mint.mint(order())

    clock.now = STATE_KEPT_S - 0.001
    kept = mint.state
    clock.now = STATE_KEPT_S

    assert kept == ("failing" if fails else "ok")
    assert mint.state == "unknown"


ECHOES: Mapping[str, Callable[[], httpx2.Response]] = {
    "the key in a rejection": lambda: httpx2.Response(
        400, json={"error": {"code": 400, "message": f"bad key {API_KEY}", "status": "INVALID"}}
    ),
    "the key in a page": lambda: httpx2.Response(500, html=f"<p>{API_KEY}</p>"),
    "the key in a status": lambda: httpx2.Response(
        429, json={"error": {"code": 429, "message": "x", "status": API_KEY}}
    ),
    "the key in a lost connection": raising(NotHttp(f"header {API_KEY}")),
    "a token in a rejection": lambda: httpx2.Response(
        400, json={"error": {"code": 400, "message": f"made {NAME}", "status": "INVALID"}}
    ),
    "a token in half an object": lambda: httpx2.Response(200, content=f'{{"name": "{NAME}'),
    "a token beside a bad name": lambda: httpx2.Response(200, json={"name": f"{NAME} {API_KEY}"}),
}


@pytest.mark.parametrize("kind", ECHOES)
async def test_neither_key_nor_token_is_in_an_exception(kind: str) -> None:
    refused = await refusal(Gemini(ECHOES[kind]))

    told = f"{refused} {refused!r} {refused.public}"
    assert API_KEY not in told
    assert NAME not in told


async def test_refusal_keeps_its_cause_for_the_traceback() -> None:
    refused = await refusal(Gemini(raising(NotHttp("reset"))))

    assert "NotHttp" in "".join(traceback.format_exception(refused))


async def test_uses_of_an_order_are_sent_as_they_are() -> None:
    gemini = Gemini()

    await gemini.mint().mint(replace(order(), uses=5))

    assert json.loads(gemini.requests[0].content)["uses"] == 5
