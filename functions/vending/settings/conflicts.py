"""What no setting can be judged by alone: each conflict is a sentence that names its variables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from vending.gemini import models
from vending.policy import Limits

if TYPE_CHECKING:
    from vending.settings.settings import Settings


def conflicts(settings: Settings, limits: Limits, environ: Mapping[str, str]) -> Iterator[str]:
    """List the settings that conflict. `limits` are the variables' own, before any tier's."""
    yield from _durations(settings)
    yield from _limits(settings, limits)
    yield from _models(settings)
    yield from _functions(settings)
    yield from _tools_of_tiers(settings)
    yield from _app_check(settings)
    yield from _surroundings(environ)


def _durations(settings: Settings) -> Iterator[str]:
    if settings.token_minutes > settings.max_token_minutes:
        yield (
            "LIVE_API_TOKEN_DURATION_MINUTES must be at most "
            f"LIVE_API_MAX_TOKEN_DURATION_MINUTES ({settings.max_token_minutes}), "
            f"got {settings.token_minutes}"
        )


def _limits(settings: Settings, limits: Limits) -> Iterator[str]:
    """Name what was set: a tier has what it does not override from the variables."""
    if _unlogged(limits):
        needed = "LIVE_API_MAX_TOKENS_PER_DAY to be 1 or more"
        yield f"LIVE_API_MAX_MINUTES_PER_DAY needs {needed}"
    if _unmintable(limits):
        needed = f"at most LIVE_API_MAX_SESSIONS ({limits.sessions}), got {limits.max_uses}"
        yield f"LIVE_API_MAX_USES must be {needed}"
    for name, tier in settings.tiers.items():
        if tier != limits:
            yield from _limits_of_tier(name, tier)


def _limits_of_tier(name: str, tier: Limits) -> Iterator[str]:
    if _unlogged(tier):
        yield (
            f"LIVE_API_TIERS limits minutes_per_day in tier '{name}', "
            "which needs tokens_per_day to be 1 or more"
        )
    if _unmintable(tier):
        yield (
            f"LIVE_API_TIERS must set max_uses to at most sessions ({tier.sessions}) in "
            f"tier '{name}', got {tier.max_uses}"
        )


def _models(settings: Settings) -> Iterator[str]:
    if settings.allowed_models and settings.default_model not in settings.allowed_models:
        yield (
            "LIVE_API_DEFAULT_MODEL must be one of LIVE_API_ALLOWED_MODELS, "
            f"got '{settings.default_model}'"
        )
    if not settings.allowed_models and settings.default_model not in models.NAMES:
        yield (
            f"LIVE_API_DEFAULT_MODEL '{settings.default_model}' is unknown: list it in "
            f"LIVE_API_ALLOWED_MODELS, or use one of {', '.join(models.NAMES)}"
        )


def _functions(settings: Settings) -> Iterator[str]:
    """Name functions that no model can call as they are declared."""
    offered = models.catalog(settings.default_model, settings.allowed_models).values()
    for function in settings.functions:
        if not any(models.calls(model, function) for model in offered):
            yield (
                f"LIVE_API_TOOLS declares '{function.name}' {function.behavior}, "
                "which no model on offer can call"
            )


def _tools_of_tiers(settings: Settings) -> Iterator[str]:
    known = (*models.TOOLS, *(function.name for function in settings.functions))
    for tier, limits in settings.tiers.items():
        for tool in limits.tools or ():
            if tool not in known:
                offered = ", ".join(known)
                yield (
                    f"LIVE_API_TIERS names the tool '{tool}' in tier '{tier}'; known are {offered}"
                )


def _app_check(settings: Settings) -> Iterator[str]:
    if settings.app_check != "off" and not settings.app_check_project_number:
        yield "LIVE_API_APP_CHECK_PROJECT_NUMBER is missing, but LIVE_API_APP_CHECK is on"
    if settings.app_check == "off" and settings.app_check_consume:
        yield "LIVE_API_APP_CHECK_CONSUME needs LIVE_API_APP_CHECK to be on"


def _surroundings(environ: Mapping[str, str]) -> Iterator[str]:
    """Variables of others, which must not be set where they would do harm."""
    if environ.get("K_SERVICE") and environ.get("FIREBASE_AUTH_EMULATOR_HOST"):
        yield "FIREBASE_AUTH_EMULATOR_HOST must not be set in Google Cloud"
    if environ.get("GOOGLE_GENAI_HTTP_CLIENT"):
        # It chooses nothing, but google-genai makes no client when what it names is missing.
        yield "GOOGLE_GENAI_HTTP_CLIENT must not be set: minting uses aiohttp"


def _unmintable(limits: Limits) -> bool:
    """Whether a token for all its talks would need more slots than there are."""
    return bool(limits.sessions and limits.max_uses > limits.sessions)


def _unlogged(limits: Limits) -> bool:
    """Whether minutes are limited, and tokens, of which a log of bounded length is kept, not."""
    return bool(limits.minutes_per_day and not limits.tokens_per_day)
