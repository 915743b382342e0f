"""Promises of the SQLite ledger beyond those of every ledger: it never waits, and loses nothing."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from support.runs.margin import MARGIN_S
from support.stores.ledgers import KeptInSqlite, written
from vending.errors import StoreUnavailable
from vending.limits.usage import Usage
from vending.store.retry import Conflict
from vending.store.sqlite_ledger import SqliteLedger


async def test_busy_database_is_a_conflict_and_keeps_nobody_waiting(
    sqlite: KeptInSqlite, user: str
) -> None:
    ledger = sqlite.ledger()
    reading = await written(ledger, user, Usage(mints=(1,)))
    waits = list[float]()

    with closing(sqlite3.connect(sqlite.path, isolation_level=None)) as other:
        other.execute("begin immediate")
        for _ in range(5):
            began = time.monotonic()
            with pytest.raises(Conflict):
                await ledger.write(user, Usage(mints=(1, 2)), reading.version, 5)
            waits.append(time.monotonic() - began)
        read_meanwhile = await ledger.read(user, 5)

    assert min(waits) < 0.05
    assert read_meanwhile.usage.mints == (1,)


async def test_file_that_another_process_writes_is_opened_at_once(
    sqlite: KeptInSqlite, user: str
) -> None:
    await written(sqlite.ledger(), user, Usage(mints=(1,)))

    with closing(sqlite3.connect(sqlite.path, isolation_level=None)) as other:
        other.execute("begin immediate")
        began = time.monotonic()
        reading = await sqlite.ledger().read(user, 5)
        waited = time.monotonic() - began

    assert reading.usage.mints == (1,)
    assert waited < MARGIN_S


async def test_folder_and_file_are_made_on_first_use(tmp_path: Path, user: str) -> None:
    deep = tmp_path / "in" / "folders" / "livepass.sqlite3"

    with closing(SqliteLedger(deep)) as ledger:
        await ledger.read(user, 5)

    assert deep.exists()


async def test_every_commit_is_synced_to_a_write_ahead_log(sqlite: KeptInSqlite) -> None:
    ledger = sqlite.ledger()
    await ledger.read("someone", 5)

    connection = ledger._file.connection

    assert connection.execute("pragma journal_mode").fetchone() == ("wal",)
    assert connection.execute("pragma synchronous").fetchone() == (2,)


async def test_closed_ledger_opens_again(sqlite: KeptInSqlite, user: str) -> None:
    ledger = sqlite.ledger()
    await written(ledger, user, Usage(mints=(1,)))
    ledger.close()

    reading = await ledger.read(user, 5)

    assert reading.usage.mints == (1,)


def _in_a_file(folder: Path) -> Path:
    (folder / "file").write_text("no folder")
    return folder / "file" / "ledger.sqlite3"


def _a_folder(folder: Path) -> Path:
    (folder / "folder").mkdir()
    return folder / "folder"


def _no_database(folder: Path) -> Path:
    (folder / "ledger.sqlite3").write_bytes(b"this is not what a database looks like" * 200)
    return folder / "ledger.sqlite3"


@pytest.mark.parametrize("place", [_in_a_file, _a_folder, _no_database])
async def test_file_that_cannot_be_used_is_an_unavailable_store(
    tmp_path: Path, place: Callable[[Path], Path]
) -> None:
    with closing(SqliteLedger(place(tmp_path))) as ledger:
        with pytest.raises(StoreUnavailable):
            await ledger.read("someone", 5)
        with pytest.raises(StoreUnavailable):
            await ledger.write("someone", Usage(), None, 5)


DEEP = "[" * 10_000


@pytest.mark.parametrize(
    "text", ["", "no JSON", "[1]", "null", '"text"', "7", DEEP], ids=lambda text: text[:8]
)
def test_text_that_is_no_document_is_no_usage(sqlite: KeptInSqlite, user: str, text: str) -> None:
    sqlite.books.put_text(user, text)

    async def read_and_write() -> None:
        ledger = sqlite.ledger()
        with pytest.raises(StoreUnavailable):
            await ledger.read(user, 5)
        with pytest.raises(Conflict):  # there is something, and it stays
            await ledger.write(user, Usage(), None, 5)

    asyncio.run(read_and_write())
