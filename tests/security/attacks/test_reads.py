"""One user who reads as fast as they can, and a page that polls: what the store is asked."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable

import pytest

from support.fakes.livepass import BASE, NO_COOLDOWN, Answer, Livepass, bearer, id_token
from support.fakes.memory import Seconds
from support.runs.rounds import report
from vending.guard.read_limits import ReadLimits
from vending.policy import Limits

ALICE, BOB = id_token("alice"), id_token("bob")
ASKED = 1500


async def test_usage_asked_for_1500_times_is_read_once() -> None:
    livepass = Livepass(reads=ReadLimits())

    answers = [await livepass.get("/usage", ALICE) for _ in range(ASKED)]

    statuses = Counter(answer.status for answer in answers)
    assert statuses == {200: 120, 429: ASKED - 120}
    assert livepass.ledger.reads <= 2  # two where it takes longer than two seconds
    assert answers[-1].line["violated"] == ["reads"]
    report("one user reads usage", ASKED, ASKED, f"{livepass.ledger.reads} reads")


async def test_page_that_polls_two_things_a_second_is_never_refused() -> None:
    clock = Seconds()
    livepass = Livepass(reads=ReadLimits(clock))

    statuses = Counter[int]()
    for clock.now in range(300):
        both = [livepass.get(path, ALICE) for path in ("/usage", "/sessions")]
        statuses.update([(await each).status for each in both])

    assert statuses == {200: 600}
    assert livepass.ledger.reads == 150


async def test_reading_under_way_when_a_token_is_counted_is_not_told_afterwards() -> None:
    livepass = Livepass(reads=ReadLimits(Seconds()))
    await livepass.get("/usage", ALICE)

    _, minted = await asyncio.gather(livepass.get("/usage", ALICE), livepass.mint(ALICE))
    after = await livepass.get("/usage", ALICE)

    assert minted.status == 201
    assert after.body["hour"]["used"] == 1


ONE_TALK = Limits(cooldown_minutes=0, sessions=1)
KEY = "8e03978e-40d5-43e8-bc93-6894a57f9324"
NOTHING = {"prompt": {"audio": 0}}


async def pause(livepass: Livepass) -> None:
    body = json.dumps({"minutes": 60, "reason": "a test"}).encode()
    headers = [bearer(id_token("dana", admin=True)), ("Content-Type", "application/json")]
    assert (await livepass.ask("PUT", "/api/v1/admin/pause", headers, body)).status == 200


async def paused(livepass: Livepass, _: str) -> Answer:
    if not (await livepass.get("/config", "")).body["mintingPaused"]:
        await pause(livepass)
    return await livepass.mint(ALICE)


IN_VAIN: dict[str, tuple[int, Callable[[Livepass, str], Awaitable[Answer]]]] = {
    "a refresh without a slot": (429, lambda on, session: on.refresh(ALICE, session)),
    "a refresh of nobody's session": (404, lambda on, _: on.refresh(ALICE, "0" * 24)),
    "a mint without a slot": (429, lambda on, _: on.mint(ALICE)),
    "a mint that is repeated": (201, lambda on, _: on.mint(ALICE, key=KEY)),
    "a mint while minting is paused": (503, paused),
    "a report of nothing": (204, lambda on, session: on.report(session, ALICE, NOTHING)),
    "the end of nobody's session": (404, lambda on, _: on.end("0" * 24, ALICE)),
}
OVER: dict[str, tuple[int, Callable[[Livepass, str], Awaitable[Answer]]]] = {
    "a refresh of a session that was ended": (409, lambda on, name: on.refresh(ALICE, name)),
    "the end of a session that was ended": (204, lambda on, name: on.end(name, ALICE)),
}


@pytest.mark.parametrize("what", [*IN_VAIN, *OVER])
async def test_change_that_comes_to_nothing_reads_120_times_a_minute(what: str) -> None:
    clock = Seconds()
    livepass = Livepass(ONE_TALK, reads=ReadLimits(clock))
    session = str((await livepass.mint(ALICE, key=KEY)).body["session"]["id"])
    if what in OVER:
        await livepass.end(session, ALICE)
    status, ask = {**IN_VAIN, **OVER}[what]
    reads, writes = livepass.ledger.reads, livepass.ledger.writes

    answers = [await ask(livepass, session) for _ in range(ASKED)]

    assert Counter(answer.status for answer in answers[:120]) == {status: 120}
    assert all(answer.body["violated"] == ["reads"] for answer in answers[120:])
    assert {answer.headers["retry-after"] for answer in answers[120:]} == {"60"}
    assert (livepass.ledger.reads - reads, livepass.ledger.writes - writes) == (120, 0)
    clock.now = 60
    assert (await ask(livepass, session)).status == status
    report(what, ASKED, ASKED, "120 reads")


async def test_flood_at_once_reads_no_more_than_one_by_one() -> None:
    livepass = Livepass(ONE_TALK, reads=ReadLimits(Seconds()))
    session = str((await livepass.mint(ALICE)).body["session"]["id"])
    reads = livepass.ledger.reads

    answers = await asyncio.gather(*(livepass.refresh(ALICE, session) for _ in range(300)))

    told = Counter(tuple(answer.body["violated"]) for answer in answers)
    assert told == {("sessions",): 120, ("reads",): 180}
    assert livepass.ledger.reads == reads + 120


async def test_change_that_is_written_counts_as_no_read_and_neither_does_a_bad_request() -> None:
    livepass = Livepass(Limits(0, 0, 0, 0, 0, 0, 0), reads=ReadLimits(Seconds()))
    bad = [await livepass.mint(ALICE, {"voice": 7}) for _ in range(130)]

    minted = [await livepass.mint(ALICE) for _ in range(90)]
    session = str(minted[0].body["session"]["id"])
    refreshed = [await livepass.refresh(ALICE, session) for _ in range(50)]

    assert {answer.status for answer in bad} == {400}
    assert {answer.status for answer in minted + refreshed} == {201}


async def test_reads_in_vain_keep_nobody_from_reading_and_nobody_else_from_a_token() -> None:
    livepass = Livepass(ONE_TALK, reads=ReadLimits(Seconds()))
    for _ in range(130):
        await livepass.refresh(ALICE, "0" * 24)

    mine, theirs = await livepass.get("/usage", ALICE), await livepass.mint(BOB)

    assert (mine.status, theirs.status) == (200, 201)


async def test_change_that_was_refused_leaves_what_was_read() -> None:
    livepass = Livepass(NO_COOLDOWN, reads=ReadLimits(Seconds()))
    await livepass.mint(ALICE)
    await livepass.get("/usage", ALICE)

    refused = await livepass.refresh(ALICE, "0" * 24)
    reads = livepass.ledger.reads
    again = await livepass.get("/usage", ALICE)

    assert (refused.status, again.status) == (404, 200)
    assert livepass.ledger.reads == reads


async def test_query_that_is_not_understood_is_no_offence() -> None:
    livepass = Livepass()
    anybody = id_token("alice")

    asked = [
        await livepass.ask("GET", f"{BASE}/usage?_={number}", [bearer(anybody)])
        for number in range(100)
    ]
    await livepass.guard.offences.settled()

    assert {answer.status for answer in asked} == {400}
    assert (await livepass.mint(anybody)).status == 201
