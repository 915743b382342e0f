"""A day of a busy site, for the admin dashboard: `python -m support.stores.seeded_day LEDGER_FILE`.

The lines are written by the audit log itself and kept by the trail of one machine, at moments of
the last 24 hours; people, blocks and a tier for a time are put where the functions look for them.
"""

from __future__ import annotations

import asyncio
import io
import math
import random
import sys
import time
from functools import partial
from itertools import count
from pathlib import Path

from vending.audit.event import AuditEvent, Trace
from vending.audit.log import AuditLog
from vending.audit.sqlite_reader import SqliteTrail
from vending.clock import DAY_MS, Stopwatch, day_of
from vending.errors import LivepassError, MintingPaused, QuotaExceeded, UpstreamUnavailable
from vending.guard.budget import Month, month_of
from vending.guard.budget_check import BOOKS_KEPT_MS, SPENDING_COLLECTION
from vending.guard.ruling import Ruling
from vending.guard.ruling_store import RulingStore
from vending.limits.usage import Session, Usage
from vending.store.sqlite_documents import SqliteDocuments
from vending.store.sqlite_ledger import SqliteLedger

HOUR_MS, MINUTE_MS = 3_600_000, 60_000
SEED = 20261121
MODELS = ("gemini-3.8-live", "gemini-3.8-live", "gemini-3.8-live-extended-thinking")
REFUSALS: tuple[tuple[int, LivepassError], ...] = (
    (10, QuotaExceeded(("cooldown",), 200)),
    (4, QuotaExceeded(("hour",), 900)),
    (2, QuotaExceeded(("sessions",), 600)),
    (1, QuotaExceeded(("day",), 9000)),
    (1, MintingPaused(retry_after_s=300)),
)


class Day:
    """Writes the day that ends at `now` (ms)."""

    def __init__(self, ledger: Path, now: int) -> None:
        self.now = now
        self.chance = random.Random(SEED)
        self.people = [f"{self.chance.getrandbits(160):040x}" for _ in range(60)]
        self.ledger = SqliteLedger(ledger)
        self.documents = SqliteDocuments(ledger)
        self.store = RulingStore(self.documents)
        self._at = now
        self.trail = SqliteTrail(Path(f"{ledger}-audit"), lambda: self._at / 1000)
        self.log = AuditLog("p", io.StringIO())

    async def write(self) -> None:
        """Write all of it."""
        began = self.now - 24 * HOUR_MS
        moments = sorted(self.chance.randint(began, self.now) for _ in range(2600))
        decided = self.now - 50 * MINUTE_MS
        for at in moments:
            if decided and at > decided:
                self.line(decided, "ADMIN_CHANGED", self.people[0], 200, **RAISED)
                decided = 0
            if self.chance.random() < busy(at):
                self.request(at)
        await self.rule()
        await self.use()
        await self.spend()
        self.ledger.close()
        self.trail.close()

    def request(self, at: int) -> None:
        """A mint, a refresh, the end of a session, or a refusal."""
        user = self.people[min(int(self.chance.expovariate(0.07)), 59)]
        fate = self.chance.random()
        failing = 9 * HOUR_MS < self.now - at < 10 * HOUR_MS
        if failing and fate < 0.6:
            self.refuse(at, user, UpstreamUnavailable("scripted", retry_after_s=5))
        elif fate < 0.2:
            weights = [weight for weight, _ in REFUSALS]
            ((_, error),) = self.chance.choices(REFUSALS, weights)
            self.refuse(at, user, error)
        else:
            event = "TOKEN_CREATED" if fate < 0.75 else "TOKEN_REFRESHED"
            session = f"{self.chance.getrandbits(96):024x}"
            model = self.chance.choice(MODELS)
            expires = at + 30 * MINUTE_MS
            self.line(at, event, user, 201, session=session, model=model, expiresMs=expires)

    def refuse(self, at: int, user: str, error: LivepassError) -> None:
        """A mint that was refused."""
        trail = self.opened("TOKEN_REFUSED", user, error.status)
        trail.refused(error)
        self.keep(at, trail)

    def line(self, at: int, event: str, user: str, status: int, **facts: object) -> None:
        """Any other line."""
        trail = self.opened(event, user, status)
        trail.facts |= facts
        self.keep(at, trail)

    def opened(self, event: str, user: str, status: int) -> AuditEvent:
        """The beginning of a line; it took as long as mints take."""
        took_s = self.chance.lognormvariate(math.log(0.14), 0.35)
        stopwatch = Stopwatch(partial(next, count(step=took_s / 2)))
        trail = AuditEvent(
            "r", "POST", Trace(), "/api/v1/live-token", event, status, stopwatch=stopwatch
        )
        trail.refused_event = event
        operation = "refresh" if event == "TOKEN_REFRESHED" else "mint"
        operation = "admin_block" if event == "ADMIN_CHANGED" else operation
        tier = "guest" if int(user[0], 16) > 11 else "default"
        trail.facts |= {"operation": operation, "user": user, "tier": tier}
        return trail

    def keep(self, at: int, trail: AuditEvent) -> None:
        """At its moment."""
        self._at = at
        self.trail.keep(self.log._structured(trail))

    async def rule(self) -> None:
        """Two blocks of the guard, one of an operator, and a tier for a time."""
        operator, now = f"operator:{self.people[0]}", self.now
        rulings = (
            Ruling("block", f"prefix:{'5c' * 8}", now, now + HOUR_MS, "guard", "forged tokens", 2),
            Ruling("block", f"user:{self.people[9]}", now, now + HOUR_MS // 4, "guard", "hammers"),
            Ruling("block", f"user:{self.people[5]}", now, now + 24 * HOUR_MS, operator, "resells"),
            Ruling("tier", f"user:{self.people[1]}", now, now + HOUR_MS, operator, "a demo",
                   tier="guest"),
        )  # fmt: skip
        for ruling in rulings:
            await self.store.put(ruling, 5)

    async def use(self) -> None:
        """What one of them has used, as the ledger has it."""
        user, begun = self.people[1], self.now - 20 * MINUTE_MS
        session = Session("5e" * 12, MODELS[0], begun, begun, {"c": self.now + 10 * MINUTE_MS})
        usage = Usage(last=begun, mints=(begun,), sessions=(session,)).spending(begun, 420_000)
        await self.ledger.write(user, usage, None, 5)

    async def spend(self) -> None:
        """What others spent today, and the month's book up to yesterday."""
        for user in self.people[10:40]:
            usage = Usage(last=self.now).spending(self.now, self.chance.randint(80_000, 350_000))
            await self.ledger.write(user, usage, None, 5)
        past = (day_of(self.now - n * DAY_MS) for n in range(1, 31))
        month = month_of(self.now)[1:]
        days = {d: self.chance.randint(2_500_000, 7_000_000) for d in past if month in d}
        book, expires = Month(days).document(), self.now + BOOKS_KEPT_MS
        await self.documents.write(
            SPENDING_COLLECTION, month, book, if_version=None, expires=expires, timeout_s=5
        )


RAISED = {"change": "block for 1440 min", "reason": "resells", "subject": "0" * 40}


def busy(at: int) -> float:
    """How likely somebody is awake."""
    return 0.55 - 0.45 * math.cos(2 * math.pi * (at % (24 * HOUR_MS) / (24 * HOUR_MS) - 0.15))


if __name__ == "__main__":
    asyncio.run(Day(Path(sys.argv[1]), int(time.time() * 1000)).write())
