"""Promises of documents and rulings, tested on every store."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from google.cloud.firestore import Client

from support.fakes.memory import MemoryDocuments
from support.stores.firestore_emulator import Firestore
from vending.guard.ruling import Ruling
from vending.guard.ruling_store import RULINGS_COLLECTION, RulingStore
from vending.store.documents import ANY_VERSION, Documents
from vending.store.firestore import FirestoreDocuments
from vending.store.firestore_client import FirestoreClient
from vending.store.retry import Conflict
from vending.store.sqlite_documents import SqliteDocuments

HOUR_MS = 3_600_000
FAR = 4_000_000_000_000
Store = Callable[[], Documents]


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Store]:
    opened: list[SqliteDocuments] = []

    def store() -> Documents:
        opened.append(SqliteDocuments(tmp_path / "a folder" / "ledger.sqlite3"))
        return opened[-1]

    yield store
    for documents in opened:
        documents.close()


@pytest.fixture
def cloud(firestore: Firestore) -> Store:
    return lambda: FirestoreDocuments(FirestoreClient(firestore.project, firestore.database))


@pytest.fixture
def memory() -> Store:
    """What unit tests have instead promises the same."""
    documents = MemoryDocuments()
    documents.clock.ms = now_ms()
    return lambda: documents


@pytest.fixture(params=["sqlite", "cloud", "memory"])
def store(request: pytest.FixtureRequest) -> Store:
    found: Store = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def collection() -> str:
    return f"documents-{uuid4().hex}"


async def write(
    documents: Documents, collection: str, name: str, version: object | None, **fields: object
) -> None:
    await documents.write(collection, name, fields, if_version=version, expires=FAR, timeout_s=5)


# --- documents ------------------------------------------------------------------------------------


async def test_document_that_never_was_has_no_fields_and_a_time(
    store: Store, collection: str
) -> None:
    found = await store().read(collection, "a", 5)

    assert (dict(found.fields), found.version) == ({}, None)
    assert abs(found.now - now_ms()) < 5000


async def test_what_was_written_is_read_by_another(store: Store, collection: str) -> None:
    await write(store(), collection, "a", None, until=5, words=["x"], part=0.5, deep={"n": 1})

    found = await store().read(collection, "a", 5)

    kept = {name: value for name, value in found.fields.items() if name != "expireAt"}
    assert kept == {"until": 5, "words": ["x"], "part": 0.5, "deep": {"n": 1}}
    assert found.version is not None


async def test_write_needs_the_version_that_was_read(store: Store, collection: str) -> None:
    documents = store()
    await write(documents, collection, "a", None, n=1)
    stale = await documents.read(collection, "a", 5)
    await write(documents, collection, "a", stale.version, n=2)

    for version in (stale.version, None):
        with pytest.raises(Conflict):
            await write(documents, collection, "a", version, n=3)

    assert (await documents.read(collection, "a", 5)).fields["n"] == 2


async def test_any_version_is_written_over_and_other_fields_stay(
    store: Store, collection: str
) -> None:
    documents = store()
    await write(documents, collection, "a", ANY_VERSION, n=1, others="stay")

    await write(documents, collection, "a", ANY_VERSION, n=2)

    fields = (await documents.read(collection, "a", 5)).fields
    assert (fields["n"], fields["others"]) == (2, "stay")


async def test_removed_document_is_gone_and_may_be_removed_again(
    store: Store, collection: str
) -> None:
    documents = store()
    await write(documents, collection, "a", None, n=1)

    await documents.remove(collection, "a", 5)
    await documents.remove(collection, "a", 5)

    assert (await documents.read(collection, "a", 5)).version is None


async def test_those_that_last_are_listed_the_latest_first(store: Store, collection: str) -> None:
    documents, now = store(), now_ms()
    for name, until in (("over", now - 60_000), ("soon", now + 60_000), ("late", now + HOUR_MS)):
        await write(documents, collection, name, None, until=until, called=name)
    await write(documents, collection, "no moment", None, called="no moment")
    await write(documents, f"{collection}-2", "other", None, until=now + HOUR_MS)

    found, told = await documents.lasting(collection, 10, 5)
    first, _ = await documents.lasting(collection, 1, 5)

    assert [fields["called"] for fields in found] == ["late", "soon"]
    assert [fields["called"] for fields in first] == ["late"]
    assert abs(told - now) < 5000


async def test_firestore_is_told_when_a_document_is_garbage(
    cloud: Store, firestore: Firestore, collection: str
) -> None:
    await write(cloud(), collection, "a", None, n=1)

    def expires() -> float:
        with closing(Client(project=firestore.project, database=firestore.database)) as client:
            document = client.document(f"{collection}/a").get().to_dict()
        return float((document or {})["expireAt"].timestamp() * 1000)

    assert await asyncio.to_thread(expires) == FAR


async def test_sqlite_throws_garbage_away(tmp_path: Path) -> None:
    clock = [1000]
    with closing(SqliteDocuments(tmp_path / "a.sqlite3", lambda: clock[0])) as documents:
        for name, expires in (("a", 2000), ("b", 9000)):
            await documents.write(
                "c", name, {"n": 1}, if_version=None, expires=expires, timeout_s=1
            )
        clock[0] = 2000
        await documents.write("c", "d", {}, if_version=None, expires=9000, timeout_s=1)

        versions = [(await documents.read("c", name, 1)).version for name in ("a", "b")]

    assert versions == [None, 1]


# --- rulings --------------------------------------------------------------------------------------


def block(user: str, **more: object) -> Ruling:
    ruling = Ruling("block", f"user:{user}", now_ms(), now_ms() + HOUR_MS, "guard", "too many")
    return replace(ruling, **more)  # type: ignore[arg-type]


async def test_ruling_survives_the_way_into_the_store_and_back(store: Store) -> None:
    subject = uuid4().hex
    ruling = block(subject, level=2)
    tier = replace(ruling, kind="tier", tier="gold", by="operator:ab")

    await RulingStore(store()).put(ruling, 5)
    await RulingStore(store()).put(tier, 5)
    rulings, now = await RulingStore(store()).in_force(5)

    assert {ruling, tier} <= {*rulings}
    assert abs(now - now_ms()) < 5000


async def test_lifted_ruling_is_in_force_no_more(store: Store) -> None:
    rulings, ruling = RulingStore(store()), block(uuid4().hex)
    await rulings.put(ruling, 5)

    await rulings.lift(ruling.kind, ruling.subject, 5)

    assert ruling not in (await rulings.in_force(5))[0]


async def test_only_an_operator_shortens_a_ruling(store: Store) -> None:
    rulings, name = RulingStore(store()), uuid4().hex
    long = block(name, by="operator:ab", until=now_ms() + 9 * HOUR_MS)
    shorter = replace(long, until=now_ms() + HOUR_MS)

    by_operator = await rulings.put(long, 5)
    by_guard = await rulings.put(replace(shorter, by="guard"), 5)
    kept = (await rulings.in_force(5))[0]
    by_another = await rulings.put(replace(shorter, by="operator:cd"), 5)

    assert (by_operator, by_guard, by_another) == (True, False, True)
    assert long in kept
    assert replace(shorter, by="operator:cd") in (await rulings.in_force(5))[0]


async def test_ruling_that_is_over_is_followed_by_the_next(store: Store) -> None:
    rulings, name = RulingStore(store()), uuid4().hex
    await rulings.put(block(name, until=now_ms() - 1), 5)

    assert await rulings.put(block(name), 5)


async def test_fields_of_a_newer_revision_survive_and_its_kinds_are_left_out(store: Store) -> None:
    documents, ruling = store(), block(uuid4().hex, by="operator:ab")
    newer = {**ruling.document(), "mood": "good"}
    await write(documents, RULINGS_COLLECTION, ruling.name, None, **newer)
    odd = {**newer, "kind": "banish", "subject": uuid4().hex}
    await write(documents, RULINGS_COLLECTION, f"banish-{odd['subject']}", None, **odd)
    broken = {**newer, "subject": 7}
    await write(documents, RULINGS_COLLECTION, "block-7", ANY_VERSION, **broken)

    await RulingStore(documents).put(replace(ruling, reason="still"), 5)
    rulings, _ = await RulingStore(documents).in_force(5)

    fields = (await documents.read(RULINGS_COLLECTION, ruling.name, 5)).fields
    assert (fields["mood"], fields["reason"]) == ("good", "still")
    assert replace(ruling, reason="still") in rulings
    assert not [r for r in rulings if r.subject in (odd["subject"], 7)]
