"""The ways a gRPC answer can go wrong, on its stream and on the connection that it shares with
others. The status codes are grpc/status.h's, the frames RFC 9113's, and what becomes of an answer
of plain HTTP is gRPC's http-grpc-status-mapping.md's.
"""

from __future__ import annotations

import asyncio
import struct

from grpc import StatusCode  # type: ignore[import-untyped]

from support.proxies.grpc_proxy import Answering, Play
from support.proxies.http2_relay import DATA, GOAWAY, HEADERS, RST_STREAM, frame, headers
from support.proxies.http_answers import HUGE, LOOSE_TALK

LATE_S = 0.7
GRPC = ((":status", "200"), ("content-type", "application/grpc"))
OK = (("grpc-status", "0"),)
RST_CODES = {
    "NO_ERROR": 0,
    "PROTOCOL_ERROR": 1,
    "INTERNAL_ERROR": 2,
    "FLOW_CONTROL_ERROR": 3,
    "STREAM_CLOSED": 5,
    "REFUSED_STREAM": 7,
    "CANCEL": 8,
    "COMPRESSION_ERROR": 9,
    "ENHANCE_YOUR_CALM": 11,
    "INADEQUATE_SECURITY": 12,
    "HTTP_1_1_REQUIRED": 13,
}


def says(*messages: bytes, code: StatusCode = StatusCode.OK) -> Play:
    """Send these in place of the true answer, and a status with words it should not have."""

    async def play(call: Answering) -> None:
        await call.send(*messages)
        if code is not StatusCode.OK:
            await call.fail(code, LOOSE_TALK)

    return play


def then(code: StatusCode) -> Play:
    """Send the true answer, and at its end that it failed."""

    async def play(call: Answering) -> None:
        await call.send(*call.real)
        await call.fail(code, LOOSE_TALK)

    return play


def frames(*parts: object) -> Play:
    """Send frames of our own on the stream: bytes are DATA, fields HEADERS, a number RST_STREAM."""

    async def play(call: Answering) -> None:
        stream = call.stream
        for part in parts:
            if isinstance(part, bytes):
                call.line.say(frame(DATA, 0, stream, part))
            elif isinstance(part, int):
                call.line.say(frame(RST_STREAM, 0, stream, struct.pack(">I", part)))
            elif isinstance(part, tuple):
                call.line.say(headers(stream, part, ends=part is parts[-1]))

    return play


def plain_http(status: int, *fields: tuple[str, str]) -> Play:
    """Answer as what stands before gRPC does."""
    page = b"<!doctype html><title>Error</title>"
    head = ((":status", str(status)), ("content-type", "text/html"), *fields)
    return frames(head, page, (("x-end", "1"),))


async def hang(call: Answering) -> None:
    """Say nothing until the caller leaves."""
    await call.gone()


async def hang_begun(call: Answering) -> None:
    """Say that an answer is to come, and nothing more."""
    await call.context.send_initial_metadata(())
    await call.gone()


async def hang_answered(call: Answering) -> None:
    """Send the true answer, and never its end."""
    await call.send(*call.real)
    await call.gone()


async def late(call: Answering) -> None:
    """Send the true answer late, but not too late."""
    await asyncio.sleep(LATE_S)
    await call.truly()


async def goaway_later(call: Answering) -> None:
    """Send the true answer, and that the connection is to take no more: servers do now and then."""
    call.line.say(_goaway(2**31 - 1))
    await call.truly()


async def goaway_unseen(call: Answering) -> None:
    """Say that the call came too late to be looked at: a client may send it again by itself."""
    call.line.say(_goaway(call.stream - 2))
    await asyncio.sleep(0.02)
    call.line.end()


async def reset(call: Answering) -> None:
    """Reset the connection (RST) before a byte was sent."""
    call.line.reset()


async def closed(call: Answering) -> None:
    """Close the connection before a byte was sent."""
    call.line.end()


