"""Everything that can be refused, and what each refusal tells the caller.

`base.LivepassError` is the base of all: it has a `status` and a `code` that programs read (RFC 9457
problem documents), a `public` sentence that people read, and `str(error)`, which is for the log and
never leaves it. `refusals` are what a caller can act on, `failures` what they can only wait for.
HTTP is made of them in `http/problems.py`.
"""

from vending.errors.base import LivepassError, every_refusal
from vending.errors.failures import (
    AuditUnavailable,
    IdentityUnavailable,
    StoreUnavailable,
    UpstreamRejected,
    UpstreamTimedOut,
    UpstreamUnavailable,
    WeatherUnavailable,
)
from vending.errors.refusals import (
    AppCheckFailed,
    Blocked,
    FieldError,
    Forbidden,
    IdempotencyKeyReused,
    InvalidRequest,
    MethodNotAllowed,
    MintingPaused,
    NoSuchSession,
    NotFound,
    NotSigned,
    PayloadTooLarge,
    QuotaExceeded,
    ReplayExpired,
    SessionEnded,
    SessionExpired,
    TokenExpired,
    Unauthenticated,
    UnsupportedMediaType,
)

__all__ = [  # noqa: RUF022 - in the order of the pipeline
    "LivepassError",
    "every_refusal",
    # authenticate
    "Unauthenticated",
    "NotSigned",
    "TokenExpired",
    "Forbidden",
    "AppCheckFailed",
    "IdentityUnavailable",
    # shape
    "FieldError",
    "InvalidRequest",
    "NotFound",
    "MethodNotAllowed",
    "PayloadTooLarge",
    "UnsupportedMediaType",
    # admit
    "Blocked",
    "NoSuchSession",
    "SessionEnded",
    "SessionExpired",
    "ReplayExpired",
    "IdempotencyKeyReused",
    "QuotaExceeded",
    "MintingPaused",
    # operate
    "AuditUnavailable",
    # mint
    "UpstreamRejected",
    "UpstreamUnavailable",
    "WeatherUnavailable",
    "UpstreamTimedOut",
    # count
    "StoreUnavailable",
]
