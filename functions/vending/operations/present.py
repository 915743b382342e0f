"""What is on offer, was decided and was vended -> the answers of the contract, and the RateLimit
headers that go with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import cast

from vending.clock import MINUTE_MS, SECOND_MS
from vending.contract.answers import (
    ConfigAnswer,
    CooldownUsage,
    MinutesUsage,
    ModelInfo,
    SessionAnswer,
    SessionSummary,
    SessionsUsage,
    SignIn,
    SignInIssuer,
    TierLimits,
    UsageAnswer,
    WindowsUsage,
    WindowUsage,
)
from vending.gemini.models import Model
from vending.limits.minutes import minutes_used, more_at
from vending.limits.reading import Reading
from vending.limits.slots import handover_from, slots_used
from vending.limits.usage import Session, Usage
from vending.limits.violations import in_window
from vending.policy import LIMITS, WINDOWS, Limits, Window
from vending.settings import Settings

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - in UTC, without the offset that it would print


def moment(ms: int) -> str:
    """Milliseconds as RFC 3339 in UTC: 2026-11-20T12:30:00.123Z."""
    return f"{_second(ms // 1000)}.{ms % 1000:03}Z"


@lru_cache(maxsize=256)  # what is answered within a second has mostly the same few
def _second(s: int) -> str:
    return (_EPOCH + timedelta(seconds=s)).isoformat()


def usage_answer(user: str, tier: str, reading: Reading, limits: Limits) -> UsageAnswer:
    """Tell what a caller has used and has left."""
    usage, now = reading.usage, reading.now
    ends = _cooldown_ends(usage, now, limits)
    return UsageAnswer(
        user=user,
        tier=tier,
        serverTime=moment(now),
        **_windows(usage, now, limits),
        cooldown=CooldownUsage(
            seconds=limits.cooldown_minutes * 60, endsAt=None if ends is None else moment(ends)
        ),
        sessions=SessionsUsage(
            limit=limits.sessions or None, active=slots_used(usage, now, limits.sessions)
        ),
        minutes=_minutes(usage, now, limits),
    )


def session_summary(session: Session, limits: Limits) -> SessionSummary:
    """Tell what an answer with a token tells of its session."""
    return SessionSummary(
        id=session.id,
        startedAt=moment(session.started),
        expiresAt=moment(session.expires),
        handoverAt=_handover_at(session, limits),
        tokens=len(session.tokens),
        refreshesRemaining=_refreshes_remaining(session, limits),
    )


def session_answer(session: Session, now: int, limits: Limits) -> SessionAnswer:
    """Tell all of a session."""
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
    quotas = {
        window.name: (limit, window.length_ms // SECOND_MS) for window, limit in _in_headers(limits)
    }
    quotas["cooldown"] = (int(limits.cooldown_minutes > 0), limits.cooldown_minutes * 60)
    return ", ".join(f'"{name}";q={q};w={w}' for name, (q, w) in quotas.items() if q)


def rate_limit(reading: Reading, limits: Limits) -> str:
    """What is left of each quota (`r`) and in how many seconds one more is (`t`)."""
    return ", ".join(_left(reading.usage, reading.now, limits))


def _left(usage: Usage, now: int, limits: Limits) -> Iterator[str]:
    for window, limit in _in_headers(limits):
        if limit:
            counted = in_window(usage.charged_at(window.counts), window.length_ms, now)
            frees = _frees(counted, window.length_ms, limit)
            yield _quota(window.name, max(limit - len(counted), 0), frees, now)
    if limits.cooldown_minutes:
        ends = _cooldown_ends(usage, now, limits)
        yield _quota("cooldown", int(ends is None), ends, now)


def _quota(name: str, remaining: int, frees: int | None, now: int) -> str:
    return f'"{name}";r={remaining}' + (f";t={-(-(frees - now) // 1000)}" if frees else "")


def _in_headers(limits: Limits) -> Iterator[tuple[Window, int]]:
    return ((window, getattr(limits, name)) for name, window in WINDOWS if window.in_headers)


def _windows(usage: Usage, now: int, limits: Limits) -> WindowsUsage:
    told = {w.name: _window(w, usage, now, getattr(limits, name)) for name, w in WINDOWS}
    return cast(WindowsUsage, told)


def _window(window: Window, usage: Usage, now: int, limit: int) -> WindowUsage:
    counted = in_window(usage.charged_at(window.counts), window.length_ms, now)
    frees = _frees(counted, window.length_ms, limit)
    return WindowUsage(
        limit=limit or None,
        used=len(counted),
        remaining=max(limit - len(counted), 0) if limit else None,
        resetsAt=None if frees is None else moment(frees),
    )


def _minutes(usage: Usage, now: int, limits: Limits) -> MinutesUsage:
    limit, more = limits.minutes_per_day, more_at(usage, now, limits)
    used = minutes_used(usage, now) if limit else 0
    return MinutesUsage(
        limit=limit or None,
        used=used,
        remaining=max(limit - used, 0) if limit else None,
        resetsAt=None if more is None else moment(more),
    )


def _frees(counted: Sequence[int], window: int, limit: int) -> int | None:
    """When one more than now is free: the oldest charge leaves, or as many as are too many."""
    if not counted or not limit:
        return None
    return counted[max(len(counted) - limit, 0)] + window


def _cooldown_ends(usage: Usage, now: int, limits: Limits) -> int | None:
    ends = usage.mints[-1] + limits.cooldown_minutes * MINUTE_MS if usage.mints else now
    return ends if ends > now else None


def _refreshes_remaining(session: Session, limits: Limits) -> int | None:
    if not limits.tokens_per_session:
        return None
    return max(limits.tokens_per_session - len(session.tokens), 0)


def _handover_at(session: Session, limits: Limits) -> str | None:
    since = handover_from(session, limits)
    return None if since is None else moment(since)


def config_answer(settings: Settings, models: Mapping[str, Model]) -> ConfigAnswer:
    """Tell what is on offer."""
    return ConfigAnswer(
        defaultModel=settings.default_model,
        models=[_model_info(model) for model in models.values()],
        defaultDurationMinutes=settings.token_minutes,
        maxDurationMinutes=settings.max_token_minutes,
        startWindowMinutes=settings.start_window_minutes,
        customInstructions=settings.allow_custom_instructions,
        tiers={name: _tier_limits(limits) for name, limits in settings.tiers.items()},
        signIn=SignIn(
            issuers=[SignInIssuer(issuer=i.issuer, audience=i.audience) for i in settings.issuers],
            anonymous=settings.allow_anonymous,
        ),
        appCheck=settings.app_check,
        mintingPaused=settings.minting_paused,
    )


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
    rows = (row for row in LIMITS.values() if row.told)
    told = {row.told: row.told_value(getattr(limits, row.name)) for row in rows}
    return cast(TierLimits, told)
