"""The audit trail of one machine: the newest lines, in a SQLite file beside the ledger.

It never delays a request: a line that cannot be written at once is only in the log. In Google
Cloud, the trail is Cloud Logging's.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
import weakref
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, TextIO

from vending.audit.event import AuditEvent
from vending.audit.log import AuditLog
from vending.audit.reader import HEARTBEAT, Entries, Entry, Query, kept_fields
from vending.errors import AuditUnavailable
from vending.store.sqlite_file import keep_private

MOST_LINES_KEPT = 50_000
_TRIMMED_EVERY = 500
_SCHEMA = """
create table if not exists audit_lines (
    id integer primary key autoincrement, at integer not null,
    user text not null, event text not null, operation text not null, line text not null
)
"""
_QUERY = """
select at, line from audit_lines where at > :since
and (:user = '' or user = :user) and (:event = '' or event = :event)
and (:operations = '[]' or operation in (select value from json_each(:operations)))
order by id desc limit :most + 1
"""


class SqliteTrail:
    """An `AuditTrail` in the file `path`, and what writes it."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._opened: sqlite3.Connection | None = None

    def keep(self, line: str) -> None:
        """Keep what admins may see of a line of the log; of too many, the oldest go."""
        fields = kept_fields(json.loads(line))
        at = int(self._clock() * 1000)
        entry = Entry.of(at, fields)
        if entry.event == HEARTBEAT:
            return
        row = (at, entry.user, entry.event, entry.operation, json.dumps(fields))
        with suppress(sqlite3.Error, OSError):
            connection = self._connection()
            values = "insert into audit_lines values (null, ?, ?, ?, ?, ?)"
            kept = connection.execute(values, row).lastrowid or 0
            if kept % _TRIMMED_EVERY == 0:
                oldest = kept - MOST_LINES_KEPT
                connection.execute("delete from audit_lines where id <= ?", (oldest,))

    async def entries(self, query: Query) -> Entries:
        """Read them, in a thread: tens of thousands take a while."""
        try:
            return await asyncio.to_thread(self._entries, query)
        except (sqlite3.Error, OSError, ValueError) as error:
            raise AuditUnavailable(f"sqlite: {error}") from error

    def close(self) -> None:
        """Close the file; the next line opens it again."""
        if self._opened:
            self._opened.close()
        self._opened = None

    def _entries(self, query: Query) -> Entries:
        parameters = {
            "since": query.since,
            "most": query.most,
            "user": query.user,
            "event": query.event,
            "operations": json.dumps(query.operations),
        }
        with closing(self._open()) as connection:
            rows = connection.execute(_QUERY, parameters).fetchall()
        entries = tuple(Entry.of(at, json.loads(line)) for at, line in rows[: query.most])
        return Entries(entries, cut=len(rows) > query.most)

    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            self._opened = self._open()
            weakref.finalize(self, self._opened.close)  # as with the ledger's; see SqliteFile
        return self._opened

    def _open(self) -> sqlite3.Connection:
        keep_private(self._path)
        connection = sqlite3.connect(
            self._path, timeout=0.05, isolation_level=None, check_same_thread=False
        )
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = off")  # the last lines may be lost with the power
        connection.execute(_SCHEMA)
        return connection


class KeptAuditLog(AuditLog):
    """An `AuditLog` whose lines a trail keeps, too."""

    def __init__(
        self, project: str, kept: SqliteTrail, stream: TextIO | None = None, *, secret: str = ""
    ) -> None:
        super().__init__(project, stream, secret=secret)
        self._kept = kept

    def write(self, event: AuditEvent) -> None:
        """Write one line, and keep what admins may see of it."""
        super().write(event)
        self._kept.keep(self._structured(event))

    def note(self, event: str, facts: Mapping[str, Any], severity: str = "WARNING") -> None:
        """Write one line of what happened beside the requests, and keep it."""
        super().note(event, facts, severity)
        self._kept.keep(json.dumps({"event": event, **facts}))
