"""Usage and the other documents in Firestore: a read, and a create or update with a precondition;
never a transaction. Usage is one document a user, one read and one conditional write a mint.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from vending.clock import HOUR_MS, clock_ms
from vending.errors import StoreUnavailable
from vending.limits.reading import Reading
from vending.limits.usage import Usage
from vending.store.documents import Fields, Found
from vending.store.firestore_client import FirestoreClient
from vending.store.retry import STORE_RETRY_AFTER_S

USERS_COLLECTION = "live_token_users"
KEPT = timedelta(days=2)  # for Firestore's TTL policy on `expireAt`: garbage, never correctness
_CLOCKS_APART_MS = HOUR_MS  # an instance's and Firestore's, at most


class FirestoreLedger:
    """A `Ledger` in a Firestore database."""

    def __init__(self, client: FirestoreClient) -> None:
        self._client = client

    async def read(self, user: str, timeout_s: float) -> Reading:
        """Read a user's usage, at Firestore's time."""
        found = await self._client.read(f"{USERS_COLLECTION}/{user}", timeout_s)
        return Reading.at(found.now, _usage(found.fields), found.version)

    async def write(
        self, user: str, usage: Usage, if_version: object | None, timeout_s: float
    ) -> None:
        """Write a user's usage if its version is still `if_version`.

        Only the fields of this revision are written, so that those of a newer one survive.

        Raises:
            Conflict: it is not.
        """
        expires = datetime.fromtimestamp(usage.last / 1000, UTC) + KEPT
        fields = {**usage.document(), "expireAt": expires}
        await self._client.write(f"{USERS_COLLECTION}/{user}", fields, if_version, timeout_s)

    async def spent(self, day: str, timeout_s: float) -> int:
        """Sum up what all users spent on a day, in micros; by Firestore, over an index."""
        return await self._client.total(USERS_COLLECTION, f"spent.{day}", timeout_s)


class FirestoreDocuments:
    """`Documents` in a Firestore database; `expireAt` is for its TTL policy."""

    def __init__(self, client: FirestoreClient) -> None:
        self._client = client

    async def read(self, collection: str, name: str, timeout_s: float) -> Found:
        """Read a document, at Firestore's time."""
        return await self._client.read(f"{collection}/{name}", timeout_s)

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
        """Write these fields, and keep others.

        Raises:
            Conflict: the version is not `if_version`.
        """
        kept = {**fields, "expireAt": datetime.fromtimestamp(expires / 1000, UTC)}
        await self._client.write(f"{collection}/{name}", kept, if_version, timeout_s)

    async def remove(self, collection: str, name: str, timeout_s: float) -> None:
        """Remove a document, whether or not there is one."""
        await self._client.remove(f"{collection}/{name}", timeout_s)

    async def lasting(
        self, collection: str, most: int, timeout_s: float
    ) -> tuple[Sequence[Fields], int]:
        """List the documents whose `until` is to come, the latest first, and tell the time."""
        # Firestore cannot compare with its own clock, so what is just over is asked for, too.
        after = clock_ms() - _CLOCKS_APART_MS
        found, now = await self._client.latest(collection, "until", after, most, timeout_s)
        return [fields for fields in found if _until(fields) > now], now


def _usage(document: Mapping[str, Any]) -> Usage:
    try:
        return Usage.of(document)
    except (TypeError, ValueError) as error:
        detail = f"firestore: a document is not as we write it: {error}"
        raise StoreUnavailable(detail, retry_after_s=STORE_RETRY_AFTER_S) from error


def _until(fields: Fields) -> int:
    until = fields.get("until")
    return until if isinstance(until, int) else 0
