"""Documents in the SQLite file of the ledger, safe among the processes of one machine."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from vending.clock import clock_ms
from vending.store.documents import ANY_VERSION, Fields, Found
from vending.store.retry import Conflict
from vending.store.sqlite_file import SqliteFile

_SCHEMA = (
    """create table if not exists live_token_documents (
    collection text not null, name text not null, version integer not null,
    until integer not null, expires integer not null, document text not null,
    primary key (collection, name)) without rowid""",
    """create index if not exists live_token_documents_until
    on live_token_documents (collection, until)""",
)


class SqliteDocuments:
    """`Documents` in the file `path`, which is made, with its folder, on first use."""

    def __init__(self, path: Path, clock_ms: Callable[[], int] = clock_ms) -> None:
        self._file = SqliteFile(path, *_SCHEMA)
        self._clock_ms = clock_ms

    async def read(self, collection: str, name: str, timeout_s: float) -> Found:  # noqa: ARG002 - never waits
        """Read a document, at this machine's time."""
        with self._file.errors():
            row = self._row(collection, name)
        return Found(row[1] if row else {}, row[0] if row else None, self._clock_ms())

    async def write(
        self,
        collection: str,
        name: str,
        fields: Fields,
        *,
        if_version: object | None,
        expires: int,
        timeout_s: float,  # noqa: ARG002 - never waits
    ) -> None:
        """Write these fields, keep others, and throw away what has expired.

        Raises:
            Conflict: the version is not `if_version`, or another process is writing.
        """
        with self._file.errors(), self._file.locked() as connection:
            now = self._clock_ms()
            connection.execute("delete from live_token_documents where expires <= ?", (now,))
            version, kept = self._row(collection, name) or (None, {})
            if if_version not in (ANY_VERSION, version):
                raise Conflict(name)
            document = {**kept, **fields}
            row = (version or 0) + 1, int(document.get("until", 0)), expires, json.dumps(document)
            connection.execute(
                "insert or replace into live_token_documents values (?, ?, ?, ?, ?, ?)",
                (collection, name, *row),
            )

    async def remove(self, collection: str, name: str, timeout_s: float) -> None:  # noqa: ARG002 - never waits
        """Remove a document, whether or not there is one."""
        statement = "delete from live_token_documents where collection = ? and name = ?"
        with self._file.errors(), self._file.locked() as connection:
            connection.execute(statement, (collection, name))

    async def lasting(
        self,
        collection: str,
        most: int,
        timeout_s: float,  # noqa: ARG002 - never waits
    ) -> tuple[Sequence[Fields], int]:
        """List the documents whose `until` is to come, the latest first, and tell the time."""
        query = (
            "select document from live_token_documents where collection = ? and until > ? "
            "order by until desc limit ?"
        )
        with self._file.errors():
            now = self._clock_ms()
            rows = self._file.connection.execute(query, (collection, now, most)).fetchall()
            return [_fields(text) for (text,) in rows], now

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        self._file.close()

    def _row(self, collection: str, name: str) -> tuple[int, Fields] | None:
        query = (
            "select version, document from live_token_documents where collection = ? and name = ?"
        )
        row = self._file.connection.execute(query, (collection, name)).fetchone()
        return (row[0], _fields(row[1])) if row else None


def _fields(text: str) -> Fields:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError("a document is no object")
    return value
