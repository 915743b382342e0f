"""Documents beside the ledger's: what few requests read or write, kept in the same store.

Rulings, strikes and whatever else the guard must remember are documents of a collection: read and
written by name, and listed while the moment in their field `until` is to come. Two keep them, as
two keep the ledger: Firestore and SQLite.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Final, Protocol, TypeVar

from vending.errors import StoreUnavailable
from vending.store.ledger import ATTEMPT_S, RETRY_AFTER_S, STORE_PATIENCE_S, Conflict, Doubt

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
        Conflict, Doubt: worth another try.
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


async def insist(
    call: Callable[[float], Awaitable[T]],
    patience_s: float = STORE_PATIENCE_S,
    longest_s: float = ATTEMPT_S,
) -> T:
    """Repeat a call, which is given its time limit, until it succeeds.

    Raises:
        StoreUnavailable: patience is over, or it is hopeless.
    """
    ends = time.monotonic() + patience_s
    for attempt in count():
        attempt_s = max(min(longest_s, ends - time.monotonic()), 0)
        try:
            async with asyncio.timeout(attempt_s):
                return await call(attempt_s)
        except (Conflict, Doubt, TimeoutError) as error:
            pause_s = random.uniform(0, 0.01 * 2 ** min(attempt, 5))  # noqa: S311 - no secret
            if time.monotonic() + pause_s >= ends:
                raise StoreUnavailable(str(error), retry_after_s=RETRY_AFTER_S) from error
            await asyncio.sleep(pause_s)
    raise AssertionError("patience ends first")
