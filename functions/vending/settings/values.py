"""Parse the text of a variable, or raise a ValueError that says what it must be."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar, get_args

from vending import strict_json
from vending.gemini.models import TOOLS
from vending.origins import origin
from vending.policy import Mode

if TYPE_CHECKING:
    from vending.gemini.declarations import FunctionDeclaration

T = TypeVar("T")
_CLAIM = re.compile(r"[\w.:/\-]{1,100}", re.ASCII)
_USD = re.compile(r"\d{1,9}(?:\.\d{1,2})?", re.ASCII)
_WHOLE = re.compile(r"\d{1,9}", re.ASCII)


def claim(raw: str) -> str:
    """The name of the admin claim; claims that issuers set for all users are no role."""
    if raw.endswith("_verified") or not _CLAIM.fullmatch(raw):
        raise ValueError(f"must be the name of a claim that only admins have, got '{raw}'")
    return raw


def origins(raw: str) -> frozenset[str]:
    """Exact origins, separated by commas."""
    return frozenset(origin(name) for name in names(raw))


def whole(least: int, most: int) -> Callable[[str], int]:
    """A whole number within bounds."""

    def parse(raw: str) -> int:
        if not _WHOLE.fullmatch(raw) or not least <= int(raw) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}, got '{raw}'")
        return int(raw)

    return parse


def usd(raw: str) -> int:
    """Dollars and cents, in micros."""
    if not _USD.fullmatch(raw):
        raise ValueError(f"must be dollars such as 20 or 19.99, or 0 for no limit, got '{raw}'")
    return round(Decimal(raw) * 1_000_000)


def one_of(*allowed: str) -> Callable[[str], str]:
    """One of a few words."""

    def parse(raw: str) -> str:
        if raw not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}, got '{raw}'")
        return raw

    return parse


def mode(raw: str) -> Mode:
    """Whether something is off, only watched, or enforced."""
    for known in get_args(Mode):
        if raw == known:
            return known  # type: ignore[no-any-return]
    raise ValueError(f"must be one of {', '.join(get_args(Mode))}, got '{raw}'")


def boolean(raw: str) -> bool:
    """`true` or `false`."""
    return one_of("true", "false")(raw.lower()) == "true"


def digits(raw: str) -> str:
    """A Google Cloud project number."""
    if not (raw.isascii() and raw.isdigit()):
        raise ValueError(f"must be a project number (digits only), got '{raw}'")
    return raw


def source(raw: str) -> str:
    """The hash of the zip the function was built from."""
    if not re.fullmatch(r"[0-9a-f]{16,64}", raw, re.ASCII):
        raise ValueError(f"must be a hash, 16 to 64 hexadecimal digits, got '{raw}'")
    return raw


def secret(raw: str) -> str:
    """A key; never quoted."""
    if not raw.isascii() or not raw.isprintable() or " " in raw:
        raise ValueError("must be visible ASCII (not shown)")
    return raw


def names(raw: str) -> tuple[str, ...]:
    """Names separated by commas, each once."""
    return tuple(dict.fromkeys(part.strip() for part in raw.split(",") if part.strip()))


def model(raw: str) -> str:
    """A model's name, without `models/`."""
    if "/" in raw or " " in raw or "," in raw:
        raise ValueError(f"must be a model's name without 'models/', got '{raw}'")
    return raw


def models(raw: str) -> tuple[str, ...]:
    """Models' names, separated by commas."""
    return tuple(model(name) for name in names(raw))


def json_value(raw: str, kind: type[T]) -> T:
    """A JSON list or object."""
    wanted, reason = f"must be a JSON {'list' if kind is list else 'object'}", ""
    try:
        value = strict_json.parse(raw.encode(), max_depth=8)
    except ValueError as error:
        value, reason = None, f" ({error})"
    if not isinstance(value, kind):
        raise ValueError(f"{wanted}, got '{raw[:40]}'{reason}")
    return value


def functions(raw: str) -> tuple[FunctionDeclaration, ...]:
    """An app's own functions, a JSON list of declarations as Google writes them."""
    from vending.gemini.declarations import operator_functions  # noqa: PLC0415 - pydantic, where there are any

    return operator_functions(raw, TOOLS)
