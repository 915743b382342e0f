"""What is sent to Gemini, byte for byte, and what becomes of every answer: over HTTP, on loopback.

The bodies are in golden/. After a change that is meant, write them anew and read the difference:

    LIVEPASS_WRITE_GOLDEN=1 python -m pytest tests/unit/gemini/test_auth_tokens.py
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gzip
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import time
import traceback
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from google import genai
from google.genai import types

from emulator.throwaway_ca import issue
from support.fakes.memory import Seconds
from support.requests.declared import own_functions
from support.runs.margin import MARGIN_S
from vending.errors import LivepassError, UpstreamRejected, UpstreamTimedOut, UpstreamUnavailable
from vending.gemini import auth_tokens as mint_module
from vending.gemini.auth_tokens import MINT_DEADLINE_S, STATE_KEPT_S, Mint
from vending.gemini.models import catalog
from vending.gemini.order import Order, Token
from vending.outbound.http_client import HttpClient
from vending.settings import Settings
from vending.tokens.locked_fields import LOCKED
from vending.tokens.shape import Shaper

pytestmark = pytest.mark.filterwarnings(
    "ignore:The SDK's token creation implementation is experimental"
)

GOLDEN = Path(__file__).parent / "golden"
API_KEY = "AQ.canary-of-the-api-key-0123456789"
NAME = f"auth_tokens/{'0f' * 32}"
GOOD = {"name": NAME}
SETTINGS = Settings(
    gemini_api_key=API_KEY,
    issuers=(),
    ledger="",
    tiers={},
    default_instruction="You are a friendly guide.",
    allow_custom_instructions=True,
    allowed_models=(*catalog("gemini-3.8-live", ()), "gemini-of-next-year"),
    functions=own_functions(),
)
OFFERED = catalog("gemini-3.8-live", SETTINGS.allowed_models, SETTINGS.functions)
EXPIRES = datetime(2026, 11, 20, 12, 30, 0, 123000, UTC)
START_BEFORE = datetime(2026, 11, 20, 12, 2, tzinfo=UTC)
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
REQUESTED: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    **{model: (model, {}) for model in SETTINGS.allowed_models},
    "everything": ("gemini-3.1-flash-live-preview", {**EVERYTHING, "thinkingLevel": "low"}),
    "manual-turns": ("gemini-3.8-live", {"turnDetection": {"mode": "manual"}}),
    "text": ("gemini-of-next-year", {"responseModality": "TEXT"}),
    **{
        f"own-functions-{name}": (name, {"tools": [t for t in model.tools if t != "google_search"]})
        for name, model in OFFERED.items()
    },
}


def order(case: str = "gemini-3.8-live", uses: int = 1) -> Order:
    return Order(
        setup=Shaper(SETTINGS).setup(*REQUESTED[case]),
        locked=Shaper(SETTINGS).locked(REQUESTED[case][0]),
        expires_ms=round(EXPIRES.timestamp() * 1000),
        start_before_ms=round(START_BEFORE.timestamp() * 1000),
        uses=uses,
    )


class HangUp(Exception):
    """What an answer raises that closes the connection instead."""


@dataclass
class Gemini:
    """A stub that answers every request alike, and keeps them."""

    http: HttpClient
    answer: Callable[[], httpx2.Response] = field(default=lambda: httpx2.Response(200, json=GOOD))
    requests: list[httpx2.Request] = field(default_factory=list)
    connections: int = 0
    hangs: bool = False
    url: str = ""
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)

    def mint(self, deadline_s: float = 5, *, path: str = "", **more: Any) -> Mint:
        url, version = self.url + path, more.pop("version", "v1beta")
        return Mint(API_KEY, url, version, deadline_s=deadline_s, http=self.http, **more)

    @contextlib.asynccontextmanager
    async def run(self, tls: ssl.SSLContext | None = None) -> AsyncIterator[Gemini]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=tls)
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server:
            yield self
            await self.http.close()
            for writer in self._writers:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()

    def hang_up(self) -> None:
        """Close what is open."""
        for writer in self._writers:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        with contextlib.suppress(HangUp, OSError, asyncio.IncompleteReadError):
            while True:
                self.requests.append(await self._request(reader))
                if self.hangs:
                    await reader.read()
                await self._answer(writer)
        writer.close()

    async def _answer(self, writer: asyncio.StreamWriter) -> None:
        try:
            await _write(self.answer(), writer)
        except SaysThis as said:
            writer.write(said.args[0])

    async def _request(self, reader: asyncio.StreamReader) -> httpx2.Request:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().strip()
        (method, path, _), *fields = (line.split(" ", 2) for line in head.split("\r\n"))
        headers = [(name.rstrip(":"), " ".join(value)) for name, *value in fields]
        content = await reader.readexactly(int(dict(headers)["Content-Length"]))
        scheme = self.url.partition(":")[0]
        url = f"{scheme}://{dict(headers)['Host']}{path}"
        return httpx2.Request(method, url, headers=headers, content=content)


class SaysThis(Exception):
    """What an answer raises that is sent as these bytes."""


async def _write(answer: httpx2.Response, writer: asyncio.StreamWriter) -> None:
    """Write the head at once, and the body in the pieces it comes in."""
    writer.write(b"HTTP/1.1 %d Scripted\r\n" % answer.status_code)
    answer.headers.setdefault("Content-Length", "0")
    if "Transfer-Encoding" in answer.headers:
        del answer.headers["Content-Length"]
    for name, value in answer.headers.items():
        writer.write(f"{name}: {value}\r\n".encode())
    writer.write(b"\r\n")
    chunked = "Transfer-Encoding" in answer.headers
    assert isinstance(answer.stream, httpx2.AsyncByteStream)
    async for piece in answer.stream:
        writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        await writer.drain()
    writer.write(b"0\r\n\r\n" if chunked else b"")


@pytest.fixture
async def gemini(authorities: ssl.SSLContext) -> AsyncIterator[Gemini]:
    async with Gemini(HttpClient(authorities)).run() as running:
        yield running


def raising(error: Exception) -> Callable[[], httpx2.Response]:
    def answer() -> httpx2.Response:
        raise error

    return answer


async def refusal(gemini: Gemini, deadline_s: float = 5) -> LivepassError:
    with pytest.raises(LivepassError) as caught:
        await gemini.mint(deadline_s).mint(order())
    return caught.value


# --- the request ----------------------------------------------------------------------------------


@pytest.mark.parametrize("case", REQUESTED)
async def test_request_body_is_that_of_the_golden_file_byte_for_byte(
    case: str, gemini: Gemini
) -> None:
    golden = GOLDEN / f"{case}.json"

    await gemini.mint().mint(order(case))

    body = gemini.requests[0].content
    if os.environ.get("LIVEPASS_WRITE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_bytes(body)
    assert body == golden.read_bytes()


def test_every_model_of_the_catalogue_has_a_golden_file() -> None:
    golden = {path.stem for path in GOLDEN.glob("*.json")}

    assert golden == set(REQUESTED)
    assert set(catalog("gemini-3.8-live", ())) < golden


async def test_key_is_in_its_header_and_nowhere_else(gemini: Gemini) -> None:
    await gemini.mint().mint(order())

    request = gemini.requests[0]
    assert request.method == "POST"
    assert str(request.url) == f"{gemini.url}/v1beta/auth_tokens"
    assert request.headers.get_list("x-goog-api-key") == [API_KEY]
    assert [n for n, v in request.headers.items() if API_KEY in v] == ["x-goog-api-key"]
    assert "authorization" not in request.headers
    assert API_KEY.encode() not in request.content


@pytest.mark.parametrize("version", ["v1alpha", "v1beta"])
async def test_version_is_the_one_that_is_set(version: str, gemini: Gemini) -> None:
    await gemini.mint(version=version).mint(order())

    assert str(gemini.requests[0].url) == f"{gemini.url}/{version}/auth_tokens"


ELSEWHERE = "http://127.0.0.1:1"
# All that google-genai 3.4, aiohttp 3.14, httpx2 and OpenSSL read: `grep -rn "environ\|getenv"`.
HOSTILE: Mapping[str, Mapping[str, str]] = {
    "another key": {"GOOGLE_API_KEY": "another key", "GEMINI_API_KEY": "a third"},
    "Vertex": {"GOOGLE_GENAI_USE_VERTEXAI": "true"},
    "enterprise": {"GOOGLE_GENAI_USE_ENTERPRISE": "1", "GOOGLE_GENAI_USE_VERTEXAI": "0"},
    "a project": {"GOOGLE_CLOUD_PROJECT": "theirs", "GOOGLE_CLOUD_LOCATION": "us-central1"},
    "another address": {"GOOGLE_GEMINI_BASE_URL": ELSEWHERE, "GOOGLE_VERTEX_BASE_URL": ELSEWHERE},
    "another version": {"GOOGLE_GENAI_API_VERSION": "v1"},
    "replays": {
        "GOOGLE_GENAI_CLIENT_MODE": "replay",
        "GOOGLE_GENAI_REPLAYS_DIRECTORY": "/nonexistent",
        "GOOGLE_GENAI_REPLAY_ID": "one",
    },
    "a recording": {"GOOGLE_GENAI_CLIENT_MODE": "record"},
    "httpx2": {"GOOGLE_GENAI_HTTP_CLIENT": "httpx2"},
    "an unknown transport": {"GOOGLE_GENAI_HTTP_CLIENT": "carrier-pigeon"},
    "client certificates": {
        "GOOGLE_API_USE_CLIENT_CERTIFICATE": "true",
        "GOOGLE_API_USE_MTLS_ENDPOINT": "always",
    },
    "proxies": dict.fromkeys(
        ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"), ELSEWHERE
    ),
    "a proxy of a kind that nobody here knows": {"ALL_PROXY": "socks5://127.0.0.1:1"},
    "authorities": {"SSL_CERT_FILE": "/nonexistent", "SSL_CERT_DIR": "/nonexistent"},
}


@pytest.mark.parametrize("environment", HOSTILE.values(), ids=HOSTILE.keys())
async def test_environment_sends_the_request_nowhere_else(
    environment: Mapping[str, str], gemini: Gemini, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    token = await gemini.mint().mint(order())

    (request,) = gemini.requests
    assert token == Token(NAME)
    assert str(request.url) == f"{gemini.url}/v1beta/auth_tokens"
    assert request.headers["x-goog-api-key"] == API_KEY
    assert request.content == (GOLDEN / "gemini-3.8-live.json").read_bytes()
    assert "google-genai-sdk" in request.headers["user-agent"]


def test_sdk_s_warning_that_tokens_are_experimental_is_heard_by_nobody() -> None:
    functions = Path(mint_module.__file__).parents[2]
    script = f"""
