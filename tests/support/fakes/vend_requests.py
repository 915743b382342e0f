"""Requests for tokens of one user, and the sentence that they are put to, over fakes."""

from __future__ import annotations

from dataclasses import replace

from support.fakes.memory import USER, FakeMinter, MemoryLedger
from vending.clock import MINUTE_MS, Stopwatch
from vending.errors import LivepassError, UpstreamUnavailable
from vending.limits.admit import charge
from vending.limits.grant import Grant
from vending.limits.usage import Session, Usage
from vending.policy import Limits
from vending.settings import Settings
from vending.store.ledger import Account
from vending.tokens.idempotency import RequestKey
from vending.tokens.shape import Shaper
from vending.tokens.token_request import TokenRequest
from vending.tokens.user_queue import UserQueue
from vending.tokens.vend import Vending
from vending.tokens.vended import Vended

SETTINGS = Settings(gemini_api_key="a key", issuers=(), ledger="", tiers={})
MODEL = "gemini-3.8-live"
NO_COOLDOWN = Limits(cooldown_minutes=0)
OFF = Limits(0, 0, 0, 0, 0, 0, 0)
GEMINI_DOWN = UpstreamUnavailable("down", retry_after_s=5)


def vending(minter: FakeMinter, *, settings: Settings = SETTINGS, window: int = 2) -> Vending:
    return Vending(minter, Shaper(settings), UserQueue(), window)


def mint(name: str = "s1", **more: object) -> Grant:
    return replace(Grant("mint", name, f"c-{name}", 30, model=MODEL), **more)  # type: ignore[arg-type]


def refresh(session: str = "s1", charge_id: str = "r1", minutes: int = 30) -> Grant:
    return Grant("refresh", session, charge_id, minutes)


def ask(
    ledger: MemoryLedger,
    grant: Grant,
    limits: Limits = NO_COOLDOWN,
    key: RequestKey | None = None,
    patience_s: float = 2.5,
) -> TokenRequest:
    return TokenRequest(Account(ledger, USER, Stopwatch(), patience_s), limits, grant, key)


def key(name: str = "a-key-of-sixteen-characters", request: bytes = b"mint {}") -> RequestKey:
    return RequestKey.of(name, USER, request)


def rival_mint(usage: Usage, now: int) -> Usage:
    """Another instance's request, which wins the write."""
    tokens = {"c-rival": now + 30 * MINUTE_MS}
    return charge(usage, now, mint("rival"), Session("rival", MODEL, now, now, tokens), Limits())


def total(usage: Usage) -> int:
    return len(usage.mints) + len(usage.refreshes)


async def outcome(vend: Vending, request: TokenRequest) -> Vended | LivepassError:
    try:
        return await vend.vend(request)
    except LivepassError as error:
        return error
