"""Requests of every shape: good ones, good ones with something wrong, and nonsense."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st

from attacks.livepass import BASE, ORIGIN, id_token
from unit.hostile_tokens import CASES

ALICE, BOB = id_token("alice"), id_token("bob")
SESSION = {"alice": "a1" * 12, "bob": "b0" * 12}
KEYS = ("8e03978e-40d5-43e8-bc93-6894a57f9324", '"8e03978e-40d5-43e8-bc93-6894a57f9324"', "x" * 64)


@dataclass(frozen=True)
class HostileRequest:
    """One request; `body` in the pieces it comes in."""

    method: str
    target: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: list[bytes] = field(default_factory=lambda: [b""])


NAMES = (
    *("model", "voice", "responseModality", "temperature", "systemInstruction", "tools"),
    *("thinkingLevel", "turnDetection", "durationMinutes", "duration", "uses", "sessionId"),
    *("mode", "silenceMs", "startSensitivity", "__proto__", "constructor", "response_modality", ""),
)
LATIN = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=60)
WORDS = st.sampled_from(
    [
        *("gemini-3.8-live", "Puck", "AUDIO", "TEXT", "low", "manual", "automatic", "get_weather"),
        *("google_search", "models/gemini-3.8-live", "../../etc/passwd", "\ud83d", "\x00", "null"),
        *("' or 1=1 --", "{{7*7}}", "${jndi:ldap://x}", "\u202e", "a" * 5000, *SESSION.values()),
    ]
)
SCALARS = (
    WORDS
    | st.none()
    | st.booleans()
    | st.text(max_size=20)
    | st.sampled_from([0, 1, -1, 30, 1199, 1200, 2**31, 2**63, 10**39, 0.5, -0.0, 1e308, 2.0000001])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=8,
)
WISHES = st.fixed_dictionaries(
    {},
    optional={
        "voice": st.sampled_from(["Puck", "Kore", "nobody"]),
        "temperature": st.floats(-0.5, 2.5),
        "durationMinutes": st.integers(-1, 70),
        "tools": st.lists(st.sampled_from(["get_weather", "google_search", "rm"]), max_size=3),
        "turnDetection": st.fixed_dictionaries({"mode": st.sampled_from(["manual", "automatic"])}),
        "uses": st.integers(0, 3),
    },
)
REFRESHES = st.fixed_dictionaries({"sessionId": st.sampled_from([*SESSION.values(), "c" * 24, ""])})
BOMBS = st.sampled_from(
    [
        b"[" * 16_000,
        b'{"a":' * 3_000,
        b'{"temperature":' + b"9" * 16_000 + b"}",
        b'{"temperature":1e' + b"9" * 4_000 + b"}",
        b"{" + b",".join(b'"k%d":0' % n for n in range(1_800)) + b"}",
        b'{"tools":[' + b'"google_search",' * 900 + b'"x"]}',
        b"[" + b"0," * 8_000 + b"0]",
        b'"' + b"\\u0000" * 2_700 + b'"',
        b" " * 16_385,
        b'{"voice":"' + b"x" * 16_400 + b'"}',
        b"\xef\xbb\xbf{}",
        b"\xff\xfe{\0}\0",
        b'{"uses":NaN}',
        b'{"uses":1,"uses":2}',
        b'{"voice":"\\ud800"}',
        b"{}{}",
        b"nul",
    ]
)


def _encoded(document: Any) -> bytes:
    return json.dumps(document).encode("utf-8", "surrogatepass")


DOCUMENTS = (
    WISHES | REFRESHES | st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4) | VALUES
).map(_encoded)


@st.composite
def _bodies(draw: st.DrawFn) -> list[bytes]:
    """A document, whole or in pieces, sometimes with a byte changed."""
    raw = draw(st.just(b"") | DOCUMENTS | BOMBS | st.binary(max_size=60))
    if raw and draw(st.integers(0, 4)) == 0:
        at = draw(st.integers(0, len(raw) - 1))
        raw = raw[:at] + bytes([draw(st.integers(0, 255))]) + raw[at + 1 :]
    cut = draw(st.integers(0, len(raw))) if draw(st.booleans()) else len(raw)
    return [raw[:cut], raw[cut:]]


@st.composite
def _changed(draw: st.DrawFn) -> str:
    """Somebody's ID token with one character changed, put in or taken out."""
    token = draw(st.sampled_from([ALICE, BOB]))
    at, by = draw(st.integers(0, len(token) - 1)), draw(st.sampled_from("Aa0-_.=+/ é"))
    return token[:at] + draw(st.sampled_from([by, by + token[at], ""])) + token[at + 1 :]


