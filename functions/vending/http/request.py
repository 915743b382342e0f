"""A request as the operations see it, and their answer: HTTP without any server's library."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vending.audit.event import AuditEvent

if TYPE_CHECKING:
    from vending.identity.authenticate import Caller


@dataclass(slots=True, kw_only=True)
class ApiRequest:
    """One request.

    Attributes:
        caller: who is signed in; None on public paths.
        prefix: the name of the network it comes from; see `networks.PrefixNames`.
        session_id: of the path, if it names a session.
        subject: of an operator's path: the hash of a user, or of a prefix of addresses.
        headers: by lower-case name.
        query: the names and values of the query string.
        stream: reads the body.
        audit: what goes to the audit line.
        response_headers: sent whatever becomes of it.
        status, event: in place of the operation's, where a handler sets them.
    """

    caller: Caller | None
    prefix: str
    headers: Mapping[str, str]
    query: tuple[tuple[str, str], ...]
    stream: Callable[[], AsyncIterator[bytes]]
    audit: AuditEvent
    response_headers: dict[str, str]
    session_id: str = ""
    subject: str = ""
    status: int = 0
    event: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent when nothing was refused: JSON, or nothing; and what the audit line calls it."""

    status: int
    content: bytes | None
    event: str
