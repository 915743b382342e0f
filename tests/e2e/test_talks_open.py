"""No more talks than the limits allow: a greedy user refreshes on both servers as fast as they
answer and opens every token as often as possible, while Gemini counts the open talks.

The guard is off: it would block them, and what binds here are the limits alone.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from emulator.process import EmulatedGemini
from support.people.callers import Callers
from support.people.greedy import MINUTE_MS, Greedy
from support.runs import tables
from support.servers.fleet import Fleet, RunFleet
from vending.policy import Limits

AT_MOST = 2 * Limits().sessions  # and the handovers under way
AT_ONCE = 24  # refreshes of each session, on all servers alike
HOUR_A_DAY = 60
TIERS = {"an-hour-a-day": {"minutes_per_day": HOUR_A_DAY}, "three-uses": {"max_uses": 3}}
AS_THEY_COME: dict[str, Any] = {
    "LIVE_API_COOLDOWN_PERIOD_MINUTES": None,
    "LIVE_API_MAX_SESSIONS": None,
    "LIVE_API_TIERS": json.dumps(TIERS),
}
KNOWN_S = 35  # until every server knows of a pause
TITLE = "Talks open at once: a greedy client at default settings, two server processes"
HEADS = (
    *("ledger", "case", "talks open", "at most", "tokens"),
    *("min they last", "min counted", "USD counted"),
)
Script = Callable[[Greedy], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Case:
    """What somebody greedy does."""

    name: str
    script: Script
    tier: str | None = None
    requested: tuple[tuple[str, int], ...] = ()


@pytest.fixture(scope="module")
def both(two_servers: RunFleet) -> Iterator[Fleet]:
    with two_servers(**AS_THEY_COME) as running:
        yield running


@asynccontextmanager
async def somebody(
    ledger: str, running: Fleet, gemini: EmulatedGemini, case: Case
) -> AsyncIterator[Greedy]:
    """Let somebody greedy in whose talks last as long as their tokens; tell what they got."""
    gemini.set(connection_life_s=4 * 3600)  # else they would be resumed, with the same tokens
    async with Callers(running) as callers, AsyncExitStack() as hangs_up:
        person = running.person(case.tier)
        greedy = Greedy(running, callers, gemini, person, hangs_up, dict(case.requested))
        try:
            yield greedy
        finally:
            told(ledger, case, greedy)


async def all_at_once(greedy: Greedy) -> None:
    await greedy.mint(4)
    await greedy.refresh(AT_ONCE, durationMinutes=60)
    greedy.look(AT_MOST)


async def for_75_minutes(greedy: Greedy) -> None:
    """Whatever may be had every 150 s; where no slot is free, the newest session is ended."""
    for _ in range(30):
        minted = await greedy.mint(2)
        if any("sessions" in answer.body.get("violated", ()) for answer in minted):
            await greedy.end(greedy.sessions[-1])
            await greedy.mint(2)
        await greedy.refresh(2, durationMinutes=60)
        greedy.look(AT_MOST)
        await greedy.wait(150)


async def near_each_end(greedy: Greedy) -> None:
    """Handovers of all sessions, as often as they may be."""
    await greedy.mint(2)
    for _ in range(3):
        await greedy.wait(28.5 * 60)
        await greedy.refresh(AT_ONCE)
        greedy.look(AT_MOST)


async def in_real_time(greedy: Greedy) -> None:
    """A token of a minute can be handed over in its last 12 s."""
    await greedy.mint(2)
    began = time.monotonic()
    for after_s in (0.0, 30.0, 50.0, 58.0, 61.0):
        await asyncio.sleep(max(began + after_s - time.monotonic(), 0))
        await greedy.refresh(AT_ONCE // 2, durationMinutes=1)
        greedy.look(AT_MOST)


async def two_talks(greedy: Greedy) -> None:
    await greedy.mint()
    await greedy.wait(5 * 60)
    await greedy.mint()


AN_HOUR, THREE_USES = (("durationMinutes", 60),), (("uses", 3),)
CASES = (
    Case("all at once", all_at_once),
    Case("75 minutes, 60 min tokens", for_75_minutes, None, AN_HOUR),
    Case("near each end", near_each_end),
    Case("60 minutes a day", all_at_once, "an-hour-a-day"),
    Case("60 minutes a day, near each end", near_each_end, "an-hour-a-day"),
    Case("3 uses", all_at_once, "three-uses", THREE_USES),
    Case("3 uses, 75 minutes", for_75_minutes, "three-uses", THREE_USES),
    Case("1 min tokens, in real time", in_real_time, None, (("durationMinutes", 1),)),
)
PAUSED_BY_ADMIN = Case("paused by an admin", two_talks)
PAUSED_BY_SETTING = Case("paused by a setting", two_talks)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_greedy_client_has_no_more_talks_than_the_limits_say(
    ledger: str, both: Fleet, gemini: EmulatedGemini, case: Case
) -> None:
    async with somebody(ledger, both, gemini, case) as greedy:
        await case.script(greedy)

        if case.tier == "an-hour-a-day":
            assert greedy.counted_ms <= HOUR_A_DAY * MINUTE_MS
            assert greedy.talk_ms <= 1.25 * greedy.counted_ms


async def test_pause_lets_nothing_begin_and_each_talk_be_handed_over_once(
    ledger: str, both: Fleet, gemini: EmulatedGemini
) -> None:
    async with somebody(ledger, both, gemini, PAUSED_BY_ADMIN) as greedy:
        await two_talks(greedy)

        await order_pause(both, "PUT")
        try:
            await nothing_begins_and_each_is_handed_over_once(greedy)
        finally:
            await order_pause(both, "DELETE")


async def test_pause_by_a_setting_does_so_too(
    ledger: str, both: Fleet, two_servers: RunFleet, gemini: EmulatedGemini
) -> None:
    async with somebody(ledger, both, gemini, PAUSED_BY_SETTING) as greedy:
        await two_talks(greedy)

        with two_servers(**AS_THEY_COME, LIVE_API_MINTING_PAUSED="true") as paused:
            async with Callers(paused) as greedy.callers:
                await nothing_begins_and_each_is_handed_over_once(greedy)


async def nothing_begins_and_each_is_handed_over_once(greedy: Greedy) -> None:
    begun = greedy.open_talks()
    refused = [*await greedy.mint(4), *await greedy.refresh(AT_ONCE)]
    greedy.look(begun)
    assert {(a.status, a.code) for a in refused} == {(503, "minting-paused")}
    assert greedy.open_talks() == begun == 2

    for first_s, then_s in ((22.5 * 60, 5 * 60), (24 * 60, 5 * 60)):
        for wait_s in (first_s, then_s):  # the last minutes of one talk's token, then the other's
            await greedy.wait(wait_s)
            await greedy.refresh(AT_ONCE)
            greedy.look(begun)
    given = [each["session"]["id"] for each in greedy.given]
    assert sorted(given.count(name) for name in greedy.sessions) == [2, 2]
    assert greedy.open_talks() <= begun


async def order_pause(running: Fleet, method: str) -> None:
    """Have an admin pause or resume minting, and wait until every server knows."""
    issuer = running.people.issuer
    admin = issuer.sign({**issuer.claims("dana"), "admin": True})
    body = {"minutes": 60, "reason": "a test"} if method == "PUT" else None
    headers, paused = {"Authorization": f"Bearer {admin}"}, method == "PUT"
    deadline = time.monotonic() + KNOWN_S
    async with httpx2.AsyncClient(timeout=10, trust_env=False) as http:
        url = f"{running.urls[0]}/api/v1/admin/pause"
        (await http.request(method, url, headers=headers, json=body)).raise_for_status()
        for server in running.urls:
            while (await config(http, server))["mintingPaused"] != paused:
                assert time.monotonic() < deadline, "the other server never learnt of it"
                await asyncio.sleep(0.5)


async def config(http: httpx2.AsyncClient, server: str) -> dict[str, Any]:
    return dict((await http.get(f"{server}/api/v1/live-token/config")).json())


def told(ledger: str, case: Case, greedy: Greedy) -> None:
    talk, counted = greedy.talk_ms / MINUTE_MS, greedy.counted_ms / MINUTE_MS
    row = (ledger, case.name, greedy.most_open, greedy.most_allowed, len(greedy.given))
    counted_told = f"{counted:.1f} of {HOUR_A_DAY}" if counted else "no limit"
    usd = f"{greedy.micros / 1e6:.2f}"
    tables.add(TITLE, HEADS, (*row, f"{talk:.1f}", counted_told, usd))
