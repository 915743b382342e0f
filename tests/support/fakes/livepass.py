"""All of Livepass in this process: edge, verifier, operations, ledger in memory; only Gemini and
the network of the issuer are made up. Made anew for every attack; the verifier is shared, its keys
had.
"""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, cast

from starlette.requests import Request
from starlette.types import Message

from support.fakes.memory import Clock, MemoryDocuments, MemoryLedger
from support.fakes.network import NOW
from support.identity.app_tokens import google
from support.identity.hostile_tokens import (
    AUDIENCE,
    ISSUER,
    JWKS_URI,
    authenticator,
    network,
    signed,
)
from vending.app import assemble, build_abuse_guard
from vending.audit.log import AuditLog
from vending.gemini.auth_tokens import Mint
from vending.gemini.order import Order, Token
from vending.guard.networks import PrefixNames
from vending.guard.read_limits import ReadLimits
from vending.http.edge import Edge
from vending.http.router import Router
from vending.identity.app_check import AppCheck
from vending.identity.authenticate import Authenticator
from vending.limits.usage import Usage
from vending.operations.dispatch import Dispatch
from vending.operations.table import OPERATIONS
from vending.policy import Issuer, Limits
from vending.settings import Settings
from vending.tokens.refusal_cache import RefusalCache

BASE = "/api/v1/live-token"
ORIGIN = "https://app.example.com"
API_KEY = "AIzaCanary-of-the-api-key-0123456789"
NO_COOLDOWN = Limits(cooldown_minutes=0)
GATE = authenticator(network())  # fetches its keys once
APPS = google()

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, and the one line that was logged."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    line: Mapping[str, Any]
    logged: str

    @property
    def body(self) -> Mapping[str, Any]:
        """The document; empty when there is none."""
        return dict(json.loads(self.content)) if self.content else {}

    @property
    def code(self) -> str:
        """The problem's code; empty when there is none."""
        return str(self.body.get("code", ""))


@dataclass(slots=True)
class Gemini:
    """Makes tokens and counts them."""

    minted: list[str] = field(default_factory=list)
    state: str = "ok"

    async def mint(self, order: Order) -> Token:
        """Make a token that was never made before."""
        await asyncio.sleep(0)
        self.minted.append(f"auth_tokens/{len(self.minted) + 1:064x}")
        return Token(self.minted[-1])


class Apps:
    """App Check's keys, and its service that knows which tokens were used up. `says` is what the
    service does instead.
    """

    def __init__(self) -> None:
        self.used: list[str] = []
        self.says: Exception | None = None

    def check(self, settings: Settings) -> AppCheck:
        """Build what judges app tokens by these settings."""
        using_up = self.use_up if settings.app_check_consume else None
        project = settings.app_check_project_number
        return AppCheck(
            settings.app_check, project, keys_of=APPS.keys, now=lambda: NOW, consume=using_up
        )

    async def use_up(self, token: str) -> bool:
        """Tell whether it is the first time."""
        await asyncio.sleep(0)
        if self.says:
            raise self.says
        self.used.append(token)
        return self.used.count(token) == 1


