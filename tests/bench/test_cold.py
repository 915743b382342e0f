"""The short form of the cold starts: stories are told, and between requests nothing runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.cold import promises
from bench.contenders import Surroundings
from bench.load import request
from bench.servers import server
from bench.stories import exchange, first_answers, mint_first, page_frozen, page_unfrozen
from support.identity.issuer import issuer_server
from support.servers.upstream import upstream
from support.stores.firestore_emulator import Firestore

HELLO = request("/", {})


@pytest.fixture(scope="module")
def around(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surroundings]:
    folder: Path = tmp_path_factory.mktemp("cold")
    nowhere = Firestore("127.0.0.1:9", "livepass-cold")  # SQLite alone is asked here
    with upstream() as gemini, issuer_server() as people:
        yield Surroundings(gemini, people, nowhere, folder)


def test_stopped_server_gets_no_cpu_and_answers_when_it_goes_on(around: Surroundings) -> None:
    hello, statuses = around.baseline("hello"), []
    with server(hello.command, hello.environ) as running:
        exchange(running.url, HELLO)
        running.stop()
        before = running.cpu_ms()
        asking = threading.Thread(target=lambda: statuses.append(exchange(running.url, HELLO)))
        asking.start()
        time.sleep(0.5)
        while_stopped, used_ms = list(statuses), running.cpu_ms() - before
        running.go_on()
        asking.join(timeout=10)

    assert while_stopped == []
    assert used_ms == 0
    assert statuses == [200]


def test_every_story_is_told_in_order(around: Surroundings) -> None:
    livepass = around.livepass("sqlite")

    answers = first_answers(livepass, around)
    first, page = mint_first(livepass, around), page_frozen(livepass, around, 0.1)
    unfrozen = page_unfrozen(livepass, around, 0.1)

    assert 0 < answers["listening"] < answers["first answer"] < answers["401"]
    assert first["mint first"] > 50
    assert first["CPU"] > 50
    assert 10 < first["MB"] < 500
    assert all(page[figure] > 0 for figure in ("page: config", "page: preflight", "page: mint"))
    assert unfrozen["unfrozen: mint"] > 150
    assert unfrozen["unfrozen: warm mint"] > 150


def test_promises_compare_with_the_right_baseline() -> None:
    ours = {
        "first answer": 26.0,
        "mint first": 90.0,
        "page: mint": 30.0,
        "unfrozen: mint": 190.0,
        "unfrozen: warm mint": 160.0,
    }
    usual = {"page: mint": 40.0, "mint first": 80.0}
    table = {
        "hello": {"first answer": 20.0},
        "usual": usual,
        "livepass-sqlite": ours,
        "livepass-firestore": ours,
    }

    told = list(promises(table))

    assert [promise.value for promise in told] == [1.3, 0.75, 1.1875, 1.125] * 2
    assert [promise.is_kept for promise in told] == [True, True, True, False] * 2
