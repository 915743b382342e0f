"""Answers held to the contract, as the OpenAPI document has it."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import TypeAdapter

from vending.openapi import _answers
from vending.operations.table import OPERATIONS


@cache
def adapter(of: type) -> TypeAdapter[Any]:
    return TypeAdapter(of)


def as_promised(name: str, content: bytes | None) -> None:
    """Fail unless this is what the operation answers."""
    (operation,) = (each for each in OPERATIONS if each.name == name)
    promised = [*_answers(operation)]
    assert (content is None) == (not promised), name
    if promised and content:
        adapter(promised[0]).validate_json(content)
