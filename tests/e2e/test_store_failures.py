"""The ledger cannot be reached: no token is vended, and the answer comes in time."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest

from emulator.process import EmulatedGemini
from support.identity.issuer import People
from support.people.callers import Callers
from support.proxies.line import Line, line_to
from support.runs.margin import MARGIN_S
from support.servers.canaries import Evidence
from support.servers.fleet import Fleet, fleet
from support.stores.books import FirestoreBooks
from support.stores.firestore_emulator import Firestore
from vending.operations.public import QUIET_S
from vending.store.retry import STORE_PATIENCE_S

LIMIT_S = STORE_PATIENCE_S + MARGIN_S
SHOWS_S = QUIET_S + LIMIT_S  # after a charge that has just succeeded
RECOVERY_S = 5 + MARGIN_S
GONE = (503, "store-unavailable")


@dataclass(frozen=True, slots=True)
class Remote:
    """A server whose Firestore is at the end of a line."""

    fleet: Fleet
    firestore: Line


@pytest.fixture(scope="module")
def remote_process(
    e2e_firestore: Firestore, gemini_process: EmulatedGemini, people: People, evidence: Evidence
) -> Iterator[Remote]:
    with line_to(e2e_firestore.host) as line:
        books = FirestoreBooks(e2e_firestore, line.host)
        with fleet(1, books, gemini_process.url, people, evidence) as running:
            yield Remote(running, line)
        books.close()


@pytest.fixture
async def remote(remote_process: Remote, gemini: EmulatedGemini) -> Remote:
    """Return it with its line in order."""
    remote_process.firestore.restore()
    await recovered(remote_process.fleet)
    gemini.reset()
    return remote_process


async def recovered(fleet: Fleet) -> None:
    """Wait until a mint succeeds."""
    person = fleet.person()
    deadline = time.monotonic() + RECOVERY_S
    async with Callers(fleet) as callers:
        while (answer := await callers.mint(person.id_token)).status != 201:
            assert time.monotonic() < deadline, f"still {answer.status} {answer.code}"


async def test_refused_request_writes_nothing_and_never_reaches_gemini(
    both: Fleet, callers: Callers, gemini: EmulatedGemini
) -> None:
    person = both.person("patient")
    assert (await callers.mint(person.id_token)).status == 201
    before = both.books.row(person.alias)

    refused = [await callers.mint(person.id_token, at=number) for number in range(4)]

    assert [(a.status, a.code) for a in refused] == [(429, "quota-exceeded")] * 4
    assert both.books.row(person.alias) == before
    assert gemini.counts()["mint"] == 1


@pytest.mark.parametrize("way", ["cut", "mute"])
async def test_unreachable_firestore_fails_closed_in_time_and_recovers(
    remote: Remote, gemini: EmulatedGemini, way: str
) -> None:
    some_session = f"/sessions/{'0' * 24}"
    asked = [("POST", ""), ("GET", "/usage"), ("GET", some_session), ("DELETE", some_session)]
    crowd = [remote.fleet.person() for _ in asked]
    getattr(remote.firestore, way)()

    async with Callers(remote.fleet) as callers:
        calls = [callers.call(*a, p.id_token) for a, p in zip(asked, crowd, strict=True)]
        answers = await asyncio.gather(*calls)
    minted = gemini.counts().get("mint", 0)
    remote.firestore.restore()
    await recovered(remote.fleet)

    assert [(a.status, a.code) for a in answers] == [GONE] * len(asked)
    assert max(a.seconds for a in answers) < LIMIT_S
    assert all("retry-after" in a.headers for a in answers)
    assert minted == 0
    assert [remote.fleet.counted(person) for person in crowd] == [0] * len(asked)


@pytest.mark.parametrize("way", ["cut", "mute"])
async def test_health_tells_of_an_unreachable_firestore_and_of_its_return(
    remote: Remote, way: str
) -> None:
    getattr(remote.firestore, way)()

    async with Callers(remote.fleet) as callers:
        await healthy(callers, 503, SHOWS_S)
        remote.firestore.restore()
        await healthy(callers, 200, QUIET_S + STORE_PATIENCE_S)


async def healthy(callers: Callers, status: int, within_s: float) -> None:
    """Wait until health is told with this status."""
    deadline = time.monotonic() + within_s + MARGIN_S
    while (answer := await callers.call("GET", "/health", "of-nobody")).status != status:
        assert time.monotonic() < deadline, f"still {answer.status} {answer.body}"
        await asyncio.sleep(0.1)


async def test_burst_of_one_user_waits_for_a_mute_firestore_once(
    remote: Remote, gemini: EmulatedGemini
) -> None:
    person = remote.fleet.person()
    remote.firestore.mute()

    async with Callers(remote.fleet) as callers:
        answers = await asyncio.gather(*(callers.mint(person.id_token) for _ in range(8)))
    remote.firestore.restore()
    await recovered(remote.fleet)

    assert [(a.status, a.code) for a in answers] == [GONE] * 8
    assert max(a.seconds for a in answers) < LIMIT_S


@pytest.mark.parametrize("way", ["cut", "mute"])
async def test_firestore_lost_after_the_mint_drops_the_token(
    remote: Remote, gemini: EmulatedGemini, way: str
) -> None:
    person, mint_s = remote.fleet.person(), 0.6
    gemini.set(mint_latency_s=mint_s)

    async with Callers(remote.fleet) as callers:
        minting = asyncio.create_task(callers.mint(person.id_token))
        await asyncio.sleep(mint_s / 2)
        getattr(remote.firestore, way)()
        answer = await minting

    assert (answer.status, answer.code) == GONE
    assert answer.seconds < LIMIT_S + mint_s
    assert gemini.counts()["token"] == 1
    assert remote.fleet.counted(person) == 0


async def test_instance_that_was_frozen_while_its_line_was_forgotten_mints_in_time(
    remote: Remote, gemini: EmulatedGemini
) -> None:
    (instance,) = remote.fleet.masters
    os.killpg(instance, signal.SIGSTOP)
    remote.firestore.forget()
    await asyncio.sleep(1)
    os.killpg(instance, signal.SIGCONT)
    person = remote.fleet.person()

    async with Callers(remote.fleet) as callers:
        answer = await callers.mint(person.id_token)

    assert answer.status == 201
    assert answer.seconds < LIMIT_S
    assert remote.fleet.counted(person) == 1


async def test_locked_sqlite_file_fails_closed_in_time(
    sqlite_fleet: Fleet, gemini: EmulatedGemini
) -> None:
    person, path = sqlite_fleet.person(), sqlite_fleet.books.url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, isolation_level=None)) as hog:
        hog.execute("begin immediate")
        async with Callers(sqlite_fleet) as callers:
            answer = await callers.mint(person.id_token)
        hog.execute("rollback")
    await recovered(sqlite_fleet)

    assert (answer.status, answer.code) == GONE
    assert answer.seconds < LIMIT_S
    assert sqlite_fleet.counted(person) == 0
