"""Documents made to hurt a parser: refused, quickly, by name, with nothing kept of them."""

from __future__ import annotations

import asyncio
import time
import tracemalloc
from collections.abc import Iterator

import pytest

from support.fakes.livepass import BASE, Headers, Livepass, bearer, id_token
from support.identity.hostile_tokens import OURS
from support.runs.margin import TRIES
from support.runs.rounds import report
from vending.http.body import MAX_BODY_BYTES

ALICE = id_token("alice")
MOST_MS = 50
MOST_MEMORY = 2 * 1024 * 1024
FULL = MAX_BODY_BYTES - 20


def declared(parameters: bytes) -> bytes:
    """A function of a client's own, which takes these."""
    return b'{"functionDeclarations":[{"name":"f",' + parameters + b"}]}"


BOMBS: dict[str, bytes] = {
    "deep arrays": b"[" * FULL,
    "deep arrays, closed": b"[" * (FULL // 2) + b"]" * (FULL // 2),
    "deep objects": b'{"a":' * (FULL // 5),
    "deep objects, closed": b'{"a":' * (FULL // 6) + b"1" + b"}" * (FULL // 6),
    "deep in a field": b'{"tools":' + b"[" * (FULL // 2) + b"]" * (FULL // 2) + b"}",
    "a wide array": b'{"tools":[' + b"0," * (FULL // 2 - 10) + b"0]}",
    "many names": b"{" + b",".join(b'"%x":0' % n for n in range(FULL // 9 - 10)) + b"}",
    "one name often": b"{" + b",".join([b'"a":0'] * (FULL // 6 - 4)) + b"}",
    "a long number": b'{"uses":' + b"9" * FULL + b"}",
    "a long fraction": b'{"uses":0.' + b"9" * (FULL - 20) + b"}",
    "a long exponent": b'{"temperature":1e' + b"9" * (FULL - 20) + b"}",
    "a long string": b'{"voice":"' + b"x" * (FULL - 12) + b'"}',
    "a long name": b'{"' + b"x" * (FULL - 10) + b'":1}',
    "escapes": b'{"voice":"' + b"\\u0041" * (FULL // 6 - 4) + b'"}',
    "lone surrogates": b'{"voice":"' + b"\\ud800" * (FULL // 6 - 4) + b'"}',
    "backslashes": b'{"voice":"' + b"\\\\" * (FULL // 2 - 8),
    "an open string": b'"' + b"x" * FULL,
    "spaces": b" " * FULL + b"x",
    "broken UTF-8": b'{"voice":"' + b"\xc0\xaf" * (FULL // 2 - 8) + b'"}',
    "UTF-16": ('{"uses":1}' * (FULL // 20)).encode("utf-16"),
    "commas": b"[" + b"," * FULL,
    "minus signs": b"-" * FULL,
    "NaN after NaN": b"[" + b"NaN," * (FULL // 4 - 4) + b"NaN]",
    "a long name before many schemas": declared(
        b'"parametersJsonSchema":{"type":"object","properties":{"'
        + b"x" * (FULL // 2 - 100) + b'":{"anyOf":[' + b"{}," * (FULL // 6 - 40) + b"{}]}}}"
    ),
    "many references": declared(
        b'"parametersJsonSchema":{"type":"object","$defs":{"a":{}},"anyOf":['
        + b'{"$ref":"#/$defs/a"},' * (FULL // 22 - 20) + b"{}]}"
    ),
    "costly patterns": declared(
        b'"parameters":{"type":"OBJECT","properties":{'
        + b",".join(b'"%d":{"type":"STRING","pattern":"\\\\w{999}"}' % n for n in range(150))
        + b"}}"
    ),
}  # fmt: skip


def in_token(bomb: bytes, *, header: bool) -> str:
    usual = b'{"alg":"RS256","typ":"JWT","kid":"%s"}' % OURS.kid.encode()
    return OURS.sign_bytes(bomb, b"{}") if header else OURS.sign_bytes(usual, bomb)


def sends() -> Iterator[tuple[str, int, Headers, bytes]]:
    """Every bomb in a body, and, cut to what a token may hold, in a token's header and payload:
    with the status it is worth.
    """
    for name, bomb in BOMBS.items():
        yield f"body: {name}", 400, [bearer(ALICE), ("Content-Type", "application/json")], bomb
        for part in (True, False):
            hostile = bearer(in_token(bomb[:5_000], header=part))
            yield f"token's {'header' if part else 'payload'}: {name}", 401, [hostile], b""


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


def test_bomb_is_refused_within_50_ms_and_named(runner: asyncio.Runner) -> None:
    worst_ms, tried = 0.0, 0

    for name, status, headers, body in sends():
        taken_ms = []
        for _ in range(TRIES):
            livepass = Livepass()
            began = time.thread_time()
            answer = runner.run(livepass.ask("POST", BASE, headers, body))
            taken_ms.append((time.thread_time() - began) * 1000)

            assert answer.status == status, name
            assert len(answer.content) < 6_000, name
            assert len(answer.logged) < 2_000, name
            assert not livepass.gemini.minted
        assert min(taken_ms) < MOST_MS, name
        worst_ms, tried = max(worst_ms, min(taken_ms)), tried + 1

    report("JSON bombs", tried, tried, f"{worst_ms:.0f} ms")


def test_bomb_takes_little_memory(runner: asyncio.Runner) -> None:
    livepass = Livepass()
    runner.run(livepass.get("/usage", ALICE))  # what is built once is built

    for name, _, headers, body in sends():
        tracemalloc.start()
        runner.run(livepass.ask("POST", BASE, headers, body))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < MOST_MEMORY, name
