"""What a page may know before anyone signs in, and where its socket goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from vending.contract.answers import ConfigAnswer, ModelInfo, SignIn, SignInIssuer, TierLimits
from vending.gemini.models import Model
from vending.policy import Limits
from vending.settings import Settings

_METHOD = "google.ai.generativelanguage.{}.GenerativeService.BidiGenerateContentConstrained"


@dataclass(frozen=True, slots=True)
class ConnectTo:
    """The socket that takes our tokens; the plain method without `Constrained` refuses them."""

    url: str
    api_version: str

    @classmethod
    def of(cls, settings: Settings) -> ConnectTo:
        """Derive it from where tokens are minted."""
        base = urlsplit(settings.gemini_url)
        scheme = "ws" if base.scheme == "http" else "wss"
        method = _METHOD.format(settings.api_version)
        url = f"{scheme}://{base.netloc}{base.path.rstrip('/')}/ws/{method}"
        return cls(url, settings.api_version)


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
    return TierLimits(
        mintsPerHour=limits.mints_per_hour or None,
        tokensPerDay=limits.tokens_per_day or None,
        cooldownSeconds=limits.cooldown_minutes * 60 or None,
        refreshesPerHour=limits.refreshes_per_hour or None,
        tokensPerSession=limits.tokens_per_session or None,
        sessionMinutes=limits.session_minutes or None,
        sessions=limits.sessions or None,
        maxUses=limits.max_uses,
        batch=limits.batch,
        minutesPerDay=limits.minutes_per_day or None,
        readsPerMinute=limits.reads_per_minute or None,
        toolCallsPerMinute=limits.tool_calls_per_minute or None,
    )
