"""Fixtures of the ledgers' contracts: a store of each kind, and a new user."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from support.stores.firestore_emulator import Firestore
from support.stores.ledgers import Kept, KeptInFirestore, KeptInSqlite


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[KeptInSqlite]:
    with closing(KeptInSqlite(tmp_path / "ledger.sqlite3")) as kept:
        yield kept


@pytest.fixture
def cloud(firestore: Firestore) -> Iterator[KeptInFirestore]:
    with closing(KeptInFirestore(firestore)) as kept:
        yield kept


@pytest.fixture(params=["sqlite", "cloud"])
def kept(request: pytest.FixtureRequest) -> Kept:
    store: Kept = request.getfixturevalue(request.param)
    return store


@pytest.fixture
def user() -> str:
    return uuid.uuid4().hex
