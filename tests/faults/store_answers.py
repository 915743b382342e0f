"""The ways Firestore's answers can go wrong, and whose call a request to it is."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Literal

from faults.http_answers import BROKEN, LOOSE_TALK, SILENT, Play, answer, says, twice

Call = Literal["read", "write"]
CALLS: dict[bytes, Call] = {b"batchGet": "read", b"commit": "write"}
LATE_S = 0.7
_CALL = re.compile(rb"POST /v1/[^ ]*/documents:(\w+)")
_USER = re.compile(rb"live_token_users/([0-9a-f]{40})")
# How each canonical code travels: google/rpc/code.proto.
HTTP_STATUSES = {
    "CANCELLED": 499,
    "UNKNOWN": 500,
    "INVALID_ARGUMENT": 400,
    "DEADLINE_EXCEEDED": 504,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "PERMISSION_DENIED": 403,
    "RESOURCE_EXHAUSTED": 429,
    "FAILED_PRECONDITION": 400,
    "ABORTED": 409,
    "OUT_OF_RANGE": 400,
    "UNIMPLEMENTED": 501,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
    "DATA_LOSS": 500,
    "UNAUTHENTICATED": 401,
}


def tag(user: str, call: Call) -> str:
    """Name the calls of a kind for a user."""
    return f"{call} {user}"


def tag_of(request: bytes) -> str:
    """Tell whose call a request is, and of which kind."""
    call, user = _CALL.match(request), _USER.search(request)
    return tag(user[1].decode(), CALLS[call[1]]) if call and user else ""


def failure(code: str) -> bytes:
    """Write an error in Google's form, which tells what it should not."""
    status = HTTP_STATUSES[code]
    error = {"code": status, "message": LOOSE_TALK, "status": code}
    return answer(status, json.dumps({"error": error}).encode())


async def late(_: asyncio.StreamReader, writer: asyncio.StreamWriter, real: bytes) -> None:
    """Send the true answer late, but not too late."""
    await asyncio.sleep(LATE_S)
    writer.write(real)


async def unfinished(_: asyncio.StreamReader, writer: asyncio.StreamWriter, real: bytes) -> None:
    """Send the true answer, and in the same stream that it failed."""
    body = real.partition(b"\r\n\r\n")[2]
    end = json.loads(failure("UNAVAILABLE").partition(b"\r\n\r\n")[2])
    writer.write(answer(200, b"[" + body + b"," + json.dumps(end).encode() + b"]"))


CODES: dict[str, Play] = {code: says(failure(code)) for code in HTTP_STATUSES}
WHOLE_ANSWER: dict[str, Play] = {"late": late, "twice": twice}  # harmless: the answer is there
OTHERS: dict[str, Play] = {
    **BROKEN,
    **SILENT,
    "unfinished": unfinished,
    "status 302": says(answer(302, b"", "Location: http://127.0.0.1:9/stolen")),
    "a gateway's 502": says(answer(502, b"<!doctype html><title>Bad Gateway</title>")),
    "a gateway's 403": says(answer(403, b"<!doctype html><title>Forbidden</title>")),
}
# Those that begin with the true answer: the call took effect before.
NEEDS_REAL = ("late", "twice", "unfinished", "reset midway", "truncated", "truncated head")
FINAL = ("PERMISSION_DENIED", "UNAUTHENTICATED", "INVALID_ARGUMENT", "a gateway's 403")
