"""Our two calls mean what google-cloud-firestore's own do, and change nothing they do not know."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from google.api_core import exceptions as api
from google.cloud.firestore import AsyncClient, Client, GeoPoint

from stores.firestore_emulator import Firestore
from vending.firestore_calls import FirestoreCalls

PLAIN: dict[str, Any] = {
    "text": "\u00fcber \u96f2",
    "whole": 1_790_000_000_000,
    "negative": -(2**63),
    "part": 0.5,
    "yes": True,
    "bytes": b"\x00\xff",
    "list": [1, "a", {}, {"b": [False]}],
    "map": {"empty": {}, "with.dots and spaces": {"deep": [1]}},
}
OTHER: dict[str, Any] = {"nothing": None, "place": GeoPoint(52.5, 13.4), "list": [None]}


@pytest.fixture
def client(firestore: Firestore) -> Iterator[Client]:
    with closing(Client(project=firestore.project, database=firestore.database)) as opened:
        yield opened


@pytest.fixture
async def calls(firestore: Firestore, client: Client) -> FirestoreCalls:
    return FirestoreCalls(AsyncClient(project=firestore.project, database=firestore.database))


@pytest.fixture
def path() -> str:
    return f"calls/{uuid4().hex}"


async def test_what_we_write_is_what_the_client_reads(
    calls: FirestoreCalls, client: Client, path: str
) -> None:
    moment = datetime(2026, 11, 21, 12, 30, 0, 123456, UTC)

    await calls.write(path, {**PLAIN, "moment": moment}, None, 5)

    assert client.document(path).get().to_dict() == {**PLAIN, "moment": moment}


async def test_what_the_client_writes_is_what_we_read(
    calls: FirestoreCalls, client: Client, path: str
) -> None:
    client.document(path).set(PLAIN)

    found = await calls.read(path, 5)

    snapshot = client.document(path).get()
    assert found.fields == PLAIN
    version: Any = found.version
    assert version.ToDatetime(UTC).timestamp() == snapshot.update_time.timestamp()
    assert abs(found.read_ms - snapshot.read_time.timestamp() * 1000) < 5000


async def test_kinds_we_do_not_know_go_back_as_they_came(
    calls: FirestoreCalls, client: Client, path: str
) -> None:
    client.document(path).set({"kept": OTHER, "not written": OTHER})
    found = await calls.read(path, 5)

    await calls.write(path, {"kept": found.fields["kept"], "new": 1}, found.version, 5)

    assert client.document(path).get().to_dict() == {"kept": OTHER, "not written": OTHER, "new": 1}


async def test_map_is_written_as_a_whole(calls: FirestoreCalls, client: Client, path: str) -> None:
    client.document(path).set({"map": {"old": 1}})
    found = await calls.read(path, 5)

    await calls.write(path, {"map": {"new": 2}}, found.version, 5)

    assert client.document(path).get().to_dict() == {"map": {"new": 2}}


async def test_document_that_is_not_there_has_no_version(calls: FirestoreCalls, path: str) -> None:
    found = await calls.read(path, 5)

    assert (found.fields, found.version) == ({}, None)
    assert found.read_ms > 1_700_000_000_000


async def test_only_one_of_two_writes_wins_and_the_other_is_told(
    calls: FirestoreCalls, path: str
) -> None:
    await calls.write(path, {"n": 1}, None, 5)
    found = await calls.read(path, 5)
    await calls.write(path, {"n": 2}, found.version, 5)

    with pytest.raises(api.AlreadyExists):
        await calls.write(path, {"n": 3}, None, 5)
    with pytest.raises(api.FailedPrecondition):
        await calls.write(path, {"n": 3}, found.version, 5)

    assert (await calls.read(path, 5)).fields == {"n": 2}


async def test_value_that_cannot_be_stored_is_refused_before_it_is_sent(
    calls: FirestoreCalls, path: str
) -> None:
    with pytest.raises(TypeError, match="a set cannot be stored"):
        await calls.write(path, {"n": {1}}, None, 5)
