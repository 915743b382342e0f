"""The contract: what comes in and what goes out, as the models that validate it and that OpenAPI is
made from.

JSON, camelCase. Times are RFC 3339 in UTC with milliseconds. Unknown fields are refused; null is
the same as not given.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel

from vending.prices import Tokens

MAX_INSTRUCTION = 4_000
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
SessionId = Annotated[str, StringConstraints(pattern="^[0-9a-f]{24}$")]
Minutes = Annotated[int, Field(ge=1, le=1199)]
Count = Annotated[int, Field(ge=0, le=1_000_000_000)]
Sensitivity = Literal["high", "low"]


class Contract(BaseModel):
    """What all models of the contract share: strict types, camelCase, nothing unknown."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        strict=True,
        validate_by_name=True,
        allow_inf_nan=False,
        serialize_by_alias=True,
    )


class Asked(Contract):
    """What comes in: by its camelCase names only."""

    model_config = ConfigDict(validate_by_alias=True, validate_by_name=False)


class TurnDetection(Asked):
    """How the end of the caller's turn is noticed: by Gemini, or told by the client."""

    mode: Literal["automatic", "manual"] = "automatic"
    silence_ms: Annotated[int, Field(ge=0, le=10_000)] | None = None
    start_sensitivity: Sensitivity | None = None
    end_sensitivity: Sensitivity | None = None

    @model_validator(mode="after")
    def _manual_detects_nothing(self) -> Self:
        tuned = (self.silence_ms, self.start_sensitivity, self.end_sensitivity)
        if self.mode == "manual" and any(value is not None for value in tuned):
            raise ValueError("manual turn detection takes no silence or sensitivity")
        return self


class MintRequest(Asked):
    """What a client may ask of a token. The catalogue says which values a model takes."""

    model: Name | None = None
    voice: Name | None = None
    response_modality: Literal["AUDIO", "TEXT"] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    system_instruction: Annotated[str, Field(max_length=MAX_INSTRUCTION)] | None = None
    tools: Annotated[list[Name], Field(max_length=16)] | None = None
    thinking_level: Literal["minimal", "low", "medium", "high"] | None = None
    turn_detection: TurnDetection | None = None
    duration_minutes: Minutes | None = None
    duration: Annotated[Minutes | None, Field(json_schema_extra={"deprecated": True})] = None
    uses: Annotated[int, Field(ge=1, le=100)] | None = None
    count: Annotated[int, Field(ge=1, le=10)] | None = None

    @model_validator(mode="after")
    def _one_duration(self) -> Self:
        if self.duration_minutes is not None and self.duration is not None:
            raise ValueError("durationMinutes and duration are the same; send one")
        return self

    @property
    def minutes(self) -> int | None:
        """The duration by either of its names; apps written for the older API send `duration`."""
        return self.duration if self.duration_minutes is None else self.duration_minutes

    def wish(self) -> dict[str, Any]:
        """What a refresh must be shaped by, as JSON without what was not asked."""
        once = {"duration", "duration_minutes", "uses", "count", "model"}
        return self.model_dump(mode="json", by_alias=True, exclude=once, exclude_none=True)


class RefreshRequest(Asked):
    """Which of the caller's sessions wants a new token."""

    session_id: SessionId
    duration_minutes: Minutes | None = None


class TokenCounts(Asked):
    """Tokens by what they hold; `other` are those that `usageMetadata` gives no modality of."""

    text: Count = 0
    audio: Count = 0
    image: Count = 0
    video: Count = 0
    other: Count = 0


class UsageReport(Asked):
    """What a talk has used so far: the `usageMetadata` of all its turns, added up. `prompt` goes by
    promptTokensDetails and toolUsePromptTokenCount, `response` by responseTokensDetails; `thoughts`
    is thoughtsTokenCount.
    """

    prompt: TokenCounts = TokenCounts()
    response: TokenCounts = TokenCounts()
    thoughts: Count = 0

    def tokens(self) -> Tokens:
        """The same by how it is priced."""
        prompt, response = self.prompt, self.response
        return Tokens(
            text_in=prompt.text,
            audio_in=prompt.audio,
            image_in=prompt.image + prompt.video,
            other_in=prompt.other,
            text_out=response.text + self.thoughts,
            audio_out=response.audio,
            other_out=response.image + response.video + response.other,
        )


class WindowUsage(Contract):
    """One rolling window. `limit` and `remaining` are null when the limit is off; `resetsAt` is
    when one more is free.
    """

    limit: int | None
    used: int
    remaining: int | None
    resets_at: Moment | None


