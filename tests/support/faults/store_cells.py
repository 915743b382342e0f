"""The cells of the store's matrix: what fails of which call of which operation, and when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from support.faults.matrix import WHOLE
from support.faults.store_calls import Call
from support.proxies.grpc_answers import CODES, LOST, LOST_ANSWERED, WHOLE_ANSWER, closed_later
from support.proxies.grpc_proxy import Play
from support.proxies.http_proxy import ALWAYS
from support.proxies.store_answers import (
    ALL_BROKEN,
    FINAL,
    FOUND_MISSES,
    FOUND_WELL,
    MISSES,
    NEEDS_REAL,
    READ_MISSES,
    WRITE_MISSES,
)

Operation = Literal["mint", "batch", "refresh", "end", "report", "usage"]
VENDING: tuple[Operation, ...] = ("mint", "batch", "refresh")
CHANGING: tuple[Operation, ...] = (*VENDING, "end", "report")
BESIDE: tuple[Operation, ...] = ("refresh", "end", "report", "usage")  # of a user who is known
BATCH = 3
DONE = {"mint": 201, "batch": 201, "refresh": 201, "end": 204, "report": 204, "usage": 200}
ALL: dict[str, Play] = {**CODES, **ALL_BROKEN, **WHOLE_ANSWER}
OF_CONNECTIONS: dict[str, Play] = {**LOST, **LOST_ANSWERED, "closed later": closed_later}
EVERY: dict[str, Play] = {**ALL, **OF_CONNECTIONS, **FOUND_WELL, **MISSES}
SHORT = (
    *("UNAVAILABLE", "ABORTED", "ALREADY_EXISTS", "PERMISSION_DENIED", "a gateway's 502"),
    *("hang", "hang, answered", "empty", "HTML", "cut short", "RST_STREAM REFUSED_STREAM"),
    *("answer, then UNAVAILABLE", "GOAWAY later"),
)
SHORT_CONNECTIONS = ("reset midway", "closed later", "GOAWAY, not looked at")
FEW = (
    "UNAVAILABLE",
    "answer, then UNAVAILABLE",
)  # for the operations that the short form has else not
ONCE = ("closed later",)  # what is sent next is lost each time, where Gemini is not asked between
GONE, BACK = ("cut", "mute"), ("drop",)  # what becomes of the line to Firestore; cut is refused
MOST_WRITES = 40  # within the patience, whose pauses grow to 0.16 s on average


@dataclass(frozen=True, slots=True)
class Cell:
    """A fault of the store. `effect`: the call took effect before it failed."""

    name: str
    operation: Operation
    call: Call
    effect: bool
    times: int

    def __str__(self) -> str:
        when = f"{'after' if self.effect else 'before'} the effect"
        often = "once" if self.times == 1 else "always"
        return f"Firestore, {self.operation}, {self.call}, {self.name}, {when}, {often}"

    @property
    def goes_well(self) -> bool:
        """Whether the request is answered all the same."""
        if self.name in (*FINAL, *GONE):
            return False
        whole = self.name in (*WHOLE_ANSWER, *FOUND_WELL, *ONCE)
        return whole or self.times == 1 or self.writes_through

    @property
    def writes_through(self) -> bool:
        """Whether it is a write that took effect."""
        return self.call == "write" and self.effect

    @property
    def takes_effect(self) -> bool:
        """Whether what was asked is done, be it told or not."""
        return self.goes_well or self.writes_through

    @property
    def changes(self) -> int:
        """How much is counted when all went well."""
        return {"usage": 0, "batch": BATCH}.get(self.operation, 1)

    @property
    def mints(self) -> int:
        """How many tokens Gemini is asked for when nothing fails."""
        return self.changes if self.operation in VENDING else 0

    @property
    def mints_at_first(self) -> int:
        """How many Gemini is asked for by the request that meets the fault."""
        return self.mints if self.goes_well or self.call == "write" else 0

    @property
    def writes_at_first(self) -> range:
        """How many writes that request may send."""
        if self.operation == "usage" or (self.call == "read" and not self.goes_well):
            return range(1)
        if self.call == "read" or self.writes_through or self.name in (*FINAL, *GONE):
            return range(1, 2)
        return range(2, 3) if self.times == 1 else range(2, MOST_WRITES)


def cells() -> Iterator[Cell]:
    """Return every combination that means something; in the short form, those that tell most."""
    yield from combinations(ALL if WHOLE else SHORT)
    for times in (1, ALWAYS) if WHOLE else (1,):
        yield from near_misses(times)


def broken_connections() -> Iterator[Cell]:
    """Return those in which all calls of a server suffer, since they share what is broken."""
    yield from combinations(OF_CONNECTIONS if WHOLE else SHORT_CONNECTIONS)


def combinations(names: Iterable[str]) -> Iterator[Cell]:
    """Return what may meet each of these faults, once or always, before the effect or after."""
    for name in names:
        for times in (1,) if name in ONCE else (1, ALWAYS):
            needs_real = name in NEEDS_REAL
            yield Cell(name, "mint", "read", needs_real, times)
            for operation in CHANGING if WHOLE or name in FEW else CHANGING[:1]:
                yield Cell(name, operation, "write", effect=True, times=times)
                if not needs_real:
                    yield Cell(name, operation, "write", effect=False, times=times)
            for other in BESIDE if WHOLE else ():
                yield Cell(name, other, "read", needs_real, times)


def near_misses(times: int) -> Iterator[Cell]:
    """Return those cells in which little is missing; a read is of a document that is there."""
    for name in (*READ_MISSES, *FOUND_MISSES, *FOUND_WELL):
        for operation in BESIDE if WHOLE else BESIDE[:1]:
            yield Cell(name, operation, "read", effect=True, times=times)
    for name in READ_MISSES if WHOLE else ():
        for vending in VENDING[:2]:
            yield Cell(name, vending, "read", effect=True, times=times)
    for name in WRITE_MISSES:
        for changing in CHANGING if WHOLE else CHANGING[:1]:
            yield Cell(name, changing, "write", effect=True, times=times)


def lost_connections() -> Iterator[Cell]:
    """Return what can become of the connection, at each moment of each request."""
    for name in (*GONE, *BACK) if WHOLE else ("cut", "drop"):
        for operation in CHANGING if WHOLE else CHANGING[:1]:
            if WHOLE:
                yield Cell(name, operation, "read", effect=False, times=1)
            yield Cell(name, operation, "write", effect=False, times=1)
            yield Cell(name, operation, "write", effect=True, times=1)
