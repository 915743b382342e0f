"""pytest fixtures of all who let people call real servers: who they are, and what was written.

Register with `pytest_plugins = ["support.servers.fixtures"]`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.identity.issuer import People, issuer_server
from support.servers.canaries import Evidence

LAST = ("test_canaries.py", "test_nothing_was_told.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Search for canaries when everything else has been done."""
    items.sort(key=lambda item: item.path.name in LAST)


@pytest.fixture(scope="session")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evidence]:
    collected = Evidence(tmp_path_factory.mktemp("evidence"))
    yield collected
    collected.close()


@pytest.fixture(scope="session")
def people() -> Iterator[People]:
    with issuer_server() as running:
        yield running
