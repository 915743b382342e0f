"""Requests of every shape: good ones, good ones with something wrong, and nonsense."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace

from hypothesis import strategies as st

from support.fakes.livepass import BASE, ORIGIN
from support.identity.hostile_tokens import CASES
from support.requests.good_requests import TOKENS, good_request
from support.requests.hostile_bodies import GOOD, NAMES, VALUES, bodies, encoded
from support.requests.places import ALICE, BOB, KEYS, NAMED, PEOPLE, SUBJECT, HostileRequest, paths
from vending.operations.table import OPERATIONS

LATIN = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=60)


@st.composite
def _changed(draw: st.DrawFn) -> str:
    """Somebody's ID token with one character changed, put in or taken out."""
    token = draw(st.sampled_from([ALICE, BOB]))
    at, by = draw(st.integers(0, len(token) - 1)), draw(st.sampled_from("Aa0-_.=+/ é"))
    return token[:at] + draw(st.sampled_from([by, by + token[at], ""])) + token[at + 1 :]


HOSTILE = [h for case in CASES for h in case.hostile if len(h) < 20_000 and h.isascii()]
HONEST = st.sampled_from([f"Bearer {token}" for token in PEOPLE.values()])
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
NO_PATHS = (
    *(f"{BASE}/", "/", "", f"{BASE}/usage%2f..", "//evil.example/", f"{BASE}/sessions/..", "*"),
)
PATHS = st.sampled_from([path for route in (*OPERATIONS, *TOKENS * 3) for path in paths(route)])
QUERIES = st.sampled_from(["", "", "", "?", "?a=1", f"?access_token={ALICE}", "?" + "a" * 9_000])
# What each operation may be asked that may be asked anything.
ASKED: Mapping[str, st.SearchStrategy[str]] = {
    "weather": st.sampled_from(["?place=Berlin", "?place=", ""]),
    "admin_audit": st.sampled_from(["?event=TOKEN_CREATED", f"?user={SUBJECT}", "?user=alice"]),
}
TWISTS = st.sampled_from([True, False, False]).flatmap(
    lambda twisted: st.tuples(st.sampled_from(NAMES), VALUES) if twisted else st.none()
)


@st.composite
def _wild(draw: st.DrawFn) -> HostileRequest:
    """Anything anywhere."""
    nowhere = st.sampled_from(NO_PATHS) | LATIN.map(lambda text: f"{BASE}/{text}")
    path = draw(PATHS if draw(st.integers(0, 5)) else nowhere)
    headers = [("Authorization", value) for value in draw(AUTHORIZATIONS)]
    headers += [("Content-Type", draw(TYPES))] if draw(st.integers(0, 5)) else []
    headers += draw(st.lists(OTHERS, max_size=3))
    return HostileRequest(draw(METHODS), path + draw(QUERIES), headers, draw(bodies()))


@st.composite
def _nearly_good(draw: st.DrawFn) -> HostileRequest:
    """What an operation is for, by somebody who may, good but perhaps for a field or a header."""
    route = draw(st.sampled_from([*OPERATIONS, *TOKENS * 5]))
    is_admin = route.access == "admin" and draw(st.integers(0, 3))
    who = draw(st.sampled_from(["dana"] if is_admin else NAMED))
    path = draw(st.sampled_from(paths(route, who))) + draw(ASKED.get(route.name, st.just("")))
    headers, body = [("Authorization", f"Bearer {PEOPLE[who]}")], b""
    if (good := GOOD.get(route.name)) is not None:
        document, twist = draw(good), draw(TWISTS)
        body = encoded({**document, **({twist[0]: twist[1]} if twist else {})})
        headers.append(("Content-Type", "application/json"))
    if route in TOKENS and draw(st.booleans()):
        headers.append(("Idempotency-Key", draw(st.sampled_from(KEYS))))
    return HostileRequest(route.method, path, headers + draw(st.lists(OTHERS, max_size=1)), [body])


def volleys(size: int) -> st.SearchStrategy[list[HostileRequest]]:
    """A request and more like it; these are made by plain chance, which is quicker. Its dice are
    thrown for what was drawn as a whole: Hypothesis likes to draw the same number again.
    """
    return st.tuples(_wild() | _nearly_good() | _nearly_good(), st.integers(0, 2**32)).map(
        lambda drawn: [drawn[0], *_alike(drawn[0], random.Random(repr(drawn)), size - 1)]
    )


def _alike(request: HostileRequest, dice: random.Random, count: int) -> Iterator[HostileRequest]:
    """The same with something wrong; one in ten goes elsewhere, which is rarely anywhere, and two
    are something good, by chance alone: Hypothesis likes to try what it has tried.
    """
    for _ in range(count):
        match dice.randrange(10):
            case 0:
                path = _bytes_changed(request.target.encode("latin-1"), dice).decode("latin-1")
                yield replace(request, target=path)
            case 1 | 2 | 3 if request.headers:
                at = dice.randrange(len(request.headers))
                name, value = request.headers[at]
                text = _bytes_changed(value.encode("latin-1"), dice).decode("latin-1")
                headers = [*request.headers[:at], (name, text), *request.headers[at + 1 :]]
                yield replace(request, headers=headers)
            case 4 | 5 if request.headers:
                kept = dice.sample(request.headers, dice.randrange(len(request.headers) + 1))
                yield replace(request, headers=kept + dice.choices(request.headers, k=1))
            case 6 | 7:
                yield good_request(dice)
            case _:
                yield replace(request, body=[_bytes_changed(b"".join(request.body), dice)])


def _bytes_changed(raw: bytes, dice: random.Random) -> bytes:
    """One to three bytes changed, put in, taken out or doubled; none a line end."""
    changed = bytearray(raw)
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(changed) + 1)
        by = dice.choice([b"", b"\t", b'"', b"\\", b"{", b"\xff", b"0", b"=", b",", b" ", b"%"])
        changed[at : at + dice.randrange(3)] = by + changed[at : at + dice.choice([0, 0, 0, 4])]
    return bytes(changed)
