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
from dataclasses import dataclass
from pathlib import Path

from vending.errors import StoreUnavailable
from vending.ledger import RETRY_AFTER_S, Conflict, Reading
from vending.usage import Document, Usage

_OPEN_S = 5.0
_SCHEMA = """
create table if not exists live_token_users (
    user text primary key, version integer not null, document text not null
) without rowid
"""
# Each statement is a transaction: whether a row was changed says whether nobody else had written.
_SELECT = "select version, document from live_token_users where user = ?"
_INSERT = "insert into live_token_users values (?, 1, ?) on conflict do nothing"
_UPDATE = """
update live_token_users set version = version + 1, document = ? where user = ? and version = ?
"""
_KNOWN = Usage().document().keys()
_to_json = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class _Version:
    """A document as read: its number, and the fields that another revision of the code has added,
    which go back as they came.
    """

    number: int
    unknown: Document


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
            row = self._connection().execute(_SELECT, (user,)).fetchone()
            if row is None:
                return Reading.at(self._clock_ms(), Usage(), None)
            document = json.loads(row[1])
            usage = Usage.of(document)
            unknown = {name: value for name, value in document.items() if name not in _KNOWN}
            return Reading.at(self._clock_ms(), usage, _Version(row[0], unknown))

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
        with _store_errors():
            if isinstance(if_version, _Version):
                document = _to_json({**if_version.unknown, **usage.document()})
                number = if_version.number
                done = self._connection().execute(_UPDATE, (document, user, number))
            else:
                document = _to_json(usage.document())
                done = self._connection().execute(_INSERT, (user, document))
            if done.rowcount != 1:
                raise Conflict(user)

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        if self._opened:
            self._opened.close()
        self._opened = None

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
