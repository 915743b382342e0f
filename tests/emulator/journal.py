"""All that the emulator received and did, in order, and how often each happened."""

from __future__ import annotations

from collections import Counter, deque
from itertools import count
from typing import Any

ENTRIES_KEPT = 20_000


class Journal:
    """The latest entries, oldest first; the counts are of all since the last clearing."""

    def __init__(self) -> None:
        self._entries: deque[dict[str, Any]] = deque(maxlen=ENTRIES_KEPT)
        self._numbers = count(1)
        self.counts: Counter[str] = Counter()

    def note(self, kind: str, at: float, **what: Any) -> None:
        """Write an entry; `at` is the emulated moment."""
        self.counts[kind] += 1
        self._entries.append({"n": next(self._numbers), "at": round(at, 3), "kind": kind, **what})

    def entries(self, kind: str | None = None, after: int = 0) -> list[dict[str, Any]]:
        """Return the entries of a kind, or all, numbered above `after`."""
        return [
            entry
            for entry in self._entries
            if entry["n"] > after and (kind is None or entry["kind"] == kind)
        ]

    def clear(self) -> None:
        """Forget every entry and every count."""
        self._entries.clear()
        self.counts.clear()
