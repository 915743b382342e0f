"""Rulings or the total spent cannot be read: nobody is admitted whom they may exclude, no pause is
lifted, and everything works once they can be read again.
"""

from __future__ import annotations

import asyncio
import io
import json
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from emulator.process import EmulatedGemini
from support.faults.matrix import WHOLE, Outcome, judge
from support.faults.store_calls import tag_of
from support.identity.issuer import People
from support.people.callers import Callers
from support.proxies.grpc_answers import CODES, LOST, LOST_ANSWERED, says
from support.proxies.grpc_proxy import GrpcFault, GrpcProxy, Play, grpc_proxy
from support.proxies.http_proxy import HttpProxy, http_proxy
from support.proxies.store_answers import (
    ALL_BROKEN,
    FINAL,
    NEEDS_REAL,
    NEVER_ENDS,
    Committed,
    Queried,
    Summed,
    changed,
    no_answers,
    twice,
    without,
)
from support.runs.margin import TRIES
from support.servers.canaries import IN_LOGS, Evidence
from support.servers.fleet import Fleet, fleet
from support.stores.books import FirestoreBooks
from support.stores.firestore_emulator import Firestore, environment
from vending.app import build_store
from vending.audit.log import AuditLog
from vending.clock import DAY_MS, day_of
from vending.guard.budget import Budget
from vending.guard.budget_check import BudgetCheck
from vending.guard.ruling_store import AGAIN_S, Rulings, RulingStore
from vending.http.budget_job import BudgetGuard
from vending.limits.usage import Usage
from vending.store.retry import STORE_PATIENCE_S

QUERY, SUM = "RunQuery", "RunAggregationQuery"
QUERY_MISSES: dict[str, Play] = {
    "no read_time": without(Queried, "read_time"),
    "no answers": no_answers,
    "an answer of nothing": says(b""),
    "an answer of another kind": says(Committed().SerializeToString()),
}
SUM_MISSES: dict[str, Play] = {
    "no result": without(Summed, "result"),
    "no total": changed(Summed, lambda told: told.result.aggregate_fields.pop("total")),
    "no answers": no_answers,
    "two answers": twice,
    "a total that is not whole": changed(Summed, lambda told: _total(told, "double_value", 0.5)),
    "a total in words": changed(Summed, lambda told: _total(told, "string_value", "seven")),
    "a total of no kind": changed(Summed, lambda told: _total(told, None)),
}
SHORT_SUMS = ("UNAVAILABLE", "PERMISSION_DENIED", "an empty message", "answer, then UNAVAILABLE")
TELLING = ("hang", *SHORT_SUMS)
OTHERS: dict[str, Play] = {**CODES, **ALL_BROKEN, **LOST, **LOST_ANSWERED}
QUERIES: dict[str, Play] = {**OTHERS, **QUERY_MISSES}
SUMS: dict[str, Play] = {**OTHERS, **SUM_MISSES}
EFFECT = (*NEEDS_REAL, *QUERY_MISSES, *SUM_MISSES)


def _total(told: Any, kind: str | None, value: object = None) -> None:
    total = told.result.aggregate_fields["total"]
    total.Clear()
    if kind:
        setattr(total, kind, value)


@dataclass(frozen=True, slots=True)
class Setting:
    """A server that has never read a ruling, its store behind a proxy, and Gemini, too."""

    fleet: Fleet
    callers: Callers
    store: GrpcProxy
    gemini: HttpProxy

    async def cell(self, name: str) -> Outcome:
        """Fail every reading of the rulings while somebody mints."""
        outcome, person = Outcome(f"rulings, {name}"), self.fleet.person()
        self.store.arm(QUERY, GrpcFault(QUERIES[name], effect=name in EFFECT))
        await asyncio.sleep(AGAIN_S)
        before, minted = self.store.seen[QUERY], self.gemini.seen[""]

        answer = await self.callers.mint(person.id_token)
        for _ in range(TRIES):  # on a busy machine a second passes in between
            asked = self.store.seen[QUERY]
            at_once = await self.callers.mint(person.id_token)
            if self.store.seen[QUERY] == asked:
                break

        outcome.answers += [answer, at_once]
        outcome.calls = self.store.seen[QUERY] - before
        outcome.in_time(answer, STORE_PATIENCE_S)
        outcome.in_time(at_once, 0)
        answers = [(a.status, a.code) for a in outcome.answers]
        outcome.expect("answers", answers, [(503, "store-unavailable")] * 2)
        outcome.expect("asked for rulings", asked > before, True)
        outcome.expect("asked again at once", self.store.seen[QUERY] - asked, 0)
        outcome.expect("asked once", outcome.calls == 1 or name not in FINAL, True)
        outcome.expect("mints", self.gemini.seen[""] - minted, 0)
        outcome.expect("counted", self.fleet.counted(person), 0)
        return outcome


