"""Firestore's calls as the proxy sees them: of which kind, whose, and what became of them."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from operator import attrgetter
from typing import Literal

from google.cloud.firestore_v1 import types

Call = Literal["read", "write"]
CALLS: dict[str, Call] = {"BatchGetDocuments": "read", "Commit": "write"}
BLIND = "none"
_Commit = types.CommitRequest.pb()
_USER = re.compile(rb"live_token_users/([0-9a-f]{40})")


def tag(user: str, call: Call) -> str:
    """Name the calls of a kind for a user."""
    return f"{call} {user}"


def tag_of(method: str, request: bytes) -> str:
    """Tell whose call a request is, and of which kind; of no user's, its method."""
    user = _USER.search(request)
    return tag(user[1].decode(), CALLS[method]) if user and method in CALLS else method


@dataclass(frozen=True, slots=True)
class Sent:
    """A call of a user: a read, or a write if `precondition` holds, which took effect or not.

    It came and was done at these moments; of calls that were given up, the next may come before.
    """

    call: Call
    precondition: str = ""
    effect: bool = False
    came: float = 0
    done: float = 0


@dataclass(slots=True)
class Calls:
    """The calls of each user, in order."""

    of: defaultdict[str, list[Sent]] = field(default_factory=lambda: defaultdict(list))

    def heard(self, tag: str, request: bytes, done: bool, came: float) -> None:
        """Note a call; the proxy calls this."""
        call, _, user = tag.partition(" ")
        now = time.monotonic()
        if user and call == "read":
            self.of[user].append(Sent("read", came=came, done=now))
        elif user:
            (write,) = _Commit.FromString(request).writes
            condition = str(write.current_document) if write.HasField("current_document") else BLIND
            self.of[user].append(Sent("write", condition, done, came, now))


def wrong_with(sent: list[Sent]) -> list[str]:
    """What must never be among the calls of a user."""
    sent = sorted(sent, key=attrgetter("came"))
    writes = [each for each in sent if each.call == "write"]
    reads = [each for each in sent if each.call == "read"]
    stale = [
        later
        for write, later in combinations(writes, 2)
        if write.effect and later.precondition == write.precondition
        if any(write.done < read.came and read.done < later.came for read in reads)
    ]
    blind = [write for write in writes if write.precondition == BLIND]
    again = [two for two in pairwise(sent) if two[0].call == two[1].call == "write"]
    found = {
        "a write that repeats what took effect": stale,
        "a write without a precondition": blind,
        "a write after a write, with no read between": again,
    }
    return [what for what, which in found.items() if which]
