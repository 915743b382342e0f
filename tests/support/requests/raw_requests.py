"""Requests that no honest client sends, byte for byte, and what our server makes of them.

What is 0 below is left open by the server, which waits for more: ending that is the job of the
platform's front end, which hands over whole requests only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from support.fakes.livepass import BASE

PATH = BASE.encode()
CLOSE = b"Connection: close\r\n"
BODY = b'{"sessionId":"%s"}' % (b"c" * 24)
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
CHUNKED = b"Transfer-Encoding: chunked\r\n"
HIDDEN = b"GET %s/config HTTP/1.1\r\nHost: x\r\n\r\n" % PATH


@dataclass(frozen=True, slots=True)
class RawRequest:
    """What is sent, and the statuses of what comes back: of one answer, unless two are honest."""

    words: str
    sent: bytes
    statuses: tuple[int, ...]

    def __str__(self) -> str:
        return self.words


def raw_requests(id_token: str) -> Iterator[RawRequest]:
    """All of them, with a good ID token where one is needed."""
    for make in (_authorization, _lengths, _chunks, _characters, _sizes, _lines, _protocols):
        yield from make(authorization(id_token))


def authorization(id_token: str) -> bytes:
    """The header that brings an ID token."""
    return b"Authorization: Bearer %s\r\n" % id_token.encode()


def get(headers: bytes = b"", target: bytes = PATH + b"/usage", version: bytes = b"1.1") -> bytes:
    """A GET, closed afterwards."""
    return b"GET %s HTTP/%s\r\nHost: x\r\n%s%s\r\n" % (target, version, headers, CLOSE)


def post(headers: bytes, body: bytes = BODY) -> bytes:
    """A refresh with its body."""
    kind = b"Content-Type: application/json\r\n"
    return b"POST %s/refresh HTTP/1.1\r\nHost: x\r\n%s%s%s\r\n%s" % (
        PATH, kind, headers, CLOSE, body,
    )  # fmt: skip


def _authorization(me: bytes) -> Iterator[RawRequest]:
    name, _, value = me.partition(b": ")
    yield RawRequest("an honest one", get(me), (200,))
    yield RawRequest("two Authorization", get(me + me), (401,))
    yield RawRequest("two Authorization, the first bad", get(name + b": Bearer x\r\n" + me), (401,))
    yield RawRequest("Authorization and its folded rest", get(b"A: b\r\n " + me), (400,))
    yield RawRequest("folded Authorization", get(me.replace(b"Bearer ", b"Bearer\r\n ")), (400,))
    yield RawRequest("space before the colon", get(me.replace(b": ", b" : ", 1)), (400,))
    yield RawRequest("space before the name", get(b"X-A: b\r\n " + me), (400,))
    yield RawRequest("NUL in the token", get(name + b": Bearer \0" + value[7:]), (400,))
    yield RawRequest("lower case", get(me.lower().split(b"bearer")[0] + value), (200,))
    yield RawRequest("X-Forwarded-Authorization", get(b"X-Forwarded-" + me), (401,))
    yield RawRequest("Proxy-Authorization", get(b"Proxy-" + me), (401,))
    yield RawRequest("in a cookie", get(b"Cookie: Authorization=" + value), (401,))
    yield RawRequest("underscore for a dash", post(me + b"Idempotency_Key: x\r\n" + LENGTH), (404,))


def _lengths(me: bytes) -> Iterator[RawRequest]:
    """Where a body ends, told in two ways (RFC 9112 section 6.3)."""
    yield RawRequest("an honest body", post(me + LENGTH), (404,))
    yield RawRequest("CL and TE", post(me + LENGTH + CHUNKED, b"0\r\n\r\n" + HIDDEN), (400,))
    yield RawRequest("TE and CL", post(me + CHUNKED + LENGTH, b"0\r\n\r\n" + HIDDEN), (400,))
    yield RawRequest("two CL that differ", post(me + LENGTH + b"Content-Length: 0\r\n"), (400,))
    yield RawRequest("two CL that agree", post(me + LENGTH + LENGTH), (400,))
    for words, length in {
        "a list": b"%d, %d" % (len(BODY), len(BODY)),
        "with a sign": b"+%d" % len(BODY),
        "negative": b"-1",
        "in hexadecimal": b"0x20",
        "of 23 digits": b"9" * 23,
        "with a space": b"1 2",
        "empty": b"",
    }.items():
        yield RawRequest(f"CL {words}", post(me + b"Content-Length: %s\r\n" % length), (400,))
    yield RawRequest("CL of 1 GB", post(me + b"Content-Length: 1000000000\r\n"), (413,))
    yield RawRequest("CL too short", post(me + b"Content-Length: 1\r\n", b"{" + HIDDEN), (400,))
    yield RawRequest("a body for a GET", get(me + b"Content-Length: 5\r\n") + b"hello", (200,))


def _chunks(me: bytes) -> Iterator[RawRequest]:
    whole = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
    yield RawRequest("honest chunks", post(me + CHUNKED, whole), (404,))
    for words, coding in {
        "another": b"xchunked",
        "chunked, then identity": b"chunked, identity",
        "identity, then chunked": b"identity, chunked\r\nTransfer-Encoding: identity",
        "behind a tab": b"\x0bchunked",
        "quoted": b'"chunked"',
    }.items():
        yield RawRequest(f"TE {words}", post(me + b"Transfer-Encoding: %s\r\n" % coding), (400,))
    yield RawRequest("TE, space before the colon", post(me + CHUNKED.replace(b":", b" :")), (400,))
    for words, size in {"no number": b"zz", "negative": b"-5", "of 18 digits": b"f" * 18}.items():
        yield RawRequest(f"chunk {words}", post(me + CHUNKED, size + b"\r\n" + BODY), (400,))
    many = b"1\r\n \r\n" * 70_000 + b"0\r\n\r\n"
    yield RawRequest("70,000 chunks", post(me + CHUNKED, many), (413,))
    trailer = b"0\r\n%s\r\n" % me
    yield RawRequest("a second Authorization as trailer", post(me + CHUNKED, trailer), (401,))


def _characters(me: bytes) -> Iterator[RawRequest]:
    for words, header, status in (
        ("CR in a value", b"X-A: a\rX-B: b", 400),
        ("LF in a value", b"X-A: a\nno colon", 400),
        ("NUL in a value", b"X-A: a\0b", 400),
        ("NUL in a name", b"X-\0A: b", 400),
        ("eighth bit in a name", b"X-\xff: a", 400),
        ("eighth bit in a value", b"X-A: \xff\xfe", 200),
        ("eighth bit in the origin", b"Origin: \xff\xfe", 200),
        ("no name", b": a", 400),
        ("no colon", b"nonsense", 400),
        ("brackets in a name", b"X[A]: b", 400),
        ("two trace headers", b"traceparent: a\r\ntraceparent: b", 200),
        ("a forged request id", b"X-Request-Id: forged-by-mallory", 200),
    ):
        yield RawRequest(words, get(me + header + b"\r\n"), (status,))


def _sizes(me: bytes) -> Iterator[RawRequest]:
    """The server has no bound of its own; the front end takes 64 KB of headers at most."""
    for words, size in {"10 KB": 10_240, "100 KB": 102_400, "1 MB": 1_048_576}.items():
        yield RawRequest(f"header of {words}", get(me + b"X-A: %s\r\n" % (b"a" * size)), (200,))
    long = b"Authorization: Bearer " + b"a" * 10_240 + b"\r\n"
    yield RawRequest("Authorization of 10 KB", get(long), (401,))
    many = b"".join(b"X-%d: a\r\n" % n for n in range(2_000))
    yield RawRequest("2,000 headers", get(me + many), (200,))
    yield RawRequest("query of 10 KB", get(me, PATH + b"/usage?" + b"a" * 10_240), (400,))
    yield RawRequest("query of 100 KB", get(me, PATH + b"/usage?" + b"a" * 102_400), (400,))
    yield RawRequest("path of 60 KB", get(me, PATH + b"/" + b"a" * 61_440), (404,))


def _lines(me: bytes) -> Iterator[RawRequest]:
    for words, target, status in (
        ("CR LF in the path, encoded", PATH + b"/usage%0d%0aX-A:b", 404),
        ("NUL in the path, encoded", PATH + b"/usage%00", 404),
        ("dots", PATH + b"/sessions/../usage", 404),
        ("dots, encoded", PATH + b"/sessions/%2e%2e/usage", 404),
        ("two slashes", b"/" + PATH + b"/usage", 404),
        ("a backslash", PATH + b"\\usage", 404),
        ("a fragment", PATH + b"/usage#x", 200),
        ("another's authority", b"http://evil.example" + PATH + b"/usage", 200),
        ("a space in the path", PATH + b"/usage x", 400),
        ("eighth bit in the path", PATH + b"/\xff", 400),
    ):
        yield RawRequest(words, get(me, target), (status,))
    for method, status in {b"BREW": 400, b"get": 400, b"CONNECT": 405, b"TRACE": 405}.items():
        line = get(me).replace(b"GET", method, 1)
        yield RawRequest(f"method {method.decode()}", line, (status,))
    yield RawRequest("method overridden", get(me + b"X-HTTP-Method-Override: DELETE\r\n"), (200,))
    yield RawRequest("OPTIONS *", get(b"", b"*").replace(b"GET", b"OPTIONS", 1), (404,))


def _protocols(me: bytes) -> Iterator[RawRequest]:
    two = get(me).replace(CLOSE, b"") + get(me)
    yield RawRequest("two at once", two, (200, 200))
    yield RawRequest("two hosts", get(me + b"Host: evil.example\r\n"), (200,))
    yield RawRequest("no host", get(me).replace(b"Host: x\r\n", b""), (200,))
    yield RawRequest("HTTP/1.0", get(me, version=b"1.0"), (200,))
    yield RawRequest("HTTP/3.7", get(me, version=b"3.7"), (400,))
    yield RawRequest("HTTP/2 at once", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (400,))
    yield RawRequest("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(256), (400,))
    websocket = b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n"
    upgrade = get(me + websocket % (b"a" * 22 + b"==")).replace(CLOSE, b"Connection: Upgrade\r\n")
    yield RawRequest("a WebSocket", upgrade, (403,))
    yield RawRequest("HTTP/0.9", b"GET %s/usage\r\n" % PATH, (0,))
    yield RawRequest("half a header", get(me)[:60], (0,))
    yield RawRequest("half a body", post(me + LENGTH)[:-5], (0,))
