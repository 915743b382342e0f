"""`kill -9` at every step: what was handed out is counted, and what was counted is handed out.

What is killed is the process that serves; gunicorn's master puts another in its place, which knows
nothing of it. Every other request asks for several tokens at once.
"""

from __future__ import annotations

import os
from functools import partial
from itertools import cycle, islice
from typing import get_args

import httpx2
import pytest

from emulator.process import EmulatedGemini
from support.runs import tables
from support.servers.canaries import request_key
from support.servers.stages import Deed, Script, Step
from support.servers.staging import BATCH, Theatre

KILLS = int(os.environ.get("LIVEPASS_KILLS", "10"))  # at each step, on each ledger
SHUTDOWNS = [("shut down", step) for step in ("after-mint", "after-write")]
MOMENTS = [*(("kill", step) for step in get_args(Step)), *SHUTDOWNS]
COUNTED: tuple[Step, ...] = ("after-write", "before-answer", "amid-answer")
BEGUN = r"received [1-9]\d* bytes, expected"
HEADS = (
    *("ledger", "killed", "tokens", "counted by then", "replayed"),
    *("cases", "passed", "worst", "seed"),
)


@pytest.mark.parametrize(("deed", "step"), MOMENTS)
async def test_killed_server_counts_what_it_handed_out_or_one_whose_replay_hands_it_out(
    theatre: Theatre, gemini: EmulatedGemini, deed: Deed, step: Step, request: pytest.FixtureRequest
) -> None:
    ledger, replays, tokens = request.node.callspec.params["staged_fleet"], 0, 0
    for size in islice(cycle((1, BATCH)), KILLS):
        person, key = theatre.fleet.person(), request_key()
        counted = size if step in COUNTED else 0
        mint = partial(theatre.callers.call, "POST", "", person.id_token, body={"count": size})
        theatre.stage.set(Script(deed, step))

        with pytest.raises(httpx2.TransportError, match=BEGUN if step == "amid-answer" else None):
            await mint(key=key)
        assert not theatre.stage.is_set, "the step was not reached"
        assert theatre.fleet.counted(person) == counted
        minted = [entry["name"] for entry in gemini.journal("token")]

        again = await mint(key=key)
        assert (again.status, again.replayed) == (201, bool(counted))
        assert len({*again.tokens}) == size
        assert not again.replayed or sorted(again.tokens) == sorted(minted[-size:])
        assert theatre.fleet.counted(person) == size
        replays += again.replayed

        other = await theatre.callers.mint(person.id_token, key=request_key())
        assert (other.status, other.replayed) == (201, False)
        assert theatre.fleet.counted(person) == size + 1
        tokens += size

    then = tokens if step in COUNTED else 0
    row = (ledger, f"{step}, {deed}", tokens, then, replays, KILLS, KILLS, "all counted", "none")
    tables.add("kill -9, then the same Idempotency-Key again", HEADS, row)
