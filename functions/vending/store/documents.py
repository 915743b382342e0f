"""Documents beside the ledger's: what few requests read or write, kept in the same store.

Rulings, strikes and whatever else the guard must remember are documents of a collection: read and
written by name, and listed while the moment in their field `until` is to come. Two keep them, as
two keep the ledger: Firestore and SQLite.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

T = TypeVar("T")
Fields = Mapping[str, Any]
ANY_VERSION: Final = "any version"  # write whatever is there, or nothing


@dataclass(frozen=True, slots=True)
class Found:
    """A document as read at `now`, in milliseconds of the store's clock. `version` None: there is
    none.
    """

    fields: Fields
    version: object | None
    now: int


class Documents(Protocol):
    """Where they are kept. Calls give up by themselves after `timeout_s`.

    Raises:
        Conflict, OutcomeUnknown: worth another try.
        StoreUnavailable: not worth one.
    """

    async def read(self, collection: str, name: str, timeout_s: float) -> Found:
        """Read a document, its version and the time."""
        ...

    async def write(
        self,
        collection: str,
        name: str,
        fields: Fields,
        *,
        if_version: object | None,
        expires: int,
        timeout_s: float,
    ) -> None:
        """Write these fields, and keep others, if the version is still `if_version` (None: if there
        is none). After `expires`, in milliseconds, the document is garbage.
        """
        ...

    async def remove(self, collection: str, name: str, timeout_s: float) -> None:
        """Remove a document, whether or not there is one."""
        ...

    async def lasting(
        self, collection: str, most: int, timeout_s: float
    ) -> tuple[Sequence[Fields], int]:
        """List the documents whose `until` is to come, the latest first, and tell the time."""
        ...
