"""What of the figures is worth a picture."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from bench.asks import REPEATING
from bench.drawing import Panel, drawing
from bench.figures import Figures, Point, Sample, processor
from bench.promises import MANY

NAMES = {
    "livepass-sqlite": "Livepass, SQLite",
    "livepass-firestore": "Livepass, Firestore",
    "floor": "the three calls alone",
    "sdks": "the same, by both SDKs",
    "node-memory": "Express, limits in memory",
    "node-firestore": "Node, transaction, SDKs",
    "usual": "Flask, transaction, SDK",
    "hello": "a bare function: hello",
}
BASELINES = ("node-memory", "node-firestore", "usual")
REFUSING = ("livepass-sqlite", "livepass-firestore", *BASELINES)
MINTING = ("livepass-sqlite", "livepass-firestore", "floor", "sdks", *BASELINES)
WAITING = [Point("mint", 150, 64, MANY, name) for name in MINTING]
WORKING = [Point("mint", 0, 16, MANY, name) for name in MINTING]
REFUSED = [Point("429", 0, 16, REPEATING, name) for name in REFUSING]
BARE = Point("hello", 0, 16, 1, "hello")
PANELS: Sequence[tuple[str, str, Sequence[Point], Callable[[Sample], float]]] = (
    (
        "Mints a second: 64 callers, Gemini takes 150 ms (more is better)",
        "mints/s",
        WAITING,
        lambda s: s.rate,
    ),
    (
        "Latency beyond Gemini's, 99th percentile: the same (less is better)",
        "ms",
        WAITING,
        lambda s: s.p99_ms,
    ),
    (
        "CPU of the server for a mint: 16 callers, Gemini takes no time (less is better)",
        "ms",
        WORKING,
        lambda s: s.cpu_ms,
    ),
    (
        "Refusals a second: 16 callers over their limit (more is better)",
        "answers/s",
        [*REFUSED, BARE],
        lambda s: s.rate,
    ),
)


def svg(figures: Figures) -> str:
    """Draw what was measured."""
    about = (
        f"Medians of {figures.rounds} rounds on {figures.began:%Y-%m-%d}, servers, stores and "
        f"callers on one machine: {os.cpu_count()} cores, {processor()}"
    )
    panels = [
        Panel(title, unit, [(NAMES[p.contender], _median(figures, p, figure)) for p in points])
        for title, unit, points, figure in PANELS
    ]
    return drawing("Livepass beside other ways of vending tokens", about, panels)


def _median(figures: Figures, point: Point, figure: Callable[[Sample], float]) -> float | None:
    return figure(figures.median(point)) if point in figures.samples else None
