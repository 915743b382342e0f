"""SQLite's files are readable by their owner only, and inactive users are soon forgotten."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Coroutine
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from support.fakes.memory import NOON, Clock
from vending.audit.sqlite_reader import SqliteTrail
from vending.clock import DAY_MS
from vending.errors import StoreUnavailable
from vending.limits.usage import Usage
from vending.store import firestore
from vending.store.retry import Conflict
from vending.store.sqlite_documents import SqliteDocuments
from vending.store.sqlite_file import SqliteFile
from vending.store.sqlite_ledger import LOOKED_AT, LOOKS_EACH_MS, USERS_KEPT_MS, SqliteLedger

ROWS = 50_000
MOST_STEPS = 10_000  # of SQLite's virtual machine: 3,000 are seen, and a million if it looks at all
LINE = json.dumps({"event": "TOKEN_CREATED", "severity": "INFO"})
OTHERS_EYES = 0o077


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "livepass.sqlite3"


def users(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        return {user for (user,) in connection.execute("select user from live_token_users")}


async def put(ledger: SqliteLedger, user: str, last: int) -> None:
    reading = await ledger.read(user, 1)
    await ledger.write(user, Usage(last=last), reading.version, 1)


class Steps:
    """Counts what SQLite does for a ledger, in hundreds, and keeps the most between two looks."""

    def __init__(self, ledger: SqliteLedger) -> None:
        self.most = self._since = 0
        ledger._file.connection.set_progress_handler(self._count, 100)

    def _count(self) -> None:
        self._since += 100

    def next(self) -> None:
        self.most, self._since = max(self.most, self._since), 0


async def test_rows_of_last_year_vanish_while_others_write(path: Path) -> None:
    clock = Clock(NOON)
    with closing(SqliteLedger(path, clock)) as ledger:
        await put(ledger, "me", NOON)
        old = json.dumps(Usage(last=NOON - 365 * DAY_MS).document())
        with closing(sqlite3.connect(path)) as connection, connection:
            rows = ((f"{n:040x}", old) for n in range(ROWS))
            connection.executemany("insert into live_token_users values (?, 1, ?)", rows)

        steps = Steps(ledger)
        for _ in range(ROWS // LOOKED_AT + 1):
            clock.forward(ms=LOOKS_EACH_MS)
            await put(ledger, "me", clock.ms)
            steps.next()

    assert users(path) == {"me"}
    assert 0 < steps.most < MOST_STEPS


async def test_writes_within_a_second_forget_once(path: Path) -> None:
    clock = Clock(NOON)
    with closing(SqliteLedger(path, clock)) as ledger:
        await put(ledger, "me", NOON)
        for n in range(3):
            await put(ledger, f"away-{n}", NOON - USERS_KEPT_MS - 1)

        clock.forward(ms=LOOKS_EACH_MS - 1)
        await put(ledger, "me", clock.ms)
        before = users(path)
        clock.forward(ms=1)
        await put(ledger, "me", clock.ms)

    assert len(before) == 4
    assert users(path) == {"me"}


async def test_user_is_kept_for_two_days_to_the_millisecond(path: Path) -> None:
    clock = Clock(NOON)
    with closing(SqliteLedger(path, clock)) as ledger:
        await put(ledger, "away", NOON)

        for passed_ms, kept in ((USERS_KEPT_MS, True), (USERS_KEPT_MS + 1, False)):
            clock.ms = NOON + passed_ms
            with closing(SqliteLedger(path, clock)) as another:  # which has not looked just now
                await put(another, "me", clock.ms)
            assert ("away" in users(path)) == kept

    assert timedelta(milliseconds=USERS_KEPT_MS) == firestore.KEPT


async def test_forgotten_user_starts_afresh(path: Path) -> None:
    clock = Clock(NOON)
    with closing(SqliteLedger(path, clock)) as ledger:
        await put(ledger, "away", NOON)
        reading = await ledger.read("away", 1)
        clock.forward(ms=USERS_KEPT_MS + LOOKS_EACH_MS)
        await put(ledger, "me", clock.ms)

        with pytest.raises(Conflict):
            await ledger.write("away", reading.usage, reading.version, 1)
        anew = await ledger.read("away", 1)

    assert (anew.usage, anew.version) == (Usage(), None)


@pytest.mark.parametrize("text", ["no JSON", "[]", '{"last": "never"}', "{}", '{"last": null}'])
async def test_document_that_is_not_ours_keeps_nobody_from_the_others(
    path: Path, text: str
) -> None:
    clock = Clock(NOON)
    with closing(SqliteLedger(path, clock)) as ledger:
        await put(ledger, "me", NOON)
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("insert into live_token_users values ('odd', 1, ?)", (text,))
    with closing(SqliteLedger(path, clock)) as ledger:
        clock.forward(s=2)
        await put(ledger, "me", clock.ms)

        assert (await ledger.read("me", 1)).usage.last == clock.ms


async def test_file_of_before_is_taken_over(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("pragma journal_mode = wal")
        connection.execute(
            "create table live_token_users (user text primary key, version integer not null, "
            "document text not null) without rowid"
        )
        document = json.dumps(Usage(last=NOON).document())
        connection.execute("insert into live_token_users values ('me', 1, ?)", (document,))
    os.chmod(path, 0o644)  # noqa: PTH101 - in a test of a coroutine

    with closing(SqliteLedger(path, Clock(NOON))) as ledger:
        await put(ledger, "me", NOON + 1)
        assert (await ledger.read("me", 1)).usage.last == NOON + 1
        assert modes(path) == {0o600}


def modes(path: Path) -> set[int]:
    found = list(path.parent.glob(f"{path.name}*"))
    assert len(found) >= 3  # the file, its log, and the log's index
    return {each.stat().st_mode & 0o777 for each in found}


Made = Callable[[Path], Coroutine[None, None, Callable[[], None]]]


async def of_ledger(path: Path) -> Callable[[], None]:
    ledger = SqliteLedger(path)
    await put(ledger, "me", NOON)
    return ledger.close


async def of_documents(path: Path) -> Callable[[], None]:
    documents = SqliteDocuments(path)
    await documents.write("c", "n", {}, if_version=None, expires=2**60, timeout_s=1)
    return documents.close


async def of_trail(path: Path) -> Callable[[], None]:
    trail = SqliteTrail(path)
    trail.keep(LINE)
    return trail.close


@pytest.mark.parametrize("made", [of_ledger, of_documents, of_trail])
@pytest.mark.parametrize("was_there", [False, True])
def test_files_are_for_the_eyes_of_their_owner(path: Path, made: Made, was_there: bool) -> None:
    before = os.umask(0o022)
    try:
        if was_there:
            path.parent.mkdir(mode=0o755)
            path.touch(0o644)
        close = asyncio.run(made(path))
    finally:
        os.umask(before)

    assert modes(path) == {0o600}
    if not was_there:
        assert path.parent.stat().st_mode & OTHERS_EYES == 0
    close()


def test_files_beside_it_that_others_could_read_are_taken_from_them(path: Path) -> None:
    with closing(SqliteLedger(path)) as first:
        asyncio.run(put(first, "me", NOON))
        beside = [path.with_name(path.name + end) for end in ("-wal", "-shm")]
        for each in beside:
            each.chmod(0o644)
        with closing(SqliteLedger(path)) as second:
            asyncio.run(second.read("me", 1))

            assert {each.stat().st_mode & 0o777 for each in beside} == {0o600}


def test_file_that_is_no_database_is_refused_each_time(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database" * 100)
    file = SqliteFile(path)

    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="not a database"), file.errors():
            file.connection  # noqa: B018 - opens it


def test_opening_the_file_again_ends_nobody_s_lock(path: Path) -> None:
    """Closing any descriptor of a file ends all the locks that this process has on it (POSIX)."""
    asks = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None)"
    asks += "; c.execute('begin immediate')"
    asyncio.run(of_documents(path))()
    with closing(SqliteLedger(path)) as ledger, closing(SqliteDocuments(path)) as documents:
        asyncio.run(put(ledger, "me", NOON))
        with ledger._file.locked():
            asyncio.run(documents.read("c", "n", 1))
            command = [sys.executable, "-c", asks, str(path)]
            other = subprocess.run(command, capture_output=True, text=True, check=False)

    assert "database is locked" in other.stderr
