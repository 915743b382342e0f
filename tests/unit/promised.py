"""Answers held to the contract, as the OpenAPI document has it."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import TypeAdapter

from vending.http.router import Operation
from vending.openapi import _ANSWERS


@cache
def adapter(of: type) -> TypeAdapter[Any]:
    return TypeAdapter(of)


def as_promised(operation: Operation, content: bytes | None) -> None:
    """Fail unless this is what the operation answers."""
    _, promised = _ANSWERS[operation]
    assert (content is None) == (promised is None), operation
    if promised and content:
        adapter(promised).validate_json(content)
