"""Protobuf's JSON as the service reads it: names in either spelling, and none unknown."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from emulator.refusals import unknown_name

Scalar = Literal["string", "number", "integer", "boolean", "free"]


@dataclass(frozen=True, slots=True)
class Repeated:
    """A list of one kind."""

    of: Kind


DEPTH_LIMIT = 100
"""Protobuf's own, for JSON."""
TOO_DEEP = "Invalid JSON payload received. Message too deep."
"""Guess: the words."""

Kind = Scalar | Repeated | Mapping[str, "Kind"]
"""`free` is anything at all; a mapping is a message, its fields by their lowerCamel names."""


class Malformed(Exception):
    """JSON that is not the message; the text is the service's."""


@lru_cache
def camel(name: str) -> str:
    """Return a field's name in lowerCamel, from either spelling."""
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)


@lru_cache
def snake(name: str) -> str:
    """Return a field's name as the service's error paths spell it."""
    return re.sub(r"([A-Z])", lambda match: "_" + match[1].lower(), name)


def parse(data: str | bytes) -> Any:
    """Return the value of a JSON text. Raises Malformed."""
    try:
        value = json.loads(data, parse_constant=_no_constant, parse_float=_finite)
    except RecursionError as error:
        raise Malformed(TOO_DEEP) from error
    except ValueError as error:
        raise Malformed(f"Invalid JSON payload received. {error}") from error
    if _is_too_deep(value):
        raise Malformed(TOO_DEEP)
    return value


def read(kind: Kind, value: Any, path: str = "") -> Any:
    """Return the value with every name in lowerCamel; null is the same as absent.

    Raises Malformed.
    """
    if isinstance(kind, Repeated):
        if not isinstance(value, list):
            raise Malformed(f"Invalid value at '{path}' (repeated field), {value!r}")
        return [read(kind.of, item, f"{path}[{index}]") for index, item in enumerate(value)]
    if isinstance(kind, str):
        return _scalar(kind, value, path)
    if not isinstance(value, Mapping):
        raise Malformed(f"Invalid value at '{path}' (message), {value!r}")
    known: dict[str, Any] = {}
    for name, item in value.items():
        spelled = name if name in kind else camel(name)
        if spelled not in kind:
            raise Malformed(unknown_name(name, path))
        if item is not None:
            known[spelled] = read(kind[spelled], item, f"{path}.{snake(spelled)}".lstrip("."))
    return known


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON.")


def _finite(text: str) -> float:
    if math.isinf(number := float(text)):
        raise ValueError(f"{text} is out of range.")
    return number


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEPTH_LIMIT):
        level = [item for outer in level for item in _items(outer)]
        if not level:
            return False
    return True


def _items(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _scalar(kind: Scalar, value: Any, path: str) -> Any:
    match kind, value:
        case ("free", _) | ("string", str()) | ("boolean", bool()):
            return value
        case ("number" | "integer", bool()):
            pass
        case ("number", int() | float()) | ("integer", int()):
            return value
        case ("integer", float()) if value.is_integer():
            return int(value)
        case ("integer", str()) if re.fullmatch(r"-?\d{1,19}", value):
            return int(value)
    raise Malformed(f"Invalid value at '{path}' (TYPE_{kind.upper()}), {value!r}")
