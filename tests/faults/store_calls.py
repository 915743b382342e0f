"""Firestore's calls as the proxy sees them: of which kind, whose, and what became of them."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

Call = Literal["read", "write"]
CALLS: dict[bytes, Call] = {b"batchGet": "read", b"commit": "write"}
_CALL = re.compile(rb"POST /v1/[^ ]*/documents:(\w+)")
_USER = re.compile(rb"live_token_users/([0-9a-f]{40})")


def tag(user: str, call: Call) -> str:
    """Name the calls of a kind for a user."""
    return f"{call} {user}"


def tag_of(request: bytes) -> str:
    """Tell whose call a request is, and of which kind; of no user's, its method."""
    call, user = _CALL.match(request), _USER.search(request)
    if call and user:
        return tag(user[1].decode(), CALLS[call[1]])
    return call[1].decode() if call else ""


@dataclass(frozen=True, slots=True)
class Sent:
    """A call of a user: a read, or a write if `precondition` holds, which took effect or not."""

    call: Call
    precondition: str
    effect: bool


@dataclass(slots=True)
class Calls:
    """The calls of each user, in order."""

    of: defaultdict[str, list[Sent]] = field(default_factory=lambda: defaultdict(list))

    def heard(self, tag: str, request: bytes, answer: bytes) -> None:
        """Note a call; the proxy calls this."""
        call, _, user = tag.partition(" ")
        if user and call == "read":
            self.of[user].append(Sent("read", "", effect=False))
        elif user:
            (write,) = json.loads(request.partition(b"\r\n\r\n")[2])["writes"]
            condition = json.dumps(write.get("currentDocument"))
            self.of[user].append(Sent("write", condition, answer.startswith(b"HTTP/1.1 200 ")))


def wrong_with(sent: list[Sent]) -> list[str]:
    """What must never be among the calls of a user."""
    writes = [each for each in sent if each.call == "write"]
    stale = [
        later
        for number, write in enumerate(writes)
        for later in writes[number + 1 :]
        if write.effect and later.precondition == write.precondition
    ]
    blind = [write for write in writes if write.precondition == "null"]
    again = [two for two in pairwise(sent) if two[0].call == two[1].call == "write"]
    found = {
        "a write that repeats what took effect": stale,
        "a write without a precondition": blind,
        "a write after a write, with no read between": again,
    }
    return [what for what, which in found.items() if which]
