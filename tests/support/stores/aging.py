"""Time that passes for the ledger, without waiting: a user's document as it would stand later."""

from __future__ import annotations

from typing import Any

from support.stores.books import Books
from vending.limits.usage import Document, Usage

FIRST_MOMENT = 1_000_000_000_000  # a smaller number is a length, a count or a cost
STAYS = "pause_handover"  # is held against the pause, whose moment nobody moves


def aged(document: Document, seconds: float) -> Usage:
    """Return what was counted as it would stand, had that much time gone by."""
    return Usage.of(_earlier(document, int(seconds * 1000)))


def age(books: Books, user: str, seconds: float) -> None:
    """Let time pass for a user. Their sealed answers, which are bound to their time, are lost."""
    if row := books.row(user):
        books.seed(user, aged(row[1], seconds))


def _earlier(value: Any, ms: int) -> Any:
    """Move every moment in a document."""
    if isinstance(value, dict):
        return {n: member if n == STAYS else _earlier(member, ms) for n, member in value.items()}
    if isinstance(value, list):
        return [_earlier(member, ms) for member in value]
    is_moment = type(value) is int and value >= FIRST_MOMENT
    return value - ms if is_moment else value
