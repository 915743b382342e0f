"""Panels of bars as an SVG, without a library: 800 pixels wide, in the reader's light or dark."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, LEFT, SPAN = 800, 200, 500
TITLE, PITCH, BAR, AXIS = 26, 22, 16, 36
STYLE = """<style>
text { fill: #202124; font: 13px system-ui, sans-serif }
text.head { font-size: 17px; font-weight: 600 } text.title { font-weight: 600 }
text.quiet { fill: #5f6368; font-size: 12px }
.ground { fill: #fff } .ours { fill: #1a73e8 } .other { fill: #80868b } line { stroke: #dadce0 }
@media (prefers-color-scheme: dark) {
text { fill: #e8eaed } text.quiet { fill: #9aa0a6 }
.ground { fill: #0d1117 } .ours { fill: #8ab4f8 } line { stroke: #3c4043 }
}
</style>"""


@dataclass(frozen=True, slots=True)
class Panel:
    """Named bars from 0, to a scale of their own; a bar of None was not measured."""

    title: str
    unit: str
    bars: Sequence[tuple[str, float | None]]

    @property
    def height(self) -> int:
        """Of its title, its bars, and its axis with the space below."""
        return TITLE + PITCH * len(self.bars) + AXIS

    def draw(self, top: int) -> Iterator[str]:
        """Yield its parts, from a height on."""
        ticks = self._ticks()
        bottom = top + TITLE + PITCH * len(self.bars)
        yield _text(8, top + 14, self.title, "title")
        for n, tick in enumerate(ticks):
            x = LEFT + SPAN * n / (len(ticks) - 1)
            yield f'<line x1="{x:.0f}" y1="{top + TITLE - 4}" x2="{x:.0f}" y2="{bottom}"/>'
            yield _text(x, bottom + 15, _number(tick), "quiet", "middle")
        yield _text(LEFT + SPAN + 34, bottom + 15, self.unit, "quiet")
        for row, (name, value) in enumerate(self.bars):
            y = top + TITLE + PITCH * row
            yield _text(LEFT - 8, y + 13, name, anchor="end")
            yield from _bar(name, value, y, SPAN / ticks[-1])

    def _ticks(self) -> Sequence[float]:
        """Five or so, at steps of 1, 2 or 5 times a power of ten, the last beyond every bar."""
        most = max((value for _, value in self.bars if value), default=1.0)
        power = 10.0 ** math.floor(math.log10(most / 5))
        step = next(n * power for n in (1, 2, 5, 10) if n * power >= most / 5)
        return [n * step for n in range(math.ceil(most / step) + 1)]


def drawing(title: str, about: str, panels: Sequence[Panel]) -> str:
    """Draw panels below each other, under a title and a line of what it is about."""
    parts, top = [_text(8, 26, title, "head"), _text(8, 46, about, "quiet")], 66
    for panel in panels:
        parts += panel.draw(top)
        top += panel.height
    size = f'width="{WIDTH}" height="{top}" viewBox="0 0 {WIDTH} {top}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">'
    ground = '<rect class="ground" width="100%" height="100%"/>'
    return (
        "\n".join([head, f"<title>{escape(title)}</title>", STYLE, ground, *parts, "</svg>"]) + "\n"
    )


def _bar(name: str, value: float | None, y: float, scale: float) -> Iterator[str]:
    if value is None:
        yield _text(LEFT + 6, y + 13, "not measured", "quiet")
        return
    whose, width = "ours" if name.startswith("Livepass") else "other", max(value, 0) * scale
    yield f'<rect class="{whose}" x="{LEFT}" y="{y}" width="{width:.1f}" height="{BAR}"/>'
    yield _text(LEFT + width + 6, y + 13, _number(value))


def _text(x: float, y: float, said: str, kind: str = "", anchor: str = "start") -> str:
    kind = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.0f}" y="{y:.0f}"{kind} text-anchor="{anchor}">{escape(said)}</text>'


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