import asyncio, sys
sys.path[:0] = [{str(functions)!r}, {str(Path(__file__).parents[2])!r}]
from unit.gemini.test_auth_tokens import Gemini, HttpClient, order

async def main():
    async with Gemini(HttpClient()).run() as gemini:
        print(await gemini.mint().mint(order()))

asyncio.run(main())
"""

    said = subprocess.run(  # it warns once in a process
        [sys.executable, "-W", "always", "-c", script], capture_output=True, text=True, check=True
    )

    assert (said.stdout, said.stderr) == ("Token()\n", "")


async def test_sdk_s_own_transport_is_not_the_one_that_is_used(gemini: Gemini) -> None:
    await gemini.mint().mint(order())

    assert gemini.requests[0].headers["Accept-Encoding"] == "identity"  # our session's


async def test_authority_that_only_the_environment_knows_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = issue(tmp_path)
    theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    theirs.load_cert_chain(files.certificate, files.key)
    monkeypatch.setenv("SSL_CERT_FILE", str(files.authority))
    believing = HttpClient(ssl.create_default_context(cafile=str(files.authority)))

    async with Gemini(HttpClient()).run(theirs) as gemini:
        refused = await refusal(gemini)
        await gemini.http.close()
        gemini.http = believing
        token = await gemini.mint().mint(order())

    assert type(refused) is UpstreamUnavailable
    assert "CERTIFICATE_VERIFY_FAILED" in str(refused)
    assert token == Token(NAME)
    assert len(gemini.requests) == 1


async def test_base_url_may_have_a_path(gemini: Gemini) -> None:
    await gemini.mint(path="/local/gemini").mint(order())

    assert str(gemini.requests[0].url) == f"{gemini.url}/local/gemini/v1beta/auth_tokens"


async def test_one_client_and_its_connections_serve_all_mints(gemini: Gemini) -> None:
    mint = gemini.mint()

    for _ in range(3):
        await mint.mint(order())
    after_three = gemini.connections
    await asyncio.gather(*(mint.mint(order()) for _ in range(8)))

    assert (after_three, gemini.connections, len(gemini.requests)) == (1, 8, 11)


async def test_requests_differ_by_their_order_alone(gemini: Gemini) -> None:
    mint = gemini.mint()

    for uses in (1, 3):
        await mint.mint(order("everything", uses))
    await mint.mint(order("gemini-3.8-live"))

    bodies = [json.loads(request.content) for request in gemini.requests]
    assert [body["uses"] for body in bodies] == [1, 3, 1]
    assert {**bodies[0], "uses": 3} == bodies[1]
    assert bodies[2]["bidiGenerateContentSetup"] == order().setup


@pytest.mark.parametrize("case", REQUESTED)
async def test_mask_locks_every_field_and_the_setup_has_no_other(case: str, gemini: Gemini) -> None:
    await gemini.mint().mint(order(case))

    body = json.loads(gemini.requests[0].content)
    mask = body["fieldMask"].split(",")
    assert tuple(mask) == Shaper(SETTINGS).locked(REQUESTED[case][0])
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
    """The same request, as one would write it with the SDK's types."""
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


