"""The arithmetic of capacity, held against a simulated day and against numbers done by hand."""

from __future__ import annotations

import pytest

from bench.capacity import PEAK, need
from bench.simulation import simulate


@pytest.mark.parametrize("talks", [10_000, 100_000])
def test_simulated_day_reads_and_writes_what_was_worked_out(talks: int) -> None:
    worked, day = need(talks, 1.0), simulate(talks, 0.002)

    assert day.reads == day.requests == pytest.approx(worked.reads_day, rel=0.05)
    assert day.writes == pytest.approx(worked.writes_day, rel=0.05)
    assert day.most_instances <= worked.instances + 2
    assert day.cold_starts >= day.most_instances


def test_million_talks_a_day_by_hand() -> None:
    worked = need(1_000_000, 1.0)

    assert worked.writes_day == 1_200_000
    assert worked.reads_day == pytest.approx(1_300_000)
    assert worked.requests_s == pytest.approx(PEAK * 1_300_000 / 86_400)
    assert worked.instances == 1
    store = 30 * (1.3 * 0.30 + 1.2 * 0.90)
    assert store < worked.dollars_month < store + 50


def test_more_talks_need_no_less_of_anything_and_meet_limits_one_by_one() -> None:
    needs = [need(10**n, 1.0) for n in range(3, 9)]

    assert sorted(needs, key=lambda n: n.instances) == needs
    assert sorted(n.dollars_month for n in needs) == [n.dollars_month for n in needs]
    met = [len(list(n.limits())) for n in needs]
    assert met[0] == 0
    assert met == sorted(met)
    assert next(iter(needs[-1].limits())).startswith("Gemini")
