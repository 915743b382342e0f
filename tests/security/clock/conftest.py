"""Figures of the suites about time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.people.story import report


@pytest.fixture(scope="module")
def figures(request: pytest.FixtureRequest) -> Iterator[None]:
    """Add a row about all tests of the module that asks for it."""
    failed_before = request.session.testsfailed
    yield
    cases = sum(item.path == request.path for item in request.session.items)
    name = request.path.stem.removeprefix("test_").replace("_", " ")
    report(name, cases, request.session.testsfailed - failed_before)