@pytest.mark.parametrize("case", REQUESTED)
async def test_setup_means_what_the_sdk_s_own_types_would_send(case: str, gemini: Gemini) -> None:
    http = httpx2.AsyncClient(trust_env=False)
    options = types.HttpOptions(base_url=gemini.url, api_version="v1beta", httpx_async_client=http)
    client = genai.Client(api_key=API_KEY, vertexai=False, http_options=options)
    asked = order(case)

    await gemini.mint().mint(asked)
    await client.aio.auth_tokens.create(
        config=types.CreateAuthTokenConfig(
            uses=asked.uses,
            expire_time=EXPIRES,
            new_session_expire_time=START_BEFORE,
            live_connect_constraints=typed(case),
        )
    )

    await http.aclose()

    sent, expected = (json.loads(request.content) for request in gemini.requests)
    del sent["fieldMask"]
    assert normal(sent) == normal(expected)


# --- the answer -----------------------------------------------------------------------------------


async def test_token_is_the_name_in_the_answer_and_never_prints(gemini: Gemini) -> None:
    mint = gemini.mint()
    before = mint.state

    token = await mint.mint(order())

    assert token == Token(NAME)
    assert NAME not in repr(token)
    assert (before, mint.state) == ("unknown", "ok")


JSON = {"Content-Type": "application/json"}


