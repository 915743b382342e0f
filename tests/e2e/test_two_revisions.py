"""An old and a new revision of the functions on one ledger, as during a deploy: exact together, and
what the new one keeps is not lost by the old one's writing.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import tarfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from e2e import tables
from e2e.books import Books
from e2e.callers import Callers
from e2e.canaries import Evidence
from e2e.issuer import People
from e2e.servers import ROOT, TIERS, Fleet, fleet
from emulator.process import EmulatedGemini
from vending.session import Session
from vending.usage import Usage

FIRST = "d68375605112"  # the first revision that vends
CROWD = 24
TRIALS = 3
LIMIT = 10
SESSION, MODEL = "5" * 24, "gemini-3.8-live"
HEADS = (
    "ledger",
    "callers",
    "admitted",
    "a newer revision's fields",
    "cases",
    "passed",
    "worst",
    "seed",
)


@pytest.fixture(scope="module")
def old_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Take the first revision out of the history; a shallow clone has none, and fails in CI."""
    archive = ["git", "archive", FIRST, "functions"]
    taken = subprocess.run(archive, cwd=ROOT, capture_output=True, check=False)
    if taken.returncode:
        without = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        without(f"this clone has no history: {taken.stderr.decode().strip()}")
    folder = tmp_path_factory.mktemp("old")
    with tarfile.open(fileobj=io.BytesIO(taken.stdout)) as tar:
        tar.extractall(folder, filter="data")
    return folder / "functions" / "main.py"


@pytest.mark.parametrize("ledger", ["sqlite", "firestore"])
async def test_old_and_new_revision_are_exact_together(
    request: pytest.FixtureRequest,
    old_source: Path,
    gemini: EmulatedGemini,
    evidence: Evidence,
    ledger: str,
) -> None:
    people: People = request.getfixturevalue("people")
    books: Books = request.getfixturevalue(f"{ledger}_books")
    tiers = {name: {k: v for k, v in of.items() if k != "batch"} for name, of in TIERS.items()}
    # What the first revision does not know, it does not start with.
    unknown: dict[str, Any] = {"LIVE_API_ABUSE": None, "LIVE_API_TIERS": json.dumps(tiers)}
    with (
        fleet(1, books, gemini.url, people, evidence, source=old_source, **unknown) as old,
        fleet(1, books, gemini.url, people, evidence) as new,
    ):
        together = replace(old, urls=old.urls + new.urls)
        async with Callers(together) as callers:
            for _ in range(TRIALS):
                await crowd_and_refreshes(together, callers)

    row = (ledger, CROWD, f"{LIMIT} each", "kept", TRIALS, TRIALS, "exact", "none")
    tables.add("The first revision and this one on one ledger", HEADS, row)


async def crowd_and_refreshes(together: Fleet, callers: Callers) -> None:
    """Let a crowd in on both, and refresh on both a session that a newer revision began."""
    person, now = together.person(), time.time_ns() // 1_000_000
    begun = Session(SESSION, MODEL, now, now, {"c": now + 600_000}, unknown={"nextField": 7})
    together.books.seed(person.alias, Usage(last=now, sessions=(begun,)))

    crowd = await callers.crowd(CROWD, person.id_token)
    refreshed = [
        await callers.call("POST", "/refresh", person.id_token, body={"sessionId": SESSION}, at=at)
        for at in (0, 1)
    ]

    usage = together.usage(person)
    session = usage.session(SESSION)
    assert Counter(a.status for a in crowd) == {201: LIMIT, 429: CROWD - LIMIT}
    assert [a.status for a in refreshed] == [201, 201]
    assert (len(usage.mints), len(usage.refreshes)) == (LIMIT, 2)
    assert session
    assert (len(session.tokens), session.unknown) == (3, {"nextField": 7})
