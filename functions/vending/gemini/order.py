"""What is to be minted, and what comes of it: all the rest of the pipeline knows of Gemini."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Order:
    """What to mint. `setup` has no key outside `locked`; times are milliseconds since
    1970-01-01T00:00Z, and chosen by us, not by Gemini.
    """

    setup: Mapping[str, Any]
    locked: Sequence[str]
    expires_ms: int
    start_before_ms: int
    uses: int


@dataclass(frozen=True, slots=True)
class Token:
    """A live token. Anyone who has `value` can talk at our cost, so it is never printed."""

    value: str = field(repr=False)