async def reset_midway(call: Answering) -> None:
    """Reset the connection when half the message was sent."""
    call.line.end_within(DATA, call.stream, lambda said: said[: len(said) // 2], resets=True)
    await call.truly()


async def truncated(call: Answering) -> None:
    """Close the connection with the last ten bytes of the message not sent."""
    call.line.end_within(DATA, call.stream, lambda said: said[:-10], resets=False)
    await call.truly()


async def truncated_head(call: Answering) -> None:
    """Close the connection within the head."""
    call.line.end_within(HEADERS, call.stream, lambda said: said[:12], resets=False)
    await call.truly()


async def closed_unended(call: Answering) -> None:
    """Close the connection with the message sent, and the end of the stream not."""
    call.line.end_within(DATA, call.stream, bytes, resets=False)
    await call.truly()


async def closed_later(call: Answering) -> None:
    """Send the true answer, and close the connection when it is idle."""
    await call.truly()
    asyncio.get_running_loop().call_later(0.02, call.line.end)


async def drip(call: Answering) -> None:
    """Send a byte now and then, for ever."""
    call.line.drip()
    await call.truly()


async def not_http2(call: Answering) -> None:
    """Say what is no frame."""
    call.line.say(b"\x16\x03\x01\x00\xff" * 400)
    await call.gone()


async def http1(call: Answering) -> None:
    """Answer in HTTP/1.1."""
    call.line.say(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
    await call.gone()


def _goaway(last: int) -> bytes:
    return frame(GOAWAY, 0, 0, struct.pack(">II", max(last, 0), 0))


def message(content: bytes, *, flag: int = 0, length: int | None = None) -> bytes:
    """Write a message as it travels."""
    return struct.pack(">BI", flag, len(content) if length is None else length) + content


CODES: dict[str, Play] = {
    code.name: says(code=code) for code in StatusCode if code is not StatusCode.OK
}
LATER = ("ABORTED", "UNAVAILABLE", "ALREADY_EXISTS", "PERMISSION_DENIED")
ANSWERED: dict[str, Play] = {
    "hang, answered": hang_answered,
    **{f"answer, then {code}": then(StatusCode[code]) for code in LATER},
}  # the true answer, and no good end
SILENT: dict[str, Play] = {"hang": hang, "hang, begun": hang_begun}
BROKEN: dict[str, Play] = {
    "empty": says(),
    "an empty message": says(b""),
    "HTML": says(b"<!doctype html><title>Error</title>"),
    "bytes": says(b"\xff" * 200),
    "deep": says(b"\x0a\x7f" * 64),
    "wrong types": says(b"\x08\x07\x10\x07\x18\x07\x20\x07\x28\x07"),
    "loose talk": says(b"\xfa\x3f" + bytes([len(LOOSE_TALK) % 128]) + LOOSE_TALK.encode()[:127]),
    "huge": says(b"\x00" * HUGE),
    "cut short": frames(GRPC, message(b"\x0a\x04", length=1000), OK),
    "compressed nonsense": frames(
        (*GRPC, ("grpc-encoding", "gzip")), message(b"\x1f\x8b\xff\xff", flag=1), OK
    ),
    "compressed unsaid": frames(GRPC, message(b"\x0a\x04", flag=1), OK),
    "no status": frames(GRPC, message(b""), (("x-end", "1"),)),
    "a status that is none": frames((*GRPC, ("grpc-status", "99"))),
    "a status in words": frames((*GRPC, ("grpc-status", "seven"))),
    **{f"RST_STREAM {name}": frames(code) for name, code in RST_CODES.items()},
}
GATEWAYS: dict[str, Play] = {
    f"a gateway's {status}": plain_http(status)
    for status in (200, 204, 400, 401, 403, 404, 408, 409, 413, 429, 499, 500, 501, 502, 503, 504)
}
GATEWAYS["a gateway's 302"] = plain_http(302, ("location", "http://127.0.0.1:9/stolen"))
GATEWAYS["a gateway's 307"] = plain_http(307, ("location", "http://127.0.0.1:9/stolen"))
# What becomes of the connection becomes of all calls on it.
LOST: dict[str, Play] = {
    "reset": reset,
    "closed": closed,
    "not HTTP": not_http2,
    "HTTP/1.1": http1,
    "GOAWAY, not looked at": goaway_unseen,
    "slow drip": drip,
}
LOST_ANSWERED: dict[str, Play] = {
    "reset midway": reset_midway,
    "truncated": truncated,
    "truncated head": truncated_head,
    "closed, unended": closed_unended,
}
WHOLE_ANSWER: dict[str, Play] = {"late": late, "GOAWAY later": goaway_later}  # harmless
