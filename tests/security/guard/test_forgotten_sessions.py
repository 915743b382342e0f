"""Asking for one's own former session is never a guess; asking for others is."""

from __future__ import annotations

import secrets

import pytest

from support.fakes.livepass import BASE, Answer, Livepass, bearer, id_token
from vending.guard.strikes import POINTS, WITH_USER
from vending.limits.retention import SESSIONS_KEPT
from vending.policy import Limits

ALICE, MALLORY = id_token("alice"), id_token("mallory")
NO_LIMITS = Limits(0, 0, 0, 0, 0, 0, 0)
GUESSES = 4 + int(WITH_USER.threshold / POINTS["session-guessed"])  # points wear off


@pytest.fixture
def livepass() -> Livepass:
    return Livepass(NO_LIMITS, abuse="enforce")


async def ask_for(livepass: Livepass, session: str, who: str) -> list[Answer]:
    """Ask for a session in every way there is."""
    body = {"prompt": {"audio": 1}}
    return [
        await livepass.get(f"/sessions/{session}", who),
        await livepass.refresh(who, session),
        await livepass.report(session, who, body),
        await livepass.ask("DELETE", f"{BASE}/sessions/{session}", [bearer(who)]),
    ]


async def settled(livepass: Livepass) -> None:
    """Wait until strikes are written, and leave what the guard tells of them."""
    await livepass.guard.offences.settled()
    livepass._drained()


async def test_own_sessions_of_days_ago_can_be_asked_for_and_collect_no_strikes(
    livepass: Livepass,
) -> None:
    minted = [await livepass.mint(ALICE) for _ in range(SESSIONS_KEPT)]
    livepass.clock.forward(hours=72)
    await livepass.mint(ALICE)  # from here on they are in no document

    answers = [
        answer
        for each in minted
        for answer in await ask_for(livepass, each.body["session"]["id"], ALICE)
    ]

    assert {(a.status, a.code) for a in answers} == {(404, "not-found")}
    assert livepass.guard.offences.pending == {}
    await settled(livepass)
    assert (await livepass.mint(ALICE)).status == 201


async def test_session_of_somebody_else_is_a_guess_though_it_is_one_that_was(
    livepass: Livepass,
) -> None:
    minted = [await livepass.mint(ALICE) for _ in range(GUESSES)]

    for each in minted:
        await livepass.refresh(MALLORY, each.body["session"]["id"])
        await settled(livepass)

    blocked = await livepass.mint(MALLORY)
    assert (blocked.status, blocked.code) == (403, "blocked")
    assert (await livepass.mint(ALICE)).status == 201


async def test_ids_that_were_nobody_s_are_guesses(livepass: Livepass) -> None:
    for _ in range(GUESSES):
        await livepass.get(f"/sessions/{secrets.token_hex(12)}", MALLORY)
        await settled(livepass)

    assert (await livepass.mint(MALLORY)).code == "blocked"
