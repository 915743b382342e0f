"""What unit tests have in place of clocks, stores and Gemini: small, scripted, in memory."""

from __future__ import annotations

import asyncio
import json
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

from vending.errors import StoreUnavailable
from vending.gemini.order import Order, Token
from vending.limits.reading import Reading
from vending.limits.usage import Document, Usage
from vending.store.documents import ANY_VERSION, Fields, Found
from vending.store.retry import Conflict, OutcomeUnknown

NOON = 1_790_000_000_000
USER = "3f" * 20

Fault = Literal[
    "conflict",
    "outcome unknown",
    "outcome unknown after effect",
    "hang",
    "hang after effect",
    "down",
]


class Clock:
    """A store's clock in milliseconds; it moves when it is told to."""

    def __init__(self, ms: int = NOON) -> None:
        self.ms = ms

    def __call__(self) -> int:
        return self.ms

    def forward(self, *, ms: int = 0, s: int = 0, minutes: int = 0, hours: int = 0) -> None:
        self.ms += ms + 1000 * (s + 60 * (minutes + 60 * hours))


class Seconds:
    """A monotonic clock in seconds; it moves when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Clocks:
    """An instance's two clocks, of which one only goes forward, with the store's beside them."""

    def __init__(self, store: Clock) -> None:
        self.store = store
        self.wall = self.monotonic = 1000.0

    def __call__(self) -> tuple[float, float]:
        return self.wall, self.monotonic

    def forward(self, s: float) -> None:
        self.wall += s
        self.monotonic += s
        self.store.forward(ms=int(s * 1000))


class MemoryLedger:
    """A `Ledger` of documents as JSON, so that nothing is shared by accident.

    `reads` and `writes` count calls. Each call takes the next of `read_faults` or `write_faults`,
    None being no fault; when they run out, nothing goes wrong. Each write first lets the next of
    `rivals` change what is stored, as another instance would.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.reads = 0
        self.writes = 0
        self.read_faults: deque[Fault | None] = deque()
        self.write_faults: deque[Fault | None] = deque()
        self.rivals: deque[Callable[[Usage, int], Usage] | None] = deque()
        self._stored: dict[str, tuple[int, str]] = {}

    async def read(self, user: str, timeout_s: float) -> Reading:
        self.reads += 1
        await asyncio.sleep(0)
        await self._fail(self.read_faults, timeout_s)
        version, text = self._stored.get(user, (None, "{}"))
        return Reading.at(self.clock(), Usage.of(json.loads(text)), version)

    async def write(
        self, user: str, usage: Usage, if_version: object | None, timeout_s: float
    ) -> None:
        self.writes += 1
        await asyncio.sleep(0)
        if self.rivals and (rival := self.rivals.popleft()):
            self.put(user, rival(self.usage(user), max(self.clock(), self.usage(user).last)))
        after = bool(self.write_faults) and str(self.write_faults[0]).endswith("after effect")
        if not after:
            await self._fail(self.write_faults, timeout_s)
        if self._stored.get(user, (None, ""))[0] != if_version:
            raise Conflict("somebody else wrote first")
        self.put(user, usage)
        if after:
            await self._fail(self.write_faults, timeout_s)

    async def spent(self, day: str, timeout_s: float) -> int:
        await asyncio.sleep(0)
        return sum(self.usage(user).spent.get(day, 0) for user in self._stored)

    def usage(self, user: str = USER) -> Usage:
        """Look at what is stored."""
        return Usage.of(self.document(user))

    def document(self, user: str = USER) -> Document:
        """Look at what is stored, as it is stored."""
        document: dict[str, Any] = json.loads(self._stored.get(user, (0, "{}"))[1])
        return document

    def put(self, user: str, usage: Usage) -> None:
        """Store, whatever was there."""
        version = self._stored.get(user, (0, ""))[0] + 1
        self._stored[user] = version, json.dumps(usage.document())

    async def _fail(self, faults: deque[Fault | None], timeout_s: float) -> None:
        fault = faults.popleft() if faults else None
        if fault is None:
            return
        if fault == "conflict":
            raise Conflict("scripted")
        if fault == "down":
            raise StoreUnavailable("scripted", retry_after_s=5)
        if fault.startswith("hang"):
            await asyncio.sleep(timeout_s)
        raise OutcomeUnknown("scripted")


class MemoryDocuments:
    """`Documents` in memory. `calls` counts them by name; while `down` is set, all fail with it."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.calls: Counter[str] = Counter()
        self.down: Exception | None = None
        self.gate: asyncio.Event | None = None
        self._stored: dict[tuple[str, str], tuple[int, str]] = {}

    async def read(self, collection: str, name: str, timeout_s: float) -> Found:
        await self._called("read")
        version, text = self._stored.get((collection, name), (None, "{}"))
        return Found(json.loads(text), version, self.clock())

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
        await self._called("write")
        version, text = self._stored.get((collection, name), (None, "{}"))
        if if_version not in (ANY_VERSION, version):
            raise Conflict("somebody else wrote first")
        kept = json.dumps({**json.loads(text), **fields})
        self._stored[collection, name] = (version or 0) + 1, kept

    def put(self, collection: str, name: str, fields: Fields) -> None:
        """Store, whatever was there."""
        self._stored[collection, name] = 1, json.dumps(fields)

    async def remove(self, collection: str, name: str, timeout_s: float) -> None:
        await self._called("remove")
        self._stored.pop((collection, name), None)

    async def lasting(
        self, collection: str, most: int, timeout_s: float
    ) -> tuple[Sequence[Fields], int]:
        await self._called("lasting")
        found = [json.loads(t) for (c, _), (_, t) in self._stored.items() if c == collection]
        lasting = [fields for fields in found if fields.get("until", 0) > self.clock()]
        return sorted(lasting, key=lambda f: -f["until"])[:most], self.clock()

    async def _called(self, name: str) -> None:
        self.calls[name] += 1
        await asyncio.sleep(0)
        if self.gate:
            await self.gate.wait()
        if self.down:
            raise self.down


class FakeMinter:
    """A `Minter` that keeps every order, and fails as scripted: None makes a token.

    `reached` is set by the first order; `gate` holds all of them up until it is set.
    """

    def __init__(self, script: Iterable[Exception | None] = ()) -> None:
        self.orders: list[Order] = []
        self.most_at_once = 0
        self.reached = asyncio.Event()
        self.gate: asyncio.Event | None = None
        self._script = deque(script)
        self._at_work = 0

    async def mint(self, order: Order) -> Token:
        self.orders.append(order)
        number = len(self.orders)
        self.reached.set()
        self._at_work += 1
        self.most_at_once = max(self.most_at_once, self._at_work)
        try:
            await asyncio.sleep(0)
            if self.gate:
                await self.gate.wait()
        finally:
            self._at_work -= 1
        if self._script and (error := self._script.popleft()):
            raise error
        return Token(f"auth_tokens/{number:064x}")
