"""The ways Firestore's answers can go wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from faults.http_answers import BROKEN, LOOSE_TALK, SILENT, Play, answer, says, twice
from faults.http_proxy import body_of

LATE_S = 0.7
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


def failure(code: str) -> bytes:
    """Write an error in Google's form, which tells what it should not."""
    return answer(HTTP_STATUSES[code], json.dumps(_error(code)).encode())


def listed(code: str) -> bytes:
    """Write an error as calls that stream do."""
    return answer(HTTP_STATUSES[code], json.dumps([_error(code)]).encode())


def _error(code: str) -> object:
    return {"error": {"code": HTTP_STATUSES[code], "message": LOOSE_TALK, "status": code}}


def changed(change: Callable[[Any], object]) -> Play:
    """Send the true answer, but for a change of its JSON."""

    async def play(_: asyncio.StreamReader, writer: asyncio.StreamWriter, real: bytes) -> None:
        told = json.loads(body_of(real))
        writer.write(answer(200, json.dumps(change(deepcopy(told))).encode()))

    return play


def without(*path: str) -> Play:
    """Leave a field out, of each answer of a list."""

    def change(told: Any) -> object:
        for each in told if isinstance(told, list) else [told]:
            within = each
            for name in path[:-1]:
                within = within[name]
            del within[path[-1]]
        return told

    return changed(change)


def of_another(told: Any) -> object:
    """Tell of the same document of somebody else."""
    (one,) = told
    if "found" in one:
        one["found"]["name"] = one["found"]["name"][:-40] + "0" * 40
    else:
        one["missing"] = one["missing"][:-40] + "0" * 40
    return told


def with_integers(write: Callable[[str], object]) -> Play:
    """Write whole numbers otherwise."""

    def change(told: Any) -> Any:
        if isinstance(told, list):
            return [change(each) for each in told]
        if not isinstance(told, dict):
            return told
        return {k: write(v) if k == "integerValue" else change(v) for k, v in told.items()}

    return changed(change)


async def closed_later(_: asyncio.StreamReader, writer: asyncio.StreamWriter, real: bytes) -> None:
    """Send the true answer, and close the connection when it is idle."""
    writer.write(real)
    await writer.drain()
    await asyncio.sleep(0.02)


async def open_array(_: asyncio.StreamReader, writer: asyncio.StreamWriter, real: bytes) -> None:
    """Send the true answer without its end, as if that were all."""
    writer.write(answer(200, body_of(real).rstrip()[:-1]))


async def late(_: asyncio.StreamReader, writer: asyncio.StreamWriter, real: bytes) -> None:
    """Send the true answer late, but not too late."""
    await asyncio.sleep(LATE_S)
    writer.write(real)


async def unfinished(_: asyncio.StreamReader, writer: asyncio.StreamWriter, real: bytes) -> None:
    """Send the true answer, and in the same stream that it failed."""
    end = json.dumps(_error("UNAVAILABLE")).encode()
    writer.write(answer(200, b"[" + body_of(real) + b"," + end + b"]"))


LISTED = ("ABORTED", "UNAVAILABLE", "ALREADY_EXISTS", "PERMISSION_DENIED")
CODES: dict[str, Play] = {code: says(failure(code)) for code in HTTP_STATUSES}
WHOLE_ANSWER: dict[str, Play] = {
    "late": late,
    "twice": twice,
    "closed later": closed_later,
}  # harmless: the answer is there
OTHERS: dict[str, Play] = {
    **BROKEN,
    **SILENT,
    "unfinished": unfinished,
    **{f"[{code}]": says(listed(code)) for code in LISTED},
    "200 with an error": says(answer(200, json.dumps([_error("UNAVAILABLE")]).encode())),
    "status 302": says(answer(302, b"", "Location: http://127.0.0.1:9/stolen")),
    "a gateway's 502": says(answer(502, b"<!doctype html><title>Bad Gateway</title>")),
    "a gateway's 403": says(answer(403, b"<!doctype html><title>Forbidden</title>")),
}
# What a call needs may be missing by little, or be too much.
READ_MISSES: dict[str, Play] = {
    "no readTime": without("readTime"),
    "another's document": changed(of_another),
    "no answers": changed(lambda _: []),
    "two answers": changed(lambda told: told * 2),
    "neither found nor missing": changed(lambda told: [{"readTime": told[0]["readTime"]}]),
    "an open array": open_array,
}
FOUND_MISSES: dict[str, Play] = {
    "no updateTime": without("found", "updateTime"),
    "no name": without("found", "name"),
    "integers as words": with_integers(lambda _: "seven"),
}
FOUND_WELL: dict[str, Play] = {"integers as numbers": with_integers(int)}
WRITE_MISSES: dict[str, Play] = {
    "no commitTime": without("commitTime"),
    "no writeResults": without("writeResults"),
    "no writeResults in it": changed(lambda told: {**told, "writeResults": []}),
    "two writeResults": changed(lambda told: {**told, "writeResults": told["writeResults"] * 2}),
}
MISSES = {**READ_MISSES, **FOUND_MISSES, **WRITE_MISSES}
# Those that begin with the true answer: the call took effect before.
NEEDS_REAL = (
    *("late", "twice", "closed later", "unfinished", "reset midway", "truncated", "truncated head"),
    *MISSES,
    *FOUND_WELL,
)
FINAL = (
    *("PERMISSION_DENIED", "UNAUTHENTICATED", "INVALID_ARGUMENT"),
    *("[PERMISSION_DENIED]", "a gateway's 403"),
)
