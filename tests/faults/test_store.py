"""Firestore fails in every way an HTTP service can: what leaves was counted, what was counted once
is never counted twice, and it fails closed in time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Literal

import pytest

from e2e.books import FirestoreBooks
from e2e.callers import Answer, Callers
from e2e.canaries import Evidence
from e2e.issuer import People
from e2e.line import Line, line_to
from e2e.servers import Fleet, Person, fleet
from emulator.process import EmulatedGemini
from faults.http_answers import Play
from faults.http_proxy import ALWAYS, HttpFault, HttpProxy, http_proxy
from faults.matrix import WHOLE, Outcome, judge, run
from faults.store_answers import (
    CODES,
    FINAL,
    NEEDS_REAL,
    OTHERS,
    WHOLE_ANSWER,
    Call,
    tag,
    tag_of,
)
from stores.firestore_emulator import Firestore
from vending.ledger import STORE_PATIENCE_S

Operation = Literal["mint", "refresh", "end", "usage"]
CHANGING: tuple[Operation, ...] = ("mint", "refresh", "end")
BESIDE: tuple[Operation, ...] = ("refresh", "end", "usage")
EVERY: dict[str, Play] = {**CODES, **OTHERS, **WHOLE_ANSWER}
GONE, BACK = ("cut", "mute"), ("drop",)  # what becomes of the line to Firestore
HEALED_S = 5.0
SETTLED_S = 0.5  # by then a call that was given up has failed too
DONE = {"mint": 201, "refresh": 201, "end": 204, "usage": 200}


@dataclass(frozen=True, slots=True)
class Cell:
    """A fault of the store. `effect`: the call took effect before it failed."""

    name: str
    operation: Operation
    call: Call
    effect: bool
    times: int

    def __str__(self) -> str:
        when = f"{'after' if self.effect else 'before'} the effect"
        often = "once" if self.times == 1 else "always"
        return f"Firestore, {self.operation}, {self.call}, {self.name}, {when}, {often}"

    @property
    def goes_well(self) -> bool:
        """Whether the request is answered all the same."""
        if self.name in (*FINAL, *GONE):
            return False
        written = self.call == "write" and self.effect
        return self.name in WHOLE_ANSWER or self.times == 1 or written


def cells() -> Iterator[Cell]:
    """Return every combination that means something; in the short form, those that tell most."""
    short = ("UNAVAILABLE", "ABORTED", "PERMISSION_DENIED", "hang", "empty", "reset midway")
    for name in EVERY if WHOLE else short:
        for times in (1, ALWAYS):
            needs_real = name in NEEDS_REAL
            yield Cell(name, "mint", "read", needs_real, times)
            for operation in CHANGING if WHOLE else CHANGING[:1]:
                yield Cell(name, operation, "write", effect=True, times=times)
                if not needs_real:
                    yield Cell(name, operation, "write", effect=False, times=times)
            for other in BESIDE if WHOLE else ():
                yield Cell(name, other, "read", needs_real, times)


def lost_connections() -> Iterator[Cell]:
    """Return what can become of the connection, at each moment of each request."""
    for name in (*GONE, *BACK) if WHOLE else ("cut", "drop"):
        for operation in CHANGING if WHOLE else CHANGING[:1]:
            if WHOLE:
                yield Cell(name, operation, "read", effect=False, times=1)
            yield Cell(name, operation, "write", effect=False, times=1)
            yield Cell(name, operation, "write", effect=True, times=1)


@dataclass(frozen=True, slots=True)
class Setting:
    """A server whose Firestore is behind a proxy, at the end of a line."""

    fleet: Fleet
    callers: Callers
    proxy: HttpProxy
    line: Line

    async def run(self, cell: Cell) -> Outcome:
        """Fail the calls of one request; then let it through again."""
        outcome, person = Outcome(str(cell)), self.fleet.person("patient")
        ask = partial(self._ask, cell.operation, person, await self._begin(cell, person))
        writes, faulty = tag(person.alias, "write"), tag(person.alias, cell.call)
        before, seen = self._counted(person), self.proxy.seen[writes]
        play = EVERY.get(cell.name) or self._lose(cell.name)
        self.proxy.arm(faulty, HttpFault(play, cell.effect, cell.times))

        answer = await ask()
        await asyncio.sleep(0 if cell.times == 1 else SETTLED_S)
        left, counted = self.proxy.disarm(faulty), self._counted(person) - before
        if cell.name in GONE:
            self.line.restore()
        again = await self._healed(ask)

        outcome.answers += [answer, again]
        outcome.in_time(answer, STORE_PATIENCE_S)
        due = (DONE[cell.operation], "") if cell.goes_well else (503, "store-unavailable")
        outcome.expect("answer", (answer.status, answer.code), due)
        changes = int(cell.operation != "usage")
        took_effect = cell.goes_well or (cell.call == "write" and cell.effect)
        outcome.expect("counted", counted, changes * took_effect)
        outcome.expect("failures left over", left == cell.times, False)
        outcome.expect("again", again.status, DONE[cell.operation])
        if cell.operation in ("mint", "refresh"):
            outcome.expect("again, replayed", again.replayed, took_effect)
            outcome.expect("one token", not answer.token or again.token == answer.token, True)
        outcome.expect("counted in the end", self._counted(person) - before, changes)
        outcome.calls = self.proxy.seen[writes] - seen
        return outcome

    def _lose(self, way: str) -> Play:
        """Do this to the line in the middle of a call."""

        async def play(_: asyncio.StreamReader, writer: asyncio.StreamWriter, real: bytes) -> None:
            await asyncio.to_thread(getattr(self.line, way))
            writer.write(real)

        return play

    async def _healed(self, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """Ask until Firestore is in reach again, for some seconds at most."""
        deadline = time.monotonic() + HEALED_S
        while (answer := await ask()).status == 503 and time.monotonic() < deadline:
            pass  # each takes its time
        return answer

    async def _begin(self, cell: Cell, person: Person) -> str:
        """Start the session that is refreshed or ended."""
        if cell.operation == "mint":
            return ""
        begun = await self.callers.mint(person.id_token)
        return str(begun.body["session"]["id"])

    async def _ask(self, operation: Operation, person: Person, session: str) -> Answer:
        call = partial(self.callers.call, id_token=person.id_token)
        match operation:
            case "mint":
                return await call("POST", "", key=f"mint-key-{person.alias}")
            case "refresh":
                body = {"sessionId": session}
                return await call("POST", "/refresh", body=body, key=f"refresh-{person.alias}")
            case "end":
                return await call("DELETE", f"/sessions/{session}")
            case "usage":
                return await call("GET", "/usage")

    def _counted(self, person: Person) -> int:
        """Return how many tokens were counted, and sessions ended."""
        usage = self.fleet.usage(person)
        tokens = sum(len(session.tokens) for session in usage.sessions)
        assert tokens == len(usage.mints) + len(usage.refreshes), "charges and tokens differ"
        return tokens + sum(session.ended for session in usage.sessions)


@pytest.fixture(scope="module")
def proxied(
    fault_firestore: Firestore, gemini_process: EmulatedGemini, people: People, evidence: Evidence
) -> Iterator[tuple[Fleet, HttpProxy, Line]]:
    with (
        http_proxy(f"http://{fault_firestore.host}", tag_of) as proxy,
        line_to(proxy.url.removeprefix("http://")) as line,
        closing(FirestoreBooks(fault_firestore, line.host)) as books,
        fleet(1, books, gemini_process.url, people, evidence) as running,
    ):
        yield running, proxy, line


async def test_firestore_that_fails_never_loses_a_charge_and_never_counts_twice(
    proxied: tuple[Fleet, HttpProxy, Line], gemini: EmulatedGemini, evidence: Evidence
) -> None:
    running, proxy, line = proxied

    async with Callers(running) as callers:
        setting = Setting(running, callers, proxy, line)
        outcomes = await run([partial(setting.run, cell) for cell in cells()])

    judge("Firestore, answers", outcomes, STORE_PATIENCE_S, evidence)


async def test_connection_that_is_lost_round_a_call_is_a_call_that_failed(
    proxied: tuple[Fleet, HttpProxy, Line], gemini: EmulatedGemini, evidence: Evidence
) -> None:
    running, proxy, line = proxied

    async with Callers(running) as callers:
        setting = Setting(running, callers, proxy, line)
        outcomes = await run([partial(setting.run, cell) for cell in lost_connections()], at_once=1)

    judge("Firestore, connection", outcomes, STORE_PATIENCE_S, evidence)
