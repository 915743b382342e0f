"""Elapsed time is never less than either clock of the instance says."""

from __future__ import annotations

import pytest

from vending.clock import Elapsed


class Clocks:
    """Two clocks that a test sets."""

    def __init__(self) -> None:
        self.wall = self.monotonic = 1000.0

    def __call__(self) -> tuple[float, float]:
        return self.wall, self.monotonic


def test_nothing_has_passed_at_first() -> None:
    assert Elapsed(Clocks())() == 0


@pytest.mark.parametrize(
    ("wall", "monotonic", "passed"),
    [
        (1, 1, 1),
        (3600, 0, 3600),  # asleep, or set forward
        (0, 2, 2),
        (-3600, 2, 2),  # set back
        (0, 0, 0),
    ],
)
def test_clock_that_went_further_is_believed(wall: float, monotonic: float, passed: float) -> None:
    clocks = Clocks()
    elapsed = Elapsed(clocks)

    clocks.wall += wall
    clocks.monotonic += monotonic

    assert elapsed() == passed


def test_wall_clock_that_is_set_back_hides_no_time_that_follows() -> None:
    clocks = Clocks()
    elapsed = Elapsed(clocks)
    clocks.wall -= 3600
    elapsed()

    clocks.wall += 5  # asleep for 5 s: the other clock stands still

    assert elapsed() == 5


def test_steps_to_and_fro_run_ahead_and_never_behind() -> None:
    clocks = Clocks()
    elapsed = Elapsed(clocks)

    told = []
    for step in (10, -10, 10, -10):
        clocks.wall += step
        clocks.monotonic += 1
        told.append(elapsed())

    assert told == [10, 11, 21, 22]
