"""Python's values as Firestore's JSON, and back.

https://firebase.google.com/docs/firestore/reference/rest/v1/Value: whole numbers travel as strings,
so none is rounded.
"""

from __future__ import annotations

import math
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Raw:
    """A value of a kind that we have no type for: it goes back as it came."""

    value: Mapping[str, Any]


def encoded(value: Any) -> Mapping[str, Any]:
    """Write a value.

    Raises:
        TypeError: it is nothing that can be stored.
    """
    if write := _WRITERS.get(type(value)):
        return write(value)
    raise TypeError(f"a {type(value).__name__} cannot be stored")


def encoded_fields(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Write the fields of a document or a map."""
    return {name: encoded(value) for name, value in fields.items()}


def decoded(value: Mapping[str, Any]) -> Any:
    """Read a value.

    Raises:
        ValueError, TypeError, KeyError, AttributeError: it is none.
    """
    ((kind, held),) = value.items()
    read = _READERS.get(kind)
    return read(held) if read else Raw(value)


def decoded_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Read the fields of a document or a map."""
    return {name: decoded(value) for name, value in fields.items()}


def ms_of(timestamp: str) -> int:
    """Read a timestamp (RFC 3339) as milliseconds since 1970, cut off."""
    moment = datetime.fromisoformat(timestamp)
    if moment.tzinfo is None:
        raise ValueError("a timestamp without a zone")
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _float(value: float) -> Mapping[str, Any]:
    if math.isnan(value):
        return {"doubleValue": "NaN"}
    if math.isinf(value):
        return {"doubleValue": "Infinity" if value > 0 else "-Infinity"}
    return {"doubleValue": value}


def _list(value: Any) -> Mapping[str, Any]:
    return {"arrayValue": {"values": [encoded(element) for element in value]}}


def _moment(value: datetime) -> Mapping[str, Any]:
    utc = value.astimezone(UTC)
    return {"timestampValue": utc.strftime("%Y-%m-%dT%H:%M:%S.") + f"{utc.microsecond:06}Z"}


_WRITERS: Mapping[type, Callable[[Any], Mapping[str, Any]]] = {
    bool: lambda value: {"booleanValue": value},
    int: lambda value: {"integerValue": str(value)},
    float: _float,
    str: lambda value: {"stringValue": value},
    bytes: lambda value: {"bytesValue": b64encode(value).decode()},
    dict: lambda value: {"mapValue": {"fields": encoded_fields(value)}},
    list: _list,
    tuple: _list,
    datetime: _moment,
    Raw: lambda value: value.value,
}
_READERS: Mapping[str, Callable[[Any], Any]] = {
    "booleanValue": bool,
    "integerValue": int,
    "doubleValue": float,
    "stringValue": str,
    "bytesValue": lambda held: b64decode(held, validate=True),
    "mapValue": lambda held: decoded_fields(held.get("fields", {})),
    "arrayValue": lambda held: [decoded(value) for value in held.get("values", ())],
}
