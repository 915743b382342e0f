"""The corpus of hostile tokens against the whole of Livepass, and what no token can show."""

from __future__ import annotations

import pytest

from support.fakes.livepass import BASE, Livepass, bearer, id_token
from support.identity.hostile_tokens import CASES, HONEST
from support.identity.hostile_variants import NEW_CASES
from support.runs.rounds import report
from vending.errors import Forbidden

ROUTES = (("POST", BASE), ("POST", f"{BASE}/refresh"), ("GET", f"{BASE}/usage"))
KEPT_SECRET = 24  # characters of a token that may not turn up anywhere


async def test_hostile_token_gets_nothing_from_anywhere() -> None:
    """Cases 1 to 58, 61 to 67 and 69 of the catalogue of 70, and those of what came later."""
    livepass, tried = Livepass(), 0

    for case in (*CASES, *NEW_CASES):
        if not all(header.isascii() for header in case.hostile):
            continue  # no server hands such a header over as it is
        for method, path in ROUTES:
            headers = [("Authorization", value) for value in case.hostile]

            answer = await livepass.ask(method, path, headers)

            tried += 1
            assert answer.status == (403 if case.error is Forbidden else 401), case
            assert ("www-authenticate" in answer.headers) == (answer.status == 401)
            for header in case.hostile:
                told = answer.logged + answer.content.decode()
                assert len(header) < KEPT_SECRET or header[-KEPT_SECRET:] not in told, case
    assert (livepass.ledger.reads, livepass.ledger.writes, livepass.gemini.minted) == (0, 0, [])
    report("hostile tokens over HTTP", tried, tried, "401 or 403")


@pytest.mark.parametrize("name", ["access_token", "id_token", "token", "authorization", "key"])
async def test_token_in_the_query_is_never_read(name: str) -> None:
    """Case 68."""
    livepass = Livepass()

    alone = await livepass.ask("POST", f"{BASE}?{name}={HONEST}")
    beside = await livepass.ask("POST", f"{BASE}?{name}={HONEST}", [bearer(HONEST)])

    assert (alone.status, alone.code) == (401, "unauthenticated")
    assert (beside.status, beside.code) == (400, "invalid-request")
    assert HONEST not in alone.logged + beside.logged
    assert HONEST.encode() not in alone.content + beside.content
    assert livepass.gemini.minted == []


async def test_blocked_user_gets_nothing_with_a_valid_token() -> None:
    """Cases 59 and 60: only the issuer knows that a user was revoked or disabled, and their tokens
    stay good until they expire. What an operator can do at once is to block the account here.
    """
    livepass = Livepass()
    token = id_token("mallory")
    user = str((await livepass.get("/usage", token)).body["user"])
    session = str((await livepass.mint(token)).body["session"]["id"])
    path, ruling = f"/api/v1/admin/blocks/{user}", b'{"minutes": 60, "reason": "a test"}'
    headers = [bearer(id_token("dana", admin=True)), ("Content-Type", "application/json")]
    assert (await livepass.ask("PUT", path, headers, ruling)).status == 200

    answers = [await livepass.mint(token), await livepass.refresh(token, session)]

    assert [(answer.status, answer.code) for answer in answers] == [(403, "blocked")] * 2
    assert len(livepass.gemini.minted) == 1