class Livepass:
    """One instance. `clock` is the store's; the verifier's time is `NOW`."""

    def __init__(
        self,
        limits: Limits = NO_COOLDOWN,
        gate: Authenticator = GATE,
        ledger: MemoryLedger | None = None,
        documents: MemoryDocuments | None = None,
        reads: ReadLimits | None = None,
        **settings: Any,
    ) -> None:
        same = {"default": limits, "guest": limits, "gold": limits}
        # Each attack is let through to what stops it.
        settings = {"abuse": "off", "tiers": same, **settings}
        self._reads = reads
        self.clock = Clock(NOW * 1000)
        self.ledger = ledger or MemoryLedger(self.clock)
        self.gemini = Gemini()
        self.limits = limits
        self.settings = Settings(
            gemini_api_key=API_KEY,
            issuers=(Issuer(ISSUER, AUDIENCE, JWKS_URI),),
            ledger="",
            **settings,
        )
        self.apps = Apps()
        self.documents = documents or MemoryDocuments(self.clock)
        self._log = io.StringIO()
        log = AuditLog("", self._log, secret=API_KEY)
        self.guard = build_abuse_guard(self.settings, self.documents, log.note)
        self._edge = Edge(
            allowed_origins=frozenset({ORIGIN}),
            log=log,
            authenticator=lambda: gate,
            operations=self._operations,
            prefixes=PrefixNames(self.settings.trusted_proxy_hops, API_KEY),
            router=Router(OPERATIONS),
        )

    def _operations(self, known: Authenticator) -> Dispatch:
        """As wired, but that nothing is remembered of refusals and reads: their two seconds are not
        the store's; and App Check is not asked over the network.
        """
        hours = count(step=3600)
        return assemble(
            self.settings,
            known,
            self.ledger,
            cast(Mint, self.gemini),
            self.guard,
            app_check=self.apps.check(self.settings),
            refusals=RefusalCache(lambda: (next(hours), 0)),
            reads=self._reads or ReadLimits(lambda: next(hours)),
        )

    async def ask(
        self, method: str, target: str, headers: Headers = (), body: bytes | Iterable[bytes] = b""
    ) -> Answer:
        """Send a request as the server hands it over; `target` is path and query."""
        path, _, query = target.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode("utf-8", "surrogateescape"),
            "query_string": query.encode("latin-1", "replace"),
            "client": ("127.0.0.1", 50_000),
            "headers": [(k.lower().encode(), v.encode("latin-1")) for k, v in headers],
        }
        pieces = [body] if isinstance(body, bytes) else [*body]
        messages = iter(_messages(pieces))

        async def receive() -> Message:
            return next(messages)

        response = await self._edge.answer(Request(scope, receive))
        logged = self._drained()
        told = {k.decode(): v.decode("latin-1") for k, v in response.raw_headers}
        return Answer(response.status_code, told, bytes(response.body), json.loads(logged), logged)

    async def mint(self, id_token: str, body: object = None, key: str | None = None) -> Answer:
        """Ask for a token."""
        return await self._post(BASE, id_token, body, key)

    async def refresh(self, id_token: str, session: str, key: str | None = None) -> Answer:
        """Ask for another token of a session."""
        return await self._post(f"{BASE}/refresh", id_token, {"sessionId": session}, key)

    async def get(self, path: str, id_token: str) -> Answer:
        """Read what is under the base path."""
        return await self.ask("GET", BASE + path, [bearer(id_token)])

    async def end(self, session: str, id_token: str) -> Answer:
        """End a session."""
        return await self.ask("DELETE", f"{BASE}/sessions/{session}", [bearer(id_token)])

    async def report(self, session: str, id_token: str, body: object) -> Answer:
        """Tell what a session has used."""
        return await self._post(f"{BASE}/sessions/{session}/usage", id_token, body, None)

    async def _post(self, path: str, id_token: str, body: object, key: str | None) -> Answer:
        headers = [bearer(id_token), ("Content-Type", "application/json")]
        headers += [("Idempotency-Key", key)] if key is not None else []
        return await self.ask("POST", path, headers, b"" if body is None else _json(body))

    def counted(self, users: Iterable[str]) -> int:
        """Tell how many tokens were counted for these users."""
        return sum(tokens(self.ledger.usage(user)) for user in users)

    def _drained(self) -> str:
        logged = self._log.getvalue()
        self._log.seek(0)
        self._log.truncate()
        return logged


def tokens(usage: Usage) -> int:
    """How many tokens a usage has counted in the last day."""
    return len(usage.mints) + len(usage.refreshes)


def bearer(id_token: str) -> tuple[str, str]:
    """The header that brings an ID token."""
    return "Authorization", f"Bearer {id_token}"


def id_token(user: str, **claims: object) -> str:
    """An honest ID token of this user."""
    return signed(sub=user, email=f"{user}@example.com", **claims)


def _json(document: object) -> bytes:
    return json.dumps(document).encode()


def _messages(pieces: Sequence[bytes]) -> Iterable[Message]:
    last = len(pieces) - 1
    for index, piece in enumerate(pieces):
        yield {"type": "http.request", "body": piece, "more_body": index < last}
    while True:
        yield {"type": "http.disconnect"}
