"""A fresh checkout and cloud for each test, at one address, in front of one `make run`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.rehearsal.address import Address, address
from infra.rehearsal.checkout import Checkout, Done
from infra.rehearsal.cloud import KEY
from support.servers.local_run import local_run

LAST = "test_gcloud.py"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Ask gcloud about our commands when all of them have been asked."""
    items.sort(key=lambda item: item.path.name == LAST)


@pytest.fixture(scope="session")
def reached(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    with local_run(tmp_path_factory.mktemp("run")) as run, address(run.url) as served:
        yield served


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory, reached: Address) -> tuple[Checkout, Done]:
    """A first deployment, and what it said; the other tests have copies of it."""
    released = Checkout(tmp_path_factory.mktemp("released"), reached)
    released.cloud.change(secret=[KEY])
    done = released.make("deploy", CONFIRM="yes")
    assert done.status == 0, done.said
    return released, done


@pytest.fixture(scope="session")
def second(tmp_path_factory: pytest.TempPathFactory, first: tuple[Checkout, Done]) -> Checkout:
    """A second deployment, of other code and another site."""
    released = first[0].copied_to(tmp_path_factory.mktemp("second") / "released")
    released.change_code("second")
    released.change_site("second")
    done = released.make("deploy", CONFIRM="yes")
    assert done.status == 0, done.said
    return released


@pytest.fixture(scope="session")
def back(tmp_path_factory: pytest.TempPathFactory, second: Checkout) -> tuple[Checkout, Done]:
    """A rollback of it, and what that said."""
    checkout = second.copied_to(tmp_path_factory.mktemp("back") / "rolled")
    return checkout, checkout.make("rollback")


@pytest.fixture
def updated(tmp_path: Path, second: Checkout) -> Checkout:
    """A project with two releases, of which people have the second."""
    return second.copied_to(tmp_path / "updated")


@pytest.fixture
def rolled_back(tmp_path: Path, back: tuple[Checkout, Done]) -> Checkout:
    """The same, of which people have the first again."""
    assert back[1].status == 0, back[1].said
    return back[0].copied_to(tmp_path / "rolled_back")


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
