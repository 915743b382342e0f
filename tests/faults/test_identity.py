"""An issuer fails in every way an HTTP service can: nobody is let in whom we cannot tell, nobody
whose key we have is kept out, and the answer is in time.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal, get_args

import pytest

from e2e.books import SqliteBooks
from e2e.callers import Callers
from e2e.canaries import Evidence
from e2e.issuer import People
from e2e.servers import Fleet, fleet
from e2e.small_server import small_server
from emulator.local_issuer import LocalIssuer
from emulator.process import EmulatedGemini
from faults.http_answers import BROKEN, SILENT, STATUSES, Play
from faults.http_proxy import HttpFault, HttpProxy, http_proxy
from faults.matrix import WHOLE, Outcome, judge, path_of, run
from vending.fetch_keys import DEADLINE_S
from vending.keys import COOLDOWN_S, EMPTY_COOLDOWN_S

State = Literal["cold", "warm"]
DISCOVERY = ".well-known/openid-configuration"
DOCUMENTS = {"discovery": DISCOVERY, "keys": "jwks.json"}
EVERY: dict[str, Play] = {**STATUSES, **BROKEN, **SILENT}
TELLING = ("reset", "truncated", "huge", "status 503", "nothing it needs")
SHORT: list[tuple[str, str, State]] = [
    *((name, "keys", "cold") for name in TELLING),
    ("status 503", "keys", "warm"),  # one, which waits a minute
]
LONG: list[tuple[str, str, State]] = [
    (name, document, state) for name in EVERY for document in DOCUMENTS for state in get_args(State)
]
CELLS = LONG if WHOLE else SHORT
AUDIENCE = "livepass"


@dataclass(frozen=True, slots=True)
class Issuers:
    """One issuer for each cell, all behind one proxy, and a server that believes them."""

    fleet: Fleet
    proxy: HttpProxy
    keys: LocalIssuer
    others: LocalIssuer

    def token(self, number: int, key: LocalIssuer | None = None) -> str:
        """Sign somebody in at an issuer, with its key or another."""
        issuer = f"{self.proxy.url}/{number}"
        return (key or self.keys).sign(
            {**self.keys.claims(f"canary-person-{number}"), "iss": issuer}
        )

    def calls(self, number: int) -> int:
        """Return how many documents were asked for at an issuer."""
        return sum(self.proxy.seen[f"/{number}/{path}"] for path in DOCUMENTS.values())

    async def cold(self, number: int, callers: Callers) -> Outcome:
        """Fail the first fetch, let the second through."""
        name, document, _ = CELLS[number]
        outcome = Outcome(f"identity, {name}, {document}, cold")
        at, token = f"/{number}/{DOCUMENTS[document]}", self.token(number)
        self.proxy.arm(at, HttpFault(EVERY[name], effect=True))

        failed = await callers.mint(token)
        at_once = await callers.mint(token)
        outcome.calls, failures = self.calls(number), self.proxy.seen[at]
        self.proxy.disarm(at)
        await asyncio.sleep(EMPTY_COOLDOWN_S)
        healed = await callers.mint(token)

        outcome.answers += [failed, at_once, healed]
        outcome.in_time(failed, DEADLINE_S)
        outcome.in_time(at_once, 0)
        outcome.expect("answers", [a.code for a in (failed, at_once)], ["identity-unavailable"] * 2)
        outcome.expect("fetches that failed", failures, 1)
        outcome.expect("after it healed", healed.status, 201)
        return outcome

    async def warm(self, number: int, callers: Callers) -> Outcome:
        """Fail the fetch that an unknown key causes; those with a known one go on."""
        name, document, _ = CELLS[number]
        outcome = Outcome(f"identity, {name}, {document}, warm")
        at, before = f"/{number}/{DOCUMENTS[document]}", self.calls(number)
        self.proxy.arm(at, HttpFault(EVERY[name], effect=True))

        stranger = await callers.mint(self.token(number, self.others))
        known = await callers.mint(self.token(number))
        again = await callers.mint(self.token(number, self.others))
        outcome.calls = self.calls(number) - before

        outcome.answers += [stranger, known, again]
        outcome.in_time(stranger, DEADLINE_S)
        outcome.in_time(known, 0.5)
        answers = [stranger.code, known.status, again.code]
        outcome.expect("answers", answers, ["unauthenticated", 201, "unauthenticated"])
        outcome.expect("fetches", outcome.calls, 1 if document == "discovery" else 2)
        return outcome


@pytest.fixture(scope="module")
def issuers(
    gemini_process: EmulatedGemini,
    people: People,
    evidence: Evidence,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Issuers]:
    keys, others = LocalIssuer("", audience=AUDIENCE), LocalIssuer("", audience=AUDIENCE)
    books = SqliteBooks(tmp_path_factory.mktemp("ledger") / "livepass.sqlite3")
    home = ""

    def reply(path: str) -> tuple[int, bytes]:
        issuer = f"{home}/{path.split('/')[1]}"
        told = {"issuer": issuer, "jwks_uri": f"{issuer}/jwks.json"}
        return 200, json.dumps(told if path.endswith(DISCOVERY) else keys.jwks()).encode()

    with small_server(reply) as origin, http_proxy(origin, path_of) as proxy:
        home = proxy.url
        all_of_them = [{"issuer": f"{home}/{n}", "audience": AUDIENCE} for n in range(len(CELLS))]
        settings = {"LIVE_API_ISSUERS": json.dumps(all_of_them)}
        with fleet(1, books, gemini_process.url, people, evidence, **settings) as running:  # type: ignore[arg-type]
            yield Issuers(running, proxy, keys, others)


async def test_issuer_that_fails_lets_nobody_in_and_keeps_nobody_out(
    issuers: Issuers, evidence: Evidence
) -> None:
    async with Callers(issuers.fleet) as callers:
        warm = [n for n, cell in enumerate(CELLS) if cell[2] == "warm"]
        began = time.monotonic()
        assert {(await callers.mint(issuers.token(n))).status for n in warm} <= {201}
        cold = [n for n, cell in enumerate(CELLS) if cell[2] == "cold"]
        outcomes = await run([partial(issuers.cold, n, callers) for n in cold], at_once=16)
        if warm:
            await asyncio.sleep(max(began + COOLDOWN_S + 5 - time.monotonic(), 0))
        outcomes += await run([partial(issuers.warm, n, callers) for n in warm])

    judge("identity keys", outcomes, DEADLINE_S, evidence)
