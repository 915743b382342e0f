"""Callers in a closed loop: each sends its next request as soon as its last is answered.

Requests are bytes made beforehand and taken in turn by whoever is free, over connections that are
kept, so that measuring costs a fraction of what is measured.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle
from typing import cast
from urllib.parse import urlsplit

import uvloop

PATIENCE_S = 8.0  # for the answers still out when time is up; what takes longer is not counted


@dataclass(slots=True)
class Taken:
    """What a round took. `times_ms` has every answer's, in the order they came; `waits_ms` how long
    those had waited who had none when our patience ended.
    """

    times_ms: list[float] = field(default_factory=list)
    waits_ms: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def unanswered(self) -> int:
        """How many callers had no answer when our patience ended."""
        return len(self.waits_ms)

    def percentile_ms(self, share: float) -> float:
        """The time within which this share was answered, or longer: who waits on counts so far."""
        ranked = sorted(self.times_ms + self.waits_ms)
        return ranked[min(int(share * len(ranked)), len(ranked) - 1)]


def request(
    path: str, headers: Mapping[str, str], body: bytes = b"", method: str = "POST"
) -> bytes:
    """Write a request."""
    fields = {"Host": "127.0.0.1", "Content-Length": str(len(body)), **headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body


def measure(
    url: str,
    requests: Iterable[bytes],
    callers: int,
    seconds: float,
    patience_s: float = PATIENCE_S,
) -> Taken:
    """Let so many callers ask for so long, and at least until each has an answer.

    An iterator of requests goes on where it was last left; anything else is begun again.
    """
    turns = requests if isinstance(requests, Iterator) else cycle(requests)
    return uvloop.run(_measure(url, turns, callers, seconds, patience_s))


async def _measure(
    url: str, turns: Iterator[bytes], callers: int, seconds: float, patience_s: float
) -> Taken:
    taken = Taken()
    to = urlsplit(url)
    host, port = str(to.hostname), to.port or 80
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    crowd = [_Caller(taken, turns, began + seconds) for _ in range(callers)]
    for caller in crowd:
        await loop.create_connection(partial(_given, caller), host, port)
    done, _ = await asyncio.wait([c.done for c in crowd], timeout=seconds + patience_s)
    now = time.perf_counter()
    taken.seconds = now - began
    taken.waits_ms = [(now - caller.sent) * 1000 for caller in crowd if caller.is_waiting]
    for caller in crowd:
        caller.close()
    if hung_up := sum(future.exception() is not None for future in done):
        raise ConnectionError(f"the server hung up on {hung_up} of {callers} callers")
    return taken


def _given(caller: _Caller) -> _Caller:
    return caller


class _Caller(asyncio.Protocol):
    """One connection."""

    def __init__(self, taken: Taken, turns: Iterator[bytes], until: float) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._taken, self._turns, self._until = taken, turns, until
        self._received = b""

    @property
    def is_waiting(self) -> bool:
        return not self.done.done()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    def _ask(self) -> None:
        self.sent = time.perf_counter()
        self._transport.write(next(self._turns))

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end or len(body) < _length(head):
            return
        now = time.perf_counter()
        self._received = b""
        self._taken.times_ms.append((now - self.sent) * 1000)
        self._taken.statuses[int(head[9:12])] += 1
        if now < self._until:
            self._ask()
        elif self.is_waiting:
            self.done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.is_waiting:
            self.done.set_exception(ConnectionError("the server hung up"))

    def close(self) -> None:
        if self.is_waiting:
            self.done.cancel()
        self._transport.close()


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    if not found and b" 204 " not in head[:16]:
        raise ValueError("an answer without a length")
    return int(rest.partition(b"\r\n")[0] or 0)
