"""Every operation of the table is carried out, and by one handler."""

from __future__ import annotations

import pytest

from vending.contract.requests import RequestModel
from vending.openapi import _PARTS
from vending.operations.dispatch import handlers_of
from vending.operations.table import OPERATIONS

NAMES = [operation.name for operation in OPERATIONS]


@pytest.mark.parametrize("name", NAMES)
def test_each_operation_has_one_handler(name: str) -> None:
    assert len([part for part in _PARTS if hasattr(part, name)]) == 1


def test_no_operation_is_declared_twice() -> None:
    ways = [(operation.method, operation.path) for operation in OPERATIONS]

    assert len(set(NAMES)) == len(set(ways)) == len(OPERATIONS)


def test_what_takes_a_body_is_known_by_its_handler_and_nothing_that_is_read_takes_one() -> None:
    handlers = handlers_of(OPERATIONS, *_PARTS)

    takes = {each.name: handlers[each.name].body for each in OPERATIONS if each.method == "GET"}
    assert set(takes.values()) == {None}
    assert handlers["mint"].body is not None
    assert issubclass(handlers["mint"].body, RequestModel)
