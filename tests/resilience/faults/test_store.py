"""Firestore fails in every way a gRPC service can: every vended token was counted, nothing is
counted twice, no call is repeated needlessly, and it fails closed in time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from typing import NamedTuple

import pytest

from emulator.process import EmulatedGemini
from support.faults.matrix import AT_ONCE, Outcome, judge, run, temperature_of
from support.faults.store_calls import Calls, tag_of
from support.faults.store_cells import BATCH, Cell, broken_connections, cells, lost_connections
from support.faults.store_setting import HEALED_S, Setting
from support.identity.issuer import People
from support.people.callers import Callers
from support.proxies.grpc_proxy import GrpcProxy, grpc_proxy
from support.proxies.http_proxy import HttpProxy, http_proxy
from support.proxies.line import Line, line_to
from support.servers.canaries import Evidence
from support.servers.fleet import Fleet, fleet
from support.stores.books import FirestoreBooks
from support.stores.firestore_emulator import Firestore
from vending.store.retry import STORE_PATIENCE_S

SERVERS = AT_ONCE // 2


class Proxied(NamedTuple):
    """What all cells share: see `Setting`."""

    fleet: Fleet
    store: GrpcProxy
    calls: Calls
    gemini: HttpProxy
    line: Line


@pytest.fixture(scope="module")
def proxied(
    fault_firestore: Firestore, gemini_process: EmulatedGemini, people: People, evidence: Evidence
) -> Iterator[Proxied]:
    calls = Calls()
    with (
        grpc_proxy(fault_firestore.host, tag_of, calls.heard) as store,
        http_proxy(gemini_process.url, temperature_of) as gemini,
        line_to(store.host) as line,
        closing(FirestoreBooks(fault_firestore, line.host)) as books,
        fleet(
            SERVERS, books, gemini.url, people, evidence, LIVE_API_MAX_BATCH=str(BATCH)
        ) as running,
    ):
        yield Proxied(running, store, calls, gemini, line)


async def test_firestore_that_fails_never_loses_a_charge_and_never_counts_twice(
    proxied: Proxied, gemini: EmulatedGemini, evidence: Evidence
) -> None:
    async with Callers(proxied.fleet) as callers:
        setting = Setting(callers, *proxied)
        outcomes = await run([partial(setting.run, cell) for cell in cells()])

    judge("Firestore, answers", outcomes, STORE_PATIENCE_S, evidence)


async def test_connection_that_breaks_under_a_call_is_a_call_that_failed(
    proxied: Proxied, gemini: EmulatedGemini, evidence: Evidence
) -> None:
    free = asyncio.Queue[int]()
    for server in range(SERVERS):
        free.put_nowait(server)
    async with Callers(proxied.fleet) as callers:
        setting = Setting(callers, *proxied)

        async def alone(cell: Cell) -> Outcome:
            at = await free.get()  # all calls of a server share its connection
            try:
                return await setting.run(cell, at)
            finally:
                free.put_nowait(at)

        each = [partial(alone, cell) for cell in broken_connections()]
        outcomes = await run(each, at_once=SERVERS)

    judge("Firestore, connection broken", outcomes, STORE_PATIENCE_S, evidence)


async def test_connection_that_is_lost_round_a_call_is_a_call_that_failed(
    proxied: Proxied, gemini: EmulatedGemini, evidence: Evidence
) -> None:
    async with Callers(proxied.fleet) as callers:
        setting = Setting(callers, *proxied, healing_s=HEALED_S)
        outcomes = await run([partial(setting.run, cell) for cell in lost_connections()], at_once=1)

    judge("Firestore, connection lost", outcomes, STORE_PATIENCE_S, evidence)
