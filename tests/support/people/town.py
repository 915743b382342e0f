"""Three instances over one store, and the people and attackers who ask them, on a simulated clock.

All of Livepass but the signature of ID tokens, the network and Gemini: a bearer token is a name, a
tier and whether anybody signed it.
"""

from __future__ import annotations

import asyncio
import heapq
import io
import json
import random
from collections import Counter
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from typing import Any, cast

from starlette.requests import Request
from starlette.types import Message

from support.fakes.livepass import BASE, Gemini
from support.fakes.memory import NOON, Clock, MemoryDocuments, MemoryLedger
from vending.app import assemble
from vending.audit.log import AuditLog
from vending.clock import Elapsed
from vending.errors import NotSigned, TokenExpired
from vending.gemini.auth_tokens import Mint
from vending.guard.abuse import AbuseGuard
from vending.guard.networks import PrefixNames
from vending.guard.read_limits import ReadLimits
from vending.guard.ruling_store import Rulings, RulingStore
from vending.http.edge import Edge
from vending.http.router import Router
from vending.identity.authenticate import Authenticator, Caller
from vending.operations.dispatch import Dispatch
from vending.operations.table import OPERATIONS
from vending.policy import GUEST, Limits, Mode
from vending.settings import Settings
from vending.tokens.refusal_cache import RefusalCache

INSTANCES = 3
LIMITS = Limits()
NAMES = PrefixNames(1, "a key")


@dataclass(frozen=True, slots=True)
class Ask:
    """A request: as whom, from where, for what."""

    who: str
    address: str
    method: str = "POST"
    path: str = ""
    body: bytes = b""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: Mapping[str, Any]
    retry_after_s: int

    @property
    def blocked(self) -> bool:
        """Whether it was the guard."""
        return self.body.get("code") == "blocked"


Life = Generator[tuple[float, Ask], Answer, None]  # so many seconds later, this


class Door:
    """Stands in for the verifier: `forged` and `expired` are what they say, guest... is a guest."""

    async def authenticate(self, token: str, *, late: bool = False, network: str = "") -> Caller:
        await asyncio.sleep(0)
        if token.startswith("forged"):
            raise NotSigned("the signature does not fit")
        if token.startswith("expired"):
            raise TokenExpired("exp has passed")
        return Caller(alias(token), GUEST if token.startswith(GUEST) else "default")


def alias(name: str) -> str:
    """The user a name is known as."""
    return sha256(name.encode()).hexdigest()[:40]


@dataclass(slots=True)
class Seen:
    """What somebody got."""

    answers: Counter[int] = field(default_factory=Counter)
    blocked: int = 0
    before_block: int = 0
    late: int = 0  # let through 30 s after the block, or later, while it lasted
    first_block_ms: int = 0


class Town:
    """The instances, their store, and time, which only passes when somebody waits."""

    def __init__(self, mode: Mode = "enforce", seed: int = 8) -> None:
        self.clock = Clock(NOON)
        self.ledger = MemoryLedger(self.clock)
        self.documents = MemoryDocuments(self.clock)
        self.dice = random.Random(seed)
        self.seen: dict[str, Seen] = {}
        self.gemini = Gemini()
        self._mode = mode
        self._log = io.StringIO()
        self.guards: list[AbuseGuard] = []
        self.instances = [self._instance() for _ in range(INSTANCES)]

    def _instance(self) -> Edge:
        log = AuditLog("", self._log)
        settings = Settings(
            gemini_api_key="a key",
            issuers=(),
            ledger="",
            tiers={"default": LIMITS, GUEST: LIMITS},
            abuse=self._mode,
        )

        def seconds() -> float:
            return self.clock.ms / 1000

        def clocks() -> tuple[float, float]:
            return seconds(), seconds()

        rulings = Rulings(RulingStore(self.documents), clocks=clocks)
        guard = AbuseGuard(self.documents, rulings, self._mode, log.note, seconds)
        self.guards.append(guard)

        def operations(known: Authenticator) -> Dispatch:
            refusals, reads = RefusalCache(clocks), ReadLimits(Elapsed(clocks))
            mint = cast(Mint, self.gemini)
            return assemble(
                settings, known, self.ledger, mint, guard, refusals=refusals, reads=reads
            )

        door = cast(Authenticator, Door())
        return Edge(
            allowed_origins=frozenset(),
            log=log,
            authenticator=lambda: door,
            operations=operations,
            prefixes=NAMES,
            router=Router(OPERATIONS),
        )

    async def live(self, lives: Iterable[tuple[str, float, Life]]) -> None:
        """Let lives, each with its name and the second it begins at, run to their ends."""
        number, began = count(), self.clock.ms
        due: list[tuple[float, int, str, Life, Ask]] = []
        for name, start_s, life in lives:
            wait_s, ask = next(life)
            at = began + (start_s + wait_s) * 1000
            heapq.heappush(due, (at, next(number), name, life, ask))
        while due:
            at, _, name, life, ask = heapq.heappop(due)
            self.clock.ms = max(int(at), self.clock.ms)
            answer = await self.ask(ask)
            self._note(name, answer)
            try:
                wait_s, ask = life.send(answer)
            except StopIteration:
                continue
            heapq.heappush(due, (at + wait_s * 1000, next(number), name, life, ask))

    async def ask(self, ask: Ask, instance: int | None = None) -> Answer:
        """Ask one of the instances, as the balancer pleases."""
        chosen = self.dice.randrange(INSTANCES) if instance is None else instance
        headers = [
            (b"authorization", f"Bearer {ask.who.replace(' ', '-')}".encode()),
            (b"x-forwarded-for", ask.address.encode()),
        ]
        headers += [(b"content-type", b"application/json")] if ask.body else []
        headers += [(b"idempotency-key", ask.key.replace(" ", "-").encode())] if ask.key else []
        path = BASE + ask.path
        scope = {
            "type": "http",
            "method": ask.method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "client": ("169.254.1.1", 1),
            "headers": headers,
        }
        messages = iter([{"type": "http.request", "body": ask.body, "more_body": False}])

        async def receive() -> Message:
            return next(messages)

        response = await self.instances[chosen].answer(Request(scope, receive))
        await self.guards[chosen].offences.settled()
        body = json.loads(bytes(response.body)) if response.body else {}
        return Answer(response.status_code, body, int(response.headers.get("retry-after", 0)))

    def _note(self, name: str, answer: Answer) -> None:
        seen = self.seen.setdefault(name, Seen())
        seen.answers[answer.status] += 1
        if answer.blocked:
            seen.blocked += 1
            seen.first_block_ms = seen.first_block_ms or self.clock.ms
        elif not seen.first_block_ms:
            seen.before_block += 1
        elif self.clock.ms >= seen.first_block_ms + 30_000:
            seen.late += 1

    def events(self) -> list[Mapping[str, Any]]:
        """What the guard wrote to the log."""
        lines = [json.loads(line) for line in self._log.getvalue().splitlines()]
        return [line for line in lines if line["event"] == "ABUSE_BLOCKED"]
