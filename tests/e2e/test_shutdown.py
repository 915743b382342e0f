"""An instance that is told to stop finishes its requests: a deployment interrupts nobody."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import httpx2
import pytest

from emulator.process import EmulatedGemini
from support.identity.issuer import People
from support.people.callers import Callers
from support.servers.canaries import Evidence
from support.servers.fleet import fleet
from support.stores.books import SqliteBooks

MINT_S = 1.5
ENDS_WITHIN_S = 10  # then Cloud Run kills


async def test_mints_under_way_are_answered_and_new_ones_refused_a_connection(
    gemini: EmulatedGemini, people: People, evidence: Evidence, tmp_path: Path
) -> None:
    books = SqliteBooks(tmp_path / "livepass.sqlite3")
    with fleet(1, books, gemini.url, people, evidence) as running:
        gemini.set(mint_latency_s=MINT_S)
        persons = [running.person() for _ in range(5)]
        async with Callers(running) as callers:
            under_way = [asyncio.create_task(callers.mint(p.id_token)) for p in persons]
            await asyncio.sleep(MINT_S / 2)
            began = time.monotonic()
            os.kill(running.masters[0], signal.SIGTERM)

            answers = await asyncio.gather(*under_way)
            ended_s = await _ended(running.masters[0]) - began
            with pytest.raises(httpx2.ConnectError):
                await callers.mint(persons[0].id_token)

        assert [answer.status for answer in answers] == [201] * 5
        assert [running.counted(person) for person in persons] == [1] * 5
        assert ended_s < ENDS_WITHIN_S


async def _ended(pid: int) -> float:
    """Wait until a process of ours is gone, or dead and not asked after; tell when."""
    for _ in range(ENDS_WITHIN_S * 100):
        if _is_dead(pid):
            break
        await asyncio.sleep(0.01)
    assert _is_dead(pid), "it goes on"
    return time.monotonic()


def _is_dead(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].startswith("Z")
    except FileNotFoundError:
        return True
