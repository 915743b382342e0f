"""Every operation of the table has exactly one handler."""

from __future__ import annotations

from typing import Any, cast

import pytest

from vending.audit.event import AuditEvent, Trace
from vending.audit.overview import COUNTED_OPERATIONS, TOKENS
from vending.contract.requests import RequestModel
from vending.errors import LivepassError
from vending.http.operation import Operation
from vending.http.request import ApiRequest
from vending.openapi.document import PARTS
from vending.operations.dispatch import Dispatch, Handler, handlers_of
from vending.operations.table import OPERATIONS


class Mints:
    """A part that has one operation's handler."""

    async def mint(self) -> None:
        """Do nothing."""


NAMES = [operation.name for operation in OPERATIONS]


@pytest.mark.parametrize("name", NAMES)
def test_each_operation_has_one_handler(name: str) -> None:
    assert len([part for part in PARTS if hasattr(part, name)]) == 1


def test_no_operation_is_declared_twice() -> None:
    ways = [(operation.method, operation.path) for operation in OPERATIONS]

    assert len(set(NAMES)) == len(set(ways)) == len(OPERATIONS)


def test_overview_counts_what_the_table_declares() -> None:
    counted = {each.event for each in OPERATIONS if each.name in COUNTED_OPERATIONS}

    assert set(COUNTED_OPERATIONS) <= set(NAMES)
    assert counted | {"TOKEN_REPLAYED"} == {*TOKENS, "SESSION_ENDED"}


def test_operation_without_a_handler_is_noticed_when_the_parts_are_put_together() -> None:
    with pytest.raises(LookupError, match="no handler of refresh, weather"):
        handlers_of(
            [each for each in OPERATIONS if each.name in ("refresh", "weather", "mint")], Mints()
        )


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.access != "public"])
async def test_without_a_caller_only_what_is_public_is_carried_out(operation: Operation) -> None:
    called: list[object] = []

    async def handle(*arguments: object) -> None:
        called.append(arguments)

    nothing, handlers = cast(Any, None), {operation.name: Handler(handle, None)}
    dispatch = Dispatch(
        handlers=handlers,
        admin_handlers=lambda: handlers,
        app_check=nothing,
        tiers={},
        ledger=nothing,
        writes=nothing,
        guard=nothing,
        session_ids=nothing,
        reads=nothing,
    )
    request = ApiRequest(
        caller=None,
        prefix="",
        headers={},
        query=(),
        stream=nothing,
        audit=AuditEvent("r", operation.method, Trace()),
        response_headers={},
    )

    with pytest.raises(LivepassError):
        await dispatch.serve(operation, request)
    assert called == []


def test_what_takes_a_body_is_known_by_its_handler_and_nothing_that_is_read_takes_one() -> None:
    handlers = handlers_of(OPERATIONS, *PARTS)

    takes = {each.name: handlers[each.name].body for each in OPERATIONS if each.method == "GET"}
    assert set(takes.values()) == {None}
    assert handlers["mint"].body is not None
    assert issubclass(handlers["mint"].body, RequestModel)
