"""What callers are answered: usage, sessions, tokens, the weather, and problems.

Answers are dictionaries whose types mypy checks. The two whose fields come from the limits' rows,
`LimitsUsage` and `TierLimits`, are compared with OpenAPI by tests. Names are camelCase, times
RFC 3339 in UTC with milliseconds.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field, with_config
from typing_extensions import TypedDict  # pydantic wants it before Python 3.12

from vending.contract.requests import SessionId
from vending.errors import every_refusal
from vending.policy import QUOTAS, Violation

Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]


CODES = sorted({each.code for each in every_refusal()})
Code = Annotated[str, Field(json_schema_extra={"x-extensible-enum": CODES})]


@with_config(extra="forbid", strict=True, allow_inf_nan=False)
class ResponseModel(TypedDict):
    """The body of an answer; the configuration is for tests, which read it with pydantic."""


class WindowUsage(ResponseModel):
    """One rolling window. `limit` and `remaining` are null when the limit is off; `resetsAt` is
    when one more becomes available.
    """

    limit: int | None
    used: int
    remaining: int | None
    resetsAt: Moment | None


class CooldownUsage(ResponseModel):
    """The pause after a mint; `endsAt` is null when there is none."""

    seconds: int
    endsAt: Moment | None


class SessionsUsage(ResponseModel):
    """The talks that could be open: as many as unexpired tokens could hold. `limit` is null when
    the limit is off.
    """

    limit: int | None
    active: int


class MinutesUsage(WindowUsage):
    """The minutes of all tokens of the last 24 hours, rounded up. They are counted only while the
    limit is on. `resetsAt` is when more become available.
    """


_USAGE_OF = {"cooldown": CooldownUsage, "talks": SessionsUsage, "minutes": MinutesUsage}


class LimitsUsage(ResponseModel):
    """What is used of each limit that has a quota, by its name: those of the limits' rows."""

    __annotations__ = {  # type: ignore[misc]
        quota.name: _USAGE_OF.get(quota.counts, WindowUsage) for quota in QUOTAS if quota.in_usage
    }


class OfCaller(ResponseModel):
    """The caller it belongs to, and the server's time."""

    user: str
    tier: str
    serverTime: Moment


class UsageAnswer(OfCaller, LimitsUsage):
    """What the caller has used and has left. `serverTime` helps clients whose clock is wrong."""


class SessionSummary(ResponseModel):
    """The session a token belongs to. `expiresAt` is when its longest token expires. A refresh from
    `handoverAt` on continues the talk; an earlier one is another talk, as is each if it is null.
    If `refreshesRemaining` is null, there is no limit.
    """

    id: SessionId
    startedAt: Moment
    expiresAt: Moment
    handoverAt: Moment | None
    tokens: int
    refreshesRemaining: int | None


class SessionAnswer(SessionSummary):
    """One of the caller's sessions. `activeTokens` counts its unexpired tokens."""

    state: Literal["active", "ended", "expired"]
    model: str
    lastActivityAt: Moment
    activeTokens: int


class SessionsAnswer(ResponseModel):
    """The caller's sessions of the last 24 hours, newest first."""

    sessions: list[SessionAnswer]


class Locked(ResponseModel):
    """What the token locks, by name: the fields of the setup, where whatever a client sends is
    dropped without a word, and the model's tools, voice and modality. Where `historyConfig` is not
    among the fields, a talk may begin with a history, as on every model of the catalogue; on
    gemini-3.1-flash-live-preview, `clientContent` is accepted in no other way. It is locked on a
    model that only the settings name.
    """

    fields: list[str]
    tools: list[str]
    voice: str | None
    responseModality: str


class Connect(ResponseModel):
    """Where to open the socket, and the setup frame to send first, without what the token locks.
    Append the token to `url` as `?access_token=`; Google's SDKs take `baseUrl`, `apiVersion`, and
    the token as their API key.
    """

    url: str
    baseUrl: str
    apiVersion: str
    model: str
    setup: dict[str, Any]
    locked: Locked


class TokenOfBatch(ResponseModel):
    """One of several tokens, with a session of its own."""

    token: str
    expiresAt: Moment
    startBefore: Moment
    uses: int
    session: SessionSummary
    connect: Connect


class TokenAnswer(TokenOfBatch):
    """A token that was counted. It must start a talk before `startBefore`, and ends at
    `expiresAt`. A mint with a `count` of 2 or more lists that many in `tokens`, all of them
    counted; this is the first of them.
    """

    usage: UsageAnswer
    tokens: NotRequired[list[TokenOfBatch]]


class WeatherDay(ResponseModel):
    """A day's weather, in degrees Celsius."""

    date: str
    sky: str
    lowestC: float
    highestC: float


class WeatherAnswer(ResponseModel):
    """The weather at a place, in its local time: now, and for three days from today."""

    place: str
    country: str
    observedAt: str
    sky: str
    temperatureC: float
    feelsLikeC: float
    windKmh: float
    days: list[WeatherDay]


class FieldProblem(ResponseModel):
    """A field that breaks the contract."""

    field: str
    message: str


class Problem(ResponseModel):
    """A refusal (RFC 9457). Programs read `code`."""

    type: str
    title: str
    status: int
    detail: str
    code: Code
    requestId: str
    errors: NotRequired[list[FieldProblem]]
    violated: NotRequired[list[Violation]]
    retryAfterSeconds: NotRequired[int | None]
