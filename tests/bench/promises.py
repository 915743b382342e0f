"""What the figures must show, each as a ratio within one run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.figures import Figures, Point, Sample

MANY = 10_000  # so many that none mints more often in a run than limits would let them
IDEAL_AT_50_MS = 64 / 0.050


@dataclass(frozen=True, slots=True)
class Promise:
    """One of them: `value` is at least, or at most, `bound`."""

    sentence: str
    value: float
    bound: float
    at_least: bool

    @property
    def is_kept(self) -> bool:
        """Whether it holds."""
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    def __str__(self) -> str:
        sign = ">=" if self.at_least else "<="
        kept = "kept" if self.is_kept else "MISSED"
        return f"{kept:6}  {self.value:7.3f} {sign} {self.bound:g}  {self.sentence}"


def promises(figures: Figures) -> Iterator[Promise]:
    """Compare what was measured; what was not is left out."""

    def at(contender: str, delay: int, callers: int, ask: str = "mint") -> Sample:
        users = 1 if ask in ("preflight", "401", "hello") else MANY
        return figures.median(Point(ask, delay, callers, users, contender))

    ours, sqlite, usual = (
        at(n, 150, 64) for n in ("livepass-firestore", "livepass-sqlite", "usual")
    )
    yield Promise(
        "64 callers, 150 ms: mints/s over (b)'s, Firestore", ours.rate / usual.rate, 5, True
    )
    yield Promise("the same, SQLite", sqlite.rate / usual.rate, 5, True)
    yield Promise(
        "64 callers, 150 ms: p99 with the 150 ms over (b)'s, Firestore",
        (ours.p99_ms + 150) / (usual.p99_ms + 150),
        0.3,
        False,
    )
    ideal = at("livepass-sqlite", 50, 64).rate / IDEAL_AT_50_MS
    yield Promise("64 callers, 50 ms: share of the ideal, SQLite", ideal, 0.6, True)
    node, own = at("node", 50, 64), at("livepass-sqlite", 50, 64)
    yield Promise("mints a CPU second over (c)'s, SQLite", node.cpu_ms / own.cpu_ms, 1, True)
    for ledger, most in (("sqlite", 2), ("firestore", 3)):
        mine, floor = at(f"livepass-{ledger}", 0, 16), at("floor", 0, 16)
        yield Promise(
            f"CPU a mint over the floor's, {ledger}", mine.cpu_ms / floor.cpu_ms, most, False
        )
    hello = at("hello", 0, 16, "hello")
    for ask in ("preflight", "401"):
        rate = at("livepass-sqlite", 0, 16, ask).rate
        yield Promise(f"{ask}: answers/s over the hello function's", rate / hello.rate, 0.5, True)
    for name, most in OPERATIONS.items():
        yield Promise(f"Firestore's {name}", figures.facts[name], most, False)
    for name, limit in (("history", 1.2), ("million", 1.1), ("memory MB", 110), ("growth", 1.05)):
        if name in figures.facts:
            yield Promise(FACTS[name], figures.facts[name], limit, False)


OPERATIONS = {
    "operations: mint, livepass-firestore": 2,
    "operations: refusal, livepass-firestore": 1,
    "operations: refusal at once, livepass-firestore": 0,
}
FACTS = {
    "history": "CPU a mint of a user with a full day over one with none, SQLite",
    "million": "CPU a mint with a million users in the ledger over an empty one, SQLite",
    "memory MB": "memory after the first mints, Firestore, MB",
    "growth": "memory after all the mints of the test over before, SQLite",
}
