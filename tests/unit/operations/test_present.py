"""Usage and what is left, in answers and in headers."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_json

from support.fakes.memory import NOON, USER
from support.requests.promised import as_promised
from vending.clock import DAY_MS, HOUR_MS
from vending.contract.answers import WindowUsage
from vending.limits.reading import Reading
from vending.limits.usage import Session, Usage
from vending.operations.present import (
    moment,
    rate_limit,
    rate_limit_policy,
    session_answer,
    session_summary,
    usage_answer,
)
from vending.policy import Limits

NOON_SAID = "2026-09-21T14:13:20.000Z"
MINUTE = 60_000
OFF = Limits(0, 0, 0, 0, 0, 0, 0)
SESSION = Session(
    "0123456789abcdef01234567",
    "gemini-3.8-live",
    NOON - 20 * MINUTE,
    NOON - MINUTE,
    {"a": NOON - 1, "b": NOON + 29 * MINUTE},
)


def reading(usage: Usage, now: int = NOON) -> Reading:
    return Reading(usage, 1, now)


def window(limit: int | None, used: int, remaining: int | None, resets: int | None) -> WindowUsage:
    resets_at = None if resets is None else moment(resets)
    return WindowUsage(limit=limit, used=used, remaining=remaining, resetsAt=resets_at)


def used(tier: str, at: Reading, limits: Limits) -> dict[str, Any]:
    return {**usage_answer(USER, tier, at, limits)}  # types do not know the windows' names


def test_moments_are_rfc_3339_with_milliseconds() -> None:
    assert moment(NOON) == NOON_SAID
    assert moment(NOON + 7) == "2026-09-21T14:13:20.007Z"
    assert moment(NOON - 1) == "2026-09-21T14:13:19.999Z"
    assert moment(0) == "1970-01-01T00:00:00.000Z"


@given(st.integers(0, 4_000_000_000_000))
def test_every_moment_has_the_same_form(ms: int) -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", moment(ms))


def test_usage_of_a_new_caller_is_all_there_is() -> None:
    answer = used("guest", reading(Usage()), Limits())

    assert (answer["user"], answer["tier"], answer["serverTime"]) == (USER, "guest", NOON_SAID)
    assert answer["hour"] == window(10, 0, 10, None)
    assert answer["day"] == window(100, 0, 100, None)
    assert answer["refreshHour"] == window(12, 0, 12, None)
    assert (answer["cooldown"]["seconds"], answer["cooldown"]["endsAt"]) == (300, None)
    assert (answer["sessions"]["limit"], answer["sessions"]["active"]) == (3, 0)


def test_usage_counts_each_window_by_itself() -> None:
    usage = Usage(
        mints=(NOON - HOUR_MS, NOON - 10 * MINUTE, NOON - MINUTE),
        refreshes=(NOON - DAY_MS + 1, NOON - 2 * MINUTE),
        sessions=(SESSION,),
    )

    answer = used("default", reading(usage), Limits())

    assert answer["hour"] == window(10, 2, 8, NOON + 50 * MINUTE)
    assert answer["day"] == window(100, 5, 95, NOON + 1)
    assert answer["refreshHour"] == window(12, 1, 11, NOON + 58 * MINUTE)
    assert answer["cooldown"]["endsAt"] == moment(NOON + 4 * MINUTE)
    assert answer["sessions"]["active"] == 1


def test_limit_that_was_lowered_leaves_nothing_and_never_less() -> None:
    usage = Usage(mints=(NOON - 3000, NOON - 2000, NOON - 1000))

    answer = used("default", reading(usage), Limits(mints_per_hour=2))

    assert answer["hour"] == window(2, 3, 0, NOON - 2000 + HOUR_MS)


def test_limits_that_are_off_are_null_and_counted_still() -> None:
    usage = Usage(mints=(NOON - 5,), refreshes=(NOON - 3,))

    answer = used("default", reading(usage), OFF)

    assert answer["hour"] == window(None, 1, None, None)
    assert answer["day"] == window(None, 2, None, None)
    assert (answer["cooldown"]["seconds"], answer["cooldown"]["endsAt"]) == (0, None)
    assert answer["sessions"]["limit"] is None
    assert answer["minutes"] == {
        "limit": None,
        "used": 0,
        "remaining": None,
        "resetsAt": None,
    }


def test_minutes_are_told_whole_and_when_more_are_free() -> None:
    limits = Limits(minutes_per_day=60)
    granted = ((NOON - DAY_MS, 9 * MINUTE), (NOON - 7, 20 * MINUTE + 1), (NOON - 5, 10 * MINUTE))

    some = used("default", reading(Usage(granted=granted)), limits)["minutes"]
    none = used("default", reading(Usage()), limits)["minutes"]

    assert (some["limit"], some["used"], some["remaining"]) == (60, 31, 29)
    assert some["resetsAt"] == moment(NOON - 7 + DAY_MS)
    assert (none["limit"], none["used"], none["remaining"], none["resetsAt"]) == (60, 0, 60, None)


def test_minutes_of_a_lowered_limit_are_free_when_as_many_have_left() -> None:
    granted = ((NOON - 9, 20 * MINUTE), (NOON - 7, 20 * MINUTE), (NOON - 5, 20 * MINUTE))

    minutes = used("default", reading(Usage(granted=granted)), Limits(minutes_per_day=30))[
        "minutes"
    ]

    assert (minutes["used"], minutes["remaining"]) == (60, 0)
    assert minutes["resetsAt"] == moment(NOON - 7 + DAY_MS)


def test_cooldown_is_over_at_its_end() -> None:
    usage = Usage(mints=(NOON,))

    last = used("default", reading(usage, NOON + 300_000 - 1), Limits())
    over = used("default", reading(usage, NOON + 300_000), Limits())

    assert last["cooldown"]["endsAt"] == moment(NOON + 300_000)
    assert over["cooldown"]["endsAt"] is None


def test_policy_header_says_what_holds() -> None:
    assert rate_limit_policy(Limits()) == (
        '"hour";q=10;w=3600, "day";q=100;w=86400, "cooldown";q=1;w=300'
    )
    assert rate_limit_policy(Limits(mints_per_hour=0)) == (
        '"day";q=100;w=86400, "cooldown";q=1;w=300'
    )
    assert rate_limit_policy(OFF) == ""


def test_header_of_a_new_caller_has_everything_left() -> None:
    assert rate_limit(reading(Usage()), Limits()) == '"hour";r=10, "day";r=100, "cooldown";r=1'


def test_header_says_what_is_left_and_when_one_more_is() -> None:
    usage = Usage(mints=(NOON - 40 * MINUTE, NOON - MINUTE), refreshes=(NOON - 3 * HOUR_MS,))

    assert rate_limit(reading(usage), Limits()) == (
        '"hour";r=8;t=1200, "day";r=97;t=75600, "cooldown";r=0;t=240'
    )


def test_seconds_are_rounded_up() -> None:
    usage = Usage(mints=(NOON,))

    header = rate_limit(reading(usage, NOON + 1), Limits(cooldown_minutes=1))

    assert header == '"hour";r=9;t=3600, "day";r=99;t=86400, "cooldown";r=0;t=60'
    assert rate_limit(reading(usage, NOON + 59_999), Limits(1, 0, 1)) == (
        '"hour";r=0;t=3541, "cooldown";r=0;t=1'
    )
    assert rate_limit(reading(usage), OFF) == ""


@given(
    st.lists(st.integers(NOON - 2 * DAY_MS, NOON), max_size=20),
    st.lists(st.integers(NOON - 2 * DAY_MS, NOON), max_size=20),
    st.builds(Limits, st.integers(0, 5), st.integers(0, 9), st.integers(0, 1440)),
)
def test_remaining_is_never_negative_and_reset_never_past(
    mints: list[int], refreshes: list[int], limits: Limits
) -> None:
    usage = Usage(mints=tuple(sorted(mints)), refreshes=tuple(sorted(refreshes)))

    header = rate_limit(reading(usage), limits)
    answer = used("default", reading(usage), limits)

    as_promised("usage", to_json(answer))
    assert all(int(n) >= 0 for n in re.findall(r"r=(-?\d+)", header))
    assert all(int(n) >= 1 for n in re.findall(r"t=(-?\d+)", header))


def test_session_is_told_as_it_stands() -> None:
    answer = session_answer(SESSION, NOON, Limits())

    as_promised("session", to_json(answer))
    assert answer == {
        "id": SESSION.id,
        "state": "active",
        "model": "gemini-3.8-live",
        "startedAt": moment(NOON - 20 * MINUTE),
        "lastActivityAt": moment(NOON - MINUTE),
        "expiresAt": moment(NOON + 29 * MINUTE),
        "handoverAt": None,
        "tokens": 2,
        "refreshesRemaining": 10,
        "activeTokens": 1,
    }


def test_session_tells_from_when_a_refresh_is_a_handover() -> None:
    issued = replace(SESSION, issued={SESSION.head: NOON - MINUTE})

    at = moment(NOON + 26 * MINUTE)
    assert session_answer(issued, NOON, Limits())["handoverAt"] == at
    assert session_summary(issued, Limits())["handoverAt"] == at
    assert session_summary(issued, Limits(handover_minutes=0))["handoverAt"] is None
    assert session_answer(issued, NOON + 29 * MINUTE, Limits())["handoverAt"] is None


def test_session_that_is_over_has_no_refreshes_left() -> None:
    later = session_answer(SESSION, NOON + 29 * MINUTE, Limits())

    assert (later["state"], later["refreshesRemaining"], later["activeTokens"]) == ("expired", 0, 0)


def test_summary_counts_what_is_left_of_the_session() -> None:
    assert session_summary(SESSION, Limits())["refreshesRemaining"] == 10
    assert session_summary(SESSION, Limits(tokens_per_session=1))["refreshesRemaining"] == 0
    assert session_summary(SESSION, OFF)["refreshesRemaining"] is None
