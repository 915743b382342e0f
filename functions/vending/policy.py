"""What an operator decides about callers: whom to believe, and how much each may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, get_args

from vending.clock import DAY_MS, HOUR_MS

Mode = Literal["off", "monitor", "enforce"]
Violation = Literal[  # what a refusal by limits is named for
    "hour",
    "day",
    "cooldown",
    "sessions",
    "refreshHour",
    "refreshesPerSession",
    "minutes",
    "keys",
    "reads",
    "tools",
]
Charges = Literal["mints", "refreshes", "tokens"]  # tokens are mints and refreshes
Counted = Charges | Literal["cooldown", "session", "talks", "minutes"]
DEFAULT_TIER, GUEST = "default", "guest"  # the tiers that there always are
MAX_TOKEN_MINUTES = 20 * 60 - 1  # Gemini takes an expiry less than 20 h ahead


@dataclass(frozen=True, slots=True)
class Issuer:
    """An OpenID Connect issuer whose ID tokens we believe (OpenID Connect Core 1.0 section
    3.1.3.7).

    `audience` is the page's; a phone app of the same issuer may have one of its own. `jwks_uri`
    None means: found by discovery under the issuer. `tier_claim` names the claim that holds a
    caller's tier.
    """

    issuer: str
    audience: str
    jwks_uri: str | None = None
    tier_claim: str = "tier"
    other_audiences: tuple[str, ...] = ()

    @property
    def audiences(self) -> frozenset[str]:
        """All that are us."""
        return frozenset({self.audience, *self.other_audiences})


@dataclass(frozen=True, slots=True)
class Quota:
    """What a limit refuses by: as many of what it `counts` as the limit says, within `length_ms`
    where that is a sliding window. `name` is that of its violation, and of its quota in answers and
    headers. `limits.counts` says how each is counted, `limits.violations` until when it refuses.
    """

    name: Violation
    counts: Counted
    length_ms: int = 0
    in_usage: bool = True
    in_headers: bool = False
    limit: str = ""  # filled in: the limit it is of


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit, apart from its value: its environment variable; its bounds (the upper ones keep a
    document small); its name in the answer of `config`, where the value is multiplied by `times`;
    and its quota, if it has one.
    """

    name: str
    variable: str
    least: int
    most: int
    answer_name: str
    times: int
    quota: Quota | None

    def answer_value(self, value: int) -> int | None:
        """The value in the answer of `config`; None is off."""
        return value * self.times if value or self.least else None


def _limit(
    default: int,
    variable: str,
    most: int,
    *,
    answer_name: str,
    least: int = 0,
    times: int = 1,
    quota: Quota | None = None,
) -> Any:
    row: dict[str, Any] = {"variable": f"LIVE_API_{variable}", "most": most, "least": least}
    return field(
        default=default,
        metadata={**row, "answer_name": answer_name, "times": times, "quota": quota},
    )


@dataclass(frozen=True, slots=True)
class Limits:
    """What one caller of a tier may use: a row each, from which the settings, the tiers, the
    decision, the usage, the headers and the config are made. 0 switches a limit off, but for those
    whose least is 1.

    `batch` are the tokens one mint may ask for; `tools` are those it may name, and None is all.
    `minutes_per_day` are those of all tokens granted within 24 hours; `handover_minutes` how long
    before a token's end a refresh continues its talk, and does not start another. Reads and tool
    calls are counted by each instance for itself.
    """

    mints_per_hour: int = _limit(
        10,
        "MAX_TOKENS_PER_HOUR",
        1000,
        answer_name="mintsPerHour",
        quota=Quota("hour", "mints", HOUR_MS, in_headers=True),
    )
    tokens_per_day: int = _limit(
        100,
        "MAX_TOKENS_PER_DAY",
        1000,
        answer_name="tokensPerDay",
        quota=Quota("day", "tokens", DAY_MS, in_headers=True),
    )
    cooldown_minutes: int = _limit(
        5,
        "COOLDOWN_PERIOD_MINUTES",
        24 * 60,
        answer_name="cooldownSeconds",
        times=60,
        quota=Quota("cooldown", "cooldown", in_headers=True),
    )
    refreshes_per_hour: int = _limit(
        12,
        "MAX_REFRESHES_PER_HOUR",
        1000,
        answer_name="refreshesPerHour",
        quota=Quota("refreshHour", "refreshes", HOUR_MS),
    )
    tokens_per_session: int = _limit(
        12,
        "MAX_TOKENS_PER_SESSION",
        100,
        answer_name="tokensPerSession",
        quota=Quota("refreshesPerSession", "session", in_usage=False),
    )
    session_minutes: int = _limit(120, "MAX_SESSION_MINUTES", 24 * 60, answer_name="sessionMinutes")
    sessions: int = _limit(
        3, "MAX_SESSIONS", 100, answer_name="sessions", quota=Quota("sessions", "talks")
    )
    max_uses: int = _limit(1, "MAX_USES", 100, answer_name="maxUses", least=1)
    batch: int = _limit(1, "MAX_BATCH", 10, answer_name="batch", least=1)
    minutes_per_day: int = _limit(
        0,
        "MAX_MINUTES_PER_DAY",
        100_000,
        answer_name="minutesPerDay",
        quota=Quota("minutes", "minutes", DAY_MS),
    )
    handover_minutes: int = _limit(3, "HANDOVER_MINUTES", 60, answer_name="")
    reads_per_minute: int = _limit(120, "MAX_READS_PER_MINUTE", 1000, answer_name="readsPerMinute")
    tool_calls_per_minute: int = _limit(
        30, "MAX_TOOL_CALLS_PER_MINUTE", 1000, answer_name="toolCallsPerMinute"
    )
    tools: tuple[str, ...] | None = None

    def may_use(self, tool: str) -> bool:
        """Tell whether a mint may name a tool."""
        return self.tools is None or tool in self.tools


LIMITS: Mapping[str, Limit] = {
    each.name: Limit(each.name, **each.metadata) for each in fields(Limits) if each.metadata
}
# In the order of answers and headers: windows of charges before all others.
QUOTAS = sorted(
    (replace(row.quota, limit=row.name) for row in LIMITS.values() if row.quota),
    key=lambda quota: quota.counts not in get_args(Charges),
)
