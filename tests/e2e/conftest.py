"""Fixtures of the end-to-end suite: a fleet for each ledger."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from functools import partial

import pytest

from emulator.process import EmulatedGemini
from support.identity.issuer import People
from support.people.callers import Callers
from support.runs.trials import PROCESSES
from support.servers.canaries import Evidence
from support.servers.fleet import Fleet, RunFleet, fleet
from support.servers.staging import staged_fleet, theatre
from support.stores.books import Books, FirestoreBooks, SqliteBooks
from support.stores.firestore_emulator import Firestore

__all__ = ["staged_fleet", "theatre"]  # fixtures that live elsewhere


@pytest.fixture(scope="session")
def sqlite_books(tmp_path_factory: pytest.TempPathFactory) -> SqliteBooks:
    return SqliteBooks(tmp_path_factory.mktemp("ledger") / "livepass.sqlite3")


@pytest.fixture(scope="session")
def e2e_firestore(firestore: Firestore) -> Firestore:
    """Return a project of our own, which no other suite clears."""
    return replace(firestore, project="livepass-e2e")


@pytest.fixture(scope="session")
def firestore_books(e2e_firestore: Firestore) -> Iterator[FirestoreBooks]:
    books = FirestoreBooks(e2e_firestore)
    yield books
    books.close()


@pytest.fixture(scope="session")
def sqlite_fleet(
    sqlite_books: SqliteBooks, gemini_process: EmulatedGemini, people: People, evidence: Evidence
) -> Iterator[Fleet]:
    with fleet(PROCESSES, sqlite_books, gemini_process.url, people, evidence) as running:
        yield running


@pytest.fixture(scope="session")
def firestore_fleet(
    firestore_books: FirestoreBooks,
    gemini_process: EmulatedGemini,
    people: People,
    evidence: Evidence,
) -> Iterator[Fleet]:
    with fleet(PROCESSES, firestore_books, gemini_process.url, people, evidence) as running:
        yield running


@pytest.fixture(params=["sqlite", "firestore"])
def both(request: pytest.FixtureRequest) -> Fleet:
    """Return the fleet of each ledger in turn."""
    running: Fleet = request.getfixturevalue(f"{request.param}_fleet")
    return running


@pytest.fixture(scope="module", params=["sqlite", "firestore"])
def ledger(request: pytest.FixtureRequest) -> str:
    """Return the name of each ledger in turn."""
    return str(request.param)


@pytest.fixture(scope="module")
def books(request: pytest.FixtureRequest, ledger: str) -> Books:
    found: Books = request.getfixturevalue(f"{ledger}_books")
    return found


@pytest.fixture(scope="module")
def two_servers(
    books: Books, gemini_process: EmulatedGemini, people: People, evidence: Evidence
) -> RunFleet:
    """Return how two servers are run on each ledger in turn, for a module's own `both`."""
    return partial(fleet, 2, books, gemini_process.url, people, evidence)


@pytest.fixture
async def callers(both: Fleet) -> AsyncIterator[Callers]:
    async with Callers(both) as open_callers:
        yield open_callers
