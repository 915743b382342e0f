"""The short forms of load; `make soak` has the long ones, which judge time and memory too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from emulator.process import EmulatedGemini
from support.load.figures import FLOOD, OUTAGE, STEADY, flood_row, outage_row, steady_row
from support.load.flood import flood
from support.load.outage import outage
from support.load.stage import Stage, stage
from support.load.steady import LEFT_OPEN_ALLOWED, steady
from support.proxies.http_answers import answer, says
from support.runs import tables
from support.stores.firestore_emulator import Firestore


@pytest.fixture(scope="module")
def on(firestore: Firestore, gemini_process: EmulatedGemini) -> Iterator[Stage]:
    with stage(firestore, gemini_process) as running:
        yield running


async def test_steady_load_has_no_errors_and_leaves_nothing_open(on: Stage) -> None:
    run = await steady(on, rate=20, seconds=4)

    tables.add(*STEADY, steady_row(run))
    assert run.report.errors == 0
    assert run.report.statuses.total() == 82  # one before and one after
    assert run.miscounted == 0
    assert run.report.tokens.total() == run.report.statuses[201] > 0
    assert run.left_open <= LEFT_OPEN_ALLOWED


async def test_refused_user_who_asks_200_times_a_second_writes_and_mints_nothing(
    on: Stage,
) -> None:
    run = await flood(on, window_s=1, rounds=1)

    tables.add(*FLOOD, flood_row(run))
    assert run.broken() == []


async def test_gemini_away_is_called_once_a_request_and_is_back_at_once(on: Stage) -> None:
    run = await outage(on, says(answer(503, b"{}")), rate=10, seconds=1)

    tables.add(*OUTAGE, outage_row("503", run))
    assert run.broken() == []
    assert run.calls == run.asked == 10
