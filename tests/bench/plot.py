"""Figures as an SVG, without a library: three panels of bars, one bar a contender."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape

from bench.figures import Figures, Point, Sample
from bench.promises import MANY

NAMES = {
    "livepass-sqlite": "Livepass, SQLite",
    "livepass-firestore": "Livepass, Firestore",
    "floor": "the three calls alone",
    "node": "Express, limits in memory",
    "usual": "Flask, transaction, SDK",
}
PANELS: Sequence[tuple[str, int, int, Callable[[Sample], float]]] = (
    ("Mints a second, 64 callers, Gemini takes 150 ms", 150, 64, lambda s: s.rate),
    ("99th percentile of added latency, the same, ms", 150, 64, lambda s: max(s.p99_ms, 0)),
    ("CPU of the server for one mint, ms", 0, 16, lambda s: s.cpu_ms),
)
BAR, GAP, LEFT, WIDTH, RIGHT = 18, 6, 190, 420, 70


def svg(figures: Figures) -> str:
    """Draw what was measured."""
    return drawing([(title, [*_bars(figures, d, c, f)]) for title, d, c, f in PANELS])


def drawing(panels: Sequence[tuple[str, Sequence[tuple[str, float]]]]) -> str:
    """Draw panels of named bars, each panel to its own scale."""
    parts, top = [], 8
    for title, bars in panels:
        most = max((value for _, value in bars), default=1) or 1
        parts.append(f'<text x="8" y="{top + 14}" font-weight="bold">{escape(title)}</text>')
        top += 24
        for name, value in bars:
            width, middle = max(value / most * WIDTH, 1), top + BAR - 5
            colour = "#1a73e8" if name.startswith("Livepass") else "#9aa0a6"
            parts += [
                f'<text x="{LEFT - 8}" y="{middle}" text-anchor="end">{escape(name)}</text>',
                f'<rect x="{LEFT}" y="{top}" width="{width:.0f}" height="{BAR}" fill="{colour}"/>',
                f'<text x="{LEFT + width + 6:.0f}" y="{middle}">{value:,.4g}</text>',
            ]
            top += BAR + GAP
        top += GAP
    size = f'width="{LEFT + WIDTH + RIGHT}" height="{top}"'
    style = "font-family: system-ui, sans-serif; font-size: 13px"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} style="{style}">'
    ground = '<rect width="100%" height="100%" fill="white"/>'
    return "\n".join([head, ground, *parts, "</svg>"]) + "\n"


def _bars(
    figures: Figures, delay_ms: int, callers: int, figure: Callable[[Sample], float]
) -> Iterator[tuple[str, float]]:
    for contender, name in NAMES.items():
        point = Point("mint", delay_ms, callers, MANY, contender)
        if point in figures.samples:
            yield name, figure(figures.median(point))
