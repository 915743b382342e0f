"""One cell of the store's matrix: a request that meets a fault, the same again, and what was
counted, sent to Firestore and minted for it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count

from support.faults.matrix import Outcome
from support.faults.store_calls import Calls, tag, wrong_with
from support.faults.store_cells import BATCH, DONE, EVERY, GONE, VENDING, Cell
from support.people.callers import Answer, Callers
from support.proxies.grpc_proxy import Answering, GrpcFault, GrpcProxy, Play
from support.proxies.http_proxy import HttpProxy
from support.proxies.line import Line
from support.servers.fleet import Fleet, Person
from vending.store.retry import STORE_PATIENCE_S

HEALED_S = 5.0
SETTLED_S = 0.5  # by then a call that was given up has failed too
USED = {"response": {"text": 1000}}
USED_MICROS = 4500
LONG_AGO_MS = 20_000  # reports are written every 10 s at most
_numbers = count(1)


@dataclass(slots=True)
class Visit:
    """Somebody who asks for one thing, and asks again."""

    cell: Cell
    person: Person
    temperature: str
    at: int
    session: str = ""
    asked: int = 0


@dataclass(frozen=True, slots=True)
class Setting:
    """A server whose Firestore is behind a proxy at the end of a line, and Gemini behind another.

    `healing_s`: how long the store may stay away after the fault is over.
    """

    callers: Callers
    fleet: Fleet
    store: GrpcProxy
    calls: Calls
    gemini: HttpProxy
    line: Line
    healing_s: float = field(default=0, kw_only=True)

    async def run(self, cell: Cell, at: int = 0) -> Outcome:
        """Fail the calls of one request to server number `at`; then let it through again."""
        outcome, visit = Outcome(str(cell)), await self._begin(cell, at)
        before, minted = self._counted(visit), self.gemini.seen[visit.temperature]
        sent, faulty = len(self.calls.of[visit.person.alias]), tag(visit.person.alias, cell.call)
        play = EVERY.get(cell.name) or self._lose(cell.name)
        self.store.arm(faulty, GrpcFault(play, cell.effect, cell.times))

        answer = await self._ask(visit)
        await asyncio.sleep(0 if cell.times == 1 else SETTLED_S)
        left, counted = self.store.disarm(faulty), self._counted(visit) - before
        mints = self.gemini.seen[visit.temperature] - minted
        writes = self._writes(visit, sent)
        if cell.name in GONE:
            self.line.restore()
        again = await self._again(partial(self._ask, visit), self.healing_s)

        outcome.answers += [answer, again]
        outcome.expect("failures left over", left == cell.times, False)
        outcome.expect("counted", counted, cell.changes * cell.takes_effect)
        outcome.expect("counted in the end", self._counted(visit) - before, cell.changes)
        outcome.expect("mints", mints, cell.mints_at_first)
        mints_again = self.gemini.seen[visit.temperature] - minted - mints
        self._judge_answers(cell, outcome)
        outcome.expect("mints again", mints_again in _due_again(visit), True)
        outcome.expect(f"{writes} writes", writes in cell.writes_at_first, True)
        self._judge_calls(visit, outcome, sent)
        outcome.calls = writes + mints
        return outcome

    def _judge_answers(self, cell: Cell, outcome: Outcome) -> None:
        answer, again = outcome.answers
        outcome.in_time(answer, STORE_PATIENCE_S)
        due = (DONE[cell.operation], "") if cell.goes_well else (503, "store-unavailable")
        outcome.expect("answer", (answer.status, answer.code), due)
        outcome.expect("again", again.status, DONE[cell.operation])
        if cell.operation in VENDING:
            outcome.expect("again, replayed", again.replayed, cell.takes_effect)
            outcome.expect("the same tokens", answer.tokens in ([], again.tokens), True)
            outcome.expect("tokens", len({*again.tokens}), cell.changes)

    def _judge_calls(self, visit: Visit, outcome: Outcome, since: int) -> None:
        """Only one write may have taken effect, and none may be such that it could be a second."""
        sent = self.calls.of[visit.person.alias][since:]
        changes = int(visit.cell.changes > 0)
        outcome.expect("writes that took effect", sum(s.effect for s in sent), changes)
        outcome.wrong += wrong_with(sent)

    def _writes(self, visit: Visit, since: int) -> int:
        return sum(each.call == "write" for each in self.calls.of[visit.person.alias][since:])

    def _lose(self, way: str) -> Play:
        """Do this to the line in the middle of a call."""

        async def play(call: Answering) -> None:
            await asyncio.to_thread(getattr(self.line, way))
            await call.truly()

        return play

    async def _again(self, ask: Callable[[], Awaitable[Answer]], healing_s: float) -> Answer:
        """Ask again; where the line was lost, until Firestore is in reach."""
        deadline = time.monotonic() + healing_s
        while (answer := await ask()).status == 503 and time.monotonic() < deadline:
            pass  # each takes its time
        return answer

    async def _begin(self, cell: Cell, at: int) -> Visit:
        """Start the session that is refreshed, ended or reported on."""
        number = next(_numbers)
        visit = Visit(cell, self.fleet.person("patient"), f"{number / 10_000:g}", at)
        if cell.operation not in ("mint", "batch"):
            body = {"temperature": float(visit.temperature)}
            start = partial(self.callers.call, "POST", "", visit.person.id_token, body=body, at=at)
            # What broke in the cell before was the rulings' way, too.
            begun = await self._again(start, HEALED_S)
            visit.session = str(begun.body["session"]["id"])
        if cell.operation == "report":
            self._age(visit.person)
        return visit

    def _age(self, person: Person) -> None:
        """Put the only session back in time, with nothing counted for it: it may be reported on."""
        usage = self.fleet.usage(person)
        (session,) = usage.sessions
        old = replace(session, started=session.started - LONG_AGO_MS, micros=0)
        last = usage.last - LONG_AGO_MS
        self.fleet.books.seed(person.alias, replace(usage, last=last, sessions=(old,), spent={}))

    async def _ask(self, visit: Visit) -> Answer:
        visit.asked += 1
        call = partial(self.callers.call, id_token=visit.person.id_token, at=visit.at)
        key, path = f"a-key-of-{visit.person.alias}", f"/sessions/{visit.session}"
        body: dict[str, object] = {"temperature": float(visit.temperature)}
        match visit.cell.operation:
            case "mint":
                return await call("POST", "", body=body, key=key)
            case "batch":
                return await call("POST", "", body={**body, "count": BATCH}, key=key)
            case "refresh":
                return await call("POST", "/refresh", body={"sessionId": visit.session}, key=key)
            case "end":
                return await call("DELETE", path)
            case "report":
                return await call("POST", f"{path}/usage", body=USED)
            case "usage":
                return await call("GET", "/usage")

    def _counted(self, visit: Visit) -> int:
        """Return how many tokens were counted, sessions ended, and reports taken."""
        usage = self.fleet.usage(visit.person)
        tokens = sum(len(session.tokens) for session in usage.sessions)
        assert tokens == len(usage.mints) + len(usage.refreshes), "charges and tokens differ"
        micros = sum(session.micros for session in usage.sessions)
        assert micros == sum(usage.spent.values()), "sessions and days differ"
        reports = micros // USED_MICROS if visit.cell.operation == "report" else 0
        return tokens + sum(session.ended for session in usage.sessions) + reports


def _due_again(visit: Visit) -> range:
    """How many mints asking again may cause; more than those of one only if it failed as well."""
    cell, again = visit.cell, visit.asked - 1
    return range(1) if cell.takes_effect else range(cell.mints, cell.mints * again + 1)
