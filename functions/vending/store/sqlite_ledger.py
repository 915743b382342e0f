"""Usage in a SQLite file: the ledger of one machine, safe among its processes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic_core import from_json, to_json

from vending.clock import DAY_MS, clock_ms
from vending.limits.reading import Reading
from vending.limits.usage import Document, Usage
from vending.store.retry import Conflict
from vending.store.sqlite_file import SqliteFile

# With row ids: without, a document of 1 KB or more does not fit the page its row is on.
_SCHEMA = """
create table if not exists live_token_users (
    user text primary key, version integer not null, document text not null
)
"""
# Each statement is a transaction: whether a row was changed says whether nobody else had written.
_SELECT = "select version, document from live_token_users where user = ?"
_INSERT = "insert into live_token_users values (?, 1, ?) on conflict do nothing"
_UPDATE = """
update live_token_users set version = version + 1, document = ? where user = ? and version = ?
"""
_NEXT = """
select max(user), count(*)
from (select user from live_token_users where user > ? order by user limit ?)
"""
# An index would find them at once, and cost each mint a tenth of its write. What is no JSON stays.
_FORGET = """
delete from live_token_users where user > ? and user <= ? and user != ? and json_valid(document)
and json_extract(document, '$.last') between 1 and ?
"""
_SPENT = "select coalesce(sum(json_extract(document, ?)), 0) from live_token_users"
USERS_KEPT_MS = 2 * DAY_MS  # as in Firestore
LOOKED_AT = 100  # users at once: a millisecond or two
LOOKS_EACH_MS = 1000
_KNOWN = Usage().document().keys()


@dataclass(frozen=True, slots=True)
class _Version:
    """A document as read: its number, and the fields that another revision of the code has added,
    which go back as they came.
    """

    number: int
    unknown: Document


class SqliteLedger:
    """A `Ledger` in the file `path`, which is made, with its folder, on first use."""

    def __init__(self, path: Path, clock_ms: Callable[[], int] = clock_ms) -> None:
        self._file = SqliteFile(path, _SCHEMA)
        self._clock_ms = clock_ms
        self._looked_ms = 0
        self._looked_at = ""  # up to this user

    async def read(self, user: str, timeout_s: float) -> Reading:  # noqa: ARG002 - never waits
        """Read a user's usage, at this machine's time."""
        with self._file.errors():
            row = self._file.connection.execute(_SELECT, (user,)).fetchone()
            if row is None:
                return Reading.at(self._clock_ms(), Usage(), None)
            document = from_json(row[1])
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
        """Write a user's usage if its version is still `if_version`, and then forget some others
        who have been away for two days.

        Raises:
            Conflict: it is not, or another process is writing.
        """
        with self._file.errors():
            if isinstance(if_version, _Version):
                document = to_json({**if_version.unknown, **usage.document()}).decode()
                number = if_version.number
                done = self._file.connection.execute(_UPDATE, (document, user, number))
            else:
                document = to_json(usage.document()).decode()
                done = self._file.connection.execute(_INSERT, (user, document))
            if done.rowcount != 1:
                raise Conflict(user)
        self._forget_others(user)

    def _forget_others(self, user: str) -> None:
        """Look at some users, the next ones each second, and forget who has been away; what was
        written is written.
        """
        now = self._clock_ms()
        if abs(now - self._looked_ms) < LOOKS_EACH_MS:
            return
        self._looked_ms, after = now, self._looked_at
        with suppress(sqlite3.Error):
            connection = self._file.connection
            last, users = connection.execute(_NEXT, (after, LOOKED_AT)).fetchone()
            self._looked_at = last if users == LOOKED_AT else ""
            connection.execute(_FORGET, (after, last, user, now - USERS_KEPT_MS - 1))

    async def spent(self, day: str, timeout_s: float) -> int:  # noqa: ARG002 - never waits
        """Sum up what all users spent on a day, in micros."""
        with self._file.errors():
            (micros,) = self._file.connection.execute(_SPENT, (f"$.spent.{day}",)).fetchone()
        return int(micros)

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        self._file.close()
