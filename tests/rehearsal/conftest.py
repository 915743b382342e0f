"""A fresh checkout and cloud for each test, at one address, in front of one `make run`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.address import Address, address
from rehearsal.checkout import Checkout, Done
from smoke.local_run import local_run

LAST = "test_gcloud.py"
KEY = {"name": "projects/1/secrets/gemini-api-key/versions/1", "state": "ENABLED", "key": "first"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Ask gcloud about our commands when all of them have been asked."""
    items.sort(key=lambda item: item.path.name == LAST)


@pytest.fixture(scope="session")
def reached(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    with local_run(tmp_path_factory.mktemp("run")) as url, address(url) as served:
        yield served


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory, reached: Address) -> tuple[Checkout, Done]:
    """A first deployment, and what it said; the other tests have copies of it."""
    released = Checkout(tmp_path_factory.mktemp("released"), reached)
    released.cloud.change(secret=[KEY])
    done = released.make("deploy", CONFIRM="yes")
    assert done.status == 0, done.said
    return released, done


@pytest.fixture
def empty(tmp_path: Path, reached: Address) -> Checkout:
    """A project with nothing in it but the bucket of the state."""
    return Checkout(tmp_path / "empty", reached)


@pytest.fixture
def ready(empty: Checkout) -> Checkout:
    """The same, with an API key: nothing is missing for a deployment."""
    empty.cloud.change(secret=[KEY])
    return empty


@pytest.fixture
def deployed(tmp_path: Path, first: tuple[Checkout, Done]) -> Checkout:
    """A project with a release that works."""
    copy = first[0].copied_to(tmp_path / "deployed")
    copy.cloud.forget_calls()
    return copy
