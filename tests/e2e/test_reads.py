"""Reads are limited, on each ledger, with two processes; a cached reading decides nothing."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import httpx2
import pytest

from support.people.callers import Answer, Callers
from support.servers.fleet import Fleet, RunFleet
from support.servers.small_server import small_server
from vending.policy import Limits

PLACES = 600
ASKED = 1500
FORECAST = {
    "current": {
        "time": "2026-11-29T12:00",
        "temperature_2m": 1.0,
        "apparent_temperature": 1.0,
        "weather_code": 0,
        "wind_speed_10m": 1.0,
    },
    "daily": {
        "time": ["2026-11-29"],
        "weather_code": [0],
        "temperature_2m_min": [0.0],
        "temperature_2m_max": [2.0],
    },
}
FOUND = {"results": [{"name": "A", "country": "B", "latitude": 1.0, "longitude": 2.0}]}


@pytest.fixture(scope="module")
def outside() -> Iterator[tuple[str, Counter[str]]]:
    """Run somebody else's weather service, which counts what it is asked."""
    asked: Counter[str] = Counter()

    def reply(path: str) -> tuple[int, bytes]:
        asked["calls"] += 1
        return 200, json.dumps(FOUND if "/search" in path else FORECAST).encode()

    with small_server(reply) as url:
        yield url, asked


@pytest.fixture(scope="module")
def both(two_servers: RunFleet, outside: tuple[str, Counter[str]]) -> Iterator[Fleet]:
    """Run two processes over one ledger, with the limits of reads that are the default."""
    weather = dict.fromkeys(("LIVE_API_WEATHER_URL", "LIVE_API_PLACES_URL"), outside[0])
    with two_servers(**weather, LIVE_API_COOLDOWN_PERIOD_MINUTES="5") as running:
        yield running


@dataclass(frozen=True, slots=True)
class Flood:
    """The answers to many requests, and how long they took."""

    answers: list[httpx2.Response]
    seconds: float


async def flood(
    both: Fleet, id_token: str, paths: list[str], method: str = "GET", body: object = None
) -> Flood:
    """Ask the first process for all of it, 50 at once."""
    began = time.monotonic()
    headers = {"Authorization": f"Bearer {id_token}"}
    places = asyncio.Semaphore(50)
    alone = httpx2.Limits(max_keepalive_connections=0)  # none the server may have left
    async with httpx2.AsyncClient(
        base_url=both.urls[0], timeout=30, headers=headers, limits=alone
    ) as http:

        async def ask(path: str) -> httpx2.Response:
            async with places:
                return await http.request(method, f"/api/v1{path}", json=body)

        answers = await asyncio.gather(*map(ask, paths))
    return Flood(answers, time.monotonic() - began)


def assert_bounded(flood: Flood, limit: int, kind: str, *statuses: int) -> None:
    """So many were let through in each minute, all others refused by this limit, with the time to
    wait.
    """
    through = [a for a in flood.answers if a.status_code in statuses]
    refused = [a for a in flood.answers if a.status_code == 429]
    assert len(through) + len(refused) == len(flood.answers)
    assert limit <= len(through) <= limit * (1 + flood.seconds // 60)  # a busy machine takes longer
    assert all(a.json()["violated"] == [kind] for a in refused)
    assert {int(a.headers["retry-after"]) for a in refused} <= set(range(1, 61))
    assert all(a.json()["retryAfterSeconds"] == int(a.headers["retry-after"]) for a in refused)


async def test_user_reads_120_times_a_minute_and_others_are_not_kept_from_it(
    both: Fleet, callers: Callers
) -> None:
    greedy, other = both.person(), both.person()
    paths = ["/live-token/usage", "/live-token/sessions", f"/live-token/sessions/{'0' * 24}"]

    answers = await flood(both, greedy.id_token, [paths[n % 2] for n in range(ASKED)])
    guessed = await flood(both, greedy.id_token, paths)
    theirs = await callers.call("GET", "/usage", other.id_token)

    assert_bounded(answers, Limits().reads_per_minute, "reads", 200)
    if answers.seconds + guessed.seconds < 60:
        assert [answer.status_code for answer in guessed.answers] == [429] * 3
    assert theirs.status == 200
    assert (await callers.mint(greedy.id_token)).status == 201


@pytest.mark.parametrize("what", ["refreshes", "ends", "reports"])
async def test_change_that_comes_to_nothing_is_asked_120_times_a_minute(
    both: Fleet, callers: Callers, what: str
) -> None:
    greedy, other = both.person(), both.person()
    minted = await callers.mint(greedy.id_token)
    session = str(minted.body["session"]["id"])
    path = f"/live-token/sessions/{session}"
    ask: dict[str, tuple[str, str, object]] = {
        "refreshes": ("/live-token/refresh", "POST", {"sessionId": session}),
        "ends": (path, "DELETE", None),
        "reports": (f"{path}/usage", "POST", {}),
    }
    if what != "reports":
        await callers.call("DELETE", f"/sessions/{session}", greedy.id_token)
    before, (asked, method, body) = both.books.row(greedy.alias), ask[what]

    answers = await flood(both, greedy.id_token, [asked] * 400, method, body)

    statuses = {"refreshes": 409, "ends": 204, "reports": 204}
    assert_bounded(answers, Limits().reads_per_minute, "reads", statuses[what])
    assert both.books.row(greedy.alias) == before
    assert (await callers.mint(other.id_token)).status == 201


async def test_user_asks_for_the_weather_30_times_a_minute(
    both: Fleet, outside: tuple[str, Counter[str]]
) -> None:
    person, (_, asked) = both.person(), outside
    before = asked["calls"]

    answers = await flood(
        both, person.id_token, [f"/tools/weather?place=place{n}" for n in range(PLACES)]
    )

    limit = Limits().tool_calls_per_minute
    assert_bounded(answers, limit, "tools", 200, 503)  # the weather may come too late
    assert asked["calls"] - before <= 2 * limit * (1 + answers.seconds // 60)


async def test_own_change_is_in_the_next_answer(both: Fleet, callers: Callers) -> None:
    me = both.person().id_token

    async def read(path: str = "/usage") -> Answer:
        return await callers.call("GET", path, me)

    none = await read()
    minted = await callers.mint(me)
    session = str(minted.body["session"]["id"])
    one = await read()
    refreshed = await callers.call("POST", "/refresh", me, body={"sessionId": session})
    two = await read()
    ended = await callers.call("DELETE", f"/sessions/{session}", me)
    over = await read(f"/sessions/{session}")

    assert [a.status for a in (minted, refreshed, ended)] == [201, 201, 204]
    assert [a.body["day"]["used"] for a in (none, one, two)] == [0, 1, 2]
    assert [a.body["sessions"]["active"] for a in (none, one, two)] == [0, 1, 2]  # another talk
    assert over.body["state"] == "ended"


async def test_remembered_reading_decides_about_nothing(both: Fleet, callers: Callers) -> None:
    """The first process remembers what was before the second one wrote."""
    me = both.person().id_token

    await callers.call("GET", "/usage", me, at=0)
    minted = await callers.mint(me, at=1)
    session = str(minted.body["session"]["id"])
    refused = await callers.mint(me, at=0)
    await callers.call("GET", "/usage", me, at=0)
    ended = await callers.call("DELETE", f"/sessions/{session}", me, at=1)
    refreshed = await callers.call("POST", "/refresh", me, body={"sessionId": session}, at=0)

    assert (minted.status, ended.status) == (201, 204)
    assert (refused.status, refused.body["violated"]) == (429, ["cooldown"])
    assert (refreshed.status, refreshed.code) == (409, "session-ended")
