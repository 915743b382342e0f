"""What is promised is computed, or missed aloud: never an error at the end of a long run."""

from __future__ import annotations

import pytest

from bench.asks import EACH, FEW, REPEATING, Asks, in_turns, points
from bench.contenders import Contender
from bench.figures import Figures, Point, Sample
from bench.plot import PANELS
from bench.promises import (
    FIRESTORE,
    MANY,
    MEMORY,
    OPERATIONS,
    RATIOS,
    SHOWN,
    USUAL,
    Promise,
    promises,
)
from vending.limits.retention import SESSIONS_KEPT

COMPARED = RATIOS + SHOWN


def measured(*, silent: str = "", without: str = "", cpu_ms: float = 0.5) -> Figures:
    """All that ratios need, everybody alike but one."""
    figures = Figures(facts=dict.fromkeys(OPERATIONS, 0.0) | dict.fromkeys(MEMORY, 60.0))
    for point in {point for ratio in COMPARED for point in (ratio.above, ratio.below)}:
        if isinstance(point, Point) and point.contender != without:
            rate = 0 if point.contender == silent else 100
            figures.samples[point] = [Sample(rate, 10, 20, cpu_ms, 0, 60)]
    return figures


def missing(figures: Figures) -> list[Promise]:
    return [promise for promise in promises(figures) if promise.value is None]


def test_ratio_is_of_medians() -> None:
    figures = measured()
    figures.samples[FIRESTORE] = [Sample(rate, 10, 20, 0.5, 0, 60) for rate in (1, 600, 900)]
    figures.samples[USUAL] = [Sample(rate, 10, 20, 0.5, 0, 60) for rate in (100, 0, 120)]

    first = next(promises(figures))

    assert first.value == pytest.approx(6)
    assert str(first).startswith("kept      6.000 >= 5      64 callers, 150 ms: mints/s over (b)'s")
    assert not missing(figures)


@pytest.mark.parametrize(
    ("contender", "promised"), [("usual", 4), ("node-firestore", 2), ("hello", 2)]
)
def test_rate_of_0_is_a_missed_promise(contender: str, promised: int) -> None:
    missed = missing(measured(silent=contender))

    assert len(missed) == promised
    assert not any(promise.is_kept for promise in missed)
    assert all(f"cannot be computed, {contender}, " in str(promise) for promise in missed)
    assert all(str(promise).startswith("MISSED     none ") for promise in missed)
    assert all(str(promise).endswith(" had no answer") for promise in missed)


def test_what_was_not_measured_is_a_missed_promise() -> None:
    missed = missing(measured(without="node-firestore"))

    assert str(missed[0]) == (
        "MISSED     none >= 1.5    64 callers, 150 ms: mints/s over (e)'s, Firestore: "
        "cannot be computed, node-firestore, mint of 64 callers at 150 ms was not measured"
    )
    assert len(missed) == 2


def test_what_is_only_shown_misses_nothing() -> None:
    (shown,) = missing(measured(without="node-memory"))

    assert shown.is_kept
    assert str(shown) == (
        "shown      none          mints a CPU second over (c)'s, SQLite: "
        "cannot be computed, node-memory, mint of 64 callers at 50 ms was not measured"
    )


@pytest.mark.parametrize(("theirs", "kept"), [(60.0, True), (54.0, False)])
def test_memory_is_compared_with_that_of_the_usual_design(theirs: float, kept: bool) -> None:
    figures = measured()
    figures.facts |= {"MB, livepass-firestore": 60.0, "MB, usual": theirs}

    (promise,) = (each for each in promises(figures) if each.sentence.startswith("memory"))

    assert promise.value == pytest.approx(60 / theirs)
    assert promise.is_kept is kept


def test_cpu_below_a_tick_of_the_clock_divides_nothing() -> None:
    missed = missing(measured(cpu_ms=0))

    assert len(missed) == 2 + len([ratio for ratio in SHOWN if "CPU" in ratio.sentence])
    assert all("cannot be computed" in str(promise) for promise in missed)


def test_few_users_take_turns_before_their_live_sessions_are_too_many() -> None:
    asked = in_turns([b"a", b"b", b"c", b"d"], 2)

    assert [next(asked) for _ in range(4)] == [b"a", b"b", b"a", b"b"]
    assert [next(asked) for _ in range(2 * EACH)][-4:] == [b"c", b"d", b"c", b"d"]
    assert 2 * EACH <= SESSIONS_KEPT  # once round in a run, and again


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