class CooldownUsage(Contract):
    """The pause after a mint; `endsAt` is null when none is on."""

    seconds: int
    ends_at: Moment | None


class SessionsUsage(Contract):
    """Live sessions; `limit` is null when the limit is off."""

    limit: int | None
    active: int


class MinutesUsage(WindowUsage):
    """The minutes of all tokens of the last 24 hours; those that were begun count as whole ones.
    Where the limit is off none are counted. `resetsAt` is when more is free.
    """


class UsageAnswer(Contract):
    """What the caller has used and has left. `serverTime` lets a phone with a wrong clock count."""

    user: str
    tier: str
    server_time: Moment
    hour: WindowUsage
    day: WindowUsage
    refresh_hour: WindowUsage
    cooldown: CooldownUsage
    sessions: SessionsUsage
    minutes: MinutesUsage


class SessionSummary(Contract):
    """The session a token belongs to. `expiresAt` is when its newest token does;
    `refreshesRemaining` null is no limit.
    """

    id: SessionId
    started_at: Moment
    expires_at: Moment
    tokens: int
    refreshes_remaining: int | None


class SessionAnswer(SessionSummary):
    """One of the caller's sessions. `activeTokens` counts those that have not expired."""

    state: Literal["active", "ended", "expired"]
    model: str
    last_activity_at: Moment
    active_tokens: int


class SessionsAnswer(Contract):
    """The caller's sessions of the last 24 hours, newest first."""

    sessions: list[SessionAnswer]


class Connect(Contract):
    """Where to open the socket, and the setup frame to send first. Put the token into
    `?access_token=` of `url`.
    """

    url: str
    api_version: str
    model: str
    setup: dict[str, Any]


class TokenOfBatch(Contract):
    """One of several tokens, with a session of its own."""

    token: str
    expires_at: Moment
    start_before: Moment
    uses: int
    session: SessionSummary
    connect: Connect


class TokenAnswer(TokenOfBatch):
    """A token that was counted. It must start a talk before `startBefore` and ends with
    `expiresAt`.
    """

    usage: UsageAnswer


class BatchAnswer(Contract):
    """The answer to a mint with a `count` of 2 or more: so many tokens, all of them counted."""

    tokens: list[TokenOfBatch]
    usage: UsageAnswer


class ModelInfo(Contract):
    """What may be asked of a model. `thinkingRequired` means that the first level is taken if none
    is asked.
    """

    name: str
    response_modalities: list[str]
    voices: list[str]
    tools: list[str]
    thinking_levels: list[str]
    thinking_required: bool


class TierLimits(Contract):
    """The limits of a tier; null is off."""

    mints_per_hour: int | None
    tokens_per_day: int | None
    cooldown_seconds: int | None
    refreshes_per_hour: int | None
    tokens_per_session: int | None
    session_minutes: int | None
    sessions: int | None
    max_uses: int
    batch: int
    minutes_per_day: int | None


class SignInIssuer(Contract):
    """An OpenID Connect issuer whose ID tokens are taken."""

    issuer: str
    audience: str


class SignIn(Contract):
    """How to sign in."""

    issuers: list[SignInIssuer]
    anonymous: bool


class ConfigAnswer(Contract):
    """Everything a page needs to know before anyone signs in."""

    default_model: str
    models: list[ModelInfo]
    default_duration_minutes: int
    max_duration_minutes: int
    start_window_minutes: int
    custom_instructions: bool
    tiers: dict[str, TierLimits]
    sign_in: SignIn
    app_check: Literal["off", "monitor", "enforce"]
    minting_paused: bool


class HealthAnswer(Contract):
    """Whether tokens can be vended, and what stands in the way."""

    status: Literal["ok", "degraded"]
    checks: dict[str, Literal["ok", "failing", "unknown"]]


class WeatherDay(Contract):
    """A day's weather; degrees Celsius."""

    date: str
    sky: str
    lowest_c: float
    highest_c: float


class WeatherAnswer(Contract):
    """The weather at a place, by its local time: now, and for three days from today."""

    place: str
    country: str
    observed_at: str
    sky: str
    temperature_c: float
    feels_like_c: float
    wind_kmh: float
    days: list[WeatherDay]


class FieldProblem(Contract):
    """A field that is not as the contract says."""

    field: str
    message: str


class Problem(Contract):
    """A refusal (RFC 9457); `code` is what programs read."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[FieldProblem] | None = None
    violated: (
        list[
            Literal[
                "hour",
                "day",
                "cooldown",
                "sessions",
                "refreshHour",
                "refreshesPerSession",
                "minutes",
            ]
        ]
        | None
    ) = None
    retry_after_seconds: int | None = None
