"""Gemini never answers, or the caller hangs up: each token is counted once."""

from __future__ import annotations

import asyncio

import pytest

from emulator.process import EmulatedGemini
from support.people.callers import Callers
from support.runs.margin import MARGIN_S
from support.servers.canaries import request_key
from support.servers.fleet import Fleet
from vending.gemini.auth_tokens import MINT_DEADLINE_S


async def test_gemini_that_never_answers_is_given_up_within_its_deadline(
    sqlite_fleet: Fleet, gemini: EmulatedGemini
) -> None:
    crowd = [sqlite_fleet.person() for _ in range(2)]
    gemini.hang(times=2)

    async with Callers(sqlite_fleet) as callers:
        gone = await asyncio.gather(*(callers.mint(p.id_token) for p in crowd))
        retried = [await callers.mint(p.id_token) for p in crowd]

    assert [(a.status, a.code) for a in gone] == [(503, "upstream-unavailable")] * 2
    assert max(answer.seconds for answer in gone) < MINT_DEADLINE_S + MARGIN_S
    assert gemini.counts()["mint"] == 4
    assert [answer.status for answer in retried] == [201, 201]
    assert [sqlite_fleet.counted(p) for p in crowd] == [1, 1]


async def test_caller_who_hangs_up_gets_the_token_with_the_same_key(
    both: Fleet, callers: Callers, gemini: EmulatedGemini
) -> None:
    person, key = both.person("patient"), request_key()
    gemini.set(mint_latency_s=0.5)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(callers.mint(person.id_token, key=key), 0.2)
    again = await callers.mint(person.id_token, key=key)

    assert (again.status, again.replayed) == (201, True)
    assert both.counted(person) == 1
    assert gemini.counts()["token"] == 1
