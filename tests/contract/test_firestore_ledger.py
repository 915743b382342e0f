"""Promises of the Firestore ledger beyond those of every ledger; each kind of failure is tested in
test_firestore_client.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from support.fakes.memory import NOON
from support.proxies.grpc_answers import CODES, LOST, SILENT
from support.proxies.grpc_proxy import GrpcFault, GrpcProxy, grpc_proxy
from support.runs.margin import MARGIN_S
from support.stores.firestore_emulator import Firestore
from support.stores.ledgers import KeptInFirestore, account, one_more, written
from vending.errors import StoreUnavailable
from vending.limits.reading import Reading
from vending.limits.usage import Usage
from vending.store.firestore import FirestoreLedger
from vending.store.firestore_client import FirestoreClient


class Relay:
    """Stands before the emulator, notes every call, and fails those it is told to.

    Scripted by `faults`: None lets a call through, a canonical code refuses it before it has an
    effect, (code,) lets it take effect and then reports that code, "hang" never answers, "closed"
    hangs up.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.faults: deque[Any] = deque()
        self.proxy: GrpcProxy

    def tag_of(self, method: str, _: bytes) -> str:
        """Take note of a call, and see to what becomes of it."""
        self.calls.append(method)
        fault = self.faults.popleft() if self.faults else None
        if fault is not None:
            effect = isinstance(fault, tuple)
            play = (CODES | SILENT | LOST)[fault[0] if effect else fault]
            self.proxy.arm(method, GrpcFault(play, effect, times=1))
        return method


@pytest.fixture
def relay(firestore: Firestore, monkeypatch: pytest.MonkeyPatch) -> Iterator[Relay]:
    relay = Relay()
    with grpc_proxy(firestore.host, relay.tag_of) as relay.proxy:
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", relay.proxy.host)
        yield relay


@pytest.fixture
def ledger(firestore: Firestore, relay: Relay) -> FirestoreLedger:
    return FirestoreLedger(FirestoreClient(firestore.project, firestore.database))


async def test_mint_costs_one_read_and_one_write_and_no_transaction(
    ledger: FirestoreLedger, relay: Relay, user: str
) -> None:
    for _ in range(2):  # the first creates, the second updates
        counting = account(ledger, user)
        await counting.change(await counting.read(), one_more)

    assert relay.calls == ["BatchGetDocuments", "Commit"] * 2
    assert not any("ransaction" in call for call in relay.calls)


async def test_expire_at_is_a_timestamp_some_days_after_the_last_write(
    cloud: KeptInFirestore, user: str
) -> None:
    await written(cloud.ledger(), user, Usage(last=NOON, mints=(NOON,)))

    row = await asyncio.to_thread(cloud.books.row, user)

    assert row
    assert row[1]["expireAt"] == datetime.fromtimestamp(NOON / 1000, UTC) + timedelta(days=2)


@pytest.mark.parametrize("code", ["ABORTED", "UNAVAILABLE"])
async def test_commit_that_takes_effect_and_reports_failure_is_counted_once(
    ledger: FirestoreLedger, relay: Relay, user: str, code: str
) -> None:
    counting = account(ledger, user)
    relay.faults.extend([None, (code,)])

    def once(reading: Reading) -> Usage | None:
        return None if reading.usage.mints else one_more(reading)

    settled = await counting.change(await counting.read(), once)

    assert len(settled.usage.mints) == 1
    assert relay.calls == ["BatchGetDocuments", "Commit", "BatchGetDocuments"]


async def test_store_that_hangs_is_left_within_patience(
    ledger: FirestoreLedger, relay: Relay, user: str
) -> None:
    relay.faults.extend(["hang"] * 10)
    began = time.monotonic()

    with pytest.raises(StoreUnavailable):
        await account(ledger, user, patience_s=0.6).read()

    assert time.monotonic() - began < 0.6 + MARGIN_S


async def test_store_that_is_not_there_is_unavailable_within_patience(
    firestore: Firestore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", "127.0.0.1:9")
    ledger = FirestoreLedger(FirestoreClient(firestore.project, firestore.database))
    began = time.monotonic()

    with pytest.raises(StoreUnavailable):
        await account(ledger, patience_s=0.6).read()

    assert time.monotonic() - began < 0.6 + MARGIN_S
