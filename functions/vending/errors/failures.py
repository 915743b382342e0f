"""What a caller can only wait for: something that Livepass needs does not answer as it should."""

from __future__ import annotations

from vending.errors.base import LivepassError


class IdentityUnavailable(LivepassError):
    """The issuer's keys cannot be fetched and none are cached, so no caller can be identified."""

    status = 503
    code = "identity-unavailable"
    public = "Sign-in cannot be checked right now. Try again shortly."


class AuditUnavailable(LivepassError):
    """The audit trail cannot be read back now, or is not set up."""

    status = 503
    code = "audit-unavailable"
    public = "The audit trail cannot be read right now."


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


class UpstreamTimedOut(UpstreamUnavailable):
    """Gemini did not answer in time; requests queued behind this one would wait as long."""


class WeatherUnavailable(LivepassError):
    """The weather service is down, slow, or answers nonsense."""

    status = 503
    code = "weather-unavailable"
    public = "The weather is not available right now."


class StoreUnavailable(LivepassError):
    """The ledger cannot be read or written in time, so nothing is handed out."""

    status = 503
    code = "store-unavailable"
    public = "Usage cannot be counted right now. Try again shortly."
