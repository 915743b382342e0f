"""What a model reads in a declaration, a person who reviews it sees, too.

Refused are control characters, marks that turn the direction of text (CVE-2021-42574, "Trojan
Source"), and what Unicode shows as nothing (Default_Ignorable_Code_Point), tags above all, which
models read. Accepted are variation selectors, which belong to emoji, and the joiners of Persian,
Hindi and emoji between characters that are not ASCII, as RFC 5892 (appendix A.1, A.2) allows them
in context. All of it is our rule: Google documents none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_HIDDEN = re.compile(
    "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f"  # all controls but tab and line breaks
    "\\u2028\\u2029\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069"  # line breaks; direction
    "\\u00ad\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u180e\\u200b\\u2060-\\u2065\\u206a-\\u206f\\u3164\\ufeff\\uffa0"
    "\\ufff0-\\ufffb\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U000e0fff]"
    "|(?:^|(?<=[\\x00-\\x7f]))[\\u200c\\u200d]|[\\u200c\\u200d](?=[\\x00-\\x7f]|$)"
)


def hidden(text: str) -> str | None:
    """Name the first character that nobody sees, as U+202E."""
    found = _HIDDEN.search(text)
    return f"U+{ord(found[0]):04X}" if found else None


def visible(text: str) -> str:
    """Return a text in which nothing is hidden. Raises ValueError."""
    if found := hidden(text):
        raise ValueError(f"must have no control or invisible characters, got {found}")
    return text


def visible_throughout(value: Any) -> Any:
    """Return a JSON value none of whose texts hides anything. Raises ValueError."""
    for text in texts(value):
        visible(text)
    return value


def texts(value: object) -> Iterator[str]:
    """Each text of a JSON value, names included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        value = [*value.values()]
    if isinstance(value, list):
        for each in value:
            yield from texts(each)
