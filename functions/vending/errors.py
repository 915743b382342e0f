"""Everything that can be refused, in the order of the pipeline, with what each tells the caller.

A refusal has a `status` and a `code` that programs read (design: RFC 9457 problem documents), a
`public` sentence that people read, and `str(error)`, which is for the log and never leaves it. HTTP
itself happens in `http.problems`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


class LivepassError(Exception):
    """Base of all refusals.

    Attributes:
        status: the HTTP status that says it best.
        code: stable, kebab-case; what programs read.
        public: one sentence for the caller; holds nothing a caller may not know.
        retry_after_s: whole seconds until it may be worth another try, or None when waiting does
            not help.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    public: str = "Something went wrong on our side."

    def __init__(
        self,
        detail: str = "",
        *,
        public: str | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(detail or public or self.public)
        self.public = public or self.public
        self.retry_after_s = retry_after_s


# --- authenticate ---------------------------------------------------------------------------------


class Unauthenticated(LivepassError):
    """No bearer token, or one that is not what our issuers sign (RFC 6750 section 3.1)."""

    status = 401
    code = "unauthenticated"
    public = "Sign in first: send a valid ID token as a bearer token."

    def __init__(self, detail: str, *, challenge: str | None = "invalid_token") -> None:
        super().__init__(detail)
        self.challenge = challenge  # None: no credentials were sent, so no error code is told


class NotSigned(Unauthenticated):
    """No issuer of ours has signed the token: what honest clients never send."""


class TokenExpired(Unauthenticated):
    """The ID token was good once."""

    code = "token-expired"
    public = "Your sign-in has expired. Sign in again."


class Forbidden(LivepassError):
    """Signed in, but not allowed."""

    status = 403
    code = "forbidden"
    public = "You are signed in, but not allowed to do this."


class AppCheckFailed(LivepassError):
    """The App Check token is missing or not this project's, and the settings enforce it."""

    status = 403
    code = "app-check-failed"
    public = "This app could not be verified."


class IdentityUnavailable(LivepassError):
    """The issuer's keys cannot be fetched and none are cached, so no caller can be identified."""

    status = 503
    code = "identity-unavailable"
    public = "Sign-in cannot be checked right now. Try again shortly."


# --- shape ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FieldError:
    """One bad field: `field` is a dotted path, or `body`, or a header's name."""

    field: str
    message: str


class InvalidRequest(LivepassError):
    """The request is not as the contract says; every bad field is named."""

    status = 400
    code = "invalid-request"
    public = "The request is not valid."

    def __init__(self, *errors: FieldError, late: bool = False) -> None:
        super().__init__("; ".join(f"{error.field}: {error.message}" for error in errors))
        self.errors = errors
        self.late = late  # nothing is wrong with it but that it did not come


class NotFound(LivepassError):
    """No such path, or nothing by the name that a request gives."""

    status = 404
    code = "not-found"
    public = "There is nothing here."


class MethodNotAllowed(LivepassError):
    """The path exists, the method does not."""

    status = 405
    code = "method-not-allowed"
    public = "This method is not allowed here."

    def __init__(self, detail: str, *, allow: str) -> None:
        super().__init__(detail)
        self.allow = allow


class PayloadTooLarge(LivepassError):
    """The body is larger than any request of the contract."""

    status = 413
    code = "payload-too-large"
    public = "The request body is larger than 64 KiB."


class UnsupportedMediaType(LivepassError):
    """The body is something other than plain JSON."""

    status = 415
    code = "unsupported-media-type"
    public = "Send the body as application/json, uncompressed."


# --- admit ----------------------------------------------------------------------------------------


class Blocked(LivepassError):
    """An operator or the guard has blocked this caller, or newcomers of their network."""

    status = 403
    code = "blocked"
    public = "Requests are blocked for a while because too many looked like abuse."


class NoSuchSession(NotFound):
    """The caller has no session of this id, whoever else may."""

    public = "You have no such session."

    def __init__(self, session_id: str) -> None:
        super().__init__(f"no session {session_id}")
        self.session_id = session_id


class SessionEnded(LivepassError):
    """The caller ended the session; it takes no more tokens, and gives none again."""

    status = 409
    code = "session-ended"
    public = "This session was ended. Start a new one."


class SessionExpired(LivepassError):
    """The session's last token has run out, or it is as old as a session may get."""

    status = 409
    code = "session-expired"
    public = "This session has expired. Start a new one."


class ReplayExpired(LivepassError):
    """The Idempotency-Key was used, and its token has expired or cannot be read."""

    status = 409
    code = "replay-expired"
    public = (
        "This request was answered before, and its token has expired. Use a new Idempotency-Key."
    )


class IdempotencyKeyReused(LivepassError):
    """The Idempotency-Key was used for another request."""

    status = 422
    code = "idempotency-key-reused"
    public = "This Idempotency-Key was used for a different request."


class QuotaExceeded(LivepassError):
    """Limits refuse: `violated` names each, `retry_after_s` is when none refuses any more."""

    status = 429
    code = "quota-exceeded"
    public = "You have reached a limit."

    def __init__(self, violated: tuple[str, ...], retry_after_s: int | None) -> None:
        super().__init__(f"violated: {', '.join(violated)}", retry_after_s=retry_after_s)
        self.violated = violated


class MintingPaused(LivepassError):
    """Minting is paused: nothing begins, and each live session gets one more token."""

    status = 503
    code = "minting-paused"
    public = "New sessions are paused. Try again later."


# --- operate --------------------------------------------------------------------------------------


class AuditUnavailable(LivepassError):
    """The audit trail cannot be read back now, or is not set up."""

    status = 503
    code = "audit-unavailable"
    public = "The audit trail cannot be read right now."


# --- mint -----------------------------------------------------------------------------------------


class UpstreamRejected(LivepassError):
    """Gemini refused the request as we sent it: our fault, or our key's."""

    status = 502
    code = "upstream-rejected"
    public = "Gemini rejected our request. We have been notified."


class UpstreamUnavailable(LivepassError):
    """Gemini is out of quota, down, slow, or answers nonsense. Nothing was counted."""

    status = 503
    code = "upstream-unavailable"
    public = "Gemini is not available right now. This request was not counted; try again."


class WeatherUnavailable(LivepassError):
    """The weather service is down, slow, or answers nonsense."""

    status = 503
    code = "weather-unavailable"
    public = "The weather is not available right now."


class UpstreamTimedOut(UpstreamUnavailable):
    """Gemini did not answer in time; requests queued behind this one would wait as long."""


# --- count ----------------------------------------------------------------------------------------


class StoreUnavailable(LivepassError):
    """The ledger cannot be read or written in time, so nothing is handed out."""

    status = 503
    code = "store-unavailable"
    public = "Usage cannot be counted right now. Try again shortly."