def problem(status: int, reason: str = "SCRIPTED", **headers: str) -> Callable[[], httpx2.Response]:
    body = {"error": {"code": status, "message": "scripted", "status": reason}}
    return lambda: httpx2.Response(status, json=body, headers=headers)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413])
async def test_request_that_gemini_does_not_take_is_rejected(status: int, gemini: Gemini) -> None:
    gemini.answer = problem(status)

    refused = await refusal(gemini)

    assert type(refused) is UpstreamRejected
    assert refused.retry_after_s is None
    assert str(refused) == f"{status} SCRIPTED: scripted"
    assert len(gemini.requests) == 1


REJECTIONS: Mapping[str, Callable[[], httpx2.Response]] = {
    "nothing": lambda: httpx2.Response(404),
    "nothing that says it is JSON": lambda: httpx2.Response(404, headers=JSON),
    "HTML that says it is JSON": lambda: httpx2.Response(400, content=b"<p>", headers=JSON),
    "half an object": lambda: httpx2.Response(400, content=b'{"error": {', headers=JSON),
    "no UTF-8": lambda: httpx2.Response(403, content=b"\xff\xfe", headers=JSON),
    "a charset nobody knows": lambda: httpx2.Response(
        403, content=b"{", headers={"Content-Type": "application/json; charset=rot13"}
    ),
    "a deep document": lambda: httpx2.Response(400, content=b"[" * 100_000, headers=JSON),
    "a list": lambda: httpx2.Response(400, json=[]),
    "a number": lambda: httpx2.Response(400, json=7),
    "an error that is text": lambda: httpx2.Response(400, json={"error": "no"}),
}


