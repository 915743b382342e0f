"""A day is 86,400 seconds, wherever and whenever: ends of months and years, leap days, summer time.

The same story is told so that its cooldown, its hour or its day ends exactly at each moment, and
must read the same to the millisecond.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from support.fakes.livepass import Livepass
from support.fakes.network import NOW
from support.people.story import EDGES, LIMITS, STORY, report, tell

Story = list[Mapping[str, Any]]
# The rules themselves (POSIX TZ), so that no database of zones is needed.
ZONES = {
    "Europe/Berlin": "CET-1CEST,M3.5.0,M10.5.0/3",
    "America/New_York": "EST5EDT,M3.2.0,M11.1.0",
    "Australia/Lord_Howe": "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",  # half an hour, in the south
    "America/Santiago": "<-04>4<-03>,M9.1.6/24,M4.1.6/24",  # at midnight: a day without its start
}
ENDS = [
    *(f"2027-{month:02}-01" for month in range(1, 13)),
    *("2028-02-29", "2028-03-01", "2032-02-29", "2036-12-31", "2100-02-28", "2100-03-01"),
    *("2038-01-19T03:14:08", "2016-12-31T23:59:59", "2017-01-01"),  # 2^31 s, a leap second
    *("2000-02-29", "2001-09-09T01:46:40", "2033-05-18T03:33:20", "8899-12-31"),
]


@contextmanager
def zone(rules: str) -> Iterator[None]:
    """Let this process live in a zone."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = rules
    time.tzset()
    try:
        yield
    finally:
        os.environ.pop("TZ")
        if before is not None:
            os.environ["TZ"] = before
        time.tzset()


def changes() -> list[int]:
    """The moments in 2027 when the clocks of this zone change, in seconds."""
    begin = int(datetime(2027, 1, 1, tzinfo=UTC).timestamp())
    halves = range(begin, begin + 365 * 86_400, 1800)
    offsets = [time.localtime(second).tm_gmtoff for second in halves]
    return [
        s for s, one, other in zip(halves[1:], offsets, offsets[1:], strict=False) if one != other
    ]


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def usual(runner: asyncio.Runner) -> Story:
    """The story on a day like any other."""
    return runner.run(tell(Livepass(LIMITS), NOW * 1000))


def reads_the_same_at(runner: asyncio.Runner, usual: Story, moment_ms: int) -> int:
    """Tell the story so that each of its edges falls on the moment; give the number of answers."""
    for edge in EDGES:
        assert runner.run(tell(Livepass(LIMITS), moment_ms - edge)) == usual
    return len(EDGES) * len(STORY)


def test_ends_of_months_and_years_and_leap_days_change_nothing(
    runner: asyncio.Runner, usual: Story
) -> None:
    moments = [datetime.fromisoformat(end).replace(tzinfo=UTC) for end in ENDS]

    answers = [reads_the_same_at(runner, usual, round(m.timestamp() * 1000)) for m in moments]

    report(f"{len(ENDS)} ends of months and years, leap days", sum(answers))


@pytest.mark.parametrize("name", ZONES)
def test_summer_time_changes_nothing(runner: asyncio.Runner, usual: Story, name: str) -> None:
    with zone(ZONES[name]):
        begins_or_ends = changes()

        answers = [reads_the_same_at(runner, usual, second * 1000) for second in begins_or_ends]

    assert len(begins_or_ends) == 2
    report(f"summer time in {name}", sum(answers))


@pytest.mark.parametrize("milliseconds", [0, 1, 499, 500, 501, 998, 999])
def test_milliseconds_are_kept_to_the_last(
    runner: asyncio.Runner, usual: Story, milliseconds: int
) -> None:
    assert runner.run(tell(Livepass(LIMITS), NOW * 1000 + milliseconds)) == usual