@pytest.fixture
def setting(
    fault_firestore: Firestore, gemini_process: EmulatedGemini, people: People, evidence: Evidence
) -> Iterator[partial[Setting]]:
    with (
        grpc_proxy(fault_firestore.host, tag_of) as store,
        http_proxy(gemini_process.url, lambda _: "") as gemini,
        closing(FirestoreBooks(fault_firestore, store.host)) as books,
    ):
        store.arm(QUERY, GrpcFault(LOST["closed"], effect=False))
        with fleet(1, books, gemini.url, people, evidence) as running:
            yield partial(Setting, running, store=store, gemini=gemini)


async def test_server_that_never_read_the_rulings_lets_nobody_mint(
    setting: partial[Setting], gemini: EmulatedGemini, evidence: Evidence
) -> None:
    async with Callers(setting.args[0]) as callers:
        here = setting(callers=callers)
        names = QUERIES if WHOLE else (*TELLING, *QUERY_MISSES)
        outcomes = [await here.cell(name) for name in names]
        here.store.disarm(QUERY)
        await asyncio.sleep(AGAIN_S)
        healed = await callers.mint(here.fleet.person().id_token)

    judge("Firestore, rulings", outcomes, STORE_PATIENCE_S, evidence)
    assert healed.status == 201


@pytest.mark.parametrize("name", SUMS if WHOLE else (*SHORT_SUMS, *SUM_MISSES))
async def test_sum_that_fails_is_asked_for_again_and_one_refused_changes_nothing(
    fault_firestore: Firestore, name: str
) -> None:
    own = replace(fault_firestore, project=f"livepass-budget-{uuid4().hex[:8]}")
    with grpc_proxy(own.host, tag_of) as store:
        with environment("FIRESTORE_EMULATOR_HOST", store.host):
            ledger, documents = build_store(own.ledger_url)
        rulings, told = Rulings(RulingStore(documents)), io.StringIO()
        spending = BudgetCheck(ledger, documents, rulings, Budget(day=1))
        guard = BudgetGuard(AuditLog("", told), lambda: spending)
        now = (await rulings.current()).now
        with closing(FirestoreBooks(own)) as books:
            books.seed("somebody", Usage(last=now, spent={day_of(now): 5}))
        store.arm(SUM, GrpcFault(SUMS[name], effect=name in EFFECT, times=1))

        answer = await guard.answer()

        paused = (await rulings.current()).paused
    lines = [json.loads(line) for line in told.getvalue().splitlines()]
    sums = 2 if day_of(now - DAY_MS)[:7] == day_of(now)[:7] else 1  # of this month's last two days
    # The patience with a sum is that for one that takes long.
    refused = name in (*FINAL, *NEVER_ENDS)
    assert answer.status_code == (503 if refused else 204), lines
    assert store.seen[SUM] == (1 if refused else sums + 1)
    assert bool(paused) is not refused
    assert (store.seen["Commit"] > 0) is not refused
    last = "STORE_FAILED" if refused else "BUDGET_CHECKED"
    assert [line["event"] for line in lines if line["event"] != "BUDGET_WARNED"] == [last]
    assert not re.search("|".join(IN_LOGS.values()), told.getvalue())