@pytest.mark.parametrize("kind", REJECTIONS)
async def test_rejection_is_one_whatever_it_says(kind: str, gemini: Gemini) -> None:
    gemini.answer = REJECTIONS[kind]

    refused = await refusal(gemini)

    assert type(refused) is UpstreamRejected
    assert str(refused)[:3] in ("400", "403", "404")
    assert len(gemini.requests) == 1


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 529])
async def test_gemini_that_cannot_right_now_is_unavailable(status: int, gemini: Gemini) -> None:
    gemini.answer = problem(status, **{"Retry-After": "1"})

    refused = await refusal(gemini)

    assert type(refused) is UpstreamUnavailable
    assert refused.retry_after_s == 5
    assert len(gemini.requests) == 1


async def _cut() -> AsyncIterator[bytes]:
    yield b'{"name": "auth_tok'
    raise HangUp


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
        200, content=gzip.compress(json.dumps(GOOD).encode()), headers={"Content-Encoding": "gzip"}
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
async def test_nonsense_is_as_good_as_no_answer(kind: str, gemini: Gemini) -> None:
    gemini.answer = NONSENSE[kind]

    refused = await refusal(gemini)

    assert type(refused) is UpstreamUnavailable
    assert len(gemini.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirect_is_not_followed(status: int, gemini: Gemini) -> None:
    gemini.answer = lambda: httpx2.Response(status, headers={"Location": f"{gemini.url}/else"})

    refused = await refusal(gemini)

    assert type(refused) is UpstreamUnavailable
    assert [request.url.path for request in gemini.requests] == ["/v1beta/auth_tokens"]


def _half() -> httpx2.Response:
    return httpx2.Response(200, content=_cut(), headers={"Content-Length": "87"})


FAULTS: Mapping[str, Callable[[], httpx2.Response]] = {
    "hangs up": raising(HangUp()),
    "hangs up half way": _half,
    "redirects": lambda: httpx2.Response(307, headers={"Location": "/v1beta/auth_tokens"}),
    "is out of quota": problem(429),
    "is down": problem(503),
    "is no HTTP": raising(SaysThis(b"SSH-2.0-OpenSSH\r\n\r\n")),
    "speaks another protocol": raising(
        SaysThis(b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n")
    ),
    "has two lengths": raising(
        SaysThis(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi")
    ),
}


@pytest.mark.parametrize("kept", [False, True], ids=["a new connection", "a kept connection"])
@pytest.mark.parametrize("kind", FAULTS)
async def test_mint_is_sent_once_whatever_comes_of_it(
    kind: str, gemini: Gemini, *, kept: bool
) -> None:
    mint, well = gemini.mint(), gemini.answer
    if kept:
        await mint.mint(order())
    before = len(gemini.requests)

    gemini.answer = FAULTS[kind]
    with pytest.raises(UpstreamUnavailable):
        await mint.mint(order())
    sent = len(gemini.requests) - before
    gemini.answer = well
    token = await mint.mint(order())

    assert sent == 1
    assert token == Token(NAME)
    assert len(gemini.requests) == before + 2


@pytest.mark.parametrize("kept", [False, True], ids=["a new connection", "a kept connection"])
async def test_slow_answer_is_left_and_never_asked_for_again(gemini: Gemini, *, kept: bool) -> None:
    mint = gemini.mint(deadline_s=0.4)
    await mint.mint(order())  # makes the client
    if not kept:
        gemini.hang_up()
        await asyncio.sleep(0.05)
    before, began = len(gemini.requests), time.monotonic()

    gemini.hangs = True
    with pytest.raises(UpstreamTimedOut):
        await mint.mint(order())
    taken_s = time.monotonic() - began
    await asyncio.sleep(0.1)

    assert 0.4 <= taken_s < 0.4 + MARGIN_S
    assert len(gemini.requests) - before == 1


async def test_connection_that_was_closed_while_idle_costs_no_mint(gemini: Gemini) -> None:
    mint = gemini.mint()
    await mint.mint(order())

    gemini.hang_up()
    await asyncio.sleep(0.05)
    token = await mint.mint(order())

    assert token == Token(NAME)
    assert (gemini.connections, len(gemini.requests)) == (2, 2)


UNREACHABLE: tuple[OSError, ...] = (
    socket.gaierror(socket.EAI_NONAME, "no such name"),
    OSError(errno.ENETUNREACH, "network unreachable"),
    TimeoutError(errno.ETIMEDOUT, "timed out"),
)


@pytest.mark.parametrize("error", UNREACHABLE, ids=lambda error: type(error).__name__)
async def test_gemini_that_cannot_be_reached_is_unavailable_at_once(
    error: OSError, gemini: Gemini, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def look_up(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", look_up)
    gemini.url = "http://gemini.example"
    began = time.monotonic()

    refused = await refusal(gemini)

    expected = UpstreamTimedOut if isinstance(error, TimeoutError) else UpstreamUnavailable
    assert type(refused) is expected
    assert time.monotonic() - began < MARGIN_S


async def test_gemini_where_nobody_listens_is_unavailable_at_once(gemini: Gemini) -> None:
    gemini.url = "http://127.0.0.1:1"
    began = time.monotonic()

    refused = await refusal(gemini)

    assert type(refused) is UpstreamUnavailable
    assert "ClientConnectorError" in str(refused)
    assert time.monotonic() - began < MARGIN_S


async def test_gemini_that_drips_is_left_at_the_deadline(gemini: Gemini) -> None:
    async def drip() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.02)

    mint = gemini.mint(deadline_s=0.4)
    await mint.mint(order())
    gemini.answer = lambda: httpx2.Response(200, content=drip())
    began = time.monotonic()

    with pytest.raises(UpstreamTimedOut):
        await mint.mint(order())

    assert time.monotonic() - began < 0.4 + MARGIN_S


def test_deadline_is_eight_seconds() -> None:
    assert MINT_DEADLINE_S == 8
    assert Mint(API_KEY, "", "v1beta")._deadline_s == 8


async def test_gemini_is_told_how_long_it_is_waited_for(gemini: Gemini) -> None:
    await gemini.mint(MINT_DEADLINE_S).mint(order())

    assert gemini.requests[0].headers["X-Server-Timeout"] == "8"


async def test_cancelled_mint_is_no_failure_of_gemini(gemini: Gemini) -> None:
    gemini.hangs = True
    mint = gemini.mint()
    minting = asyncio.create_task(mint.mint(order()))
    await asyncio.sleep(0.05)

    minting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await minting
    assert mint.state == "unknown"


async def test_state_is_that_of_the_last_mint(gemini: Gemini) -> None:
    gemini.answer = problem(503)
    mint = gemini.mint()

    with pytest.raises(UpstreamUnavailable):
        await mint.mint(order())
    failing: str = mint.state
    gemini.answer = lambda: httpx2.Response(200, json=GOOD)
    await mint.mint(order())

    assert (failing, mint.state) == ("failing", "ok")


@pytest.mark.parametrize("fails", [True, False])
async def test_state_is_forgotten_after_a_while(fails: bool, gemini: Gemini) -> None:
    clock = Seconds()
    gemini.answer = problem(503) if fails else gemini.answer
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
    "the key in what is no HTTP": raising(SaysThis(f"{API_KEY} {NAME}\r\n\r\n".encode())),
    "a token in a rejection": lambda: httpx2.Response(
        400, json={"error": {"code": 400, "message": f"made {NAME}", "status": "INVALID"}}
    ),
    "a token in half an object": lambda: httpx2.Response(200, content=f'{{"name": "{NAME}'),
    "a token beside a bad name": lambda: httpx2.Response(200, json={"name": f"{NAME} {API_KEY}"}),
}


@pytest.mark.parametrize("kind", ECHOES)
async def test_neither_key_nor_token_is_in_an_exception(kind: str, gemini: Gemini) -> None:
    gemini.answer = ECHOES[kind]

    refused = await refusal(gemini)

    told = f"{refused} {refused!r} {refused.public}"
    told += "".join(traceback.format_exception(refused))
    assert refused.__cause__ is refused.__context__ is None  # aiohttp's have the headers we sent
    assert API_KEY not in told
    assert NAME not in told


async def test_refusal_names_its_cause(gemini: Gemini) -> None:
    gemini.answer = raising(HangUp())

    assert str(await refusal(gemini)) == "ServerDisconnectedError: Server disconnected"
