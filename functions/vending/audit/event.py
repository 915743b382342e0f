"""What a request leaves behind: one event, filled step by step, and the trace it belongs to."""

from __future__ import annotations

import re
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vending.audit.redact import scrub, scrubbed
from vending.clock import Stopwatch
from vending.errors import LivepassError, QuotaExceeded

_EVENTS = {
    "identity-unavailable": "IDENTITY_FAILED",
    "store-unavailable": "STORE_FAILED",
    "upstream-rejected": "UPSTREAM_FAILED",
    "upstream-unavailable": "UPSTREAM_FAILED",
}
_SEVERITIES = {500: "ERROR", 502: "ERROR", 503: "WARNING"}
_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?"
)
_CLOUD_TRACE = re.compile(r"([0-9a-f]{32})(?:/(\d{1,20}))?(?:;o=([01]))?")


@dataclass(frozen=True, slots=True)
class Trace:
    """Where a request belongs in Cloud Trace (W3C Trace Context, or Google's older header)."""

    trace: str = ""
    span: str = ""
    sampled: bool = False

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Trace:
        """Read the headers; what is not as it should be is no trace."""
        if found := _TRACEPARENT.fullmatch(headers.get("traceparent", "")):
            return cls(found[1], found[2], sampled=bool(int(found[3], 16) & 1))
        if found := _CLOUD_TRACE.fullmatch(headers.get("x-cloud-trace-context", "")):
            span = f"{int(found[2]) & 0xFFFFFFFFFFFFFFFF:016x}" if found[2] else ""
            return cls(found[1], span, sampled=found[3] == "1")
        return cls()


@dataclass(slots=True)
class AuditEvent:
    """What a request leaves behind; filled step by step, written once."""

    request_id: str
    method: str
    trace: Trace
    route: str = ""
    event: str = "REQUEST_REFUSED"
    status: int = 500
    severity: str = "INFO"
    stopwatch: Stopwatch = field(default_factory=Stopwatch)
    facts: dict[str, Any] = field(default_factory=dict)
    refused_event: str = "REQUEST_REFUSED"

    def refused(self, error: LivepassError) -> None:
        """Name the event by what refused, and keep the reason for the operator."""
        self.event = _EVENTS.get(error.code, self.refused_event)
        self.severity = _SEVERITIES.get(error.status, "INFO")
        self.facts |= {"code": error.code, "detail": scrubbed(str(error))}
        if isinstance(error, QuotaExceeded):
            self.facts |= {
                "violated": list(error.violated),
                "retryAfterSeconds": error.retry_after_s,
            }

    def crashed(self, error: BaseException) -> None:
        """Keep an unexpected error's traceback."""
        lines = traceback.format_exception(error)
        self.event, self.severity = "INTERNAL_ERROR", "ERROR"
        self.facts["traceback"] = scrub("".join(lines), limit=8_000)
