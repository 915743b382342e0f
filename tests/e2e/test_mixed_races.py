"""Concurrent requests of all kinds, of one user and of many: counted exactly, never mixed up.

LIVEPASS_SCHEDULES, LIVEPASS_USERS and LIVEPASS_SEED choose how many and which; with another number
of LIVEPASS_PROCESSES other servers are asked.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from random import Random

import pytest

from emulator.process import EmulatedGemini
from support.people.callers import Answer, Callers
from support.people.mixed_requests import Request, Sent, drawn
from support.people.mixed_wrongs import reported, wrongs
from support.runs import tables
from support.runs.trials import PROCESSES, SCHEDULES, SEED, USERS
from support.servers.fleet import Fleet, Person
from vending.limits.report import PAUSE_MS
from vending.limits.usage import Usage

AT_ONCE = 8
BEGUN = 64  # users who have minted, and wait until a report may be counted
USERS_AT_ONCE = 2 * AT_ONCE
WAVES = 2
MINTS = 10
SHED, MOST_SHED = "answered 503 store-unavailable", 0.01  # a store too slow for its patience
TITLE = f"Mixed races, {PROCESSES} server processes"
HEADS = ("ledger", "case", "cases", "passed", "requests", "worst", "seed")


@pytest.fixture
def ledger(request: pytest.FixtureRequest) -> str:
    """Return the name of the ledger in use."""
    return str(request.node.callspec.params["both"])


@dataclass(frozen=True, slots=True)
class Schedule:
    """One new user, whose requests are drawn from a seed."""

    seed: int
    running: Fleet
    callers: Callers
    places: asyncio.Semaphore

    async def run(self) -> tuple[list[Sent], Usage]:
        """Mint, wait until a report may be counted, then send waves of requests; return them, and
        what was counted.
        """
        random, person = Random(self.seed), self.running.person("tight")
        first = Request("mint")
        async with self.places:
            sent = [Sent(-1, first, await first.send(self.callers, person, self.seed))]
        await asyncio.sleep(PAUSE_MS / 1000)
        async with self.places:
            for wave in range(WAVES):
                sent += await self._wave(wave, random, person, sent)
            return sent, self.running.usage(person)

    async def _wave(
        self, wave: int, random: Random, person: Person, sent: list[Sent]
    ) -> list[Sent]:
        given = [each["session"]["id"] for one in sent for each in one.given]
        requests = list(drawn(random, list(dict.fromkeys(given))))
        ats = [random.randrange(PROCESSES) for _ in requests]
        answers = await asyncio.gather(
            *(r.send(self.callers, person, at) for r, at in zip(requests, ats, strict=True))
        )
        return [Sent(wave, r, a) for r, a in zip(requests, answers, strict=True)]


async def test_requests_of_all_kinds_at_once_are_counted_exactly(
    both: Fleet, callers: Callers, gemini: EmulatedGemini, ledger: str
) -> None:
    gemini.set(mint_latency_s=0.02)
    begun, places = asyncio.Semaphore(BEGUN), asyncio.Semaphore(AT_ONCE)
    slowest, asked, raised, failed = 0.0, 0, 0, []

    async def one(seed: int) -> tuple[int, list[Sent], Usage]:
        async with begun:
            try:
                return seed, *await Schedule(seed, both, callers, places).run()
            except BaseException as error:
                error.add_note(again(seed))
                raise

    for done in asyncio.as_completed([one(SEED + n) for n in range(SCHEDULES)]):
        seed, sent, usage = await done
        slowest = max([slowest, *(o.answer.seconds for o in sent)])
        asked += len(sent)
        raised += reported(usage) > 0
        failed += [f"{again(seed)}: {wrong}" for wrong in wrongs(sent, usage)]

    shed = sum(line.endswith(SHED) for line in failed)
    failed = [line for line in failed if shed > MOST_SHED * asked or not line.endswith(SHED)]
    passed = SCHEDULES - len({line.split(":")[0] for line in failed})
    row = (ledger, f"mint, refresh, end, {raised} reports, replay", SCHEDULES, passed)
    tables.add(TITLE, HEADS, (*row, asked, f"{slowest:.2f} s", SEED))
    assert not failed, "\n".join(failed)
    assert raised


def again(seed: int) -> str:
    """Say how to have these requests again."""
    return f"LIVEPASS_SEED={seed} LIVEPASS_SCHEDULES=1 LIVEPASS_PROCESSES={PROCESSES}"


async def test_users_at_once_never_see_one_another(
    both: Fleet, callers: Callers, gemini: EmulatedGemini, ledger: str
) -> None:
    places = asyncio.Semaphore(USERS_AT_ONCE)

    async def one(number: int) -> list[Answer]:
        async with places:
            return await alone(number, both, callers)

    answers = await asyncio.gather(*(one(number) for number in range(USERS)))

    everything = [answer for each in answers for answer in each]
    tokens = [answer.token for answer in everything if answer.token]
    slowest = max(answer.seconds for answer in everything)
    case = f"users, each alone, {USERS_AT_ONCE} at once"
    row = (ledger, case, USERS, USERS, len(everything), f"{slowest:.2f} s", "none")
    tables.add(TITLE, HEADS, row)
    assert len(set(tokens)) == len(tokens) == USERS * MINTS


async def alone(number: int, running: Fleet, callers: Callers) -> list[Answer]:
    """Mint and ask in turn; check that every answer is about this user and nobody else."""
    person, sessions, answers = running.person(), [], []
    for used in range(1, MINTS + 1):
        at = number + used  # the other one may remember for 2 s what it read before
        minted = await callers.mint(person.id_token, at=at)
        asked = await callers.call("GET", "/sessions", person.id_token, at=at)
        assert (minted.status, asked.status) == (201, 200)
        sessions.append(minted.body["session"]["id"])
        told = minted.body["usage"]
        assert (told["user"], told["hour"]["used"]) == (person.alias, used)
        assert [s["id"] for s in asked.body["sessions"]] == sessions[::-1]
        answers += [minted, asked]
    return answers
