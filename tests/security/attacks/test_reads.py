"""One user who reads as fast as they can, and a page that polls: what the store is asked."""

from __future__ import annotations

import asyncio
from collections import Counter

from support.fakes.livepass import Livepass, id_token
from support.fakes.memory import Seconds
from support.runs.rounds import report
from vending.guard.reads import Reads

ALICE, BOB = id_token("alice"), id_token("bob")
ASKED = 1500


async def test_usage_asked_for_1500_times_is_read_once() -> None:
    livepass = Livepass(reads=Reads())

    answers = [await livepass.get("/usage", ALICE) for _ in range(ASKED)]

    statuses = Counter(answer.status for answer in answers)
    assert statuses == {200: 120, 429: ASKED - 120}
    assert livepass.ledger.reads <= 2  # two where it takes longer than two seconds
    assert answers[-1].line["violated"] == ["reads"]
    report("one user reads usage", ASKED, ASKED, f"{livepass.ledger.reads} reads")


async def test_page_that_polls_two_things_a_second_is_never_refused() -> None:
    clock = Seconds()
    livepass = Livepass(reads=Reads(clock))

    statuses = Counter[int]()
    for clock.now in range(300):
        both = [livepass.get(path, ALICE) for path in ("/usage", "/sessions")]
        statuses.update([(await each).status for each in both])

    assert statuses == {200: 600}
    assert livepass.ledger.reads == 150


async def test_neither_reads_nor_tool_calls_are_anybody_elses() -> None:
    livepass = Livepass(reads=Reads(Seconds()))
    for _ in range(121):
        await livepass.get("/usage", ALICE)

    refused, other = await livepass.get("/usage", ALICE), await livepass.get("/usage", BOB)
    minted = await livepass.mint(ALICE)

    assert (refused.status, refused.headers["retry-after"]) == (429, "60")
    assert (other.status, minted.status) == (200, 201)


async def test_reading_under_way_when_a_token_is_counted_is_not_told_afterwards() -> None:
    livepass = Livepass(reads=Reads(Seconds()))
    await livepass.get("/usage", ALICE)

    _, minted = await asyncio.gather(livepass.get("/usage", ALICE), livepass.mint(ALICE))
    after = await livepass.get("/usage", ALICE)

    assert minted.status == 201
    assert after.body["hour"]["used"] == 1
