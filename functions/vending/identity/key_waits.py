"""Who waits for an issuer's unknown keys: few keys at once, since each holds requests open. One
network that makes up keys takes no place from the others. Many networks, or one's own, can, but
nobody can delay the next fetch.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

MOST_AWAITED = 32  # half of the requests that an instance serves at once by default


@dataclass(slots=True)
class _Wait:
    network: str
    places: list[asyncio.Timeout] = field(default_factory=list)


class KeyWaits:
    """The keys that are waited for, each with its callers, who share it and are not counted."""

    def __init__(self) -> None:
        self._waits: dict[Hashable, _Wait] = {}

    @asynccontextmanager
    async def place(self, wanted: Hashable, network: str) -> AsyncIterator[None]:
        """Wait with the others for the key, which the first of them asked for from this network.

        Raises:
            TimeoutError: another key needs the place more.
        """
        wait = self._waits.get(wanted) or self._begin(wanted, network)
        place = asyncio.timeout(None)
        try:
            async with place:
                wait.places.append(place)
                yield
        finally:
            wait.places.remove(place)
            if not wait.places and self._waits.get(wanted) is wait:
                del self._waits[wanted]

    def _begin(self, wanted: Hashable, network: str) -> _Wait:
        if len(self._waits) >= MOST_AWAITED:
            self._drop_one()
        wait = self._waits[wanted] = _Wait(network)
        return wait

    def _drop_one(self) -> None:
        """Of the network that asks for the most keys, drop the one that the fewest wait for, and of
        those the oldest: a new key is one, and soon everybody's.
        """
        asked_for = Counter(wait.network for wait in self._waits.values())
        wanted = min(
            self._waits,
            key=lambda each: (
                -asked_for[self._waits[each].network],
                len(self._waits[each].places),
            ),
        )
        for place in self._waits.pop(wanted).places:
            place.reschedule(asyncio.get_running_loop().time())
