"""Health reports whether tokens can be vended: failures show, and clear by themselves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from emulator.process import EmulatedGemini
from support.identity.issuer import People
from support.people.callers import Answer, Callers
from support.runs.margin import MARGIN_S
from support.servers.canaries import Evidence
from support.servers.fleet import Fleet, fleet
from support.servers.stages import Deed, Script
from support.servers.staging import Theatre
from support.stores.books import SqliteBooks
from support.stores.damage import DAMAGES, CannotBeDone, small_disk
from vending.limits.usage import Usage
from vending.operations.public import EACH_S, QUIET_S
from vending.store.retry import STORE_PATIENCE_S
from vending.store.sqlite_ledger import SqliteLedger

SHOWS_S = 5.0
PATIENCE_S = 20.0
GONE = (503, "store-unavailable")


async def health(callers: Callers) -> Answer:
    return await callers.call("GET", "/health", "of-nobody")


async def after_s(callers: Callers, status: int, within_s: float) -> float:
    """Ask until the answer is this one; tell how long it took."""
    began = time.monotonic()
    while (answer := await health(callers)).status != status:
        passed_s = time.monotonic() - began
        assert passed_s < within_s + MARGIN_S, (
            f"still {answer.status} {answer.body} after {passed_s:.1f} s"
        )
        await asyncio.sleep(0.1)
    return time.monotonic() - began


@pytest.fixture
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """Return a folder: for a full disk one on a small disk of its own."""
    with ExitStack() as stack:
        folder = tmp_path / "disk"
        try:
            if request.getfixturevalue("kind") == "full disk":
                stack.enter_context(small_disk(folder))
        except CannotBeDone as reason:
            pytest.skip(f"this needs the right to mount: {reason}")
        yield folder


@pytest.fixture
async def server(
    disk: Path, gemini_process: EmulatedGemini, people: People, evidence: Evidence
) -> AsyncIterator[Fleet]:
    path = disk / "livepass.sqlite3"
    ledger = SqliteLedger(path)
    await ledger.write("somebody", Usage(last=1), None, 1)
    with fleet(1, SqliteBooks(path), gemini_process.url, people, evidence) as running:
        yield running
    ledger.close()


@pytest.mark.parametrize("kind", DAMAGES)
async def test_file_that_takes_no_charge_shows_and_clears_by_itself(
    kind: str, disk: Path, server: Fleet
) -> None:
    person = server.person()
    async with Callers(server) as callers:
        try:
            with DAMAGES[kind](disk / "livepass.sqlite3", server):
                shown_s = await after_s(callers, 503, SHOWS_S)
                told = await health(callers)
                minted = await callers.mint(person.id_token)
        except CannotBeDone as reason:
            pytest.skip(f"{kind}: {reason}")
        cleared_s = await after_s(callers, 200, QUIET_S + 2 * EACH_S)
        again = await callers.mint(person.id_token)

    assert told.body["status"] == "degraded"
    assert told.body["checks"] == {"identity": "ok", "ledger": "failing", "gemini": "unknown"}
    assert (minted.status, minted.code) == GONE
    assert again.status == 201
    assert server.counted(person) == 1
    print(f"{kind}: shown after {shown_s:.1f} s, cleared after {cleared_s:.1f} s")


@pytest.mark.parametrize("kind", ["lock held elsewhere"])
async def test_what_breaks_right_after_a_charge_shows_though_nobody_asks_for_a_token(
    kind: str, disk: Path, server: Fleet
) -> None:
    async with Callers(server) as callers:
        assert (await callers.mint(server.person().id_token)).status == 201
        assert (await health(callers)).status == 200

        with DAMAGES[kind](disk / "livepass.sqlite3", server):
            shown_s = await after_s(callers, 503, QUIET_S + STORE_PATIENCE_S + EACH_S)

    assert shown_s > QUIET_S - EACH_S


@pytest.mark.parametrize("deed", ["outcome unknown", "conflict"])
async def test_charge_that_fails_shows_at_once_on_either_ledger(
    theatre: Theatre, deed: Deed
) -> None:
    person, callers = theatre.fleet.person(), theatre.callers
    await after_s(callers, 200, QUIET_S + 2 * EACH_S)
    await charged(theatre)

    theatre.stage.set(Script(deed, "before-write", always=True))
    failed = await callers.mint(person.id_token)
    await after_s(callers, 503, SHOWS_S)
    theatre.stage.clear()
    await after_s(callers, 200, QUIET_S + STORE_PATIENCE_S + EACH_S)

    assert (failed.status, failed.code) == GONE


async def charged(theatre: Theatre) -> None:
    """Mint until it succeeds, which on a busy machine may take a while."""
    person, deadline = theatre.fleet.person(), time.monotonic() + PATIENCE_S
    while (answer := await theatre.callers.mint(person.id_token)).status != 201:
        assert time.monotonic() < deadline, f"still {answer.status} {answer.code}"


@pytest.mark.parametrize("kind", ["flood"])
async def test_flood_of_questions_is_a_write_a_second_at_most(
    kind: str,
    server: Fleet,
    disk: Path,
) -> None:
    database = SqliteBooks(disk / "livepass.sqlite3")
    began, asked = time.monotonic(), 0
    async with Callers(server) as callers:
        while asked < 200 or time.monotonic() - began < 2 * EACH_S:
            answers = await asyncio.gather(*(health(callers) for _ in range(20)))
            asked += len(answers)
            assert {answer.status for answer in answers} == {200}
    took_s = time.monotonic() - began

    (writes,) = [version for name, version in database.versions() if name.startswith("health-")]
    assert 1 <= writes <= 1 + took_s / QUIET_S
