"""The short form of the benchmark: every contender runs, and a mint costs what it is said to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from bench.contenders import NODE_COMMANDS, NODE_MODULES, Contender, Surroundings
from bench.load import measure, request
from bench.operations import Counted, counting
from bench.races import Cost, Race, run
from bench.servers import server
from support.identity.issuer import People, issuer_server
from support.servers.upstream import upstream
from support.stores.firestore_emulator import Firestore

LIMITED = ("usual", *NODE_COMMANDS)
NOBODY = {"Authorization": "Bearer nobody"}


@pytest.fixture(scope="module")
def around(
    firestore: Firestore, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Surroundings]:
    folder: Path = tmp_path_factory.mktemp("bench")
    with upstream() as gemini, issuer_server() as people:
        yield Surroundings(gemini, people, replace(firestore, project="livepass-bench"), folder)


@pytest.fixture
def operations(firestore: Firestore) -> Iterator[Counted]:
    with counting(firestore.host) as counted:
        yield counted


def through(operations: Counted, contender: Contender) -> Contender:
    environ = {**contender.environ, "FIRESTORE_EMULATOR_HOST": operations.host}
    return replace(contender, environ=environ)


async def post(url: str, contender: Contender, people: People, user: str) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {people.sign_in(user)}"}
    async with httpx2.AsyncClient(timeout=30, trust_env=False) as client:
        return await client.post(url + contender.path, headers=headers)


def _skip_without_node(name: str) -> None:
    if name in NODE_COMMANDS and not NODE_MODULES.exists():
        pytest.skip("the baselines of Node are not installed: make bench installs them")


@pytest.mark.parametrize("name", ["hello", "usual", "floor", "sdks", *NODE_COMMANDS, "sqlite"])
def test_every_contender_makes_tokens(around: Surroundings, name: str) -> None:
    _skip_without_node(name)
    contender = around.livepass(name) if name == "sqlite" else around.baseline(name)
    asked = around.upstream.asked()

    with server(contender.command, contender.environ) as running:
        taken = measure(running.url, around.requests(contender, 4), 2, 0.2)
        cpu_ms, memory_mb = running.cpu_ms(), running.memory_mb()

    assert taken.unanswered == 0
    assert set(taken.statuses) == ({200} if name == "hello" else {201})
    minted = 0 if name == "hello" else len(taken.times_ms)
    assert around.upstream.asked() - asked == minted
    assert cpu_ms > 50
    assert 10 < memory_mb < 500


@pytest.mark.parametrize("name", LIMITED)
def test_baseline_decides_as_ours_does(around: Surroundings, name: str) -> None:
    _skip_without_node(name)
    contender = around.baseline(name, max_per_hour=2)
    mint, strangers = around.requests(contender, 300)[-1], [NOBODY, {}]
    asked = [mint, mint, mint, *(request("/", headers) for headers in strangers)]

    with server(contender.command, contender.environ) as running:
        answers = [set(measure(running.url, [ask], 1, 0).statuses) for ask in asked]

    assert answers == [{201}, {201}, {429}, {401}, {401}]


async def test_mint_is_a_read_and_a_write_and_refusal_a_read_and_then_nothing(
    around: Surroundings, operations: Counted
) -> None:
    livepass = through(
        operations, around.livepass("firestore", LIVE_API_COOLDOWN_PERIOD_MINUTES="5")
    )

    def calls() -> dict[str, int]:
        rulings = "RunQuery"  # every 20 s, whatever is asked
        return {name: n for name, n in operations.counts.items() if name != rulings}

    with (
        server(livepass.command, livepass.environ) as one,
        server(livepass.command, livepass.environ) as other,
    ):
        answers = [await post(one.url, livepass, around.people, f"m{n}") for n in range(3)]
        minted = calls()
        answers += [await post(other.url, livepass, around.people, f"m{n}") for n in range(3)]
        refused = calls()
        answers += [await post(other.url, livepass, around.people, f"m{n}") for n in range(3)]
        refused_again = calls()

    assert [answer.status_code for answer in answers] == [201] * 3 + [429] * 6
    assert all(280 < int(answer.headers["retry-after"]) <= 300 for answer in answers[3:])
    assert minted == {"BatchGetDocuments": 3, "Commit": 3}
    assert refused == refused_again == {"BatchGetDocuments": 6, "Commit": 3}


def test_race_costs_at_least_what_its_tokens_do(around: Surroundings) -> None:
    two_an_hour = {"LIVE_API_MAX_TOKENS_PER_HOUR": "2"}
    alone, racing = Race("alone", 1, 1, two_an_hour), Race("racing", 8, 2, two_an_hour)

    (one,), (two,) = (run(race, around, 1, 400 + 2 * race.callers) for race in (alone, racing))

    assert one == Cost(1, 1, 1, 1)
    assert two.tokens == 2
    assert 2 <= two.minted <= 2 * racing.processes  # a spare one a process at most
    assert two.minted <= two.writes <= two.reads <= racing.callers + two.writes
