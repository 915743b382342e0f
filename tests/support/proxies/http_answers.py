"""The ways an HTTP answer can go wrong. Each plays on an open connection, given the true answer."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable

from support.servers.canaries import API_KEY, FORWARDED, mail

LOOSE_TALK = f"{API_KEY} {mail('upstream')} {FORWARDED} auth_tokens/{'6' * 64} eyJhbGciOiJSUzI1NiJ9"
HUGE = 10_000_000
LATE_S = 1.0
DRIP_S = 0.4

Play = Callable[[asyncio.StreamReader, asyncio.StreamWriter, bytes], Awaitable[None]]


def answer(status: int, body: bytes, *fields: str, length: int | None = None) -> bytes:
    """Write an HTTP answer."""
    size = len(body) if length is None else length
    head = [f"HTTP/1.1 {status} Scripted", "Content-Type: application/json", "Connection: close"]
    head += fields
    return "\r\n".join([*head, f"Content-Length: {size}", "", ""]).encode() + body


def problem(status: int, *fields: str) -> bytes:
    """Write an error in Google's form, which tells what it should not."""
    error = {"code": status, "message": LOOSE_TALK, "status": "ASKED_FOR"}
    return answer(status, json.dumps({"error": error}).encode(), *fields)


def says(raw: bytes) -> Play:
    """Send these bytes in place of the true answer, and close."""

    async def play(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: bytes) -> None:
        writer.write(raw)
        await writer.drain()

    return play


async def hang(reader: asyncio.StreamReader, _: asyncio.StreamWriter, __: bytes) -> None:
    """Say nothing until the caller leaves."""
    while await reader.read(1024):
        pass


async def reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: bytes) -> None:
    """Reset the connection (RST) before a byte was sent."""
    _linger_not(writer)


async def reset_midway(_: asyncio.StreamReader, writer: asyncio.StreamWriter, real: bytes) -> None:
    """Reset the connection when half the answer was sent."""
    writer.write(real[: len(real) // 2])
    await writer.drain()
    await asyncio.sleep(0.02)
    _linger_not(writer)


async def truncated(_: asyncio.StreamReader, writer: asyncio.StreamWriter, real: bytes) -> None:
    """Close with the last ten bytes not sent."""
    writer.write(real[:-10])


async def truncated_head(
    _: asyncio.StreamReader, writer: asyncio.StreamWriter, real: bytes
) -> None:
    """Close within the head."""
    writer.write(real[:30])


async def late(_: asyncio.StreamReader, writer: asyncio.StreamWriter, real: bytes) -> None:
    """Send the true answer, a second late."""
    await asyncio.sleep(LATE_S)
    writer.write(real)


async def twice(_: asyncio.StreamReader, writer: asyncio.StreamWriter, real: bytes) -> None:
    """Send the true answer two times over."""
    writer.write(real + real)
    await writer.drain()


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, real: bytes) -> None:
    """Send a byte now and then, for ever."""
    gone = asyncio.create_task(reader.read(1024))
    for byte in real + b" " * 1000:
        writer.write(bytes([byte]))
        await asyncio.wait([gone], timeout=DRIP_S)
        if gone.done():
            return


def _linger_not(writer: asyncio.StreamWriter) -> None:
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


SILENT: dict[str, Play] = {"hang": hang, "slow drip": drip}
BROKEN: dict[str, Play] = {
    "reset": reset,
    "reset midway": reset_midway,
    "truncated": truncated,
    "truncated head": truncated_head,
    "closed": says(b""),
    "not HTTP": says(b"\x16\x03\x01\x00\xff" * 40),
    "empty": says(answer(200, b"")),
    "HTML": says(answer(200, b"<!doctype html><title>Error</title>")),
    "a list": says(answer(200, b"[1, 2]")),
    "null": says(answer(200, b"null")),
    "a number": says(answer(200, b"1e999")),
    "deep": says(answer(200, b"[" * 100_000)),
    "wrong types": says(answer(200, b'{"name": 7, "keys": 7, "issuer": 7, "jwks_uri": 7}')),
    "nothing it needs": says(answer(200, b'{"name": "", "keys": []}')),
    "loose talk": says(answer(200, json.dumps({"name": LOOSE_TALK, "keys": [{}]}).encode())),
    "huge": says(answer(200, b'{"name": "auth_tokens/' + b"x" * HUGE + b'"}')),
    "gzip nonsense": says(answer(200, b"\x1f\x8b\xff\xff", "Content-Encoding: gzip")),
    "broken chunks": says(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"
    ),
}
STATUSES: dict[str, Play] = {
    f"status {status}": says(problem(status))
    for status in (204, 400, 401, 403, 404, 408, 409, 413, 429, 499, 500, 501, 502, 503, 504)
}
STATUSES["status 429, Retry-After"] = says(problem(429, "Retry-After: 3600"))
STATUSES["status 302"] = says(problem(302, "Location: http://127.0.0.1:9/stolen"))
STATUSES["status 307"] = says(problem(307, "Location: http://127.0.0.1:9/stolen"))
HARMLESS: dict[str, Play] = {"late": late, "twice": twice}
