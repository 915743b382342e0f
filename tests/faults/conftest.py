"""What the fault suites share: people, evidence, and a server whose every dependency can fail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from e2e.canaries import Evidence
from e2e.issuer import People, issuer_server
from stores.firestore_emulator import Firestore

LAST = "test_nothing_was_told.py"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Search for canaries when everything else has been done."""
    items.sort(key=lambda item: item.path.name == LAST)


@pytest.fixture(scope="session")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evidence]:
    collected = Evidence(tmp_path_factory.mktemp("fault-evidence"))
    yield collected
    collected.close()


@pytest.fixture(scope="session")
def people() -> Iterator[People]:
    with issuer_server() as running:
        yield running


@pytest.fixture(scope="session")
def fault_firestore(firestore: Firestore) -> Firestore:
    """Return a project of our own, which no other suite clears."""
    return replace(firestore, project="livepass-faults")
