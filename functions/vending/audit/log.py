"""Every request is *audited*: one JSON line on stdout, in the structured form that Cloud Logging
reads.

The form is that of google-cloud-logging's StructuredLogHandler, written without it: importing it
costs a cold start a third of a second (a contract test holds us to it). A line has the user's hash
and the token's SHA-256 prefix, never a token, a key, an e-mail, an address or a body; what an error
says is scrubbed of anything that looks like one.
"""

from __future__ import annotations

import json
import select
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, TextIO

from vending.audit.event import AuditEvent
from vending.clock import Stopwatch

SHORTEST_SECRET = 8  # anything shorter is no key, and stands in every other word
STUCK_MS = 50
_to_json = json.JSONEncoder(separators=(",", ":")).encode


class AuditLog:
    """Writes audit events to `stream`: JSON lines, or readable ones when a person watches.

    `secret`, the API key, is taken out of every line, whatever it looks like.
    """

    def __init__(self, project: str, stream: TextIO | None = None, *, secret: str = "") -> None:
        self._project = project
        self._secret = json.dumps(secret)[1:-1]  # as it would stand in a line
        self._stream = stream or sys.stdout
        self._write = _readable if self._stream.isatty() else self._structured
        self._room = _room(self._stream)
        self._lost = 0

    def write(self, event: AuditEvent) -> None:
        """Write one line, before the answer leaves.

        If the reader of the log is stuck, lines are dropped rather than requests delayed; the next
        line that it takes says how many were lost.
        """
        if self._is_stuck():
            return
        if self._lost:
            event.facts["linesLost"], self._lost = self._lost, 0
        self._put(self._write(event))

    def note(self, event: str, facts: Mapping[str, Any], severity: str = "WARNING") -> None:
        """Write one line of what happened beside the requests."""
        if self._is_stuck():
            return
        text = " ".join([event, *(f"{name}={value}" for name, value in facts.items())])
        line = {"message": text, "severity": severity, "event": event, **facts}
        self._put(text if self._stream.isatty() else _to_json(line))

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

    def _structured(self, event: AuditEvent) -> str:
        line: dict[str, Any] = {
            "message": _message(event),
            "severity": event.severity,
            "event": event.event,
            "requestId": event.request_id,
            "httpRequest": {
                "requestMethod": event.method,
                "requestUrl": event.route,
                "status": event.status,
                "latency": f"{event.stopwatch.total_s:.6f}s",
            },
            "latencyMs": _latencies_ms(event.stopwatch),
            **event.facts,
        }
        if event.trace.trace and self._project:
            name = f"projects/{self._project}/traces/{event.trace.trace}"
            line["logging.googleapis.com/trace"] = name
            line["logging.googleapis.com/spanId"] = event.trace.span
            line["logging.googleapis.com/trace_sampled"] = event.trace.sampled
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


def _message(event: AuditEvent) -> str:
    return f"{event.event} {event.status} {event.method} {event.route}"


def _latencies_ms(stopwatch: Stopwatch) -> dict[str, float]:
    seconds = {**stopwatch.spans_s, "total": stopwatch.total_s}
    return {name: round(s * 1000, 2) for name, s in seconds.items()}


def _readable(event: AuditEvent) -> str:
    facts = {name: value for name, value in event.facts.items() if name != "traceback"}
    text = " ".join(f"{name}={value}" for name, value in facts.items())
    line = f"{_message(event)} {event.stopwatch.total_s * 1000:.1f} ms {text}"
    line = line.encode("unicode_escape").decode()  # what came from outside steers no terminal
    lines = event.facts.get("traceback", "").splitlines()
    return "\n".join([line, *(each.encode("unicode_escape").decode() for each in lines)])
