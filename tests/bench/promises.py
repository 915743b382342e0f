"""What the figures must show, each as a ratio within one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.figures import Figures, Point, Sample

MANY = 5_000  # so many that none mints more often in a run than limits would let them
IDEAL_AT_50_MS = 64 / 0.050


@dataclass(frozen=True, slots=True)
class Promise:
    """One of them: `value` is at least, or at most, `bound`. Without a bound it is shown, and
    nothing is promised. A value of None is missed, `why` says why.
    """

    sentence: str
    value: float | None
    bound: float | None = None
    at_least: bool = False
    why: str = ""

    @property
    def is_kept(self) -> bool:
        """Whether it holds."""
        if self.bound is None:
            return True
        if self.value is None:
            return False
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    def __str__(self) -> str:
        value = "none" if self.value is None else f"{self.value:.3f}"
        why = f": cannot be computed, {self.why}" if self.why else ""
        if self.bound is None:
            return f"shown   {value:>7}          {self.sentence}{why}"
        kept, sign = "kept" if self.is_kept else "MISSED", ">=" if self.at_least else "<="
        return f"{kept:6}  {value:>7} {sign} {self.bound:<5g}  {self.sentence}{why}"


class Uncomputable(Exception):
    """A contender did not answer, or used nothing that can be divided by; says who."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """What is promised of a figure at one point over the same at another, or over a number."""

    sentence: str
    figure: Callable[[Sample], float]
    above: Point
    below: Point | float
    bound: float | None = None
    at_least: bool = False

    def promise(self, figures: Figures) -> Promise:
        """Compute it, if that can be done."""
        value, why = None, ""
        try:
            value = self._at(self.above, figures) / self._at(self.below, figures)
        except Uncomputable as error:
            why = str(error)
        return Promise(self.sentence, value, self.bound, self.at_least, why)

    def _at(self, point: Point | float, figures: Figures) -> float:
        if isinstance(point, float):
            return point
        if point not in figures.samples:
            raise Uncomputable(f"{point} was not measured")
        median = figures.median(point)
        if not (median.rate and self.figure(median)):
            raise Uncomputable(f"{point} had no answer")
        return self.figure(median)


def promises(figures: Figures) -> Iterator[Promise]:
    """Compare what was measured; a test of wear that was not made is left out. What was promised
    of clients of our own, over the floor and over (c), is shown still, and how near ours come to
    both SDKs alone, (f).
    """
    for ratio in RATIOS:
        yield ratio.promise(figures)
    for name, calls in OPERATIONS.items():
        yield Promise(f"Firestore's {name}", figures.facts[name], calls)
    yield _memory(figures)
    for name, (sentence, most) in FACTS.items():
        if name in figures.facts:
            yield Promise(sentence, figures.facts[name], most)
    for ratio in SHOWN:
        yield ratio.promise(figures)


def _memory(figures: Figures) -> Promise:
    ours, theirs = (figures.facts[name] for name in MEMORY)
    return Promise("memory after the first mints over (b)'s, Firestore", ours / theirs, 1.1)


def _rate(sample: Sample) -> float:
    return sample.rate


def _cpu(sample: Sample) -> float:
    return sample.cpu_ms


def _whole_p99(sample: Sample) -> float:
    return sample.p99_ms + 150


def _mint(contender: str, delay_ms: int, callers: int) -> Point:
    return Point("mint", delay_ms, callers, MANY, contender)


def _busy(contender: str) -> Point:
    return _mint(contender, 150, 64)


SQLITE, FIRESTORE, USUAL, NODE, SDKS = map(
    _busy, ("livepass-sqlite", "livepass-firestore", "usual", "node-firestore", "sdks")
)
SQLITE_AT_50, MEMORY_AT_50, FLOOR_AT_50 = (
    _mint(name, 50, 64) for name in ("livepass-sqlite", "node-memory", "floor")
)
SQLITE_AT_0, FIRESTORE_AT_0, FLOOR_AT_0 = (
    _mint(name, 0, 16) for name in ("livepass-sqlite", "livepass-firestore", "floor")
)
HELLO = Point("hello", 0, 16, 1, "hello")
PREFLIGHT, NOBODY = (Point(ask, 0, 16, 1, "livepass-sqlite") for ask in ("preflight", "401"))
AT = "64 callers, 150 ms"
RATIOS = (
    Ratio(f"{AT}: mints/s over (b)'s, Firestore", _rate, FIRESTORE, USUAL, 5, True),
    Ratio("the same, SQLite", _rate, SQLITE, USUAL, 5, True),
    Ratio(f"{AT}: mints/s over (e)'s, Firestore", _rate, FIRESTORE, NODE, 1.5, True),
    Ratio(f"{AT}: p99 with the 150 ms over (b)'s, Firestore", _whole_p99, FIRESTORE, USUAL, 0.35),
    Ratio(f"{AT}: CPU a mint over (b)'s, Firestore", _cpu, FIRESTORE, USUAL, 0.6),
    Ratio(f"{AT}: CPU a mint over (e)'s, Firestore", _cpu, FIRESTORE, NODE, 0.75),
    Ratio(
        "64 callers, 50 ms: share of the ideal, SQLite",
        _rate,
        SQLITE_AT_50,
        IDEAL_AT_50_MS,
        0.5,
        True,
    ),
    Ratio("preflight: answers/s over the hello function's", _rate, PREFLIGHT, HELLO, 0.5, True),
    Ratio("401: answers/s over the hello function's", _rate, NOBODY, HELLO, 0.5, True),
)
SHOWN = (
    Ratio("mints a CPU second over (c)'s, SQLite", _cpu, MEMORY_AT_50, SQLITE_AT_50),
    Ratio("CPU a mint over the floor's, SQLite", _cpu, SQLITE_AT_0, FLOOR_AT_0),
    Ratio("CPU a mint over the floor's, Firestore", _cpu, FIRESTORE_AT_0, FLOOR_AT_0),
    Ratio(f"{AT}: mints/s over (f)'s, Firestore", _rate, FIRESTORE, SDKS),
    Ratio(f"{AT}: CPU a mint over (f)'s, Firestore", _cpu, FIRESTORE, SDKS),
    Ratio("64 callers, 50 ms: share of the ideal, the floor", _rate, FLOOR_AT_50, IDEAL_AT_50_MS),
)
OPERATIONS = {
    "operations: mint, livepass-firestore": 2,
    "operations: refusal, livepass-firestore": 1,
    "operations: refusal at once, livepass-firestore": 0,
}
MEMORY = ("MB, livepass-firestore", "MB, usual")
FACTS = {
    "history, sqlite": ("CPU a mint of a user with a full day over one with none, SQLite", 1.25),
    "history, firestore": ("the same, Firestore", 1.25),
    "million": ("CPU a mint with a million users in the ledger over an empty one, SQLite", 1.1),
    "growth, sqlite": ("memory after all the mints of the test over before, SQLite", 1.05),
    "growth, firestore": ("the same, Firestore", 1.05),
}