HOSTILE = [h for case in CASES for h in case.hostile if len(h) < 20_000 and h.isascii()]
HONEST = st.sampled_from([f"Bearer {ALICE}", f"Bearer {BOB}"])
AUTHORIZATIONS = st.one_of(
    HONEST.map(lambda one: [one]),
    HONEST.map(lambda one: [one]),
    HONEST.map(lambda one: [one]),
    st.just([]),
    _changed().map(lambda token: [f"Bearer {token}"]),
    st.sampled_from(HOSTILE).map(lambda one: [one]),
    st.lists(HONEST, min_size=2, max_size=3),
    LATIN.map(lambda one: [one]),
)
TYPES = st.sampled_from(
    ["application/json", "Application/JSON; charset=UTF-8", "text/plain", "", "application/json;x"]
)
OTHERS = st.one_of(
    st.tuples(st.just("Idempotency-Key"), st.sampled_from(KEYS) | LATIN),
    st.tuples(st.just("Content-Length"), st.sampled_from(["0", "99999999999", "-1", "1e3", "²"])),
    st.tuples(st.just("Content-Encoding"), st.sampled_from(["gzip", "identity", "br"])),
    st.tuples(st.just("Origin"), st.sampled_from([ORIGIN, "null", "https://evil.example"]) | LATIN),
    st.tuples(st.just("X-Forwarded-For"), st.sampled_from(["203.0.113.77", "::1"]) | LATIN),
    st.tuples(st.just("traceparent"), st.just(f"00-{'4b' * 16}-{'00f067aa0ba902b7'}-01") | LATIN),
    st.tuples(st.just("X-Cloud-Trace-Context"), st.just("4b" * 16 + "/1;o=1") | LATIN),
    st.tuples(st.just("X-HTTP-Method-Override"), st.sampled_from(["DELETE", "POST"])),
    st.tuples(st.just("X-Firebase-AppCheck"), LATIN),
    st.tuples(st.sampled_from(["X-Request-Id", "Host", "Cookie", "Forwarded", "User"]), LATIN),
)
METHODS = st.sampled_from(
    ["GET", "POST", "POST", "DELETE", "OPTIONS", "HEAD", "PUT", "PATCH", "TRACE", "get", "X" * 40]
)
PATHS = st.sampled_from(
    [
        *(BASE, BASE, BASE, f"{BASE}/refresh", f"{BASE}/refresh", f"{BASE}/usage"),
        *(f"{BASE}/sessions", f"{BASE}/sessions/{SESSION['alice']}", f"{BASE}/config"),
        *(f"{BASE}/sessions/{SESSION['bob']}", f"{BASE}/sessions/{'c' * 24}", f"{BASE}/health"),
        *(f"{BASE}/", "/", "", f"{BASE}/usage%2f..", "//evil.example/", f"{BASE}/sessions/..", "*"),
    ]
)
QUERIES = st.sampled_from(["", "", "", "?", "?a=1", f"?access_token={ALICE}", "?" + "a" * 9_000])


@st.composite
def _wild(draw: st.DrawFn) -> HostileRequest:
    """Anything anywhere."""
    path = draw(st.one_of(PATHS, PATHS, PATHS, PATHS, LATIN.map(lambda text: f"{BASE}/{text}")))
    headers = [("Authorization", value) for value in draw(AUTHORIZATIONS)]
    headers += [("Content-Type", draw(TYPES))] if draw(st.integers(0, 5)) else []
    headers += draw(st.lists(OTHERS, max_size=3))
    return HostileRequest(draw(METHODS), path + draw(QUERIES), headers, draw(_bodies()))


@st.composite
def _nearly_good(draw: st.DrawFn) -> HostileRequest:
    """A mint or a refresh that is good, but perhaps for one field or one header."""
    path, wish = draw(
        st.tuples(st.just(BASE), WISHES) | st.tuples(st.just(f"{BASE}/refresh"), REFRESHES)
    )
    twist = draw(st.none() | st.tuples(st.sampled_from(NAMES), VALUES))
    body = _encoded({**wish, **({twist[0]: twist[1]} if twist else {})})
    headers = [("Authorization", draw(HONEST)), ("Content-Type", "application/json")]
    return HostileRequest("POST", path, headers + draw(st.lists(OTHERS, max_size=1)), [body])


@st.composite
def _nearly_good_question(draw: st.DrawFn) -> HostileRequest:
    """Somebody's usage or sessions are read, or one ended; good but perhaps for one header."""
    who = draw(st.sampled_from(["alice", "bob"]))
    mine = f"{BASE}/sessions/{SESSION[who]}"
    targets = ["GET " + path for path in (f"{BASE}/usage", f"{BASE}/sessions", mine)]
    method, path = draw(st.sampled_from([*targets, "DELETE " + mine])).split()
    headers = [("Authorization", f"Bearer {ALICE if who == 'alice' else BOB}")]
    return HostileRequest(method, path, headers + draw(st.lists(OTHERS, max_size=1)))


def volleys(size: int) -> st.SearchStrategy[list[HostileRequest]]:
    """A request and more like it; these are made by plain chance, which is quicker."""
    dice = st.integers(0, 2**32).map(random.Random)
    return st.tuples(_wild() | _nearly_good() | _nearly_good_question(), dice).map(
        lambda drawn: [drawn[0], *_alike(*drawn, size - 1)]
    )


def _alike(request: HostileRequest, dice: random.Random, count: int) -> Iterator[HostileRequest]:
    for _ in range(count):
        match dice.randrange(4):
            case 0:
                yield replace(request, body=[_bytes_changed(b"".join(request.body), dice)])
            case 1 if request.headers:
                at = dice.randrange(len(request.headers))
                name, value = request.headers[at]
                text = _bytes_changed(value.encode("latin-1"), dice).decode("latin-1")
                headers = [*request.headers[:at], (name, text), *request.headers[at + 1 :]]
                yield replace(request, headers=headers)
            case 2 if request.headers:
                kept = dice.sample(request.headers, dice.randrange(len(request.headers) + 1))
                yield replace(request, headers=kept + dice.choices(request.headers, k=1))
            case _:
                path = _bytes_changed(request.target.encode("latin-1"), dice).decode("latin-1")
                yield replace(request, target=path)


def _bytes_changed(raw: bytes, dice: random.Random) -> bytes:
    """One to three bytes changed, put in, taken out or doubled; none a line end."""
    changed = bytearray(raw)
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(changed) + 1)
        by = dice.choice([b"", b"\t", b'"', b"\\", b"{", b"\xff", b"0", b"=", b",", b" ", b"%"])
        changed[at : at + dice.randrange(3)] = by + changed[at : at + dice.choice([0, 0, 0, 4])]
    return bytes(changed)
