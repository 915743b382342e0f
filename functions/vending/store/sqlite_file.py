"""A SQLite file that processes of one machine share, and what its errors mean.

Write-ahead log, every commit synced. No call waits for a lock inside SQLite: a busy database is a
conflict, which the caller retries, so the event loop is never blocked. The file must be on a local
file system, never on NFS or in a bucket.
"""

from __future__ import annotations

import os
import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vending.errors import StoreUnavailable
from vending.store.retry import STORE_RETRY_AFTER_S, Conflict

_OPEN_S = 5.0
PRIVATE = 0o600


class SqliteFile:
    """The file `path`, which is made, with its folder and tables, on first use."""

    def __init__(self, path: Path, *schema: str) -> None:
        self._path = path
        self._schema = schema
        self._opened: sqlite3.Connection | None = None
        self._closing: weakref.finalize[[], SqliteFile] | None = None

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection, opened by the first call."""
        if self._opened is None:
            self._opened = self._open()
        return self._opened

    def _open(self) -> sqlite3.Connection:
        keep_private(self._path)
        connection = sqlite3.connect(
            self._path, timeout=_OPEN_S, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = full")
            for statement in self._schema:
                connection.execute(statement)
            connection.execute("pragma busy_timeout = 0")
        except BaseException:
            connection.close()
            raise
        # At the end of the process, too, from whichever thread: the last one to close the file
        # takes -wal and -shm away, and nothing is left to recover.
        self._closing = weakref.finalize(self, connection.close)
        return connection

    @contextmanager
    def locked(self) -> Iterator[sqlite3.Connection]:
        """Hold the write lock, and commit at the end."""
        connection = self.connection
        connection.execute("begin immediate")
        try:
            yield connection
            connection.execute("commit")
        finally:
            if connection.in_transaction:
                connection.execute("rollback")

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Name what goes wrong as the ledger does. What is no conflict may stay with the
        connection, as with a file that was read-only when it was opened: the next call opens
        another.
        """
        try:
            yield
        except sqlite3.Error as error:
            if isinstance(error, sqlite3.OperationalError) and _is_busy(error):
                raise Conflict("busy") from error
            with suppress(sqlite3.Error):
                self.close()
            raise StoreUnavailable(f"sqlite: {error}", retry_after_s=STORE_RETRY_AFTER_S) from error
        except (OSError, ValueError, TypeError, RecursionError) as error:
            raise StoreUnavailable(f"sqlite: {error}", retry_after_s=STORE_RETRY_AFTER_S) from error

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        self._opened = None
        if self._closing:
            self._closing()


def keep_private(path: Path) -> None:
    """Make a file and its folder, or take the file from others' eyes, and what lies beside it: the
    files that SQLite makes later get the file's own mode.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):  # opened only where it is new: closing it ends others' locks
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, PRIVATE))
    for each in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))):
        with suppress(OSError):  # another user's, or not there
            if each.stat().st_mode & 0o077:
                each.chmod(PRIVATE)


def _is_busy(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
