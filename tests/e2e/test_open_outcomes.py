"""A ledger call's outcome is unknown: the token is counted once."""

from __future__ import annotations

import pytest

from emulator.process import EmulatedGemini
from support.runs.margin import MARGIN_S
from support.servers.canaries import request_key
from support.servers.stages import Script
from support.servers.staging import Theatre
from vending.store.retry import STORE_PATIENCE_S

LIMIT_S = STORE_PATIENCE_S + MARGIN_S
GONE = (503, "store-unavailable")
OPEN_OUTCOMES = {
    "conflict, nothing was written": Script("conflict", "before-write"),
    "outcome unknown, nothing was written": Script("outcome unknown", "before-write"),
    "outcome unknown, it was written": Script("outcome unknown", "after-write"),
    "no answer, nothing was written": Script("hang", "before-write"),
    "no answer, it was written": Script("hang", "after-write"),
    "no answer to a read": Script("hang", "after-auth"),
}


@pytest.mark.parametrize("script", OPEN_OUTCOMES.values(), ids=OPEN_OUTCOMES)
async def test_call_with_an_unknown_outcome_counts_once_and_answers(
    theatre: Theatre, gemini: EmulatedGemini, script: Script
) -> None:
    person, key = theatre.fleet.person("patient"), request_key()
    theatre.stage.set(script)

    answer = await theatre.callers.mint(person.id_token, key=key)
    again = await theatre.callers.mint(person.id_token, key=key)

    assert not theatre.stage.is_set, "the step was not reached"
    assert (answer.status, again.status, again.replayed) == (201, 201, True)
    assert again.token == answer.token
    assert theatre.fleet.counted(person) == 1
    assert gemini.counts()["mint"] == 1


@pytest.mark.parametrize("staged_fleet", ["sqlite"], indirect=True)
@pytest.mark.parametrize("counted", [0, 1])
async def test_store_that_goes_dark_round_a_write_hands_out_nothing_until_the_replay(
    theatre: Theatre, gemini: EmulatedGemini, counted: int
) -> None:
    person, key = theatre.fleet.person("patient"), request_key()
    theatre.stage.set(Script("dark", "after-write" if counted else "before-write"))

    answer = await theatre.callers.mint(person.id_token, key=key)
    theatre.stage.clear()
    by_then = theatre.fleet.counted(person)
    again = await theatre.callers.mint(person.id_token, key=key)

    assert (answer.status, answer.code, answer.token) == (*GONE, "")
    assert answer.seconds < LIMIT_S
    assert by_then == counted
    assert (again.status, again.replayed) == (201, bool(counted))
    assert theatre.fleet.counted(person) == 1
    assert gemini.counts()["mint"] == 2 - counted
