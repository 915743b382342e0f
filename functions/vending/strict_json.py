"""Bytes from outside -> a JSON value that means the same to everyone who reads it.

Parsers differ on duplicate names, NaN and lone surrogates, and a deep document is an attack on the
stack; here all of them are refused (RFC 8259 sections 4 and 9, RFC 7493).
"""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import NoReturn

MAX_NAMES = 1000  # of one object: far more than anything we read; each wrong one takes a while
EXACT = 2**53  # below, no whole number is taken for another (RFC 8259 section 6)
MAX_DIGITS = 40  # far more than anything we read; reading n digits takes n squared


def parse(raw: bytes, *, max_depth: int) -> object:
    """Parse UTF-8 JSON of at most `max_depth` nested arrays and objects.

    The caller bounds the length of `raw`; time is linear in it.

    Raises:
        ValueError: not UTF-8, not JSON, a duplicate name, more than 1,000 names in one object, a
            number that is not finite or has more than 40 digits, a string that is no Unicode text,
            or too deep. The message never quotes the document.
    """
    try:
        value = _decoder.decode(raw.decode())
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON at line {error.lineno}, column {error.colno}") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start}") from None
    except RecursionError:
        raise ValueError("too deep") from None
    if raw.count(b"{") + raw.count(b"[") > max_depth or b"\\u" in raw:  # else nothing can be wrong
        _check(value, max_depth)
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(pairs) > MAX_NAMES:
        raise ValueError("an object has too many names")
    unique = dict(pairs)
    if len(unique) < len(pairs):
        raise ValueError("a name appears twice in one object")
    return unique


def _not_a_number(_: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")


def _finite(text: str) -> float:
    """Read a number with a fraction or an exponent; one that is whole is an integer, however it is
    written (JSON Schema 2020-12 section 4.2.3): languages with one kind of number write 30.0.
    """
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return int(number) if number.is_integer() and _is_exact(text, number) else number


def _is_exact(text: str, number: float) -> bool:
    """Whether nothing was rounded away: 0.9 with twenty nines is read as 1.0, and is not whole."""
    return abs(number) < EXACT and len(text) <= MAX_DIGITS and Decimal(text) == number


def _whole(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError("a number is too long")
    return int(text)


_decoder = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_constant=_not_a_number,
    parse_float=_finite,
    parse_int=_whole,
)


def _check(value: object, depth_left: int) -> None:
    """Check nesting and text; recursion stops at the depth allowed."""
    match value:
        case str():
            _check_text(value)
        case dict() | list() if depth_left == 0:
            raise ValueError("too deep")
        case dict():
            for name, member in value.items():
                _check_text(name)
                _check(member, depth_left - 1)
        case list():
            for element in value:
                _check(element, depth_left - 1)


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("a string is not Unicode text") from None
