"""Ledgers of each kind, over books that go round them, and small steps with them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Protocol

from support.stores.books import Books, FirestoreBooks, SqliteBooks
from support.stores.firestore_emulator import Firestore
from vending.clock import Stopwatch
from vending.limits.reading import Reading
from vending.limits.usage import Usage
from vending.store.firestore import FirestoreLedger
from vending.store.firestore_client import FirestoreClient
from vending.store.ledger import Account, Ledger, SummedLedger
from vending.store.sqlite_ledger import SqliteLedger


class Kept(Protocol):
    """One store; `script` opens a ledger on it in another process."""

    @property
    def books(self) -> Books: ...
    @property
    def script(self) -> str: ...
    def ledger(self) -> SummedLedger:
        """Open another ledger."""
        ...


class KeptInSqlite:
    """A file."""

    def __init__(self, path: Path) -> None:
        self.path, self.books = path, SqliteBooks(path)
        self.script = "from pathlib import Path; "
        self.script += "from vending.store.sqlite_ledger import SqliteLedger; "
        self.script += f"ledger = SqliteLedger(Path({str(path)!r}))"
        self._opened: list[SqliteLedger] = []

    def ledger(self) -> SqliteLedger:
        self._opened.append(SqliteLedger(self.path))
        return self._opened[-1]

    def close(self) -> None:
        """Close all ledgers."""
        for ledger in self._opened:
            ledger.close()


class KeptInFirestore:
    """A database."""

    def __init__(self, emulator: Firestore) -> None:
        self.books = FirestoreBooks(emulator)
        self._place = (emulator.project, emulator.database)
        self.script = "from vending.store.firestore import FirestoreLedger; "
        self.script += "from vending.store.firestore_client import FirestoreClient; "
        self.script += f"ledger = FirestoreLedger(FirestoreClient(*{self._place!r}))"

    def ledger(self) -> FirestoreLedger:
        return FirestoreLedger(FirestoreClient(*self._place))

    def close(self) -> None:
        """Close the books."""
        self.books.close()


async def written(ledger: Ledger, user: str, usage: Usage) -> Reading:
    """Replace what a user has used, and read it."""
    reading = await ledger.read(user, 5)
    await ledger.write(user, usage, reading.version, 5)
    return await ledger.read(user, 5)


def account(ledger: Ledger, user: str = "someone", patience_s: float = 2.5) -> Account:
    return Account(ledger, user, Stopwatch(), patience_s)


def one_more(reading: Reading) -> Usage:
    """Another mint."""
    usage = reading.usage
    return replace(usage, last=reading.now, mints=(*usage.mints, reading.now))
