"""Usage in Firestore: one document a user, one read and one conditional write a mint.

A read, and a create or update with a precondition; never a transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from vending.errors import StoreUnavailable
from vending.limits.reading import Reading
from vending.limits.usage import Usage
from vending.store.firestore_client import FirestoreClient
from vending.store.retry import RETRY_AFTER_S

COLLECTION = "live_token_users"
KEPT = timedelta(days=2)  # for Firestore's TTL policy on `expireAt`: garbage, never correctness


class FirestoreLedger:
    """A `Ledger` in a Firestore database."""

    def __init__(self, client: FirestoreClient) -> None:
        self._client = client

    async def read(self, user: str, timeout_s: float) -> Reading:
        """Read a user's usage, at Firestore's time."""
        found = await self._client.read(f"{COLLECTION}/{user}", timeout_s)
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
        await self._client.write(f"{COLLECTION}/{user}", fields, if_version, timeout_s)

    async def spent(self, day: str, timeout_s: float) -> int:
        """Sum up what all users spent on a day, in micros; by Firestore, over an index."""
        return await self._client.total(COLLECTION, f"spent.{day}", timeout_s)


def _usage(document: Mapping[str, Any]) -> Usage:
    try:
        return Usage.of(document)
    except (TypeError, ValueError) as error:
        detail = f"firestore: a document is not as we write it: {error}"
        raise StoreUnavailable(detail, retry_after_s=RETRY_AFTER_S) from error
