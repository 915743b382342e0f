"""What time does to a server: a user's full day, a million users, a hundred thousand mints."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from statistics import median

from bench.contenders import PERSON, Contender, Surroundings
from bench.load import measure
from bench.servers import Server, server
from vending.app import build_store
from vending.limits.finished import lines_of
from vending.limits.session import Session
from vending.limits.usage import Usage
from vending.settings.urls import SQLITE

MINUTE_MS = 60_000
USERS, ROUNDS = 200, 11
ROUND_S = 1.0  # in less, SQLite may or may not move its log into the file
MILLION = 1_000_000
LEDGERS = {"sqlite": 900, "firestore": 250}  # and about how many mints a second they make
PATIENCE_S = 30.0
_PUT = "insert into live_token_users values (?, 1, ?)"


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
    return 90 + sum(mints / rate for rate in LEDGERS.values()) if mints else 0.0


def wear(around: Surroundings, mints: int) -> Mapping[str, float]:
    """Measure CPU and memory, each against the same server without what wears it."""
    around.upstream.set_delay(0)
    facts: dict[str, float] = {}
    for ledger in LEDGERS:
        livepass = around.livepass(ledger)
        if ledger == "sqlite":
            livepass = around.livepass(ledger, LIVE_API_LEDGER=_worn(around.folder))
        with server(livepass.command, livepass.environ) as running:
            measure(running.url, around.requests(livepass, 8), 8, 2)
            test = Wear(running, around, livepass)
            facts[f"history, {ledger}"] = test.history()
            if ledger == "sqlite":
                facts["million"] = test.million()
            facts[f"growth, {ledger}"] = test.growth(mints)
    return facts


class Wear:
    """A running server and the ledger under it."""

    def __init__(self, running: Server, around: Surroundings, livepass: Contender) -> None:
        self._running, self._firestore = running, around.firestore
        self._requests = around.requests(livepass, USERS)
        self._users = [around.people.alias(f"{PERSON}-{n}") for n in range(USERS)]
        self._ledger = livepass.environ["LIVE_API_LEDGER"]

    def history(self) -> float:
        """CPU of a mint after a full day over one after nothing, round by round."""
        ratios = [self._cpu_ms(full_day) / self._cpu_ms() for _ in range(ROUNDS)]
        return self._told("a full day", median(ratios))

    def million(self) -> float:
        """CPU of a mint among a million users in the file over one among few."""
        few = median(self._cpu_ms() for _ in range(ROUNDS))
        with self._file() as connection, connection:
            _fill(connection)
        many = median(self._cpu_ms() for _ in range(ROUNDS))
        return self._told("a million users", many / few)

    def growth(self, mints: int) -> float:
        """Memory after so many mints over memory before."""
        before, done = self._running.anonymous_mb(), 0
        while done < mints:
            taken = measure(self._running.url, self._requests, 16, 5)
            done += len(taken.times_ms)
            self._told(f"{done} of {mints} mints, MB", self._running.anonymous_mb())
            self._forget()
        return self._told("growth", self._running.anonymous_mb() / before)

    def _cpu_ms(self, seed: Callable[[int], Usage] | None = None) -> float:
        """CPU of a mint, each user seeded before."""
        self._forget()
        if seed is not None:
            usage = seed(time.time_ns() // 1_000_000)
            asyncio.run(_write(self._ledger, self._users, usage))
        self._settle()
        before = self._running.cpu_ms()
        taken = measure(self._running.url, self._requests, 8, ROUND_S)
        return (self._running.cpu_ms() - before) / len(taken.times_ms)

    def _forget(self) -> None:
        if not self._ledger.startswith(SQLITE):
            self._firestore.clear()
            return
        with self._file() as connection, connection:
            named = [(user,) for user in self._users]
            connection.executemany("delete from live_token_users where user = ?", named)

    def _settle(self) -> None:
        """Move what seeding left in SQLite's log into the file, or the server would have to."""
        if self._ledger.startswith(SQLITE):
            with self._file() as connection:
                connection.execute("pragma wal_checkpoint(truncate)")

    def _file(self) -> closing[sqlite3.Connection]:
        path = self._ledger.removeprefix(SQLITE)
        return closing(sqlite3.connect(path, timeout=PATIENCE_S))

    def _told(self, what: str, value: float) -> float:
        """Show progress."""
        print(f"wear, {self._ledger.partition(':')[0]}: {what} {value:.3f}", file=sys.stderr)
        return value


def _worn(folder: Path) -> str:
    return f"{SQLITE}{folder / 'worn.sqlite3'}"


async def _write(url: str, users: Sequence[str], usage: Usage) -> None:
    """Give each user this, as a server would write it."""
    ledger, _ = build_store(url)
    for user in users:
        await ledger.write(user, usage, None, PATIENCE_S)


def _fill(connection: sqlite3.Connection) -> None:
    """Add a million users of one mint each."""
    now = time.time_ns() // 1_000_000
    document = json.dumps(replace(full_day(now), mints=(now,), finished="").document())
    connection.executemany(_PUT, ((f"{n:040x}", document) for n in range(MILLION)))
