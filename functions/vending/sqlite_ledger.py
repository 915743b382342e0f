"""Usage in a SQLite file: the ledger of one machine, safe among its processes.

Write-ahead log, every commit synced. No call waits for a lock inside SQLite: a busy database is a
conflict, and the account tries again, so the event loop never stands still. One local file system;
never NFS or a bucket.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from vending.errors import StoreUnavailable
from vending.ledger import RETRY_AFTER_S, Conflict, Reading
from vending.usage import Usage

_OPEN_S = 5.0
_SCHEMA = """
create table if not exists live_token_users (
    user text primary key, version integer not null, document text not null
) without rowid
"""


def _clock_ms() -> int:
    return time.time_ns() // 1_000_000


class SqliteLedger:
    """A `Ledger` in the file `path`, which is made, with its folder, on first use."""

    def __init__(self, path: Path, clock_ms: Callable[[], int] = _clock_ms) -> None:
        self._path = path
        self._clock_ms = clock_ms
        self._opened: sqlite3.Connection | None = None

    async def read(self, user: str, timeout_s: float) -> Reading:  # noqa: ARG002 - never waits
        """Read a user's usage, at this machine's time."""
        with _store_errors():
            row = self._row(user)
            usage, version = (Usage.of(json.loads(row[1])), row[0]) if row else (Usage(), None)
            return Reading.at(self._clock_ms(), usage, version)

    async def write(
        self,
        user: str,
        usage: Usage,
        if_version: object | None,
        timeout_s: float,  # noqa: ARG002 - never waits
    ) -> None:
        """Write a user's usage if its version is still `if_version`.

        Raises:
            Conflict: it is not, or another process is writing.
        """
        with _store_errors(), self._locked() as connection:
            row = self._row(user)
            if (row[0] if row else None) != if_version:
                raise Conflict(user)
            kept = json.loads(row[1]) if row else {}
            document = json.dumps({**kept, **usage.document()}, separators=(",", ":"))
            connection.execute(
                "insert or replace into live_token_users values (?, ?, ?)",
                (user, (row[0] if row else 0) + 1, document),
            )

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        if self._opened:
            self._opened.close()
        self._opened = None

    def _row(self, user: str) -> tuple[int, str] | None:
        query = "select version, document from live_token_users where user = ?"
        row: tuple[int, str] | None = self._connection().execute(query, (user,)).fetchone()
        return row

    @contextmanager
    def _locked(self) -> Iterator[sqlite3.Connection]:
        connection = self._connection()
        connection.execute("begin immediate")
        try:
            yield connection
            connection.execute("commit")
        finally:
            if connection.in_transaction:
                connection.execute("rollback")

    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self._path, timeout=_OPEN_S, isolation_level=None)
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = full")
            connection.execute(_SCHEMA)
            connection.execute("pragma busy_timeout = 0")
            self._opened = connection
        return self._opened


@contextmanager
def _store_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise Conflict("busy") from error
        raise StoreUnavailable(f"sqlite: {error}", retry_after_s=RETRY_AFTER_S) from error
    except (sqlite3.Error, OSError, ValueError, TypeError, RecursionError) as error:
        raise StoreUnavailable(f"sqlite: {error}", retry_after_s=RETRY_AFTER_S) from error
