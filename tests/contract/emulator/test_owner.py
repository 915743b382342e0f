"""Local services answer their owner, but no pages of other sites and no foreign host names."""

from __future__ import annotations

import asyncio
import json
from contextlib import closing
from typing import Any

import httpx2
import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from emulator.owner import ForOwner
from emulator.process import EmulatedGemini
from emulator.raw_client import SETUP, live_url, mint
from emulator.run import OwnPage

HERE = "https://192.168.1.5:8443"
GOOD_ORIGINS = [
    "http://localhost",
    "http://localhost:5173",
    "https://localhost:8100",
    "http://127.0.0.1:3000",
    "http://127.8.8.8:1",
    "http://[::1]:5173",
]
BAD_ORIGINS = [
    "https://evil.example",
    "null",
    "",
    "http://localhost.evil.example",
    "http://evil.example:8090",
    "http://127.0.0.1.evil.example",
    "http://127.0.0.1@evil.example",
    "http://evil.example#http://localhost",
    "http://0.0.0.0:8090",
    "http://192.168.1.5:8443",  # http, not https
    "https://192.168.1.5",
    "https://192.168.1.6:8443",
    "file://",
    "http://localhost:5173, http://localhost:5174",
]
GOOD_HOSTS = ["127.0.0.1", "127.0.0.1:8090", "localhost", "LocalHost:1", "[::1]:8090"]
BAD_HOSTS = [
    "evil.example",
    "evil.example:8090",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "127.0.0.1@evil.example",
    "0.0.0.0:8090",
    "192.168.1.6:8443",
    "[::2]",
    "",
]
PATHS = [
    ("GET", "/_emulator"),
    ("GET", "/_emulator/journal"),
    ("GET", "/_emulator/talks"),
    ("POST", "/_emulator/reset"),
    ("DELETE", "/_emulator/journal"),
    ("POST", "/v1beta/auth_tokens"),
    ("OPTIONS", "/v1beta/auth_tokens"),
    ("GET", "/nothing"),
]


@pytest.fixture
def visitor() -> TestClient:
    """Return a browser on the network, of something that runs at HERE."""
    return TestClient(ForOwner(PlainTextResponse("mine"), HERE), base_url=HERE)


@pytest.mark.parametrize("origin", [*GOOD_ORIGINS, HERE])
def test_pages_of_this_machine_and_of_the_printed_address_are_answered(
    visitor: TestClient, origin: str
) -> None:
    assert visitor.get("/", headers={"Origin": origin}).text == "mine"


@pytest.mark.parametrize("origin", BAD_ORIGINS)
def test_pages_of_other_origins_are_refused(visitor: TestClient, origin: str) -> None:
    answer = visitor.get("/", headers={"Origin": origin})

    assert answer.status_code == 403
    assert "mine" not in answer.text
    assert HERE in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("host", [*GOOD_HOSTS, "192.168.1.5:8443", "192.168.1.5"])
def test_names_of_this_machine_are_answered(visitor: TestClient, host: str) -> None:
    assert visitor.get("/", headers={"Host": host}).text == "mine"


@pytest.mark.parametrize("host", BAD_HOSTS)
def test_other_names_that_lead_here_are_refused(visitor: TestClient, host: str) -> None:
    answer = visitor.get("/", headers={"Host": host})

    assert (answer.status_code, "mine" in answer.text) == (403, False)


def test_origin_that_is_given_is_answered_too() -> None:
    app = ForOwner(PlainTextResponse("mine"), HERE, frozenset({"capacitor://localhost"}))

    told = TestClient(app, base_url=HERE).get("/", headers={"Origin": "capacitor://localhost"})

    assert told.text == "mine"


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_emulator_of_gemini_refuses_both(gemini: EmulatedGemini, method: str, path: str) -> None:
    with closing(httpx2.Client(base_url=gemini.url)) as http:
        for header in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}):
            before = gemini.journal()
            answer = http.request(method, path, headers=header)
            assert answer.status_code == 403
            assert "access-control-allow-origin" not in answer.headers
            assert gemini.journal() == before


def test_page_on_another_port_mints_and_reads(gemini: EmulatedGemini) -> None:
    page = {"Origin": "http://localhost:5173"}
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-goog-a"}
    with closing(httpx2.Client(base_url=gemini.url, headers=page)) as http:
        preflight = http.options("/v1beta/auth_tokens", headers=asked)
        minted = http.post("/v1beta/auth_tokens", headers={"x-goog-api-key": "any"})

    for answer in (preflight, minted):
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == page["Origin"]


@pytest.mark.parametrize(
    "header", [{"Origin": "https://evil.example"}, {"Host": "evil.example"}], ids=["origin", "host"]
)
async def test_socket_of_another_site_is_refused(
    gemini: EmulatedGemini, header: dict[str, str]
) -> None:
    port = int(gemini.url.rpartition(":")[2])
    url = live_url(gemini.url, token=mint(gemini.url))
    url = url.replace("127.0.0.1", header.get("Host", "127.0.0.1"))
    origin: Any = header.get("Origin")

    with pytest.raises(InvalidStatus) as refused:
        await connect(url, origin=origin, host="127.0.0.1", port=port)

    assert refused.value.response.status_code == 403
    assert gemini.counts().get("socket", 0) == 0


async def test_socket_of_a_page_of_this_machine_opens(gemini: EmulatedGemini) -> None:
    url = live_url(gemini.url, token=mint(gemini.url))

    async with connect(url, origin="http://localhost:5173") as socket:  # type: ignore[arg-type]
        await socket.send(json.dumps({"setup": SETUP}))
        assert b"setupComplete" in await asyncio.wait_for(socket.recv(decode=False), 10)


def test_api_sees_its_own_page_for_any_page_of_this_machine() -> None:
    seen: list[str] = []

    async def api(scope: dict, receive: object, send: object) -> None:  # type: ignore[type-arg]
        headers = dict(scope["headers"])
        seen.append(headers.get(b"origin", b"").decode())
        response = PlainTextResponse("", headers={"Access-Control-Allow-Origin": seen[-1]})
        await response(scope, receive, send)  # type: ignore[arg-type]

    page = TestClient(OwnPage(api, HERE), base_url=HERE)  # type: ignore[arg-type]
    told = page.get("/", headers={"Origin": "http://localhost:5173"})
    page.get("/")

    assert told.headers["access-control-allow-origin"] == "http://localhost:5173"
    assert seen == [HERE, ""]
