"""Request bodies, as models that validate them. Names are camelCase; unknown fields are refused;
null means the same as leaving the field out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from vending.gemini.declarations import FunctionDeclaration, stored
from vending.gemini.pricing import Tokens
from vending.patterns import SESSION_ID
from vending.policy import LIMITS, MAX_TOKEN_MINUTES
from vending.strict_model import StrictModel

MAX_INSTRUCTION = 4_000
MAX_CLIENT_FUNCTIONS = 16
MAX_CLIENT_BYTES = 8 * 1024  # of their declarations, which are stored with the session
Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
SessionId = Annotated[str, StringConstraints(pattern=f"^{SESSION_ID}$")]
ResumptionHandle = Annotated[str, StringConstraints(pattern="^[!-~]{1,1024}$")]
Minutes = Annotated[int, Field(ge=1, le=MAX_TOKEN_MINUTES)]
Count = Annotated[int, Field(ge=0, le=1_000_000_000)]
Sensitivity = Literal["high", "low"]


class RequestModel(StrictModel):
    """The body of a request."""


class TurnDetection(RequestModel):
    """How a turn ends: Gemini notices, or the client says so."""

    mode: Literal["automatic", "manual"] = "automatic"
    silence_ms: Annotated[int, Field(ge=0, le=10_000)] | None = None
    start_sensitivity: Sensitivity | None = None
    end_sensitivity: Sensitivity | None = None

    @model_validator(mode="after")
    def _manual_detects_nothing(self) -> Self:
        tuned = (self.silence_ms, self.start_sensitivity, self.end_sensitivity)
        if self.mode == "manual" and any(value is not None for value in tuned):
            raise ValueError("manual turn detection has no silence or sensitivity")
        return self


def _bounded(declared: Any) -> Any:
    """Refuse more declarations than are stored, as they are sent and as they are read. This comes
    first: what validating them takes grows with them.
    """
    own = FunctionDeclaration.document
    written = json.dumps(declared, separators=(",", ":"), ensure_ascii=False, default=own)
    if len(written.encode()) > MAX_CLIENT_BYTES:
        raise ValueError(f"must have at most {MAX_CLIENT_BYTES} bytes")
    return declared


class MintRequest(RequestModel):
    """What a client may ask of a token. The catalogue lists the values each model accepts."""

    model: Name | None = None
    voice: Name | None = None
    response_modality: Literal["AUDIO", "TEXT"] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    system_instruction: Annotated[str, Field(max_length=MAX_INSTRUCTION)] | None = None
    tools: Annotated[list[Name], Field(max_length=16)] | None = None
    function_declarations: (
        Annotated[
            list[FunctionDeclaration],
            Field(max_length=MAX_CLIENT_FUNCTIONS),
            BeforeValidator(_bounded),
            AfterValidator(_bounded),
        ]
        | None
    ) = None
    thinking_level: Literal["minimal", "low", "medium", "high"] | None = None
    turn_detection: TurnDetection | None = None
    duration_minutes: Minutes | None = None
    duration: Annotated[Minutes | None, Field(json_schema_extra={"deprecated": True})] = None
    uses: Annotated[int, Field(ge=1, le=LIMITS["max_uses"].most)] | None = None
    count: Annotated[int, Field(ge=1, le=LIMITS["batch"].most)] | None = None

    @model_validator(mode="after")
    def _one_duration(self) -> Self:
        if self.duration_minutes is not None and self.duration is not None:
            raise ValueError("send durationMinutes or duration, not both")
        return self

    @property
    def minutes(self) -> int | None:
        """The duration by either of its names; apps written for the older API send `duration`."""
        return self.duration if self.duration_minutes is None else self.duration_minutes

    def requested(self) -> dict[str, Any]:
        """The fields that shape a refresh, as JSON, without those that were left out."""
        once = {"duration", "duration_minutes", "uses", "count", "model", "function_declarations"}
        requested = self.model_dump(mode="json", by_alias=True, exclude=once, exclude_none=True)
        own = self.function_declarations
        return {**requested, "functionDeclarations": stored(own)} if own else requested

    @classmethod
    def of_requested(cls, requested: Mapping[str, Any]) -> Self:
        """Read what `requested` wrote.

        Raises:
            ValueError: it is of another revision.
        """
        own = requested.get("functionDeclarations")
        return cls.model_validate(
            {**requested, "functionDeclarations": json.loads(own)} if own else requested
        )


class RefreshRequest(RequestModel):
    """The caller's session that needs a new token. `resumptionHandle` is accepted only where tokens
    lock resumption (`connect.setup` then has no `sessionResumption`): the new token resumes by that
    handle and no other; without a handle it resumes nothing.
    """

    session_id: SessionId
    duration_minutes: Minutes | None = None
    resumption_handle: ResumptionHandle | None = Field(default=None, repr=False)


class TokenCounts(RequestModel):
    """Tokens by modality; `other` are those without a modality in `usageMetadata`."""

    text: Count = 0
    audio: Count = 0
    image: Count = 0
    video: Count = 0
    other: Count = 0


class UsageReport(RequestModel):
    """What a talk has used so far: the `usageMetadata` of all its turns, added up. `prompt` comes
    from promptTokensDetails and toolUsePromptTokenCount, `response` from responseTokensDetails, and
    `thoughts` from thoughtsTokenCount.
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
