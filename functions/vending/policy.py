"""What an operator decides about callers: whom to believe, and how much each may use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mode = Literal["off", "monitor", "enforce"]


@dataclass(frozen=True, slots=True)
class Issuer:
    """An OpenID Connect issuer whose ID tokens we believe (OpenID Connect Core 1.0 section
    3.1.3.7).

    `jwks_uri` None means: found by discovery under the issuer. `tier_claim` names the claim that
    holds a caller's tier.
    """

    issuer: str
    audience: str
    jwks_uri: str | None = None
    tier_claim: str = "tier"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one caller of a tier may use. 0 switches a limit off, but for `max_uses`, and `batch`,
    the tokens one mint may ask for, which are 1 or more. `minutes_per_day` are those of all tokens
    granted within 24 hours; `handover_minutes` how long before a token's end a refresh continues
    its talk, and does not start another. Reads and tool calls are counted by each instance for
    itself.
    """

    mints_per_hour: int = 10
    tokens_per_day: int = 100
    cooldown_minutes: int = 5
    refreshes_per_hour: int = 12
    tokens_per_session: int = 12
    session_minutes: int = 120
    sessions: int = 3
    max_uses: int = 1
    batch: int = 1
    minutes_per_day: int = 0
    handover_minutes: int = 3
    reads_per_minute: int = 120
    tool_calls_per_minute: int = 30
