"""An issuer fails in every way an HTTP service can: nobody unknown is admitted, nobody whose key we
have is refused, and the answer comes in time.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal, get_args

import pytest

from emulator.local_issuer import LocalIssuer
from emulator.process import EmulatedGemini
from support.faults.matrix import AT_ONCE, WHOLE, Outcome, judge, path_of, run, temperature_of
from support.identity.issuer import People
from support.people.callers import Answer, Callers
from support.proxies.http_answers import BROKEN, SILENT, STATUSES, Play
from support.proxies.http_proxy import HttpFault, HttpProxy, http_proxy
from support.proxies.line import Line, line_to
from support.servers.canaries import SUBJECT, Evidence
from support.servers.fleet import Fleet, Person, fleet
from support.servers.small_server import small_server
from support.stores.books import SqliteBooks
from vending.identity.fetch_keys import KEYS_DEADLINE_S
from vending.identity.fetch_limiter import PAUSE_S

State = Literal["cold", "warm"]
DISCOVERY = ".well-known/openid-configuration"
DOCUMENTS = {"discovery": DISCOVERY, "keys": "jwks.json"}
EVERY: dict[str, Play] = {**STATUSES, **BROKEN, **SILENT}
REFUSED = "refused"
TELLING = (REFUSED, "reset", "truncated", "huge", "status 503", "nothing it needs")
SHORT: list[tuple[str, str, State]] = [
    *((name, "keys", "cold") for name in TELLING),
    ("status 503", "keys", "warm"),
]
LONG: list[tuple[str, str, State]] = [
    (name, document, state)
    for name in (REFUSED, *EVERY)
    for document in DOCUMENTS
    for state in get_args(State)
]
CELLS = LONG if WHOLE else SHORT
AUDIENCE = "livepass"


@dataclass(frozen=True, slots=True)
class Issuers:
    """One issuer for each cell, all behind one proxy, and a server that believes them."""

    fleet: Fleet
    proxy: HttpProxy
    line: Line
    gemini: HttpProxy
    keys: LocalIssuer
    others: LocalIssuer

    def token(self, number: int, key: LocalIssuer | None = None) -> str:
        """Sign somebody in at an issuer, with its key or another."""
        claims = self.keys.claims(f"{SUBJECT}-{number}")
        return (key or self.keys).sign({**claims, "iss": f"http://{self.line.host}/{number}"})

    async def mint(self, number: int, callers: Callers, key: LocalIssuer | None = None) -> Answer:
        """Mint for this person, with that key or another."""
        body = {"temperature": number / 1000}
        return await callers.call("POST", "", self.token(number, key), body=body)

    def counted(self, number: int) -> tuple[int, int]:
        """Return how many mints were counted for this person, and how many Gemini was asked for."""
        subject = f"http://{self.line.host}/{number}|{SUBJECT}-{number}"
        person = Person("", hashlib.sha256(subject.encode()).hexdigest()[:40])
        return self.fleet.counted(person), self.gemini.seen[str(number / 1000)]

    def fail(self, name: str, at: str) -> None:
        """Let this become of what is asked for there."""
        if name == REFUSED:
            self.line.cut()
        else:
            self.proxy.arm(at, HttpFault(EVERY[name], effect=True))

    def heal(self, name: str, at: str) -> None:
        """Let it be well again."""
        if name == REFUSED:
            self.line.restore()
        else:
            self.proxy.disarm(at)

    def calls(self, number: int) -> int:
        """Return how many documents were asked for at an issuer."""
        return sum(self.proxy.seen[f"/{number}/{path}"] for path in DOCUMENTS.values())

    async def cold(self, number: int, callers: Callers) -> Outcome:
        """Fail the first fetch, let the second through."""
        name, document, _ = CELLS[number]
        outcome = Outcome(f"identity, {name}, {document}, cold")
        at = f"/{number}/{DOCUMENTS[document]}"
        self.fail(name, at)

        failed = await self.mint(number, callers)
        at_once = await self.mint(number, callers)
        outcome.calls, failures = self.calls(number), self.proxy.seen[at]
        counted = self.counted(number)
        self.heal(name, at)
        await asyncio.sleep(PAUSE_S)
        healed = await self.mint(number, callers)

        outcome.answers += [failed, at_once, healed]
        outcome.in_time(failed, KEYS_DEADLINE_S)
        outcome.in_time(at_once, 0)
        outcome.expect("answers", [a.code for a in (failed, at_once)], ["identity-unavailable"] * 2)
        outcome.expect("fetches that failed", failures, int(name != REFUSED))
        outcome.expect("counted, minted", counted, (0, 0))
        outcome.expect("after it healed", healed.status, 201)
        outcome.expect("counted, minted in the end", self.counted(number), (1, 1))
        return outcome

    async def warm(self, number: int, callers: Callers) -> Outcome:
        """Fail the fetch that an unknown key causes; those with a known one go on."""
        name, document, _ = CELLS[number]
        outcome = Outcome(f"identity, {name}, {document}, warm")
        at, before = f"/{number}/{DOCUMENTS[document]}", self.calls(number)
        self.fail(name, at)

        stranger = await self.mint(number, callers, self.others)
        counted = self.counted(number)
        known = await self.mint(number, callers)
        again = await self.mint(number, callers, self.others)
        outcome.calls = self.calls(number) - before
        self.heal(name, at)

        outcome.answers += [stranger, known, again]
        outcome.in_time(stranger, KEYS_DEADLINE_S)
        outcome.in_time(known, 0.5)
        answers = [stranger.code, known.status, again.code]
        outcome.expect("answers", answers, ["identity-unavailable", 201, "identity-unavailable"])
        fetches = {REFUSED: 0}.get(name, 1 if document == "discovery" else 2)
        outcome.expect("fetches", outcome.calls, fetches)
        outcome.expect("counted, minted for a stranger", counted, (1, 1))
        outcome.expect("counted, minted in the end", self.counted(number), (2, 2))
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

    with (
        small_server(reply) as origin,
        http_proxy(origin, path_of) as proxy,
        line_to(proxy.url.removeprefix("http://")) as line,
        http_proxy(gemini_process.url, temperature_of) as gemini,
    ):
        home = f"http://{line.host}"
        all_of_them = [{"issuer": f"{home}/{n}", "audience": AUDIENCE} for n in range(len(CELLS))]
        settings = {"LIVE_API_ISSUERS": json.dumps(all_of_them)}
        with fleet(1, books, gemini.url, people, evidence, **settings) as running:  # type: ignore[arg-type]
            yield Issuers(running, proxy, line, gemini, keys, others)


async def test_issuer_that_fails_lets_nobody_in_and_keeps_nobody_out(
    issuers: Issuers, evidence: Evidence
) -> None:
    async with Callers(issuers.fleet) as callers:
        warm = [n for n, cell in enumerate(CELLS) if cell[2] == "warm"]
        assert {(await issuers.mint(n, callers)).status for n in warm} <= {201}
        cold = [n for n, cell in enumerate(CELLS) if cell[2] == "cold"]
        outcomes = await every(issuers.cold, cold, callers, at_once=16)
        outcomes += await every(issuers.warm, warm, callers, at_once=AT_ONCE)

    judge("identity keys", outcomes, KEYS_DEADLINE_S, evidence)


async def every(
    cell: Callable[[int, Callers], Awaitable[Outcome]],
    numbers: list[int],
    callers: Callers,
    at_once: int,
) -> list[Outcome]:
    """Run cells, but those one by one in which nobody listens, as that is so for all."""
    alone = [number for number in numbers if CELLS[number][0] == REFUSED]
    others = [number for number in numbers if number not in alone]
    outcomes = await run([partial(cell, number, callers) for number in others], at_once)
    return outcomes + await run([partial(cell, number, callers) for number in alone], at_once=1)
