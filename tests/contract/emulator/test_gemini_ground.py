"""The basics that other suites need: mint, open a session, run below a prefix, fail on request."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from emulator.gemini import create_app
from emulator.process import EmulatedGemini
from emulator.raw_client import live_url, mint, post_mint, raw_live
from emulator.serve import listening_socket


async def test_token_opens_one_session_and_no_second(gemini: EmulatedGemini) -> None:
    address = live_url(gemini.url, token=mint(gemini.url))

    async with raw_live(address) as first, raw_live(address) as second:
        opened, refused = await first.receive(), await second.closed()

    assert opened == {"setupComplete": {}}
    assert refused == (1011, "Token has been used too many times")


async def test_token_opens_nothing_after_its_end(gemini: EmulatedGemini) -> None:
    end = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    token = mint(gemini.url, {"expireTime": end, "newSessionExpireTime": end})
    gemini.advance(301)

    async with raw_live(live_url(gemini.url, token=token)) as live:
        refused = await live.closed()

    assert refused == (1011, "Token has expired")


async def test_failed_mints_are_counted_and_make_no_token(gemini: EmulatedGemini) -> None:
    gemini.fail_next_mints(status=429, times=2)

    answers = [post_mint(gemini.url).status_code for _ in range(3)]

    assert answers == [429, 429, 200]
    assert gemini.counts()["mint"] == 3
    assert gemini.counts()["token"] == 1


async def test_hanging_mint_answers_nobody(gemini: EmulatedGemini) -> None:
    gemini.hang()

    async with httpx2.AsyncClient(base_url=gemini.url) as client:
        hanging = client.post("/v1beta/auth_tokens", headers={"x-goog-api-key": "key"})

        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(hanging, 0.2)


async def test_reset_mint_drops_the_connection(gemini: EmulatedGemini) -> None:
    gemini.reset_mints()

    with pytest.raises(httpx2.RemoteProtocolError):
        post_mint(gemini.url)


async def test_nonsense_is_200_and_no_json(gemini: EmulatedGemini) -> None:
    gemini.nonsense()

    answer = post_mint(gemini.url)

    assert answer.status_code == 200
    with pytest.raises(ValueError, match="Expecting value"):
        answer.json()


async def test_slow_mint_takes_the_time_it_was_given(gemini: EmulatedGemini) -> None:
    gemini.set(mint_latency_s=0.3)

    answer = post_mint(gemini.url)

    assert answer.elapsed >= timedelta(seconds=0.3)


@pytest.mark.parametrize("slashes", ["/", "//"])
async def test_service_works_below_a_prefix(slashes: str) -> None:
    app = Starlette(routes=[Mount("/local/gemini", app=create_app())])
    bound = listening_socket(0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    serving = asyncio.create_task(server.serve([bound]))
    url = f"http://127.0.0.1:{bound.getsockname()[1]}/local/gemini"

    token = await asyncio.to_thread(mint, url)
    async with raw_live(live_url(url, token=token, slashes=slashes)) as live:
        opened = await live.receive()
    server.should_exit = True
    await serving

    assert opened == {"setupComplete": {}}
