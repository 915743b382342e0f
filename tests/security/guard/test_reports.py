"""Usage reports over HTTP: what they cost, what they change, and what they cannot."""

from __future__ import annotations

import pytest

from support.fakes.livepass import Livepass, id_token
from vending.gemini.pricing import worst_micros

ALICE = id_token("alice")
# A long turn, as Gemini's usageMetadata tells it, added up by a client.
USED = {
    "prompt": {"text": 1000, "audio": 900_000, "video": 5000, "other": 25},
    "response": {"audio": 30_000},
    "thoughts": 136,
}
COST = 750 + 2_700_000 + 5000 + 75 + 360_000 + 612


async def begun() -> tuple[Livepass, str, str]:
    livepass = Livepass()
    minted = await livepass.mint(ALICE)
    livepass.clock.forward(minutes=20)
    return livepass, minted.body["session"]["id"], minted.line["user"]


async def test_report_raises_what_the_talk_is_counted_to_cost() -> None:
    livepass, session, user = await begun()

    answer = await livepass.report(session, ALICE, USED)

    assert (answer.status, answer.content) == (204, b"")
    assert answer.line["event"] == "USAGE_REPORTED"
    assert [*livepass.ledger.usage(user).spent.values()] == [COST]


async def test_report_that_changes_nothing_is_one_read() -> None:
    livepass, session, _ = await begun()
    await livepass.report(session, ALICE, USED)
    reads, writes = livepass.ledger.reads, livepass.ledger.writes

    for _ in range(10):
        assert (await livepass.report(session, ALICE, USED)).status == 204

    assert (livepass.ledger.reads - reads, livepass.ledger.writes - writes) == (10, 0)


async def test_report_that_comes_too_soon_says_when_to_come_again_and_counts_then() -> None:
    livepass, session, user = await begun()
    for audio in (900_000, 910_000, 920_000):
        await livepass.report(session, ALICE, {"prompt": {"audio": audio}})
    writes, more = livepass.ledger.writes, {"prompt": {"audio": 1_000_000}}

    soon = await livepass.report(session, ALICE, more)
    livepass.clock.forward(s=int(soon.headers["retry-after"]))
    again = await livepass.report(session, ALICE, more)

    assert (soon.status, soon.body["violated"], again.status) == (429, ["reads"], 204)
    assert livepass.ledger.writes == writes + 1
    assert [*livepass.ledger.usage(user).spent.values()] == [3_000_000]


async def test_report_for_a_session_that_was_put_away_is_refused() -> None:
    livepass, session, _ = await begun()
    livepass.clock.forward(minutes=15)
    await livepass.mint(ALICE)

    answer = await livepass.report(session, ALICE, USED)

    assert (answer.status, answer.code) == (409, "session-expired")


async def test_lie_costs_no_more_than_such_a_talk_can() -> None:
    livepass, session, user = await begun()

    await livepass.report(session, ALICE, {"prompt": {"audio": 10**9}, "thoughts": 10**9})

    assert [*livepass.ledger.usage(user).spent.values()] == [worst_micros("gemini-3.8-live", 20)]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"prompt": {"audio": -1}}, "prompt.audio"),
        ({"prompt": {"audio": 10**9 + 1}}, "prompt.audio"),
        ({"prompt": {"audio": 1.5}}, "prompt.audio"),
        ({"prompt": {"speech": 1}}, "prompt.speech"),
        ({"response": 7}, "response"),
        ({"thoughts": "7"}, "thoughts"),
        ({"micros": 7}, "micros"),
    ],
)
async def test_report_that_is_none_is_refused(body: object, field: str) -> None:
    livepass, session, _ = await begun()

    answer = await livepass.report(session, ALICE, body)

    assert answer.status == 400
    assert [error["field"] for error in answer.body["errors"]] == [field]
