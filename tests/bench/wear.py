"""What time does to a server: a user's full day, a million users, a hundred thousand mints."""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from statistics import median

from bench.contenders import PERSON, Contender, Surroundings
from bench.load import measure
from bench.servers import Server, server
from vending.finished import lines_of
from vending.session import Session
from vending.usage import Usage

MINUTE_MS = 60_000
USERS, ROUNDS = 200, 11
MILLION = 1_000_000
_FORGET = "delete from live_token_users where user = ?"
_PUT = "insert into live_token_users values (?, 1, ?)"
Seed = Callable[[Sequence[str]], Iterable[tuple[str, str]]]


def full_day(now: int) -> Usage:
    """What a user has who minted a hundred times in the last day, three of the talks still on."""
    starts = [now - (100 - n) * 14 * MINUTE_MS for n in range(100)]
    sessions = [
        Session(f"{n:024x}", "gemini-3.8-live", at, at, {f"{n:012x}": at + 30 * MINUTE_MS})
        for n, at in enumerate(starts)
    ]
    over = [s for s in sessions if s.expires <= now]
    live = tuple(s for s in sessions if s.expires > now)
    return Usage(now, tuple(starts), sessions=live, finished=lines_of(over))


def takes_s(mints: int) -> float:
    """About how long it takes."""
    return 25 + mints / 900 if mints else 0.0


def wear(around: Surroundings, mints: int) -> Mapping[str, float]:
    """Measure CPU and memory, each against the same server without what wears it."""
    path = around.folder / "worn.sqlite3"
    livepass = around.livepass("sqlite", LIVE_API_LEDGER=f"sqlite:///{path}")
    around.upstream.set_delay(0)
    with server(livepass.command, livepass.environ) as running:
        measure(running.url, around.requests(livepass, 8), 8, 2)
        test = Wear(running, path, around, livepass)
        facts = {"history": test.ratio(_full_days, _nothing)}
        test.tell("history")
        empty = test.cpu_ms(_nothing)
        _fill(path)
        facts["million"] = test.cpu_ms(_nothing) / empty
        test.tell("a million users")
        facts["growth"] = test.growth(mints)
    return facts


class Wear:
    """A running server and the file under it."""

    def __init__(
        self, running: Server, path: Path, around: Surroundings, livepass: Contender
    ) -> None:
        self._running, self._path = running, path
        self._requests = around.requests(livepass, USERS)
        self._users = [around.people.alias(f"{PERSON}-{n}") for n in range(USERS)]

    def tell(self, done: str) -> None:
        """Show progress."""
        print(f"wear: {done}", file=sys.stderr)

    def cpu_ms(self, seed: Seed) -> float:
        """CPU of a mint, each user seeded before every round."""
        return median(self._cpu_ms(seed) for _ in range(ROUNDS))

    def ratio(self, seed: Seed, other: Seed) -> float:
        """CPU of a mint with one seed over that with another, round by round."""
        return median(self._cpu_ms(seed) / self._cpu_ms(other) for _ in range(ROUNDS))

    def growth(self, mints: int) -> float:
        """Memory after so many mints over memory before."""
        before, done = self._running.memory_mb(), 0
        while done < mints:
            taken = measure(self._running.url, self._requests, 16, 5)
            done += len(taken.times_ms)
            memory = f"{self._running.memory_mb():.1f} MB, {before:.1f} at first"
            self.tell(f"{done} of {mints} mints, {memory}")
            with closing(sqlite3.connect(self._path, timeout=10)) as connection, connection:
                connection.executemany(_FORGET, [(user,) for user in self._users])
        return self._running.memory_mb() / before

    def _cpu_ms(self, seed: Seed) -> float:
        with closing(sqlite3.connect(self._path, timeout=10)) as connection, connection:
            connection.executemany(_FORGET, [(user,) for user in self._users])
            connection.executemany(_PUT, seed(self._users))
        before = self._running.cpu_ms()
        taken = measure(self._running.url, self._requests, 8, 0.4)
        return (self._running.cpu_ms() - before) / len(taken.times_ms)


def _nothing(users: Sequence[str]) -> Iterable[tuple[str, str]]:
    return ()


def _full_days(users: Sequence[str]) -> Iterable[tuple[str, str]]:
    document = json.dumps(full_day(time.time_ns() // 1_000_000).document())
    return [(user, document) for user in users]


def _fill(path: Path) -> None:
    """Add a million users of one mint each."""
    now = time.time_ns() // 1_000_000
    document = json.dumps(replace(full_day(now), mints=(now,), finished={}).document())
    with closing(sqlite3.connect(path, timeout=10)) as connection, connection:
        connection.executemany(_PUT, ((f"{n:040x}", document) for n in range(MILLION)))
