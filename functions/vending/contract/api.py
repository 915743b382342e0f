"""The contract, which OpenAPI is made from: what comes in, as models that validate it, and what
goes out, as dictionaries whose types are checked before anything runs.

JSON, camelCase. Times are RFC 3339 in UTC with milliseconds. Unknown fields are refused; null is
the same as not given.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
    with_config,
)
from pydantic.alias_generators import to_camel
from typing_extensions import TypedDict  # pydantic wants it before Python 3.12

from vending.gemini.pricing import Tokens

MAX_INSTRUCTION = 4_000
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
SessionId = Annotated[str, StringConstraints(pattern="^[0-9a-f]{24}$")]
Minutes = Annotated[int, Field(ge=1, le=1199)]
Count = Annotated[int, Field(ge=0, le=1_000_000_000)]
Sensitivity = Literal["high", "low"]


class Asked(BaseModel):
    """What comes in: strict types, by their camelCase names only, nothing unknown."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        strict=True,
        validate_by_name=False,
        validate_by_alias=True,
        allow_inf_nan=False,
        serialize_by_alias=True,
        defer_build=True,  # a first mint waits for what it needs alone
    )


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


@with_config(extra="forbid", strict=True, allow_inf_nan=False)
class Told(TypedDict):
    """What goes out, by its camelCase names; the configuration is for who reads it by pydantic."""


class WindowUsage(Told):
    """One rolling window. `limit` and `remaining` are null when the limit is off; `resetsAt` is
    when one more is free.
    """

    limit: int | None
    used: int
    remaining: int | None
    resetsAt: Moment | None


class CooldownUsage(Told):
    """The pause after a mint; `endsAt` is null when none is on."""

    seconds: int
    endsAt: Moment | None


class SessionsUsage(Told):
    """The talks that can be open: those that tokens which live could hold. `limit` is null when the
    limit is off.
    """

    limit: int | None
    active: int


class MinutesUsage(WindowUsage):
    """The minutes of all tokens of the last 24 hours; those that were begun count as whole ones.
    Where the limit is off none are counted. `resetsAt` is when more is free.
    """


class UsageAnswer(Told):
    """What the caller has used and has left. `serverTime` lets a phone with a wrong clock count."""

    user: str
    tier: str
    serverTime: Moment
    hour: WindowUsage
    day: WindowUsage
    refreshHour: WindowUsage
    cooldown: CooldownUsage
    sessions: SessionsUsage
    minutes: MinutesUsage


class SessionSummary(Told):
    """The session a token belongs to. `expiresAt` is when its longest token does; from `handoverAt`
    until then a refresh continues the talk, before it is another talk; null: it always is.
    `refreshesRemaining` null is no limit.
    """

    id: SessionId
    startedAt: Moment
    expiresAt: Moment
    handoverAt: Moment | None
    tokens: int
    refreshesRemaining: int | None


class SessionAnswer(SessionSummary):
    """One of the caller's sessions. `activeTokens` counts those that have not expired."""

    state: Literal["active", "ended", "expired"]
    model: str
    lastActivityAt: Moment
    activeTokens: int


class SessionsAnswer(Told):
    """The caller's sessions of the last 24 hours, newest first."""

    sessions: list[SessionAnswer]


class Connect(Told):
    """Where to open the socket, and the setup frame to send first. Put the token into
    `?access_token=` of `url`.
    """

    url: str
    apiVersion: str
    model: str
    setup: dict[str, Any]


class TokenOfBatch(Told):
    """One of several tokens, with a session of its own."""

    token: str
    expiresAt: Moment
    startBefore: Moment
    uses: int
    session: SessionSummary
    connect: Connect


class TokenAnswer(TokenOfBatch):
    """A token that was counted. It must start a talk before `startBefore` and ends with
    `expiresAt`.
    """

    usage: UsageAnswer


class BatchAnswer(Told):
    """The answer to a mint with a `count` of 2 or more: so many tokens, all of them counted."""

    tokens: list[TokenOfBatch]
    usage: UsageAnswer


class ModelInfo(Told):
    """What may be asked of a model. `thinkingRequired` means that the first level is taken if none
    is asked.
    """

    name: str
    responseModalities: list[str]
    voices: list[str]
    tools: list[str]
    thinkingLevels: list[str]
    thinkingRequired: bool


class TierLimits(Told):
    """The limits of a tier; null is off."""

    mintsPerHour: int | None
    tokensPerDay: int | None
    cooldownSeconds: int | None
    refreshesPerHour: int | None
    tokensPerSession: int | None
    sessionMinutes: int | None
    sessions: int | None
    maxUses: int
    batch: int
    minutesPerDay: int | None
    readsPerMinute: int | None
    toolCallsPerMinute: int | None


class SignInIssuer(Told):
    """An OpenID Connect issuer whose ID tokens are taken."""

    issuer: str
    audience: str


class SignIn(Told):
    """How to sign in."""

    issuers: list[SignInIssuer]
    anonymous: bool


class ConfigAnswer(Told):
    """Everything a page needs to know before anyone signs in."""

    defaultModel: str
    models: list[ModelInfo]
    defaultDurationMinutes: int
    maxDurationMinutes: int
    startWindowMinutes: int
    customInstructions: bool
    tiers: dict[str, TierLimits]
    signIn: SignIn
    appCheck: Literal["off", "monitor", "enforce"]
    mintingPaused: bool


class HealthAnswer(Told):
    """Whether tokens can be vended, and what stands in the way."""

    status: Literal["ok", "degraded"]
    checks: dict[str, Literal["ok", "failing", "unknown"]]


class WeatherDay(Told):
    """A day's weather; degrees Celsius."""

    date: str
    sky: str
    lowestC: float
    highestC: float


class WeatherAnswer(Told):
    """The weather at a place, by its local time: now, and for three days from today."""

    place: str
    country: str
    observedAt: str
    sky: str
    temperatureC: float
    feelsLikeC: float
    windKmh: float
    days: list[WeatherDay]


class FieldProblem(Told):
    """A field that is not as the contract says."""

    field: str
    message: str


class Problem(Told):
    """A refusal (RFC 9457); `code` is what programs read."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    requestId: str
    errors: NotRequired[list[FieldProblem]]
    violated: NotRequired[
        list[
            Literal[
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
        ]
    ]
    retryAfterSeconds: NotRequired[int | None]
