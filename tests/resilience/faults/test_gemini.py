"""Gemini fails in every way an HTTP service can: nothing is counted, and a retry may succeed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Literal

import pytest

from emulator.process import EmulatedGemini
from support.faults.matrix import WHOLE, Outcome, judge, run, temperature_of
from support.identity.issuer import People
from support.people.callers import Answer, Callers
from support.proxies.http_answers import BROKEN, HARMLESS, SILENT, STATUSES, Play
from support.proxies.http_proxy import HttpFault, HttpProxy, http_proxy
from support.proxies.line import Line, line_to
from support.servers.canaries import Evidence, request_key
from support.servers.fleet import Fleet, Person, fleet
from support.stores.books import SqliteBooks
from vending.gemini.auth_tokens import MINT_DEADLINE_S

Operation = Literal["mint", "refresh"]
EVERY: dict[str, Play] = {**STATUSES, **BROKEN, **SILENT, **HARMLESS}
TELLING = ("reset", "truncated", "huge", "status 400", "status 429, Retry-After", "late")
REFUSED = "refused"
OPERATIONS: tuple[Operation, ...] = ("mint", "refresh")
OURS = re.compile(r"status 4(?!08|29)\d\d")  # 4xx, but for those that time heals
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Setting:
    """A server whose Gemini is behind a proxy."""

    callers: Callers
    fleet: Fleet
    proxy: HttpProxy
    line: Line

    async def cell(self, name: str, operation: Operation, *, effect: bool) -> Outcome:
        """Fail one mint or refresh; then let the same request through.

        Where it is refused nobody listens on Gemini's port.
        """
        outcome = Outcome(f"Gemini, {operation}, {name}, {'after' if effect else 'before'}")
        person, tag, key = self.fleet.person("patient"), f"{next(_numbers) / 1000:g}", request_key()
        ask = partial(self._ask, person, {"temperature": float(tag)}, key)
        if operation == "refresh":
            begun = await self._ask(person, {"temperature": float(tag)}, request_key())
            ask = partial(self._ask, person, {"sessionId": begun.body["session"]["id"]}, key)
        before, seen = self._tokens(person), self.proxy.seen[tag]
        if name == REFUSED:
            self.line.cut()
        else:
            self.proxy.arm(tag, HttpFault(EVERY[name], effect))

        failed = await ask()
        outcome.calls = self.proxy.seen[tag] - seen
        counted = self._tokens(person) - before
        if name == REFUSED:
            self.line.restore()
        else:
            self.proxy.disarm(tag)
        again = await ask()

        well = name in HARMLESS and effect
        outcome.answers += [failed, again]
        outcome.in_time(failed, MINT_DEADLINE_S)
        outcome.expect("answer", (failed.status, failed.code), _due(name, well=well))
        outcome.expect("calls to Gemini", outcome.calls, int(name != REFUSED))
        outcome.expect("counted", counted, int(well))
        outcome.expect("again", (again.status, again.replayed), (201, well))
        outcome.expect("counted in the end", self._tokens(person) - before, 1)
        outcome.expect("a token of its own", again.token == failed.token, well)
        return outcome

    async def _ask(self, person: Person, body: dict[str, object], key: str) -> Answer:
        path = "/refresh" if "sessionId" in body else ""
        return await self.callers.call("POST", path, person.id_token, body=body, key=key)

    def _tokens(self, person: Person) -> int:
        usage = self.fleet.usage(person)
        tokens = sum(len(session.tokens) for session in usage.sessions)
        assert tokens == len(usage.mints) + len(usage.refreshes)
        return tokens


def _due(name: str, *, well: bool) -> tuple[int, str]:
    if well:
        return 201, ""
    if OURS.match(name):
        return 502, "upstream-rejected"
    return 503, "upstream-unavailable"


@pytest.fixture(scope="module")
def proxied(
    gemini_process: EmulatedGemini,
    people: People,
    evidence: Evidence,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Fleet, HttpProxy, Line]]:
    books = SqliteBooks(tmp_path_factory.mktemp("ledger") / "livepass.sqlite3")
    with (
        http_proxy(gemini_process.url, temperature_of) as proxy,
        line_to(proxy.url.removeprefix("http://")) as line,
        fleet(1, books, f"http://{line.host}", people, evidence) as running,
    ):
        yield running, proxy, line


async def test_gemini_that_fails_counts_nothing_and_is_asked_once(
    proxied: tuple[Fleet, HttpProxy, Line], gemini: EmulatedGemini, evidence: Evidence
) -> None:
    async with Callers(proxied[0]) as callers:
        setting = Setting(callers, *proxied)
        cells = [
            partial(setting.cell, name, operation, effect=effect)
            for name in (EVERY if WHOLE else TELLING)
            for operation in OPERATIONS
            for effect in (False, True)
            if WHOLE or effect == (operation == "mint")
        ]
        outcomes = await run(cells)
        alone = [partial(setting.cell, REFUSED, each, effect=False) for each in OPERATIONS]
        outcomes += await run(alone, at_once=1)

    judge("Gemini", outcomes, MINT_DEADLINE_S, evidence)
