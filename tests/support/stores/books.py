"""The ledgers as an auditor sees them: read, seeded and dumped from outside the functions."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

from google.cloud.firestore import Client

from support.servers.canaries import Evidence
from support.stores.firestore_emulator import Firestore
from vending.limits.usage import Usage

_COLLECTION = "live_token_users"
_SCHEMA = """create table if not exists live_token_users (
    user text primary key, version integer not null, document text not null) without rowid"""


class Books(Protocol):
    """One ledger. `url` is what LIVE_API_LEDGER is set to."""

    url: str
    environ: dict[str, str]

    def row(self, user: str) -> tuple[object, dict[str, Any]] | None:
        """Return a user's document and its version."""
        ...

    def put(self, user: str, document: Mapping[str, Any]) -> None:
        """Put a user's document in place."""
        ...

    def seed(self, user: str, usage: Usage) -> None:
        """Put a user's document in place, as the ledger would write it."""
        self.put(user, usage.document())

    def hand_in(self, evidence: Evidence) -> None:
        """Dump everything."""
        ...


class SqliteBooks(Books):
    """The SQLite ledger's file."""

    def __init__(self, path: Path) -> None:
        self.url = f"sqlite:///{path}"
        self.environ: dict[str, str] = {}
        self._path = path

    def row(self, user: str) -> tuple[object, dict[str, Any]] | None:
        query = "select version, document from live_token_users where user = ?"
        with self._open() as connection:
            row = connection.execute(query, (user,)).fetchone()
        return None if row is None else (row[0], json.loads(row[1]))

    def versions(self) -> list[tuple[str, int]]:
        """Return how often each user's row was written."""
        with self._open() as connection:
            return connection.execute("select user, version from live_token_users").fetchall()

    def put(self, user: str, document: Mapping[str, Any]) -> None:
        self.put_text(user, json.dumps(document))

    def put_text(self, user: str, text: str) -> None:
        """Put whatever text in place of a document."""
        insert = "insert or replace into live_token_users values (?, 1, ?)"
        with self._open() as connection:
            connection.execute(insert, (user, text))

    def hand_in(self, evidence: Evidence) -> None:
        with self._open() as connection:
            evidence.keep("sqlite-text", "\n".join(connection.iterdump()))
        for path in self._path.parent.glob(f"{self._path.name}*"):
            evidence.keep("sqlite-file", path.read_bytes())

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=10, isolation_level=None)) as connection:
            connection.execute("pragma journal_mode = wal")
            connection.execute(_SCHEMA)
            yield connection


class FirestoreBooks(Books):
    """The Firestore ledger's database. `host` may be a proxy before the emulator."""

    def __init__(self, firestore: Firestore, host: str | None = None) -> None:
        self.url = firestore.ledger_url
        self.environ = {"FIRESTORE_EMULATOR_HOST": host or firestore.host}
        self._firestore = firestore
        self._client = Client(project=firestore.project, database=firestore.database)

    def row(self, user: str) -> tuple[object, dict[str, Any]] | None:
        snapshot = self._client.collection(_COLLECTION).document(user).get()
        document = snapshot.to_dict()
        return None if document is None else (snapshot.update_time, document)

    def put(self, user: str, document: Mapping[str, Any]) -> None:
        self._client.collection(_COLLECTION).document(user).set(dict(document))

    def hand_in(self, evidence: Evidence) -> None:
        evidence.keep("firestore", json.dumps(self._firestore.dump(), ensure_ascii=False))

    def close(self) -> None:
        """Close the channel."""
        self._client.close()  # type: ignore[no-untyped-call]
