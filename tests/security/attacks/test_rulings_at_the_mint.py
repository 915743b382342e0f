"""Operators' rulings apply at the mint: a pause, and a temporary tier."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from support.fakes.livepass import NO_COOLDOWN, Answer, Livepass, bearer, id_token
from vending.guard.ruling import LONGEST_RETRY_S
from vending.policy import Limits

ADMIN = "/api/v1/admin"
DANA, ALICE, BOB = id_token("dana", admin=True), id_token("alice"), id_token("bob")
PAUSED = (503, "minting-paused")
TIERS = {
    "default": Limits(2, cooldown_minutes=0),
    "guest": Limits(1, cooldown_minutes=0),
    "gold": Limits(3, cooldown_minutes=0),
}


async def order(livepass: Livepass, method: str, path: str, **requested: object) -> Answer:
    """Have the operator decide something, for an hour."""
    body = json.dumps({"minutes": 60, "reason": "a test", **requested}).encode()
    return await livepass.ask(
        method, ADMIN + path, [bearer(DANA), ("Content-Type", "application/json")], body
    )


async def begun(livepass: Livepass) -> str:
    """Mint for alice, and return her session."""
    return str((await livepass.mint(ALICE)).body["session"]["id"])


def instance(of: Livepass) -> Livepass:
    """Another instance, which knows nothing yet."""
    return Livepass(ledger=of.ledger, documents=of.documents)


async def is_paused(livepass: Livepass) -> bool:
    return bool((await livepass.get("/config", "")).body["mintingPaused"])


def told(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.code


def limit(answer: Answer) -> Mapping[str, Any]:
    """What the answer says of the hour."""
    return dict(answer.body["usage"]["hour"])


async def test_paused_nothing_begins_and_talks_that_are_on_are_handed_over_once() -> None:
    livepass = Livepass()
    session = await begun(livepass)

    paused = await order(livepass, "PUT", "/pause")
    refused = [await livepass.mint(who) for who in (ALICE, BOB)]

    assert (paused.status, [told(one) for one in refused]) == (200, [PAUSED] * 2)
    assert all(one.headers["retry-after"] == str(LONGEST_RETRY_S) for one in refused)
    assert len(livepass.gemini.minted) == livepass.ledger.writes == 1
    assert told(await livepass.refresh(ALICE, session)) == PAUSED  # it would be another talk
    livepass.clock.forward(minutes=28)
    assert (await livepass.refresh(ALICE, session)).status == 201
    assert told(await livepass.refresh(ALICE, session)) == PAUSED
    assert await is_paused(livepass)


async def test_each_pause_lets_each_talk_be_handed_over_once_however_often_it_is_put() -> None:
    livepass, handed_over = Livepass(), dict[str, list[int]]()
    session = await begun(livepass)

    async def refreshed_in(pause: str, minutes: int) -> None:
        """Put a pause and refresh twice later, each time by an instance that reads what holds."""
        await order(instance(livepass), "PUT", "/pause")
        livepass.clock.forward(minutes=minutes)
        one = instance(livepass)
        handed_over[pause] = [(await one.refresh(ALICE, session)).status for _ in range(2)]

    await refreshed_in("first", 28)
    await refreshed_in("first, put again", 28)
    await order(instance(livepass), "DELETE", "/pause")
    await refreshed_in("second", 1)

    assert handed_over == {
        "first": [201, 503],
        "first, put again": [503, 503],
        "second": [201, 503],
    }


async def test_pause_is_known_to_other_instances_and_ends_when_it_is_lifted() -> None:
    livepass = Livepass()
    await order(livepass, "PUT", "/pause")
    other = Livepass(ledger=livepass.ledger, documents=livepass.documents)

    while_paused = await other.mint(ALICE)
    await order(other, "DELETE", "/pause")
    resumed = await other.mint(ALICE)

    assert (told(while_paused), resumed.status) == (PAUSED, 201)
    assert not await is_paused(other)


async def test_setting_that_pauses_minting_holds_whatever_is_lifted() -> None:
    livepass = Livepass()
    session = await begun(livepass)
    paused = Livepass(ledger=livepass.ledger, documents=livepass.documents, minting_paused=True)

    first = await paused.mint(BOB)
    await order(paused, "DELETE", "/pause")
    again = await paused.mint(BOB)

    assert [told(first), told(again)] == [PAUSED] * 2
    assert paused.gemini.minted == []
    livepass.clock.forward(minutes=28)
    assert (await paused.refresh(ALICE, session)).status == 201
    assert await is_paused(paused)


@pytest.mark.parametrize(("tier", "most"), [("gold", 3), ("guest", 1)])
async def test_tier_for_a_time_is_what_limits_a_user_and_nobody_else(tier: str, most: int) -> None:
    livepass = Livepass(tiers=TIERS)
    usage = (await livepass.get("/usage", ALICE)).body
    raised = await order(livepass, "PUT", f"/users/{usage['user']}/tier", tier=tier)

    answers = [await livepass.mint(ALICE) for _ in range(most + 1)]
    others = [await livepass.mint(BOB) for _ in range(3)]

    assert (raised.status, usage["tier"]) == (200, "default")
    assert [one.status for one in answers] == [201] * most + [429]
    assert {one.line["tier"] for one in answers} == {tier}
    assert (answers[0].body["usage"]["tier"], limit(answers[0])["limit"]) == (tier, most)
    assert re.search(rf'"hour";q={most};', answers[0].headers["ratelimit-policy"])
    assert [one.status for one in others] == [201, 201, 429]


async def test_tier_ends_when_it_is_reset() -> None:
    livepass = Livepass(tiers=TIERS)
    path = f"/users/{(await livepass.get('/usage', ALICE)).body['user']}/tier"
    await order(livepass, "PUT", path, tier="gold")
    minted = [(await livepass.mint(ALICE)).status for _ in range(3)]

    await order(livepass, "DELETE", path)
    after = await livepass.mint(ALICE)

    assert (minted, told(after)) == ([201] * 3, (429, "quota-exceeded"))
    assert (await livepass.get("/usage", ALICE)).body["tier"] == "default"


async def test_tier_that_is_no_longer_known_leaves_the_callers_own() -> None:
    livepass = Livepass(tiers=TIERS)
    path = f"/users/{(await livepass.get('/usage', ALICE)).body['user']}/tier"
    await order(livepass, "PUT", path, tier="gold")
    without = Livepass(NO_COOLDOWN, documents=livepass.documents, tiers={"default": NO_COOLDOWN})

    answer = await without.mint(ALICE)

    assert (answer.status, answer.line["tier"]) == (201, "default")
