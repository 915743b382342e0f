"""A shaped request: a token for a new session or for one that is live."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from vending.limits.session import Document


@dataclass(frozen=True, slots=True)
class Grant:
    """What is asked for: a mint, which starts the session `session_id`, or a refresh of it.

    `charge_id` is unique to the request and made before anything is tried, so that a charge can be
    recognised when the outcome of writing it is unknown. `others` are mints that are admitted and
    charged together with this one, or not at all. `keyed` says that its answer is kept, to be given
    again. `handle` is what the token may resume by, where that is locked.
    """

    kind: Literal["mint", "refresh"]
    session_id: str
    charge_id: str
    minutes: int
    uses: int = 1
    model: str = ""
    requested: Document = field(default_factory=dict)
    others: tuple[Grant, ...] = ()
    keyed: bool = False
    handle: str = field(default="", repr=False)

    @property
    def all(self) -> tuple[Grant, ...]:
        """This grant and the others of its batch."""
        return (self, *self.others)

    @property
    def talks(self) -> int:
        """How many talks its tokens may start."""
        return len(self.all) * self.uses
