"""Firestore is killed and comes back, again and again, under load: closed while it is away, open
soon after. LIVEPASS_RESTARTS=20 for more; LIVEPASS_RATE=50 for more callers a second.
"""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import AsyncExitStack, ExitStack, closing
from dataclasses import dataclass, field
from typing import Any

from emulator.process import EmulatedGemini
from support.faults.matrix import WHOLE
from support.identity.issuer import People
from support.load.traffic import at_rate
from support.people.callers import Answer, Callers
from support.runs import tables
from support.runs.margin import MARGIN_S
from support.servers.canaries import Evidence
from support.servers.fleet import Fleet, Person, fleet
from support.stores.books import FirestoreBooks
from support.stores.firestore_emulator import (
    Firestore,
    answered,
    emulator_at,
    environment,
    free_port,
    warm,
)
from vending.store.retry import STORE_PATIENCE_S

RESTARTS = int(os.environ.get("LIVEPASS_RESTARTS", "1"))
RATE = int(os.environ.get("LIVEPASS_RATE", "25" if WHOLE else "10"))  # a second
REACHED = 0.9  # of that rate
LONG_S = 3600.0
HEALED_S = 5.0 + (0 if WHOLE else MARGIN_S)
PROBED_EACH_S = 0.005
AWAY_S = STORE_PATIENCE_S + 0.5  # and the start: some are asked and answered meanwhile
TITLE = (
    f"Firestore killed (-9) and started again, {RATE} callers a second "
    "(of 50, two cores carry 32 while Java starts)"
)
HEADS = (
    "cases",
    "answers",
    "a second",
    "201",
    "503",
    "other",
    "asked and answered while away",
    "201 of them",
    "slowest",
    "longest away",
    "passed",
    "worst",
    "seed",
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody who minted got, and when it was asked for."""

    at: float
    person: Person
    answer: Answer

    def is_within(self, span: tuple[float, float]) -> bool:
        """Whether it was asked and answered between two moments."""
        return span[0] <= self.at and self.at + self.answer.seconds <= span[1]


@dataclass(slots=True)
class Load:
    """People who mint, at a fixed rate, whatever becomes of those before them."""

    fleet: Fleet
    callers: Callers
    got: list[Attempt] = field(default_factory=list)
    waiting: set[float] = field(default_factory=set)

    @property
    def asked(self) -> int:
        """How many have asked, answered or not."""
        return len(self.got) + len(self.waiting)

    async def run(self) -> None:
        """Go on until cancelled."""
        await at_rate(RATE, LONG_S, self._one)

    async def _one(self, _: int) -> None:
        at, person = time.monotonic(), self.fleet.person()
        self.waiting.add(at)
        answer = await self.callers.mint(person.id_token)
        self.waiting.remove(at)
        self.got.append(Attempt(at, person, answer))

    def minted_since(self, moment: float) -> list[Attempt]:
        """Return the tokens that were asked for from a moment on."""
        return [asked for asked in self.got if asked.at >= moment and asked.answer.status == 201]


async def test_killed_firestore_closes_and_opens_with_its_return(
    firestore: Firestore, gemini_process: EmulatedGemini, people: People, evidence: Evidence
) -> None:
    port, away, healing = free_port(), list[tuple[float, float]](), list[float]()
    own = Firestore(f"127.0.0.1:{port}", project="livepass-restarts")
    with ExitStack() as emulators, environment("FIRESTORE_EMULATOR_HOST", own.host):
        _, process = emulators.enter_context(emulator_at(port))
        await asyncio.to_thread(warm, own)
        async with AsyncExitStack() as stack:
            books = stack.enter_context(closing(FirestoreBooks(own, own.host)))
            running = stack.enter_context(fleet(1, books, gemini_process.url, people, evidence))
            callers = await stack.enter_async_context(Callers(running))
            load, began = Load(running, callers), time.monotonic()
            loading = asyncio.create_task(load.run())
            try:
                await healed(load, began)
                for _ in range(RESTARTS):
                    await asyncio.sleep(1)
                    process.kill()
                    process.wait()
                    killed = time.monotonic()
                    await asyncio.sleep(AWAY_S)
                    start = asyncio.to_thread(emulators.enter_context, emulator_at(port))
                    starting = asyncio.create_task(start)
                    away.append((killed, await refused_until(port, starting)))
                    _, process = await starting
                    await asyncio.to_thread(answered, own)
                    back = time.monotonic()
                    healing.append(await healed(load, back))
                lasted = time.monotonic() - began
                assert not loading.done(), loading.exception()
            finally:
                loading.cancel()
                await asyncio.wait([loading])
            counted = [running.counted(asked.person) for asked in load.minted_since(back)]

    answers = [asked.answer for asked in load.got]
    meanwhile = [a.answer for a in load.got if any(a.is_within(span) for span in away)]
    let_in = sum(answer.status == 201 for answer in meanwhile)
    told = [sum(a.status == status for a in answers) for status in (201, 503)]
    slowest, longest = max(a.seconds for a in answers), max(end - start for start, end in away)
    row = (RESTARTS, len(answers), f"{load.asked / lasted:.0f}", *told, len(answers) - sum(told))
    times = (f"{slowest:.2f} s", f"{longest:.2f} s")
    healed_in = (sum(h < HEALED_S for h in healing), f"healed in {max(healing):.2f} s", "none")
    tables.add(TITLE, HEADS, (*row, len(meanwhile), let_in, *times, *healed_in))
    assert {(a.status, a.code) for a in answers} == {(201, ""), (503, "store-unavailable")}
    assert load.asked / lasted > REACHED * RATE, "the machine could not carry the load"
    assert meanwhile, "nobody was answered while it was away"
    assert let_in == 0
    assert slowest < STORE_PATIENCE_S + MARGIN_S
    assert began + lasted - min(load.waiting, default=began + lasted) < STORE_PATIENCE_S + MARGIN_S
    assert counted
    assert set(counted) == {1}


async def refused_until(port: int, starting: asyncio.Task[Any]) -> float:
    """Tell the last moment at which nobody listened on the port, while a server starts there."""
    refused = time.monotonic()
    while not starting.done():
        probed = time.monotonic()
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            refused = probed
        else:
            writer.close()
            break
        await asyncio.sleep(PROBED_EACH_S)
    return refused


async def healed(load: Load, back: float) -> float:
    """Wait until requests succeed; tell how long after its return the first was answered."""
    while time.monotonic() < back + HEALED_S:
        if minted := load.minted_since(back):
            return min(asked.at + asked.answer.seconds for asked in minted) - back
        await asyncio.sleep(0.05)
    raise AssertionError(f"still refused {HEALED_S:g} s after its return")
