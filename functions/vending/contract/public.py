"""What `config` and `health` answer to anyone, signed in or not."""

from __future__ import annotations

from typing import Literal, NotRequired

from vending.contract.answers import ResponseModel
from vending.policy import LIMITS


class ModelInfo(ResponseModel):
    """What a model offers. `thinkingRequired` means that the first level is used if none is
    requested.
    """

    name: str
    responseModalities: list[str]
    voices: list[str]
    tools: list[str]
    thinkingLevels: list[str]
    thinkingRequired: bool


class TierLimits(ResponseModel):
    """The limits of a tier; null means off. `tools` are those it may ask for; null means all."""

    __annotations__ = {  # type: ignore[misc]
        row.answer_name: int if row.least else int | None
        for row in LIMITS.values()
        if row.answer_name
    } | {"tools": list[str] | None}


class SignInIssuer(ResponseModel):
    """An OpenID Connect issuer whose ID tokens are accepted: for any of `audiences`, of which
    `audience` is the first.
    """

    issuer: str
    audience: str
    audiences: list[str]


class SignIn(ResponseModel):
    """How to sign in."""

    issuers: list[SignInIssuer]
    anonymous: bool


class ConfigAnswer(ResponseModel):
    """Everything a page needs to know before anyone signs in. `functions` are the tools whose calls
    the app answers. `clientTools`: a mint may bring `functionDeclarations` of its own.
    """

    defaultModel: str
    models: list[ModelInfo]
    defaultDurationMinutes: int
    maxDurationMinutes: int
    startWindowMinutes: int
    customInstructions: bool
    functions: list[str]
    clientTools: bool
    tiers: dict[str, TierLimits]
    signIn: SignIn
    appCheck: Literal["off", "monitor", "enforce"]
    mintingPaused: bool


class IssuerHealth(ResponseModel):
    """How an issuer's keys were when they were last asked for. `unusable`: there are some, and none
    of a kind that is taken. `unavailable`: it did not answer, and keys known before are used on.
    """

    issuer: str
    keys: Literal["unknown", "ok", "unusable", "unavailable"]


class HealthAnswer(ResponseModel):
    """Whether tokens can be vended, which checks fail, and which code answers (a hash)."""

    status: Literal["ok", "degraded"]
    checks: dict[str, Literal["ok", "failing", "unknown"]]
    source: NotRequired[str]
    issuers: list[IssuerHealth]
