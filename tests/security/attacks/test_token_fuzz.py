"""Tokens of any content, honestly signed or not, against a plain statement of which are valid.

LIVEPASS_FUZZ=20000 for more (`make fuzz`); see `support.runs.rounds`.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import strategies as st

from emulator.local_issuer import LocalIssuer
from support.fakes.network import NOW
from support.identity.hostile_tokens import (
    APP,
    AUDIENCE,
    CURVED,
    DAY_S,
    ISSUER,
    authenticator,
    claims,
    network,
    now,
)
from support.runs.margin import TRIES
from support.runs.rounds import fuzz
from vending.errors import Forbidden, Unauthenticated

MOST_MS = 50
VOLLEY = 5
STRANGER = LocalIssuer(
    ISSUER, audience=AUDIENCE, key=ec.generate_private_key(ec.SECP256R1()), now=now
)
GATE = authenticator(network())
TIMES = (
    st.integers(NOW - 70, NOW + 70)
    | st.floats(NOW - 61, NOW + 61)
    | st.integers(NOW + DAY_S - 70, NOW + DAY_S + 70)
    | st.integers(-1, 2**40)
)
ODD = st.one_of(
    st.none(), st.booleans(), st.floats(), st.just(float(NOW)), st.text(max_size=8), st.just(2**70),
    st.lists(st.just(AUDIENCE), max_size=2), st.dictionaries(st.just("a"), st.just(1), max_size=1),
)  # fmt: skip
LISTS = st.lists(st.sampled_from([AUDIENCE, APP, "other", "", 7]), max_size=3)
CLAIMS: dict[str, st.SearchStrategy[Any]] = {
    "iss": st.sampled_from([ISSUER, f"{ISSUER}/", ISSUER.upper(), "https://evil.example"]) | ODD,
    "aud": st.sampled_from([AUDIENCE, f"{AUDIENCE} ", "other"]) | LISTS | ODD,
    "azp": st.sampled_from([AUDIENCE, APP, "other", 7, [AUDIENCE]]),
    "typ": st.sampled_from(["ID", "Bearer", "Offline", 7]),
    "events": st.just({}),
    "sub": st.text(max_size=260) | st.sampled_from(["s" * 255, "s" * 256, "\0", ""]) | ODD,
    "exp": TIMES | ODD,
    "iat": TIMES | ODD,
    "nbf": TIMES | ODD,
    "auth_time": TIMES | ODD,
    "firebase": st.sampled_from([{}, {"tenant": "t"}, {"sign_in_provider": "anonymous"}]) | ODD,
}
HEADERS: dict[str, st.SearchStrategy[Any]] = {
    "alg": st.sampled_from(["ES256", "RS256", "HS256", "none", "es256"]) | ODD,
    "typ": st.sampled_from(["JWT", "jwt", "JOSE", "at+jwt"]) | ODD,
    "kid": st.sampled_from([CURVED.kid, f"{CURVED.kid} ", "other"]) | ODD,
    "crit": st.just([]),
    "jku": st.just("https://evil.example/keys"),
}


def changes(of: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Up to three of them, each with any of its values."""
    one = st.sampled_from(sorted(of)).flatmap(lambda name: st.tuples(st.just(name), of[name]))
    return st.lists(one, max_size=3).map(dict)


TOKENS = st.tuples(changes(CLAIMS), changes(HEADERS) | st.just({}), st.integers(0, 5), st.randoms())


def is_for_us(claimed: dict[str, Any]) -> bool:
    """Whom this token may name, and what it may say that it is."""
    named, party = claimed.get("aud"), claimed.get("azp")
    listed = named if isinstance(named, list) else [named]
    texts = all(isinstance(each, str) for each in listed) and isinstance(party, str | None)
    if not texts or "events" in claimed or claimed.get("typ") in ("Bearer", "Offline"):
        return False
    ours = [each for each in listed if each in (AUDIENCE, APP)]
    return bool(ours) and (len(ours) == len(listed) or party in (AUDIENCE, APP))


def is_good(claimed: dict[str, Any], header: dict[str, Any]) -> bool:
    """What this token would have to be."""
    times = [claimed.get(name, NOW) for name in ("iat", "nbf", "auth_time", "exp")]
    subject, firebase = claimed.get("sub"), claimed.get("firebase")
    firebase = firebase if isinstance(firebase, dict) else {}
    floats = [value for value in (*claimed.values(), *header.values()) if type(value) is float]
    return (
        all(map(math.isfinite, floats))  # NaN and Infinity are no JSON
        and (header["alg"], header.get("kid", CURVED.kid)) == ("ES256", CURVED.kid)
        and str(header.get("typ", "JWT")).upper() == "JWT"
        and "crit" not in header
        and claimed.get("iss") == ISSUER
        and is_for_us(claimed)
        and isinstance(subject, str)
        and 1 <= len(subject) <= 255
        and subject.isprintable()
        and all(type(at) in (int, float) and 0 <= at < 253402300800 for at in times)
        and all(at <= NOW + 60 for at in times[:3])
        and NOW - 60 < times[3] <= times[0] + DAY_S
        and {"iat", "exp"} <= set(claimed)
        and firebase.get("tenant") is None
        and firebase.get("sign_in_provider") != "anonymous"
    )


class Gate:
    """Lets tokens in or not, and says how long the longest took."""

    def __init__(self) -> None:
        self.runner = asyncio.Runner()
        self.runner.run(GATE.check())  # its keys are had
        self.slowest_ms = 0.0
        self.let_in = 0

    def volley(self, drawn: tuple[dict[str, Any], dict[str, Any], int, random.Random]) -> None:
        """One token as it is, and the same one with bytes changed."""
        changed, heading, signer, dice = drawn
        claimed = {**claims(), "iss": ISSUER, **changed}
        header = {"alg": "ES256", "kid": CURVED.kid, "typ": "JWT", **heading}
        given = {name: value for name, value in header.items() if value is not None}
        claimed = {name: value for name, value in claimed.items() if value is not None}
        token = (CURVED if signer else STRANGER).sign(claimed, **header)
        good = bool(signer) and "alg" in given and is_good(claimed, given)
        assert self.accepts(token) == good
        for _ in range(VOLLEY - 1):
            at = dice.randrange(len(token))
            by = dice.choice("ABCDEFGHabcdefgh0123-_.=")
            assert token[at] == by or not self.accepts(token[:at] + by + token[at + 1 :])

    def accepts(self, token: str) -> bool:
        """Ask again when it is slow: garbage collected is not the token's doing."""
        for _ in range(TRIES):
            began = time.thread_time()
            try:
                self.runner.run(GATE.authenticate(token))
                good = True
            except (Unauthenticated, Forbidden):
                good = False
            taken_ms = (time.thread_time() - began) * 1000
            if taken_ms < MOST_MS:
                break
        self.slowest_ms = max(self.slowest_ms, taken_ms)
        self.let_in += good
        return good


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.runner.close()


def test_token_is_let_in_if_it_is_good_and_never_once_a_byte_is_changed(gate: Gate) -> None:
    fuzz(
        "tokens of every content",
        TOKENS,
        gate.volley,
        short=1_000,
        worst=lambda: f"{gate.slowest_ms:.0f} ms",
        volley=VOLLEY,
    )

    assert gate.let_in
    assert gate.slowest_ms < MOST_MS
