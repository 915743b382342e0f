"""Requests of all kinds at once, of one user and of many: counted exactly, nobody's is another's.

LIVEPASS_SCHEDULES, LIVEPASS_USERS and LIVEPASS_SEED choose how many and which.
"""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from e2e import tables
from e2e.callers import Answer, Callers
from e2e.mixed_requests import Request, Sent, drawn, wrongs
from e2e.servers import Fleet
from e2e.trials import PROCESSES, SCHEDULES, SEED, USERS
from emulator.process import EmulatedGemini
from vending.usage import Usage

AT_ONCE = 8
WAVES = 2
MINTS = 10
SHED, MOST_SHED = "answered 503 store-unavailable", 0.01  # a store too slow for its patience
TITLE = f"Mixed races, {PROCESSES} server processes"
HEADS = ("ledger", "case", "cases", "passed", "requests", "slowest", "seed")


@pytest.fixture
def ledger(request: pytest.FixtureRequest) -> str:
    """Return the name of the ledger in use."""
    return str(request.node.callspec.params["both"])


async def schedule(seed: int, running: Fleet, callers: Callers) -> tuple[list[Sent], Usage]:
    """Send waves of requests of one new user; return them, and what was counted."""
    random, person = Random(seed), running.person("tight")
    first = Sent(-1, Request("mint"), await callers.mint(person.id_token, at=seed))
    sent = [first]
    for wave in range(WAVES):
        sessions = list({o.answer.body["session"]["id"]: 0 for o in sent if o.answer.token})
        requests = list(drawn(random, sessions))
        answers = await asyncio.gather(
            *(r.send(callers, person, random.randrange(PROCESSES)) for r in requests)
        )
        sent += [Sent(wave, r, a) for r, a in zip(requests, answers, strict=True)]
    return sent, running.usage(person)


async def test_requests_of_all_kinds_at_once_are_counted_exactly(
    both: Fleet, callers: Callers, gemini: EmulatedGemini, ledger: str
) -> None:
    gemini.set(mint_latency_s=0.02)
    places, slowest, asked, failed = asyncio.Semaphore(AT_ONCE), 0.0, 0, []

    async def one(seed: int) -> tuple[int, list[Sent], list[str]]:
        async with places:
            sent, usage = await schedule(seed, both, callers)
            return seed, sent, list(wrongs(sent, usage))

    for done in asyncio.as_completed([one(SEED + n) for n in range(SCHEDULES)]):
        seed, sent, wrong = await done
        slowest = max([slowest, *(o.answer.seconds for o in sent)])
        asked += len(sent)
        failed += [f"LIVEPASS_SEED={seed} LIVEPASS_SCHEDULES=1: {w}" for w in wrong]

    shed = sum(line.endswith(SHED) for line in failed)
    failed = [line for line in failed if shed > MOST_SHED * asked or not line.endswith(SHED)]
    passed = SCHEDULES - len({line.split(":")[0] for line in failed})
    row = (ledger, "mint, refresh, end, usage, replay", SCHEDULES, passed)
    tables.add(TITLE, HEADS, (*row, asked, f"{slowest:.2f} s", SEED))
    assert not failed, "\n".join(failed)


async def test_users_at_once_never_see_one_another(
    both: Fleet, callers: Callers, gemini: EmulatedGemini, ledger: str
) -> None:
    places = asyncio.Semaphore(2 * AT_ONCE)

    async def one(number: int) -> list[Answer]:
        async with places:
            return await alone(number, both, callers)

    answers = await asyncio.gather(*(one(number) for number in range(USERS)))

    everything = [answer for each in answers for answer in each]
    tokens = [answer.token for answer in everything if answer.token]
    slowest = max(answer.seconds for answer in everything)
    row = (ledger, "users, each alone", USERS, USERS, len(everything), f"{slowest:.2f} s", "none")
    tables.add(TITLE, HEADS, row)
    assert len(set(tokens)) == len(tokens) == USERS * MINTS


async def alone(number: int, running: Fleet, callers: Callers) -> list[Answer]:
    """Mint and ask in turn; check that every answer is about this user and nobody else."""
    person, sessions, answers = running.person(), [], []
    for used in range(1, MINTS + 1):
        minted = await callers.mint(person.id_token, at=number + used)
        asked = await callers.call("GET", "/sessions", person.id_token, at=number)
        assert (minted.status, asked.status) == (201, 200)
        sessions.append(minted.body["session"]["id"])
        told = minted.body["usage"]
        assert (told["user"], told["hour"]["used"]) == (person.alias, used)
        assert [s["id"] for s in asked.body["sessions"]] == sessions[::-1]
        answers += [minted, asked]
    return answers
