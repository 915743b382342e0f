"""Every request is *audited*: one JSON line on stdout, in the structured form that Cloud Logging
reads.

The form is that of google-cloud-logging's StructuredLogHandler, written without it: importing it
costs a cold start a third of a second (a contract test holds us to it). A line has the user's hash
and the token's SHA-256 prefix, never a token, a key, an e-mail, an address or a body; what an error
says is scrubbed of anything that looks like one.
"""

from __future__ import annotations

import hashlib
import json
import re
import select
import sys
import traceback
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TextIO

from vending.clock import Stopwatch
from vending.errors import LivepassError, QuotaExceeded

MAX_DETAIL = 500
SHORTEST_SECRET = 8  # anything shorter is no key, and stands in every other word
STUCK_MS = 50
_LONGEST = 64 * 1024  # of a text that is searched
_H = "[0-9a-fA-F]{1,4}"
_BEFORE, _AFTER = (
    r"(?<!\w)(?<![0-9a-fA-F:]:)",
    r"(?!\w|:[\w:])",
)  # a sentence's colon may stand there
_SECRETS = re.compile(
    r"auth_tokens(?:/|%2[Ff])[\w\-%]*|eyJ[\w\-.=]+|AIza[\w\-]+|\bAQ\.[\w\-]{10,}|Bearer\s+[\w\-.~+/=]{12,}"
    r"|[\w.+\-]{1,64}@[\w.\-]*"  # cut off, too; bounded: each start of a word is tried
    r"|\b\d{1,3}(?:\.\d{1,3}){3}\b"
    rf"|{_BEFORE}(?:{_H}(?::{_H}){{0,6}})?::(?:{_H}(?::{_H}){{0,6}})?(?:\.\d{{1,3}}){{0,3}}{_AFTER}"
    rf"|{_BEFORE}(?:{_H}:){{3,7}}{_H}(?:\.\d{{1,3}}){{0,3}}{_AFTER}"
)
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
_to_json = json.JSONEncoder(separators=(",", ":")).encode
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
class Trail:
    """What a request leaves behind; filled step by step, written once."""

    request_id: str
    method: str
    trace: Trace
    route: str = ""
    event: str = "REQUEST_REFUSED"
    status: int = 500
    severity: str = "INFO"
    watch: Stopwatch = field(default_factory=Stopwatch)
    facts: dict[str, Any] = field(default_factory=dict)

    def refused(self, error: LivepassError) -> None:
        """Name the event by what refused, and keep the reason for the operator."""
        vends = self.facts.get("operation") in ("mint", "refresh")
        refused = "TOKEN_REFUSED" if vends else "REQUEST_REFUSED"
        self.event = _EVENTS.get(error.code, refused)
        self.severity = _SEVERITIES.get(error.status, "INFO")
        self.facts |= {"code": error.code, "detail": _scrubbed(str(error))}
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


def token_digest(token: str) -> str:
    """Name a token in the log: the first 16 hex digits of its SHA-256."""
    return hashlib.sha256(token.encode()).hexdigest()[:16]


def scrub(text: str, limit: int = MAX_DETAIL) -> str:
    """Take out whatever looks like a token, a key, an e-mail or an address."""
    return _SECRETS.sub("[redacted]", text[:_LONGEST])[:limit]


_scrubbed = lru_cache(256)(scrub)  # most details are the same few sentences


class AuditLog:
    """Writes trails to `stream`: JSON lines, or readable ones when a person watches.

    `secret`, the API key, is taken out of every line, whatever it looks like.
    """

    def __init__(self, project: str, stream: TextIO | None = None, *, secret: str = "") -> None:
        self._project = project
        self._secret = json.dumps(secret)[1:-1]  # as it would stand in a line
        self._stream = stream or sys.stdout
        self._write = _readable if self._stream.isatty() else self._structured
        self._room = _room(self._stream)
        self._lost = 0

    def write(self, trail: Trail) -> None:
        """Write one line, before the answer leaves.

        A reader that is stuck would keep everybody waiting: its lines are lost, and the next it
        takes says how many were.
        """
        if self._is_stuck():
            return
        if self._lost:
            trail.facts["linesLost"], self._lost = self._lost, 0
        self._put(self._write(trail))

    def note(self, event: str, facts: Mapping[str, Any], severity: str = "WARNING") -> None:
        """Write one line of what happened beside the requests."""
        if self._is_stuck():
            return
        told = " ".join([event, *(f"{name}={value}" for name, value in facts.items())])
        line = {"message": told, "severity": severity, "event": event, **facts}
        self._put(told if self._stream.isatty() else _to_json(line))

    def _is_stuck(self) -> bool:
        stuck = bool(self._room and not self._room.poll(0 if self._lost else STUCK_MS))
        self._lost += stuck
        return stuck

    def _put(self, line: str) -> None:
        if len(self._secret) >= SHORTEST_SECRET:
            line = line.replace(self._secret, "[redacted]")
        with suppress(OSError, ValueError):  # a token that was counted is answered all the same
            self._stream.write(line + "\n")
            self._stream.flush()

    def _structured(self, trail: Trail) -> str:
        line: dict[str, Any] = {
            "message": _message(trail),
            "severity": trail.severity,
            "event": trail.event,
            "requestId": trail.request_id,
            "httpRequest": {
                "requestMethod": trail.method,
                "requestUrl": trail.route,
                "status": trail.status,
                "latency": f"{trail.watch.total_s:.6f}s",
            },
            "latencyMs": _latencies_ms(trail.watch),
            **trail.facts,
        }
        if trail.trace.trace and self._project:
            name = f"projects/{self._project}/traces/{trail.trace.trace}"
            line["logging.googleapis.com/trace"] = name
            line["logging.googleapis.com/spanId"] = trail.trace.span
            line["logging.googleapis.com/trace_sampled"] = trail.trace.sampled
        return _to_json(line)


def _room(stream: TextIO) -> select.poll | None:
    """What tells whether writing would not wait: a pipe that is ready has room for 4 KiB, as good
    as any line. None for a stream in memory.
    """
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError):
        return None
    waiting = select.poll()
    waiting.register(descriptor, select.POLLOUT)
    return waiting


def _message(trail: Trail) -> str:
    return f"{trail.event} {trail.status} {trail.method} {trail.route}"


def _latencies_ms(watch: Stopwatch) -> dict[str, float]:
    seconds = {**watch.spans_s, "total": watch.total_s}
    return {name: round(s * 1000, 2) for name, s in seconds.items()}


def _readable(trail: Trail) -> str:
    facts = {name: value for name, value in trail.facts.items() if name != "traceback"}
    told = " ".join(f"{name}={value}" for name, value in facts.items())
    line = f"{_message(trail)} {trail.watch.total_s * 1000:.1f} ms {told}"
    line = line.encode("unicode_escape").decode()  # what came from outside steers no terminal
    lines = trail.facts.get("traceback", "").splitlines()
    return "\n".join([line, *(each.encode("unicode_escape").decode() for each in lines)])
