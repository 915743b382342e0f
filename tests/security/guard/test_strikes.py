"""Points add up, halve over time, and block at the threshold, each time for longer."""

from __future__ import annotations

import pytest

from support.fakes.memory import NOON
from vending.clock import MINUTE_MS
from vending.guard.strikes import BLOCKS_MS, KNOWN_MS, PEACE_MS, WITH_USER, Strikes

HALF = WITH_USER.half_life_ms


def test_points_halve_in_the_half_life() -> None:
    strikes = Strikes().struck(40, NOON, WITH_USER)

    assert strikes.struck(0, NOON + HALF, WITH_USER).points == pytest.approx(20)
    assert strikes.struck(0, NOON + 3 * HALF, WITH_USER).points == pytest.approx(5)
    assert strikes.struck(0, NOON - HALF, WITH_USER).points == 40  # a clock behind forgives nothing


def test_block_comes_at_the_threshold_and_not_below() -> None:
    below = Strikes().struck(WITH_USER.threshold - 0.01, NOON, WITH_USER)
    at = below.struck(0.01, NOON, WITH_USER)

    assert below.until == 0
    assert (at.until, at.points, at.level) == (NOON + BLOCKS_MS[0], 0, 1)


def test_blocks_grow_to_a_day_and_a_week_of_peace_forgets() -> None:
    strikes, now, lasted = Strikes(), NOON, list[int]()
    for _ in range(6):
        strikes = strikes.struck(WITH_USER.threshold, now, WITH_USER)
        lasted.append((strikes.until - now) // MINUTE_MS)
        now = strikes.until + 1
    almost = strikes.struck(WITH_USER.threshold, strikes.until + PEACE_MS - 1, WITH_USER)
    at_peace = strikes.struck(WITH_USER.threshold, strikes.until + PEACE_MS, WITH_USER)

    assert lasted == [15, 60, 360, 1440, 1440, 1440]
    assert (almost.level, at_peace.level) == (7, 1)


def test_points_of_a_blocked_subject_do_not_count() -> None:
    blocked = Strikes().struck(WITH_USER.threshold, NOON, WITH_USER)

    assert blocked.struck(1000, blocked.until - 1, WITH_USER) == blocked
    assert blocked.struck(30, blocked.until, WITH_USER).points == 30


def test_points_count_again_a_minute_after_the_block() -> None:
    blocked = Strikes().struck(WITH_USER.threshold, NOON, WITH_USER)
    late = NOON + KNOWN_MS
    again = blocked.escaped(late).struck(WITH_USER.threshold, late, WITH_USER)

    assert blocked.escaped(late - 1) == blocked
    assert (again.level, again.until) == (2, late + BLOCKS_MS[1])


def test_what_stays_below_a_rate_is_never_blocked() -> None:
    """Four points a minute never reach the threshold of 60, five do: the limit is 60 ln 2 / 10."""

    def blocked(a_minute: int) -> bool:
        strikes = Strikes()
        for n in range(2000):
            strikes = strikes.struck(1, NOON + n * MINUTE_MS // a_minute, WITH_USER)
        return strikes.level > 0

    assert (blocked(4), blocked(5)) == (False, True)


def test_document_is_read_as_it_was_written_and_nonsense_is_no_strike() -> None:
    strikes = Strikes(12.5, NOON, 2, NOON + 1)

    assert Strikes.of(strikes.document()) == strikes
    assert "until" not in strikes.document()
    for bad in ({"points": "many"}, {"level": 1.5}, {"points": float("nan")}, {"points": -1}):
        assert Strikes.of({**strikes.document(), **bad}) == Strikes()
    assert Strikes.of({}) == Strikes()
