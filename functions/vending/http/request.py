"""A request as the endpoints see it, and their answer: HTTP without any server's library."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vending.audit.event import Trail

if TYPE_CHECKING:
    from vending.identity.authenticate import Caller


@dataclass(frozen=True, slots=True)
class Call:
    """One request.

    Attributes:
        caller: who is signed in; None on public routes.
        prefix: the name of the network it comes from; see `networks.PrefixNames`.
        session_id: of the path, if it has one.
        subject: of an operator's path: the hash of a user, or of a prefix of addresses.
        headers: by lower-case name.
        query: the names and values of the query string.
        stream: reads the body.
        trail: what goes to the audit line.
        tell: headers of the response, whatever becomes of it.
    """

    caller: Caller | None
    prefix: str
    session_id: str
    headers: Mapping[str, str]
    query: tuple[tuple[str, str], ...]
    stream: Callable[[], AsyncIterator[bytes]]
    trail: Trail
    tell: dict[str, str]
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent when nothing was refused: JSON, or nothing. `event` replaces the route's in the
    audit line.
    """

    status: int
    content: bytes | None = None
    event: str = ""
