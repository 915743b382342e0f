"""What is promised is computed, or missed aloud: never an error at the end of a long run."""

from __future__ import annotations

from bench.asks import FEW, REPEATING, Asks, points
from bench.contenders import Contender
from bench.figures import Point
from bench.plot import PANELS
from bench.promises import (
    MANY,
    RATIOS,
    SHOWN,
)

COMPARED = RATIOS + SHOWN


def test_promises_and_plot_are_of_points_that_are_measured() -> None:
    asked = [("hello", 1), ("preflight", 1), ("401", 1), ("429", REPEATING)]
    asks: Asks = {at: iter(()) for at in [*asked, *(("mint", n) for n in (MANY, *FEW))]}
    promised = {point for ratio in COMPARED for point in (ratio.above, ratio.below)}
    needed = {point for point in promised if isinstance(point, Point)}
    needed |= {point for _, _, drawn, _ in PANELS for point in drawn}

    measured = {
        point
        for name in {point.contender for point in needed}
        for point in points(Contender(name, (), {}), asks)
    }

    assert needed <= measured
    assert {point.delay_ms for point in measured} == {0, 50, 150}
    assert {point.callers for point in measured} == {1, 16, 64, 256}
