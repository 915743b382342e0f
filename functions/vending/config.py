"""What a page may know before anyone signs in, and where its socket goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from vending.api import ConfigAnswer, ModelInfo, SignIn, SignInIssuer, TierLimits
from vending.catalog import Model
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
        default_model=settings.default_model,
        models=[_model_info(model) for model in models.values()],
        default_duration_minutes=settings.token_minutes,
        max_duration_minutes=settings.max_token_minutes,
        start_window_minutes=settings.start_window_minutes,
        custom_instructions=settings.allow_custom_instructions,
        tiers={name: _tier_limits(limits) for name, limits in settings.tiers.items()},
        sign_in=SignIn(
            issuers=[SignInIssuer(issuer=i.issuer, audience=i.audience) for i in settings.issuers],
            anonymous=settings.allow_anonymous,
        ),
        app_check=settings.app_check,
        minting_paused=settings.minting_paused,
    )


def _model_info(model: Model) -> ModelInfo:
    return ModelInfo(
        name=model.name,
        response_modalities=list(model.response_modalities),
        voices=list(model.voices),
        tools=list(model.tools),
        thinking_levels=list(model.thinking_levels),
        thinking_required=model.thinking_required,
    )


def _tier_limits(limits: Limits) -> TierLimits:
    return TierLimits(
        mints_per_hour=limits.mints_per_hour or None,
        tokens_per_day=limits.tokens_per_day or None,
        cooldown_seconds=limits.cooldown_minutes * 60 or None,
        refreshes_per_hour=limits.refreshes_per_hour or None,
        tokens_per_session=limits.tokens_per_session or None,
        session_minutes=limits.session_minutes or None,
        sessions=limits.sessions or None,
        max_uses=limits.max_uses,
        batch=limits.batch,
        minutes_per_day=limits.minutes_per_day or None,
    )
