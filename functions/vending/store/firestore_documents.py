"""Documents in the Firestore database of the ledger, by the client of the ledger."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from vending.store.documents import Fields, Found
from vending.store.firestore_client import FirestoreClient

_CLOCKS_APART_MS = 3_600_000  # an instance's and Firestore's, at most


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
        after = time.time_ns() // 1_000_000 - _CLOCKS_APART_MS
        found, now = await self._client.latest(collection, "until", after, most, timeout_s)
        return [fields for fields in found if _until(fields) > now], now


def _until(fields: Fields) -> int:
    until = fields.get("until")
    return until if isinstance(until, int) else 0
