"""Firestore is killed and comes back, again and again, under load: closed while it is away, open
soon after. LIVEPASS_RESTARTS=20 for more.
"""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import AsyncExitStack, ExitStack, closing
from dataclasses import dataclass, field

from e2e import tables
from e2e.books import FirestoreBooks
from e2e.callers import Answer, Callers
from e2e.canaries import Evidence
from e2e.issuer import People
from e2e.servers import Fleet, Person, fleet
from emulator.process import EmulatedGemini
from faults.matrix import MARGIN_S
from stores.firestore_emulator import Firestore, emulator_at, environment, free_port, warm
from vending.ledger import STORE_PATIENCE_S

RESTARTS = int(os.environ.get("LIVEPASS_RESTARTS", "1"))
EACH_S = 0.1  # between two callers
HEALED_S = 5.0
TITLE = "Firestore killed (-9) and started again, 10 callers a second"
HEADS = ("restarts", "answers", "201", "503", "other", "slowest", "longest away", "worst healing")


@dataclass(slots=True)
class Load:
    """People who mint, one after another; what each got, and when it was asked for."""

    fleet: Fleet
    callers: Callers
    got: list[tuple[float, Person, Answer]] = field(default_factory=list)

    async def run(self) -> None:
        """Go on until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                group.create_task(self._one())
                await asyncio.sleep(EACH_S)

    async def _one(self) -> None:
        asked, person = time.monotonic(), self.fleet.person()
        self.got.append((asked, person, await self.callers.mint(person.id_token)))

    def since(self, moment: float) -> list[tuple[float, Person, Answer]]:
        """Return what was asked for from a moment on."""
        return [entry for entry in self.got if entry[0] >= moment]


async def test_killed_firestore_closes_and_opens_with_its_return(
    firestore: Firestore, gemini_process: EmulatedGemini, people: People, evidence: Evidence
) -> None:
    port, away, healing = free_port(), [], []
    own = Firestore(f"127.0.0.1:{port}", project="livepass-restarts")
    with ExitStack() as emulators, environment("FIRESTORE_EMULATOR_HOST", own.host):
        _, process = emulators.enter_context(emulator_at(port))
        async with AsyncExitStack() as stack:
            books = stack.enter_context(closing(FirestoreBooks(own, own.host)))
            running = stack.enter_context(fleet(1, books, gemini_process.url, people, evidence))
            callers = await stack.enter_async_context(Callers(running))
            load = Load(running, callers)
            loading = asyncio.create_task(load.run())
            try:
                for _ in range(RESTARTS):
                    await asyncio.sleep(1)
                    killed = time.monotonic()
                    process.kill()
                    process.wait()
                    _, process = await asyncio.to_thread(emulators.enter_context, emulator_at(port))
                    await asyncio.to_thread(warm, own)
                    back = time.monotonic()
                    away.append(back - killed)
                    healing.append(await healed(load, back))
            finally:
                loading.cancel()
                await asyncio.wait([loading])
            counted = [running.counted(p) for asked, p, a in load.since(back) if a.status == 201]

    answers = [answer for _, _, answer in load.got]
    told = [sum(a.status == status for a in answers) for status in (201, 503)]
    slowest = max(a.seconds for a in answers)
    row = (RESTARTS, len(answers), *told, len(answers) - sum(told), f"{slowest:.2f} s")
    tables.add(TITLE, HEADS, (*row, f"{max(away):.2f} s", f"{max(healing):.2f} s"))
    assert {(a.status, a.code) for a in answers} == {(201, ""), (503, "store-unavailable")}
    assert slowest < STORE_PATIENCE_S + MARGIN_S
    assert counted
    assert set(counted) == {1}


async def healed(load: Load, back: float) -> float:
    """Wait until requests succeed; tell how long after its return the first was answered."""
    while time.monotonic() < back + HEALED_S:
        for asked, _, answer in load.since(back):
            if answer.status == 201:
                return asked + answer.seconds - back
        await asyncio.sleep(0.05)
    raise AssertionError(f"still refused {HEALED_S:g} s after its return")
