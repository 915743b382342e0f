"""Another user's session does not exist: it cannot be read, refreshed or ended, by any spelling."""

from __future__ import annotations

import asyncio
import time
from statistics import median

import pytest

from support.fakes.livepass import BASE, Answer, Livepass, bearer, id_token
from support.runs.rounds import report
from vending.policy import Limits

ALICE, MALLORY = id_token("alice"), id_token("mallory")
NEVER = "c0" * 12
ROOMY = Limits(cooldown_minutes=0, mints_per_hour=0, sessions=0)


async def session_of(livepass: Livepass, who: str) -> str:
    return str((await livepass.mint(who)).body["session"]["id"])


async def touched(livepass: Livepass, who: str, session: str) -> list[Answer]:
    """Everything that can be done with a session's id."""
    return [
        await livepass.get(f"/sessions/{session}", who),
        await livepass.refresh(who, session),
        await livepass.refresh(who, session, key="x" * 36),
        await livepass.report(session, who, {"prompt": {"audio": 1_000_000_000}}),
        await livepass.end(session, who),
        await livepass.get(f"/sessions/{session}", who),
    ]


def told(answer: Answer) -> tuple[object, ...]:
    """What a caller sees, but for what is new in every answer."""
    body = {name: value for name, value in answer.body.items() if name != "requestId"}
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    return answer.status, body, headers


async def test_session_of_another_is_answered_like_one_that_never_was() -> None:
    livepass = Livepass()
    session = await session_of(livepass, ALICE)
    before = dict(await _book(livepass, ALICE))

    theirs = await touched(livepass, MALLORY, session)
    nobodys = await touched(livepass, MALLORY, NEVER)

    assert [answer.status for answer in theirs] == [404] * 6
    assert {answer.body["detail"] for answer in theirs} == {"You have no such session."}
    assert [told(answer) for answer in theirs] == [told(answer) for answer in nobodys]
    assert await _book(livepass, ALICE) == before
    assert len(livepass.gemini.minted) == 1
    report("sessions of others", len(theirs) * 2, len(theirs) * 2, "404, all alike")


async def test_owner_can_do_all_of_it() -> None:
    livepass = Livepass()

    answers = await touched(livepass, ALICE, await session_of(livepass, ALICE))

    assert [answer.status for answer in answers] == [200, 201, 201, 204, 204, 200]


async def test_lists_of_two_users_never_mix() -> None:
    livepass = Livepass(ROOMY)
    users = {name: id_token(name) for name in ("alice", "bob", "carol")}
    began = {name: {await session_of(livepass, who) for _ in "1234"} for name, who in users.items()}

    seen = {name: await livepass.get("/sessions", who) for name, who in users.items()}

    for name, answer in seen.items():
        assert {session["id"] for session in answer.body["sessions"]} == began[name]


async def test_two_hundred_guesses_find_nothing_and_cost_nothing() -> None:
    livepass = Livepass()
    session = await session_of(livepass, ALICE)
    near = [session[:n] + ("0" if session[n] != "0" else "1") + session[n + 1 :] for n in range(24)]
    guesses = near * 8 + [
        session.upper(),
        session[:-1],
        f"{session}0",
        f" {session}",
        f"{session}\n",
    ]

    answers = [await livepass.refresh(ALICE, guess) for guess in guesses]

    assert {answer.status for answer in answers} == {400, 404}
    assert len(livepass.gemini.minted) == 1
    assert livepass.ledger.writes == 1


@pytest.mark.parametrize(
    "tail",
    ["/..", "/../sessions", "%2e%2e", "/", "//", ";x", "%00", ".json", "?user=alice", "#"],
)
async def test_path_around_a_session_leads_nowhere(tail: str) -> None:
    livepass = Livepass()
    session = await session_of(livepass, ALICE)
    target = f"{BASE}/sessions/{session}{tail}"

    answers = [await livepass.ask(m, target, [bearer(MALLORY)]) for m in ("GET", "DELETE")]

    assert {answer.status for answer in answers} <= {400, 404}


async def test_ended_session_of_another_frees_no_slot_of_mine() -> None:
    livepass = Livepass(Limits(cooldown_minutes=0, sessions=1))
    mine, _ = await session_of(livepass, MALLORY), await session_of(livepass, ALICE)
    theirs = (await livepass.get("/sessions", ALICE)).body["sessions"][0]["id"]

    await livepass.end(theirs, MALLORY)

    assert (await livepass.mint(MALLORY)).body["violated"] == ["sessions"]
    assert (await livepass.get(f"/sessions/{mine}", MALLORY)).body["state"] == "active"


def test_guess_takes_as_long_whether_the_session_exists_or_not() -> None:
    """Nothing is looked up by a session's id but in the caller's own document."""
    with asyncio.Runner() as runner:
        livepass = Livepass()
        session = runner.run(session_of(livepass, ALICE))
        taken: dict[str, list[float]] = {session: [], NEVER: []}
        for _ in range(150):
            for guess, times in taken.items():
                began = time.thread_time()
                runner.run(livepass.get(f"/sessions/{guess}", MALLORY))
                times.append(time.thread_time() - began)

    theirs, nobodys = (median(times) for times in taken.values())
    assert abs(theirs - nobodys) < 0.5 * min(theirs, nobodys)


async def _book(livepass: Livepass, who: str) -> dict[str, object]:
    user = str((await livepass.get("/usage", who)).body["user"])
    return dict(livepass.ledger.document(user))
