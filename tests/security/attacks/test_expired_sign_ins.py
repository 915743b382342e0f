"""An expired sign-in can end and report what it began, for a while, and nothing else."""

from __future__ import annotations

import pytest

from support.fakes.livepass import BASE, Answer, Livepass, bearer, id_token
from support.fakes.network import NOW
from support.identity.hostile_tokens import CASES
from support.identity.hostile_variants import NEW_CASES
from support.runs.rounds import report
from vending.errors import Forbidden

USED = b'{"prompt": {"audio": 5000000}}'
JSON = ("Content-Type", "application/json")
MOST_LATE_S = 60 + 65 * 60  # leeway; the longest token and the last report


def expired(since_s: float, user: str = "alice", **claims: object) -> str:
    return id_token(user, iat=NOW - 7200, exp=NOW - since_s, **claims)


async def talking(livepass: Livepass, since_s: float, user: str = "alice") -> str:
    """Begin a session so long ago."""
    livepass.clock.forward(s=-int(since_s))
    session = str(
        (await livepass.mint(id_token(user), {"durationMinutes": 60})).body["session"]["id"]
    )
    livepass.clock.forward(s=int(since_s))
    return session


async def reported(livepass: Livepass, session: str, token: str) -> Answer:
    path = f"{BASE}/sessions/{session}/usage"
    return await livepass.ask("POST", path, [bearer(token), JSON], USED)


async def state(livepass: Livepass, session: str, user: str = "alice") -> object:
    return (await livepass.get(f"/sessions/{session}", id_token(user))).body["state"]


@pytest.mark.parametrize(
    ("since_s", "then"), [(90, "ended"), (1800, "ended"), (MOST_LATE_S - 1, "expired")]
)
async def test_talk_is_reported_and_ended_though_the_sign_in_has_expired(
    since_s: float, then: str
) -> None:
    """The last of them ran out by itself, five minutes before."""
    livepass = Livepass()
    session = await talking(livepass, since_s + 1)

    told = await reported(livepass, session, expired(since_s))
    ended = await livepass.end(session, expired(since_s))

    assert (told.status, ended.status) == (204, 204)
    assert await state(livepass, session) == then


async def test_nothing_else_is_to_be_had_for_it() -> None:
    livepass, token = Livepass(), expired(90, admin=True)
    session = await talking(livepass, 600)
    reads = livepass.ledger.reads
    paths = (
        *(("POST", BASE), ("POST", f"{BASE}/refresh"), ("GET", f"{BASE}/usage")),
        *(("GET", f"{BASE}/sessions"), ("GET", f"{BASE}/sessions/{session}")),
        *(("GET", "/api/v1/tools/weather?place=Oslo"), ("GET", "/api/v1/admin/overview")),
        *(("PUT", f"{BASE}/sessions/{session}"), ("DELETE", f"{BASE}/sessions")),
    )

    answers = [await livepass.ask(method, path, [bearer(token), JSON]) for method, path in paths]

    assert [a.status for a in answers] == [401] * 7 + [405] * 2
    assert {a.code for a in answers[:7]} == {"token-expired"}
    assert livepass.ledger.reads == reads
    assert len(livepass.gemini.minted) == 1


@pytest.mark.parametrize("since_s", [660, 661])  # with 60 s of leeway: at that moment, and after
async def test_session_that_began_after_it_expired_is_not_its_own(since_s: float) -> None:
    livepass = Livepass()
    session = await talking(livepass, 600)

    answers = [
        await reported(livepass, session, expired(since_s)),
        await livepass.end(session, expired(since_s)),
    ]

    assert [(a.status, a.code) for a in answers] == [(401, "token-expired")] * 2
    assert await state(livepass, session) == "active"


async def test_after_the_grace_it_is_expired_for_everything() -> None:
    livepass = Livepass()
    session = await talking(livepass, MOST_LATE_S)

    answers = [
        await reported(livepass, session, expired(MOST_LATE_S)),
        await livepass.end(session, expired(MOST_LATE_S)),
    ]

    assert [(a.status, a.code) for a in answers] == [(401, "token-expired")] * 2


async def test_session_of_another_is_not_to_be_told_from_none() -> None:
    livepass = Livepass()
    session = await talking(livepass, 600)

    theirs = [
        await livepass.end(session, expired(90, "mallory")),
        await reported(livepass, session, expired(90, "mallory")),
    ]
    nobodys = [
        await livepass.end("c0" * 12, expired(90, "mallory")),
        await reported(livepass, "c0" * 12, expired(90, "mallory")),
    ]

    assert [(a.status, a.code) for a in theirs] == [(401, "token-expired")] * 2
    assert [(a.status, a.code) for a in nobodys] == [(401, "token-expired")] * 2
    assert await state(livepass, session) == "active"


async def test_reports_count_no_more_than_its_talk_could_have_cost() -> None:
    livepass = Livepass()
    session = await talking(livepass, 600)
    token, late = id_token("alice"), expired(90)
    before = livepass.ledger.usage(await user_of(livepass, token)).sessions[0].micros

    answers = [await reported(livepass, session, late) for _ in range(6)]

    after = livepass.ledger.usage(await user_of(livepass, token)).sessions[0].micros
    assert {a.status for a in answers} <= {204, 429}
    assert before < after < 20 * before


async def user_of(livepass: Livepass, token: str) -> str:
    return str((await livepass.get("/usage", token)).body["user"])


async def test_blocked_user_can_do_neither() -> None:
    livepass = Livepass()
    session = await talking(livepass, 600)
    user = await user_of(livepass, id_token("alice"))
    path, ruling = f"/api/v1/admin/blocks/{user}", b'{"minutes": 60, "reason": "a test"}'
    await livepass.ask("PUT", path, [bearer(id_token("dana", admin=True)), JSON], ruling)

    assert (await livepass.end(session, expired(90))).code == "blocked"


async def test_hostile_token_ends_and_reports_nothing() -> None:
    """The whole corpus, those that have expired among it, on a session of the user they name."""
    livepass, tried = Livepass(), 0
    session = await talking(livepass, 0)

    for case in (*CASES, *NEW_CASES):
        if not all(header.isascii() for header in case.hostile):
            continue
        headers = [("Authorization", value) for value in case.hostile]
        for method, path, body in (
            ("DELETE", f"{BASE}/sessions/{session}", b""),
            ("POST", f"{BASE}/sessions/{session}/usage", USED),
        ):
            answer = await livepass.ask(method, path, [*headers, JSON], body)

            tried += 1
            assert answer.status == (403 if case.error is Forbidden else 401), case
    assert await state(livepass, session) == "active"
    report("hostile tokens that end and report", tried, tried, "401 or 403")
