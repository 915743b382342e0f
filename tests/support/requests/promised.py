"""Answers held to the contract, as the OpenAPI document has it."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import TypeAdapter

from vending.openapi.document import answers_of
from vending.operations.table import OPERATIONS

DOCUMENTED = {
    400: {"invalid-request"},
    401: {"unauthenticated", "token-expired"},
    403: {"forbidden", "app-check-failed", "blocked"},
    404: {"not-found"},
    405: {"method-not-allowed"},
    409: {"session-ended", "session-expired", "replay-expired"},
    413: {"payload-too-large"},
    415: {"unsupported-media-type"},
    422: {"idempotency-key-reused"},
    429: {"quota-exceeded"},
    502: {"upstream-rejected"},
    503: {
        "upstream-unavailable",
        "store-unavailable",
        "identity-unavailable",
        "minting-paused",
        "weather-unavailable",
        "audit-unavailable",
    },
}
"""The codes of refusals, by their status."""


@cache
def adapter(of: type) -> TypeAdapter[Any]:
    return TypeAdapter(of)


def as_promised(name: str, content: bytes | None) -> None:
    """Fail unless this is what the operation answers."""
    (operation,) = (each for each in OPERATIONS if each.name == name)
    promised = [*answers_of(operation)]
    assert (content is None) == (not promised), name
    if promised and content:
        adapter(promised[0]).validate_json(content)
