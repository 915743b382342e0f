"""What an operation of the contract is, but for what it does.

Each is declared once, in `operations.table`; the router, OpenAPI, dispatch, the guard and the audit
line read it there. The request it takes and what it answers are the signature of its handler.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from vending.errors import FieldError, LivepassError

Access = Literal["public", "caller", "admin"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of the query: its value matches `pattern`, or has 1 to `max_length` printable
    characters.
    """

    name: str
    description: str
    pattern: str = ""
    max_length: int = 0
    required: bool = False

    def problem(self, value: str | None) -> FieldError | None:
        """Say what is wrong with a value, or nothing; None means it was not given."""
        if value is None and not self.required:
            return None
        text = (value or "").strip()
        if self.pattern and not re.fullmatch(self.pattern, value or "", re.ASCII):
            return FieldError(self.name, f"must match ^{self.pattern}$")
        if self.max_length and not (1 <= len(text) <= self.max_length and text.isprintable()):
            return FieldError(self.name, f"must be 1 to {self.max_length} printable characters")
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation of the contract.

    Attributes:
        name: its operationId, and the name of its handler.
        path: as OpenAPI writes it.
        event: what the audit line calls it when nothing was refused.
        status: of its answer.
        access: who may ask: anybody, a caller who is signed in, or admins alone.
        query: the parameters it takes, each once at most.
        refusals: those that it has beside what its access and its request bring with them.
        vends: it hands out tokens, so it takes an Idempotency-Key.
        reads_usage: its answer has a RateLimit header.
        struck: what it refuses may count as an offence; see `guard.abuse`.
        late: an ID token that has expired since will do, for what began while it was good.
    """

    name: str
    method: str
    path: str
    event: str
    summary: str
    status: int = 200
    access: Access = "caller"
    query: Sequence[Parameter] = ()
    refusals: Sequence[type[LivepassError]] = ()
    vends: bool = False
    reads_usage: bool = True
    struck: bool = True
    late: bool = False

    @property
    def refused_event(self) -> str:
        """The audit line's event when it was refused."""
        return "TOKEN_REFUSED" if self.vends else "REQUEST_REFUSED"
