"""The arithmetic of capacity, held against a simulated day and against numbers done by hand."""

from __future__ import annotations

import pytest

from bench.capacity import PEAK, need


def test_million_talks_a_day_by_hand() -> None:
    worked = need(1_000_000, 1.0)

    assert worked.writes_day == 1_200_000
    assert worked.reads_day == pytest.approx(1_300_000)
    assert worked.requests_s == pytest.approx(PEAK * 1_300_000 / 86_400)
    assert worked.instances == 1
    store = 30 * (1.3 * 0.30 + 1.2 * 0.90)
    assert store < worked.dollars_month < store + 50
