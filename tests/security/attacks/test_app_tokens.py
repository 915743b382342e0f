"""App Check at the mint: without our app nothing is minted, and each token mints once."""

from __future__ import annotations

from typing import Any

import pytest

from support.fakes.livepass import BASE, Answer, Headers, Livepass, bearer, id_token
from support.identity.app_tokens import BAD, app_token
from support.runs.rounds import report
from vending.app import build_app_check
from vending.errors import AppCheckFailed, IdentityUnavailable
from vending.operations.table import OPERATIONS
from vending.policy import Limits, Mode

ALICE = id_token("alice")
REFUSED = (403, "app-check-failed")
SESSION = "a1" * 12
ROOMY = Limits(0, 0, 0, 0, 0, 0, 0)
PROJECT: dict[str, Any] = {"app_check_project_number": "123456"}


def asking(mode: Mode, *, consume: bool = True) -> Livepass:
    return Livepass(ROOMY, app_check=mode, **PROJECT, app_check_consume=consume)


def bringing(*tokens: str) -> Headers:
    return [bearer(ALICE), *(("X-Firebase-AppCheck", token) for token in tokens)]


async def mint(livepass: Livepass, *tokens: str) -> Answer:
    return await livepass.ask("POST", BASE, bringing(*tokens))


def minted(livepass: Livepass) -> tuple[int, int, int]:
    return len(livepass.gemini.minted), livepass.ledger.reads, livepass.ledger.writes


async def test_enforced_only_a_good_app_token_mints_and_only_once() -> None:
    livepass, good, tried = asking("enforce"), app_token(), 0
    for tokens in ((), *BAD.values()):
        answer = await mint(livepass, *tokens)

        assert (answer.status, answer.code) == REFUSED, tokens
        assert answer.line["event"] == "TOKEN_REFUSED"
        assert "eyJ" not in answer.logged + answer.content.decode()
        tried += 1
    assert (minted(livepass), livepass.apps.used) == ((0, 0, 0), [])

    first = await mint(livepass, good)
    counted = minted(livepass)
    again = await mint(livepass, good)

    assert (first.status, first.line["appCheck"], counted) == (201, "ok", (1, 1, 1))
    assert (again.status, again.code, minted(livepass)) == (*REFUSED, counted)
    assert (await mint(livepass, app_token(jti="another"))).status == 201
    report("app tokens at the mint", tried + 3, tried + 3, "one mint each")


async def test_enforced_every_route_of_a_caller_wants_an_app_token() -> None:
    livepass = asking("enforce")

    for route in OPERATIONS:
        path = route.path.replace("{sessionId}", SESSION)
        answer = await livepass.ask(route.method, path, bringing())
        wanted = route.access == "caller"
        assert (answer.code == "app-check-failed") == wanted, route
    assert minted(livepass)[0] == 0


async def test_only_a_mint_uses_an_app_token_up() -> None:
    livepass, good = asking("enforce"), app_token()
    session = str((await mint(livepass, good)).body["session"]["id"])
    body = b'{"sessionId": "%s"}' % session.encode()
    headers = [*bringing(good), ("Content-Type", "application/json")]

    refreshed = await livepass.ask("POST", f"{BASE}/refresh", headers, body)

    assert (refreshed.status, livepass.apps.used) == (201, [good])


async def test_malformed_mint_uses_no_app_token_up() -> None:
    livepass, good = asking("enforce"), app_token()
    headers = [*bringing(good), ("Content-Type", "application/json")]

    refused = await livepass.ask("POST", BASE, headers, b'{"uses": 0}')

    assert (refused.status, livepass.apps.used) == (400, [])
    assert (await mint(livepass, good)).status == 201


async def test_enforced_nothing_is_minted_while_app_check_cannot_be_asked() -> None:
    livepass = asking("enforce")
    livepass.apps.says = IdentityUnavailable("away", retry_after_s=5)

    answer = await mint(livepass, app_token())

    assert (answer.status, answer.code) == (503, "identity-unavailable")
    assert minted(livepass) == (0, 0, 0)


async def test_monitored_the_line_says_what_enforcement_would_do() -> None:
    livepass, good = asking("monitor"), app_token()

    answers = [await mint(livepass, *tokens) for tokens in ((), ("x",), (good,), (good,))]

    assert [answer.status for answer in answers] == [201] * 4
    told = [answer.line["appCheck"] for answer in answers]
    assert told == ["missing", "invalid", "ok", "used-up"]


@pytest.mark.parametrize("mode", ["off", "enforce"])
async def test_where_it_is_not_asked_for_nothing_is_used_up(mode: Mode) -> None:
    livepass, good = asking(mode, consume=False), app_token()

    answers = [await mint(livepass, good) for _ in "12"]

    assert [answer.status for answer in answers] == [201, 201]
    assert livepass.apps.used == []


async def test_what_is_wired_enforces_and_asks_the_service_to_use_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/no/such/account.json")
    wired = build_app_check(asking("enforce").settings)

    with pytest.raises(AppCheckFailed):
        await wired.check([])
    with pytest.raises(IdentityUnavailable):  # as nobody who may ask
        await wired.use_up(app_token())
    assert await build_app_check(asking("enforce", consume=False).settings).use_up("x") == "ok"
