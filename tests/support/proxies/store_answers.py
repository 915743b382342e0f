"""The ways Firestore's answers can go wrong that are good gRPC: what a call needs is missing by
little, or is too much (google/firestore/v1/firestore.proto).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.cloud.firestore_v1 import types

from support.proxies.grpc_answers import (
    ANSWERED,
    BROKEN,
    GATEWAYS,
    LOST_ANSWERED,
    SILENT,
    WHOLE_ANSWER,
)
from support.proxies.grpc_proxy import Answering, Play

Got, Committed = types.BatchGetDocumentsResponse.pb(), types.CommitResponse.pb()
Queried, Summed = types.RunQueryResponse.pb(), types.RunAggregationQueryResponse.pb()
UNKNOWN_FIELD = b"\xfa\x3f\x07unknown"  # number 1023, of a newer revision of the interface


def changed(kind: Any, change: Callable[[Any], object]) -> Play:
    """Send the true answer, but for a change of each message."""

    async def play(call: Answering) -> None:
        for real in call.real:
            told = kind.FromString(real)
            change(told)
            await call.send(told.SerializeToString())

    return play


def without(kind: Any, *path: str) -> Play:
    """Leave a part out, of each message."""

    def change(told: Any) -> None:
        for name in path[:-1]:
            told = getattr(told, name)
        told.ClearField(path[-1])

    return changed(kind, change)


async def twice(call: Answering) -> None:
    """Send each message two times over."""
    await call.send(*call.real, *call.real)


async def no_answers(_: Answering) -> None:
    """End the stream well, with nothing in it."""


async def of_a_newer(call: Answering) -> None:
    """Send the true answer with a field that we do not know."""
    await call.send(*(message + UNKNOWN_FIELD for message in call.real))


def _of_another(told: Any) -> None:
    if told.HasField("found"):
        told.found.name = told.found.name[:-40] + "0" * 40
    else:
        told.missing = told.missing[:-40] + "0" * 40


def _neither(told: Any) -> None:
    told.ClearField(told.WhichOneof("result"))


def _no_kind(told: Any) -> None:
    for value in told.found.fields.values():
        value.Clear()


def _two_results(told: Any) -> None:
    told.write_results.extend(list(told.write_results))


ALL_BROKEN: dict[str, Play] = {**BROKEN, **SILENT, **ANSWERED, **GATEWAYS}
READ_MISSES: dict[str, Play] = {
    "no read_time": without(Got, "read_time"),
    "another's document": changed(Got, _of_another),
    "no answers": no_answers,
    "two answers": twice,
    "neither found nor missing": changed(Got, _neither),
}
FOUND_MISSES: dict[str, Play] = {
    "no update_time": without(Got, "found", "update_time"),
    "no name": without(Got, "found", "name"),
    "values of no kind": changed(Got, _no_kind),
}
FOUND_WELL: dict[str, Play] = {"of a newer revision": of_a_newer}
WRITE_MISSES: dict[str, Play] = {
    "no commit_time": without(Committed, "commit_time"),
    "no write_results": without(Committed, "write_results"),
    "two write_results": changed(Committed, _two_results),
    "two messages": twice,
    "no message": no_answers,
}
MISSES = {**READ_MISSES, **FOUND_MISSES, **WRITE_MISSES}
# Those that begin with the true answer: the call took effect before.
NEEDS_REAL = (*ANSWERED, *WHOLE_ANSWER, *LOST_ANSWERED, "closed later", *MISSES, *FOUND_WELL)
FINAL = (
    *("PERMISSION_DENIED", "UNAUTHENTICATED", "INVALID_ARGUMENT"),
    *("answer, then PERMISSION_DENIED", "a gateway's 401", "a gateway's 403"),
    "RST_STREAM INADEQUATE_SECURITY",
)
NEVER_ENDS = (*SILENT, "hang, answered", "slow drip", "not HTTP")
