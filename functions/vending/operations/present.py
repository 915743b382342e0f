"""What is on offer, was decided and was vended -> the answers of the contract, and the RateLimit
headers that go with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import cast

from vending.clock import SECOND_MS
from vending.contract.answers import (
    CooldownUsage,
    LimitsUsage,
    ResponseModel,
    SessionAnswer,
    SessionSummary,
    SessionsUsage,
    UsageAnswer,
    WindowUsage,
)
from vending.contract.public import ConfigAnswer, ModelInfo, SignIn, SignInIssuer, TierLimits
from vending.gemini.models import FUNCTIONS, Model
from vending.limits.counts import QuotaUsage, count
from vending.limits.reading import Reading
from vending.limits.session import Session, handover_from
from vending.limits.usage import Usage
from vending.policy import LIMITS, QUOTAS, Counted, Issuer, Limits
from vending.settings import Settings

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - in UTC, without the offset that it would print


def moment(ms: int) -> str:
    """Milliseconds as RFC 3339 in UTC: 2026-11-20T12:30:00.123Z."""
    return f"{_second(ms // 1000)}.{ms % 1000:03}Z"


@lru_cache(maxsize=256)  # what is answered within a second has mostly the same few
def _second(s: int) -> str:
    return (_EPOCH + timedelta(seconds=s)).isoformat()


def usage_answer(user: str, tier: str, reading: Reading, limits: Limits) -> UsageAnswer:
    """Present what a caller has used and has left."""
    values = {
        quota.name: _USAGE_OF.get(quota.counts, _window)(
            count(quota, reading.usage, reading.now, limits)
        )
        for quota in QUOTAS
        if quota.in_usage
    }
    used = cast(LimitsUsage, values)
    return UsageAnswer(user=user, tier=tier, serverTime=moment(reading.now), **used)


def session_summary(session: Session, limits: Limits) -> SessionSummary:
    """Present the session of a token, as answers with tokens have it."""
    return SessionSummary(
        id=session.id,
        startedAt=moment(session.started),
        expiresAt=moment(session.expires),
        handoverAt=_handover_at(session, limits),
        tokens=len(session.tokens),
        refreshesRemaining=_refreshes_remaining(session, limits),
    )


def session_answer(session: Session, now: int, limits: Limits) -> SessionAnswer:
    """Present a session in full."""
    live = session.is_live(now)
    return SessionAnswer(
        id=session.id,
        state=session.state(now),
        model=session.model,
        startedAt=moment(session.started),
        lastActivityAt=moment(session.active),
        expiresAt=moment(session.expires),
        handoverAt=_handover_at(session, limits) if live else None,
        tokens=len(session.tokens),
        refreshesRemaining=_refreshes_remaining(session, limits) if live else 0,
        activeTokens=sum(now < expires for expires in session.tokens.values()),
    )


@cache
def rate_limit_policy(limits: Limits) -> str:
    """The quotas, as draft-ietf-httpapi-ratelimit-headers writes them; limits that are off are left
    out.
    """
    return ", ".join(
        f'"{name}";q={c.limit};w={c.length_ms // SECOND_MS}'
        for name, c in _in_headers(Usage(), 0, limits)
    )


def rate_limit(reading: Reading, limits: Limits) -> str:
    """What is left of each quota (`r`) and in how many seconds one more is (`t`)."""
    now = reading.now
    return ", ".join(
        f'"{name}";r={c.remaining}' + (f";t={-(-(c.more_at - now) // 1000)}" if c.more_at else "")
        for name, c in _in_headers(reading.usage, now, limits)
    )


def _in_headers(usage: Usage, now: int, limits: Limits) -> Iterator[tuple[str, QuotaUsage]]:
    for quota in QUOTAS:
        if quota.in_headers and getattr(limits, quota.limit):
            yield quota.name, count(quota, usage, now, limits)


def _window(counted: QuotaUsage) -> WindowUsage:
    return WindowUsage(
        limit=counted.limit or None,
        used=counted.used,
        remaining=counted.remaining if counted.limit else None,
        resetsAt=_moment_or_none(counted.more_at),
    )


def _cooldown(counted: QuotaUsage) -> CooldownUsage:
    return CooldownUsage(
        seconds=counted.length_ms // SECOND_MS, endsAt=_moment_or_none(counted.more_at)
    )


def _sessions(counted: QuotaUsage) -> SessionsUsage:
    return SessionsUsage(limit=counted.limit or None, active=counted.used)


_USAGE_OF: Mapping[Counted, Callable[[QuotaUsage], ResponseModel]] = {
    "cooldown": _cooldown,
    "talks": _sessions,
}  # all others are shown as windows


def _moment_or_none(ms: int | None) -> str | None:
    return None if ms is None else moment(ms)


def _refreshes_remaining(session: Session, limits: Limits) -> int | None:
    if not limits.tokens_per_session:
        return None
    return max(limits.tokens_per_session - len(session.tokens), 0)


def _handover_at(session: Session, limits: Limits) -> str | None:
    return _moment_or_none(handover_from(session, limits))


def config_answer(settings: Settings, models: Mapping[str, Model]) -> ConfigAnswer:
    """Present what is on offer."""
    return ConfigAnswer(
        defaultModel=settings.default_model,
        models=[_model_info(model) for model in models.values()],
        defaultDurationMinutes=settings.token_minutes,
        maxDurationMinutes=settings.max_token_minutes,
        startWindowMinutes=settings.start_window_minutes,
        customInstructions=settings.allow_custom_instructions,
        functions=[*FUNCTIONS, *(each.name for each in settings.functions)],
        clientTools=settings.client_tools,
        tiers={name: _tier_limits(limits) for name, limits in settings.tiers.items()},
        signIn=SignIn(
            issuers=[_sign_in_issuer(issuer) for issuer in settings.issuers],
            anonymous=settings.allow_anonymous,
        ),
        appCheck=settings.app_check,
        mintingPaused=settings.minting_paused,
    )


def _sign_in_issuer(issuer: Issuer) -> SignInIssuer:
    audiences = [issuer.audience, *issuer.other_audiences]
    return SignInIssuer(issuer=issuer.issuer, audience=issuer.audience, audiences=audiences)


def _model_info(model: Model) -> ModelInfo:
    return ModelInfo(
        name=model.name,
        responseModalities=list(model.response_modalities),
        voices=list(model.voices),
        tools=list(model.tools),
        thinkingLevels=list(model.thinking_levels),
        thinkingRequired=model.thinking_required,
    )


def _tier_limits(limits: Limits) -> TierLimits:
    rows = (row for row in LIMITS.values() if row.answer_name)
    values = {row.answer_name: row.answer_value(getattr(limits, row.name)) for row in rows}
    tools = None if limits.tools is None else list(limits.tools)
    return cast(TierLimits, {**values, "tools": tools})
