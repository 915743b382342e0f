"""Maps methods and paths to operations; nothing else is served."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from vending import patterns
from vending.errors import MethodNotAllowed, NotFound
from vending.guard.networks import UNKNOWN
from vending.http.operation import Operation

# What stands in a path: a session, a user's hash, or a prefix of addresses by its name, too.
PATH_PATTERNS = {
    "sessionId": patterns.SESSION_ID,
    "user": patterns.USER_HASH,
    "subject": f"(?:{patterns.USER_HASH}|{patterns.PREFIX_NAME}|{UNKNOWN})",
}


@dataclass(frozen=True, slots=True)
class Match:
    """The operations of a path, its methods as an Allow header has them, and its variable part: a
    session, or whom an operator means.
    """

    operations: tuple[Operation, ...]
    methods: str
    session_id: str = ""
    subject: str = ""

    @property
    def path(self) -> str:
        """The path as OpenAPI writes it."""
        return self.operations[0].path

    @property
    def is_for_admins(self) -> bool:
        """Whether the path is for admins alone, whatever the method."""
        return self.operations[0].access == "admin"

    def operation(self, method: str) -> Operation:
        """Choose by method; HEAD is GET without a body.

        Raises:
            MethodNotAllowed: none fits; names those that do.
        """
        wanted = "GET" if method == "HEAD" else method
        for operation in self.operations:
            if operation.method == wanted:
                return operation
        raise MethodNotAllowed(f"no {method} here", allow=self.methods)


class Router:
    """Finds the operations of a path."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        paths = dict.fromkeys(operation.path for operation in operations)
        matches = {path: _match(path, operations) for path in paths}
        self._fixed = {path: found for path, found in matches.items() if "{" not in path}
        self._variable = [(_pattern(path), matches[path]) for path in paths if "{" in path]

    def match(self, path: str, raw_path: bytes = b"") -> Match:
        """Find the operations of a path, which no client has a reason to percent-encode.

        Raises:
            NotFound: there are none.
        """
        if b"%" in raw_path:
            raise NotFound("a path that is percent-encoded")
        if found := self._fixed.get(path):
            return found
        for pattern, of_one in self._variable:
            if hit := pattern.fullmatch(path):
                parts = hit.groupdict()
                subject = parts.get("user") or parts.get("subject") or ""
                return replace(of_one, session_id=parts.get("sessionId", ""), subject=subject)
        raise NotFound("no such path")


def _match(path: str, operations: Sequence[Operation]) -> Match:
    of_path = tuple(operation for operation in operations if operation.path == path)
    methods = {operation.method for operation in of_path}
    methods |= {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())
    return Match(of_path, ", ".join(sorted(methods)))


def _pattern(path: str) -> re.Pattern[str]:
    pattern = re.escape(path)
    for name, part in PATH_PATTERNS.items():
        pattern = pattern.replace(rf"\{{{name}\}}", f"(?P<{name}>{part})")
    return re.compile(pattern, re.ASCII)
