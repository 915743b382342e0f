"""What a caller can act on: who they are, what they ask for, and how much they have used."""

from __future__ import annotations

from dataclasses import dataclass

from vending.errors.base import LivepassError

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
    """The caller has no session with this id, though someone else may."""

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
