"""Samples become medians, a table and a JSON file."""

from __future__ import annotations

import json
import os
import platform
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """What was measured: what was asked of whom, by how many callers with how many users between
    them, Gemini taking so long.
    """

    ask: str
    delay_ms: int
    callers: int
    users: int
    contender: str

    def __str__(self) -> str:
        return f"{self.contender}, {self.ask} of {self.callers} callers at {self.delay_ms} ms"


@dataclass(frozen=True, slots=True)
class Sample:
    """One round. Latencies are without Gemini's delay; `cpu_ms` is the server's, for one answer;
    `failed` are answers other than the one asked for, which count in latencies alone.
    """

    rate: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    unanswered: int
    memory_mb: float
    failed: int = 0


@dataclass(slots=True)
class Figures:
    """All samples of a run."""

    samples: defaultdict[Point, list[Sample]] = field(default_factory=lambda: defaultdict(list))
    facts: dict[str, float] = field(default_factory=dict)
    load_at_start: float = field(default_factory=lambda: os.getloadavg()[0])
    began: datetime = field(default_factory=lambda: datetime.now(UTC))

    def add(self, point: Point, sample: Sample) -> None:
        """Add a round."""
        self.samples[point].append(sample)

    def median(self, point: Point) -> Sample:
        """The median of each figure."""
        rounds = [asdict(sample) for sample in self.samples[point]]
        return Sample(**{name: median(r[name] for r in rounds) for name in rounds[0]})

    @property
    def rounds(self) -> int:
        """How many samples a point has."""
        return max(map(len, self.samples.values()), default=0)

    def spread(self, point: Point) -> float:
        """How noisy the rate was: (largest - smallest) / median."""
        rates = [sample.rate for sample in self.samples[point]]
        middle = median(rates)
        return (max(rates) - min(rates)) / middle if middle else 0.0

    def table(self) -> Iterator[str]:
        """Yield the lines of a table of all points, and the facts."""
        heads = "ask", "delay", "callers", "users", "contender", "rate/s", "+p50 ms", "+p99 ms"
        yield _row((*heads, "CPU ms", "MB", "spread", "failed", "unanswered"))
        for point in sorted(self.samples):
            m = self.median(point)
            cells = [point.ask, point.delay_ms, point.callers, point.users, point.contender]
            figures = [f"{m.rate:.0f}", f"{m.p50_ms:.1f}", f"{m.p99_ms:.1f}", f"{m.cpu_ms:.3f}"]
            more = [f"{m.memory_mb:.0f}", f"{self.spread(point):.0%}"]
            yield _row(
                [*map(str, cells), *figures, *more, f"{m.failed:.0f}", f"{m.unanswered:.0f}"]
            )
        for name, value in self.facts.items():
            yield f"{value:9.3f}  {name}"

    def document(self) -> Mapping[str, object]:
        """All of it, for the JSON file."""
        return {
            "measured": f"{self.began:%Y-%m-%dT%H:%MZ}",
            "machine": {
                "cores": os.cpu_count(),
                "cpu": processor(),
                "system": f"{platform.system()} {platform.machine()}",
                "load": {
                    "start": round(self.load_at_start, 2),
                    "end": round(os.getloadavg()[0], 2),
                },
            },
            "python": platform.python_version(),
            "facts": self.facts,
            "points": [
                {
                    **asdict(point),
                    "rounds": len(samples),
                    "spread": round(self.spread(point), 3),
                    "median": {n: round(v, 3) for n, v in asdict(self.median(point)).items()},
                }
                for point, samples in sorted(self.samples.items())
            ],
        }


def store(name: str, document: object) -> Path:
    """Write a JSON file among the results, by its name and the day."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}-{datetime.now(UTC):%Y-%m-%d}.json"
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return path


def processor() -> str:
    """The name of the processor, where Linux tells it."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def _row(cells: Sequence[str]) -> str:
    widths = (9, 5, 7, 6, 18, 8, 9, 9, 8, 5, 6, 6, 10)
    return "  ".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
