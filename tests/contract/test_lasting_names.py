"""Names and limits that exist outside the code as well: changing them here alone would lose counts,
open what was closed, or exhaust file handles.
"""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest

from vending.identity import bearer
from vending.store import firestore
from vending.store.sqlite_documents import SqliteDocuments
from vending.store.sqlite_ledger import SqliteLedger

FIRESTORE_TF = Path(__file__).parents[2] / "infra" / "firestore.tf"


def test_ledger_is_the_collection_whose_garbage_and_sums_terraform_sees_to() -> None:
    collections = re.findall(r'^  collection = "(\w+)"$', FIRESTORE_TF.read_text(), re.MULTILINE)

    assert collections.count(firestore.USERS_COLLECTION) >= 2
    assert firestore.USERS_COLLECTION == "live_token_users"


def test_token_has_16_kib_at_most() -> None:
    assert bearer.MAX_TOKEN_BYTES == 16_384


@pytest.mark.parametrize("kind", [SqliteLedger, SqliteDocuments])
async def test_closed_file_is_let_go(
    tmp_path: Path, kind: type[SqliteLedger | SqliteDocuments]
) -> None:
    opened = kind(tmp_path / "a.sqlite3")
    connection = opened._file.connection

    opened.close()

    with pytest.raises(sqlite3.ProgrammingError, match="closed database"):
        connection.execute("select 1")
