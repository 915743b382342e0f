"""Each request leaves one line that parses, whatever came in, without secrets or personal data."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Mapping
from typing import Any

import pytest
from google.cloud.logging_v2.handlers import StructuredLogHandler
from google.cloud.logging_v2.handlers._helpers import _parse_trace_parent, _parse_xcloud_trace
from hypothesis import given, settings
from hypothesis import strategies as st

from support.fakes.memory import Seconds
from support.runs.margin import least_ms
from support.runs.quick import examples
from vending.audit.event import AuditEvent, Trace
from vending.audit.log import AuditLog
from vending.audit.redact import scrub, token_digest
from vending.clock import Stopwatch
from vending.errors import (
    Blocked,
    IdentityUnavailable,
    LivepassError,
    NotFound,
    QuotaExceeded,
    StoreUnavailable,
    UpstreamRejected,
    UpstreamUnavailable,
)

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
TOKEN = f"auth_tokens/{'0f' * 32}"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl-_"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def trail(**more: Any) -> AuditEvent:
    given = {"request_id": "r" * 32, "method": "POST", "trace": Trace(TRACE, SPAN, sampled=True)}
    return AuditEvent(**{**given, "route": "/api/v1/live-token", "status": 201, **more})


def line_of(entry: AuditEvent, project: str = "a-project") -> dict[str, Any]:
    stream = io.StringIO()
    AuditLog(project, stream).write(entry)
    text = stream.getvalue()
    assert text.endswith("\n")
    assert text.count("\n") == 1
    line: dict[str, Any] = json.loads(text)
    return line


# --- the line -------------------------------------------------------------------------------------


def test_line_says_what_happened_to_which_request() -> None:
    entry = trail(event="TOKEN_CREATED", facts={"user": "3f3f", "tokenSha256": "ab"})

    line = line_of(entry)

    assert line["message"] == "TOKEN_CREATED 201 POST /api/v1/live-token"
    assert (line["event"], line["severity"], line["requestId"]) == (
        "TOKEN_CREATED",
        "INFO",
        "r" * 32,
    )
    assert (line["user"], line["tokenSha256"]) == ("3f3f", "ab")
    assert line["httpRequest"]["status"] == 201


HOSTILE = st.text(min_size=1) | st.sampled_from(
    ["\n", "\r\n", '"}\n{"severity": "ERROR"}', "\u2028", "\x00", "\x1b[2J", "\ud800", "{}", "\\"]
)


@settings(max_examples=examples(1000))
@given(HOSTILE, HOSTILE, HOSTILE)
def test_hostile_text_makes_one_line_that_parses(one: str, other: str, third: str) -> None:
    entry = trail(method=one, facts={"detail": other, f"fact {third}": third})
    entry.refused(NotFound(other))
    entry.crashed(ValueError(third))

    line = line_of(entry)

    assert line["httpRequest"]["requestMethod"] == one
    assert line["event"] == "INTERNAL_ERROR"


def test_terminal_gets_readable_lines_that_steer_nothing() -> None:
    stream = Terminal()

    AuditLog("", stream).write(trail(facts={"detail": "a\nb\x1b[2J\u202e"}))

    text = stream.getvalue()
    assert text.count("\n") == 1
    assert text.isascii()
    assert "\x1b" not in text
    assert "REQUEST_REFUSED 201 POST /api/v1/live-token" in text


def test_terminal_gets_the_traceback_on_lines_of_its_own() -> None:
    stream, entry = Terminal(), trail()
    entry.crashed(ValueError("ours"))

    AuditLog("", stream).write(entry)

    assert "ValueError: ours" in stream.getvalue().splitlines()


@pytest.mark.parametrize(
    ("error", "event", "severity"),
    [
        (NotFound("x"), "TOKEN_REFUSED", "INFO"),
        (Blocked("x"), "TOKEN_REFUSED", "INFO"),
        (IdentityUnavailable("x"), "IDENTITY_FAILED", "WARNING"),
        (StoreUnavailable("x"), "STORE_FAILED", "WARNING"),
        (UpstreamUnavailable("x"), "UPSTREAM_FAILED", "WARNING"),
        (UpstreamRejected("x"), "UPSTREAM_FAILED", "ERROR"),
        (LivepassError("x"), "TOKEN_REFUSED", "ERROR"),
    ],
    ids=lambda value: getattr(value, "code", value),
)
def test_event_and_severity_say_whose_fault_it_was(
    error: LivepassError, event: str, severity: str
) -> None:
    entry = trail(refused_event="TOKEN_REFUSED")

    entry.refused(error)

    assert (entry.event, entry.severity) == (event, severity)
    assert (entry.facts["code"], entry.facts["detail"]) == (error.code, "x")


def test_refusal_that_is_about_no_token_is_a_refused_request() -> None:
    entry = trail()

    entry.refused(NotFound("x"))

    assert entry.event == "REQUEST_REFUSED"


def test_refusal_by_limits_names_them() -> None:
    entry = trail()

    entry.refused(QuotaExceeded(("hour", "cooldown"), 60))

    assert line_of(entry)["violated"] == ["hour", "cooldown"]
    assert line_of(entry)["retryAfterSeconds"] == 60


def test_latencies_are_told_in_milliseconds() -> None:
    clock = Seconds()
    entry = trail(stopwatch=Stopwatch(clock))
    for name, seconds in (("store", 0.010), ("gemini", 0.2), ("store", 0.005)):
        with entry.stopwatch.span(name):
            clock.now += seconds

    line = line_of(entry)

    assert line["latencyMs"] == {"store": 15.0, "gemini": 200.0, "total": 215.0}
    assert line["httpRequest"]["latency"] == "0.215000s"


def test_lap_that_fails_is_timed_too() -> None:
    clock = Seconds()
    stopwatch = Stopwatch(clock)

    def fails() -> None:
        with stopwatch.span("store"):
            clock.now += 2
            raise ValueError("ours")

    with pytest.raises(ValueError, match="ours"):
        fails()

    assert stopwatch.spans_s == {"store": 2}


def test_token_is_named_by_a_digest_that_leads_nowhere() -> None:
    assert token_digest(TOKEN) == token_digest(TOKEN)
    assert len(token_digest(TOKEN)) == 16
    assert token_digest(TOKEN) != token_digest(TOKEN + "0")
    assert token_digest(TOKEN) not in TOKEN


# --- scrubbing ------------------------------------------------------------------------------------

SECRETS = {
    "a token": TOKEN,
    "a token in a query": f"access_token={TOKEN}&alt=json",
    "a token that was cut off": "auth_tokens/",
    "an encoded token": "auth_tokens%2Fabc auth_tokens/abc%2Fdef",
    "an ID token": JWT,
    "an ID token in a header": f"Authorization: Bearer {JWT}",
    "an opaque bearer token": "bearer said: Bearer mF_9.B5f-4.1JqM",
    "an API key": "AIzaSyA-1234567890_abcdefghijklmnopqrstu",
    "an API key of the newer form": "AQ.Ab8RN6IexampleexampleExample_-01",
    "an e-mail": "alice.o+test@mail.example.co.uk",
    "an e-mail in brackets": "<alice@example.com>",
    "an e-mail that was cut off": "alice@mail.",
    "an e-mail cut off sooner": "alice@",
    "an e-mail of this machine": "alice@localhost",
    "an IPv4 address": "203.0.113.77",
    "an IPv4 address and port": "203.0.113.77:443",
    "an IPv6 address": "2001:0db8:85a3:0000:0000:8a2e:0370:7334",
    "a short IPv6 address": "2001:db8::8a2e:7334",
    "a shorter IPv6 address": "2001:db8::",
    "a link-local address": "fe80::1ff:fe23:4567:890a%eth0",
    "an IPv6 address and port": "[2001:db8::7334]:443",
    "an IPv6 address before a colon": "2001:db8::7334: refused",
    "an IPv6 address behind a colon": "peer:2001:db8::7334",
    "a long IPv6 address between colons": "to:2001:db8:0:0:0:0:8a2e:7334: refused",
    "an IPv4 address in IPv6": "::ffff:203.0.113.77",
}
PIECES = (
    *("0f0f0f", "abc", "eyJ", "c2lnbmF0", "mF_9", "1JqM", "SyA-", "Ab8RN", "alice", "mail.ex"),
    *("203", "113", ".77", "db8", "7334", "8a2e", "890a"),
)


@pytest.mark.parametrize("kind", SECRETS)
def test_what_looks_like_a_secret_or_a_person_is_taken_out(kind: str) -> None:
    told = scrub(f"it said: {SECRETS[kind]} and went on")

    assert told.startswith("it said: ")
    assert "[redacted]" in told
    assert told.endswith(" and went on")
    assert [piece for piece in PIECES if piece in told] == []


@pytest.mark.parametrize(
    "text",
    [
        "violated: hour, day",
        "no session 0123456789abcdef01234567",
        "at 12:30:45 on 2026-11-20T12:30:00.123Z",
        "google-genai 3.4.0, std::vector, a: b: c",
        "key 8e03978e was used for another request",
        'File "/srv/vending/tokens/vend.py", line 12, in vend',
    ],
)
def test_what_an_operator_needs_is_left(text: str) -> None:
    assert scrub(text) == text


def test_details_are_cut() -> None:
    assert len(scrub("x" * 10_000)) == 500
    assert len(scrub("x" * 10_000, limit=8000)) == 8000


@pytest.mark.parametrize(
    "text", ["a" * 10**6, "a@" * 10**6, "1." * 10**6, "a:" * 10**6, "eyJ" * 10**6]
)
def test_scrubbing_takes_no_time(text: str) -> None:
    assert least_ms(lambda: scrub(text), 500) <= 500


def test_detail_and_traceback_are_scrubbed() -> None:
    entry = trail()
    entry.refused(UpstreamRejected(f"said {TOKEN}"))
    entry.crashed(ValueError(f"{JWT} of alice@example.com at 203.0.113.77"))

    text = json.dumps(line_of(entry))

    assert "ValueError: [redacted] of [redacted] at [redacted]" in text
    assert TOKEN not in text


# --- traces ---------------------------------------------------------------------------------------

GOOD_TRACES: Mapping[str, Mapping[str, str]] = {
    "W3C": {"traceparent": f"00-{TRACE}-{SPAN}-01"},
    "W3C, not sampled": {"traceparent": f"00-{TRACE}-{SPAN}-00"},
    "W3C, other flags": {"traceparent": f"00-{TRACE}-{SPAN}-fe"},
    "W3C of the future": {"traceparent": f"cc-{TRACE}-{SPAN}-01-what-the-future-will-be-like"},
    "Google's": {"x-cloud-trace-context": f"{TRACE}/1311768467294899695;o=1"},
    "Google's, not sampled": {"x-cloud-trace-context": f"{TRACE}/1;o=0"},
}
BAD_TRACES = {
    "empty": "",
    "no version": f"{TRACE}-{SPAN}-01",
    "no such version": f"ff-{TRACE}-{SPAN}-01",
    "no trace": f"00-{'0' * 32}-{SPAN}-01",
    "no span": f"00-{TRACE}-{'0' * 16}-01",
    "upper case": f"00-{TRACE.upper()}-{SPAN}-01",
    "short": f"00-{TRACE[1:]}-{SPAN}-01",
    "two lines": f"00-{TRACE}-{SPAN}-01\n",
    "another record": f'00-{TRACE}-{SPAN}-01","severity":"ERROR',
}


@pytest.mark.parametrize("kind", GOOD_TRACES)
def test_trace_is_read_as_google_s_library_reads_it(kind: str) -> None:
    headers = GOOD_TRACES[kind]
    parse = _parse_trace_parent if "traceparent" in headers else _parse_xcloud_trace
    trace_id, span, sampled = parse(next(iter(headers.values())))  # type: ignore[no-untyped-call]

    trace = Trace.of(headers)

    assert (trace.trace, trace.span, trace.sampled) == (trace_id, span, sampled)
    assert trace.trace == TRACE


def test_trace_without_a_span_is_a_trace() -> None:
    assert Trace.of({"x-cloud-trace-context": TRACE}) == Trace(TRACE)
    assert Trace.of({"x-cloud-trace-context": f"{TRACE};o=1"}) == Trace(TRACE, sampled=True)


@pytest.mark.parametrize("kind", BAD_TRACES)
def test_what_is_no_trace_is_left_out(kind: str) -> None:
    headers = {"traceparent": BAD_TRACES[kind], "x-cloud-trace-context": BAD_TRACES[kind]}

    entry = trail(trace=Trace.of(headers))

    assert entry.trace == Trace()
    assert not [name for name in line_of(entry) if name.startswith("logging.googleapis.com")]


def test_w3c_header_is_believed_before_google_s() -> None:
    headers = {"traceparent": f"00-{TRACE}-{SPAN}-01", "x-cloud-trace-context": f"{'1' * 32}/1"}

    assert Trace.of(headers).trace == TRACE


def test_trace_needs_a_project() -> None:
    assert not [name for name in line_of(trail(), "") if name.startswith("logging.googleapis.com")]


SPECIAL = (
    *("severity", "message", "httpRequest"),
    *(f"logging.googleapis.com/{name}" for name in ("trace", "spanId", "trace_sampled")),
)


@pytest.mark.parametrize("severity", ["INFO", "WARNING", "ERROR"])
@pytest.mark.parametrize("sampled", [True, False])
@pytest.mark.parametrize("span", [SPAN, ""])
def test_line_has_the_form_of_google_s_structured_log_handler(
    severity: str, sampled: bool, span: str
) -> None:
    entry = trail(severity=severity, trace=Trace(TRACE, span, sampled), event='A "quoted" \u20ac')
    ours = line_of(entry)
    record = logging.makeLogRecord(
        {
            "levelname": severity,
            "levelno": logging.getLevelNamesMapping()[severity],
            "msg": 'A "quoted" \u20ac 201 POST /api/v1/live-token',
            "trace": f"projects/a-project/traces/{TRACE}",
            "span_id": span,
            "trace_sampled": sampled,
            "http_request": ours["httpRequest"],
        }
    )
    stream = io.StringIO()
    handler: Any = StructuredLogHandler(  # type: ignore[no-untyped-call]
        stream=stream, project_id="a-project"
    )

    handler.handle(record)
    theirs = json.loads(stream.getvalue().splitlines()[-1])

    assert {name: ours[name] for name in SPECIAL} == {name: theirs[name] for name in SPECIAL}


def test_api_key_of_any_shape_is_taken_out_of_every_line() -> None:
    stream, secret = io.StringIO(), 'k/9"x-and-more\\of-it'
    entry = trail(facts={"detail": f"the key {secret} is bad"})

    AuditLog("a-project", stream, secret=secret).write(entry)

    assert json.loads(stream.getvalue())["detail"] == "the key [redacted] is bad"
