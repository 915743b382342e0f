"""An old and a new revision of the functions on one ledger, as during a deploy: exact together, and
what the new one keeps is not lost by the old one's writing. The old one is the first that vends,
and the last before sessions knew of handovers.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import tarfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from emulator.process import EmulatedGemini
from support.identity.issuer import People
from support.people.callers import Answer, Callers
from support.runs import tables
from support.servers.canaries import Evidence
from support.servers.fleet import ROOT, TIERS, Fleet, Person, fleet
from support.stores.aging import age
from support.stores.books import Books
from vending.limits.session import Session
from vending.limits.usage import Usage

FIRST = "d68375605112"  # the first revision that vends
BEFORE = "19c6b3276ac0"  # the last that keeps sessions that are over in records, and no handovers
CROWD = 24
TRIALS = 3
LIMIT = 10
SESSION, MODEL = "5" * 24, "gemini-3.8-live"
OLD, NEW = 0, 1  # servers
HEADS = (
    "ledger",
    "revision",
    "callers",
    "admitted",
    "a newer revision's fields",
    "cases",
    "passed",
    "worst",
    "seed",
)


@dataclass(frozen=True, slots=True)
class Old:
    """An older revision, and its entry point."""

    revision: str
    source: Path

    @property
    def settings(self) -> dict[str, Any]:
        """What the first revision does not know, it does not start with."""
        if self.revision != FIRST:
            return {}
        tiers = {name: {k: v for k, v in of.items() if k != "batch"} for name, of in TIERS.items()}
        return {"LIVE_API_ABUSE": None, "LIVE_API_TIERS": json.dumps(tiers)}


@pytest.fixture(scope="module", params=[FIRST, BEFORE], ids=["first", "before"])
def old(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Old:
    """Take a revision out of the history; a shallow clone has none, and fails in CI."""
    revision = str(request.param)
    archive = ["git", "archive", revision, "functions"]
    taken = subprocess.run(archive, cwd=ROOT, capture_output=True, check=False)
    if taken.returncode:
        without = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        without(f"this clone has no history: {taken.stderr.decode().strip()}")
    folder = tmp_path_factory.mktemp("old")
    with tarfile.open(fileobj=io.BytesIO(taken.stdout)) as tar:
        tar.extractall(folder, filter="data")
    return Old(revision, folder / "functions" / "main.py")


@pytest.fixture
def both(
    old: Old, books: Books, gemini: EmulatedGemini, people: People, evidence: Evidence
) -> Iterator[Fleet]:
    """Run an old server and a new one, in this order."""
    with (
        fleet(1, books, gemini.url, people, evidence, source=old.source, **old.settings) as olds,
        fleet(1, books, gemini.url, people, evidence) as news,
    ):
        yield replace(olds, urls=olds.urls + news.urls)


async def test_old_and_new_revision_are_exact_together(
    old: Old, ledger: str, both: Fleet, callers: Callers
) -> None:
    for _ in range(TRIALS):
        await crowd_and_refreshes(both, callers)

    row = (ledger, old.revision[:7], CROWD, f"{LIMIT} each", "kept", TRIALS, TRIALS, "exact")
    tables.add("An older revision and this one on one ledger", HEADS, (*row, "none"))


async def test_token_of_an_older_revision_is_another_talk_and_new_fields_survive_it(
    both: Fleet, callers: Callers
) -> None:
    person, now = both.person(), time.time_ns() // 1_000_000
    tokens = {"a": now + 60_000, "b": now + 600_000}
    known = Session(
        SESSION,
        MODEL,
        now,
        now,
        tokens,
        issued={"a": now - 1000, "b": now - 1000},
        uses={"a": 2},
        handovers={"b": "a"},
        pause_handover=now - 500,
    )
    both.books.seed(person.alias, Usage(last=now, sessions=(known,)))
    assert known.talks(now) == 2

    by_old = await refresh(callers, person, SESSION, at=OLD)
    session = both.usage(person).session(SESSION)
    told = await callers.call("GET", f"/sessions/{SESSION}", person.id_token, at=NEW)
    usage = await callers.call("GET", "/usage", person.id_token, at=NEW)

    assert by_old.status == 201
    assert session
    assert replace(session, tokens=tokens, active=now, micros=0, requested={}) == known
    assert (told.body["activeTokens"], told.body["handoverAt"]) == (3, None)
    assert usage.body["sessions"]["active"] == 3


async def test_sessions_that_are_over_are_told_whoever_put_them_away(
    both: Fleet, callers: Callers
) -> None:
    person, minted = both.person(), list[str]()
    for at in (NEW, OLD, OLD, NEW, OLD, NEW):
        answer = await callers.mint(person.id_token, at=at)
        assert answer.status == 201
        minted.append(answer.body["session"]["id"])
        listed = await callers.call("GET", "/sessions", person.id_token, at=OLD)
        assert listed.status == 200
        age(both.books, person.alias, 40 * 60)

    listed = await callers.call("GET", "/sessions", person.id_token, at=NEW)

    assert {each["id"] for each in listed.body["sessions"]} == {*minted}
    row = both.books.row(person.alias)
    assert row
    assert not row[1]["past"].get("records")


async def refresh(callers: Callers, person: Person, session: str, at: int) -> Answer:
    body = {"sessionId": session}
    return await callers.call("POST", "/refresh", person.id_token, body=body, at=at)


async def crowd_and_refreshes(both: Fleet, callers: Callers) -> None:
    """Let a crowd in on both, and refresh on both a session that a newer revision began."""
    person, now = both.person(), time.time_ns() // 1_000_000
    begun = Session(SESSION, MODEL, now, now, {"c": now + 600_000}, unknown={"nextField": 7})
    both.books.seed(person.alias, Usage(last=now, sessions=(begun,)))

    crowd = await callers.crowd(CROWD, person.id_token)
    refreshed = [await refresh(callers, person, SESSION, at=at) for at in (OLD, NEW)]

    usage = both.usage(person)
    session = usage.session(SESSION)
    assert Counter(a.status for a in crowd) == {201: LIMIT, 429: CROWD - LIMIT}
    assert [a.status for a in refreshed] == [201, 201]
    assert (len(usage.mints), len(usage.refreshes)) == (LIMIT, 2)
    assert session
    assert (len(session.tokens), session.unknown) == (3, {"nextField": 7})
