"""App Check fails in every way an HTTP service can: if enforced, nobody is admitted unchecked, and
each token is sent once to be consumed.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator

import pytest

from emulator.local_issuer import LocalIssuer
from support.faults.matrix import AT_ONCE, HEADS, TITLE, WHOLE, path_of
from support.proxies.http_answers import BROKEN, SILENT, STATUSES, Play, answer, says
from support.proxies.http_proxy import HttpFault, HttpProxy, http_proxy
from support.runs import tables
from support.runs.margin import MARGIN_S
from support.servers.small_server import small_server
from support.stores.firestore_emulator import free_port
from vending.errors import AppCheckFailed, IdentityUnavailable
from vending.identity import app_check_consume, fetch_keys
from vending.identity.app_check import ISSUER, AppCheck
from vending.identity.app_check_consume import Consumer
from vending.identity.fetch_limiter import PAUSE_S
from vending.identity.jwks import Keys
from vending.outbound.http_client import HttpClient

NUMBER = "123456"
TELLING = ("reset", "truncated", "huge", "status 503", "status 403", "empty", "hang")
EVERY: dict[str, Play] = {**STATUSES, **BROKEN, **SILENT}
NEVER_USED_UP = ("wrong types", "nothing it needs", "loose talk")  # objects that do not say it was
NOT_TO_BE_USED_UP = "status 400"
USED_UP: dict[str, Play] = {
    f"alreadyConsumed {told}": says(answer(200, f'{{"alreadyConsumed": {told}}}'.encode()))
    for told in ("null", "0", '"false"', "[]", "{}")
}
GOOGLE = LocalIssuer(f"{ISSUER}/{NUMBER}")


@pytest.fixture(scope="module")
def google() -> Iterator[HttpProxy]:
    """Serve App Check's keys, and use tokens up, behind a proxy."""

    def reply(path: str) -> tuple[int, bytes]:
        return 200, b"{}" if path.startswith("/v1beta") else json.dumps(GOOGLE.jwks()).encode()

    with small_server(reply) as origin, http_proxy(origin, path_of) as proxy:
        yield proxy


def app_token() -> str:
    now = int(time.time())
    claims = {"iss": GOOGLE.issuer, "aud": [f"projects/{NUMBER}"], "sub": "1:2:web:3"}
    return GOOGLE.sign({**claims, "iat": now, "exp": now + 3600})


async def access() -> dict[str, str]:
    return {"Authorization": "Bearer an-access-token"}


async def unavailable(ask: Callable[[], Awaitable[object]], limit_s: float) -> float:
    """Make sure that it cannot be told, in time; return how long that took."""
    began = time.monotonic()
    with pytest.raises(IdentityUnavailable):
        await ask()
    seconds = time.monotonic() - began
    assert seconds < limit_s + MARGIN_S
    return seconds


async def each_of(names: list[str], cell: Callable[[int, str], Awaitable[float]]) -> list[float]:
    """Run a cell for each name, several at once; return how long they took."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(number: int, name: str) -> float:
        async with places:
            return await cell(number, name)

    return await asyncio.gather(*(one(*each) for each in enumerate(names)))


def tell(what: str, took: list[float], limit_s: float, calls: int) -> None:
    limit = f"{limit_s:g} s + {MARGIN_S:g} s"
    row = (what, len(took), len(took), f"{max(took):.2f} s", limit, calls, "none")
    tables.add(TITLE, HEADS, row)


async def test_app_check_without_its_keys_lets_nobody_in_and_asks_once(
    google: HttpProxy, http: HttpClient
) -> None:
    names = list(EVERY) if WHOLE else list(TELLING)

    async def cell(number: int, name: str) -> float:
        at, clock = f"/jwks/{number}", [0.0]
        google.arm(at, HttpFault(EVERY[name], effect=True))
        check = AppCheck(
            "enforce",
            NUMBER,
            jwks_uri=google.url + at,
            keys_of=lambda issuer, uri: Keys(issuer, uri, monotonic=lambda: clock[0], http=http),
        )
        took = await unavailable(lambda: check.check([app_token()]), fetch_keys.KEYS_DEADLINE_S)
        await unavailable(lambda: check.check([app_token()]), 0)
        assert google.seen[at] == 1, name
        google.disarm(at)
        clock[0] += PAUSE_S
        assert await check.check([app_token()]) == "ok", name
        with pytest.raises(AppCheckFailed):
            await check.check([app_token() + "x"])
        return took

    took = await each_of(names, cell)

    tell("App Check's keys", took, fetch_keys.KEYS_DEADLINE_S, len(names))


async def test_token_that_cannot_be_used_up_lets_nobody_in_and_is_sent_once(
    google: HttpProxy, http: HttpClient
) -> None:
    plays = {**EVERY, **USED_UP} if WHOLE else {n: EVERY[n] for n in TELLING} | USED_UP
    names = [name for name in plays if name not in (*NEVER_USED_UP, NOT_TO_BE_USED_UP)]

    async def cell(number: int, name: str) -> float:
        project = f"1{number}"
        at = f"/v1beta/projects/{project}:verifyAppCheckToken"
        consumer = Consumer(project, service=google.url, access=access, http=http)
        google.arm(at, HttpFault(plays[name], effect=True))
        took = await unavailable(
            lambda: consumer.consume("a-token"), app_check_consume.CONSUME_DEADLINE_S
        )
        assert google.seen[at] == 1, name
        google.disarm(at)
        assert await consumer.consume("another-token"), name
        return took

    took = await each_of(names, cell)

    tell("App Check's use of tokens", took, app_check_consume.CONSUME_DEADLINE_S, len(names))


async def test_app_check_where_nobody_listens_lets_nobody_in(http: HttpClient) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    check = AppCheck(
        "enforce",
        NUMBER,
        jwks_uri=f"{nowhere}/jwks",
        keys_of=lambda issuer, uri: Keys(issuer, uri, http=http),
    )
    consumer = Consumer(NUMBER, service=nowhere, access=access, http=http)

    took = [
        await unavailable(lambda: check.check([app_token()]), 0),
        await unavailable(lambda: consumer.consume("a-token"), 0),
    ]

    tell("App Check, refused", took, 0, 0)
