"""The short form of the cold starts: stories are told, and between requests nothing runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.contenders import Surroundings
from bench.stories import first_answers, mint_first, page_frozen, page_unfrozen
from support.identity.issuer import issuer_server
from support.servers.upstream import upstream
from support.stores.firestore_emulator import Firestore


@pytest.fixture(scope="module")
def around(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surroundings]:
    folder: Path = tmp_path_factory.mktemp("cold")
    nowhere = Firestore("127.0.0.1:9", "livepass-cold")  # SQLite alone is asked here
    with upstream() as gemini, issuer_server() as people:
        yield Surroundings(gemini, people, nowhere, folder)


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
