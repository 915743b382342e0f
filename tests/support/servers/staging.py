"""Fleets of staged servers: one for each ledger, with the file that scripts their steps."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from emulator.process import EmulatedGemini
from support.identity.issuer import People
from support.people.callers import Callers
from support.servers.canaries import Evidence
from support.servers.fleet import STAGED, Fleet, fleet
from support.servers.stages import Stage
from support.stores.books import Books

BATCH = 3  # tokens at once, at most


@dataclass(frozen=True, slots=True)
class Theatre:
    """One staged server, the file that scripts its steps, and callers."""

    fleet: Fleet
    stage: Stage
    callers: Callers


@contextmanager
def staged(
    books: Books, gemini: EmulatedGemini, people: People, evidence: Evidence, folder: Path
) -> Iterator[tuple[Fleet, Stage]]:
    """Run one staged server."""
    stage = Stage(folder / f"stage-{uuid4().hex[:8]}")
    with fleet(
        1,
        books,
        gemini.url,
        people,
        evidence,
        source=STAGED,
        STAGED_FILE=stage.name,
        LIVE_API_MAX_BATCH=str(BATCH),
    ) as running:
        yield running, stage


@pytest.fixture(scope="session", params=["sqlite", "firestore"])
def staged_fleet(
    request: pytest.FixtureRequest,
    gemini_process: EmulatedGemini,
    people: People,
    evidence: Evidence,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Fleet, Stage]]:
    books: Books = request.getfixturevalue(f"{request.param}_books")
    folder = tmp_path_factory.mktemp("stage")
    with staged(books, gemini_process, people, evidence, folder) as running:
        yield running


@pytest.fixture
async def theatre(
    staged_fleet: tuple[Fleet, Stage], gemini: EmulatedGemini
) -> AsyncIterator[Theatre]:
    running, stage = staged_fleet
    async with Callers(running) as callers:
        yield Theatre(running, stage, callers)
    stage.clear()
