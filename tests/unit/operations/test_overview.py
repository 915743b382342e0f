"""The overview of a day counts every audit line once and invents nothing."""

from __future__ import annotations

import math
import random
from itertools import pairwise
from statistics import quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.fakes.memory import NOON, USER
from vending.audit.overview import HOURS, TOKENS, first_hour, percentile, tally
from vending.audit.reader import Entry, kept_fields
from vending.clock import DAY_MS, HOUR_MS

MINUTE_MS = 60_000


def minted(at: int, session: str = "a", minutes: int = 30, **more: object) -> Entry:
    told = {"event": "TOKEN_CREATED", "operation": "mint", "user": USER, "status": 201, **more}
    return Entry(at, session=session, expires=at + minutes * MINUTE_MS, **told)  # type: ignore[arg-type]


def refused(at: int, code: str = "quota-exceeded", *violated: str) -> Entry:
    return Entry(
        at, "TOKEN_REFUSED", operation="mint", code=code, violated=violated, user=USER, status=429
    )


def test_day_is_24_hours_the_last_of_which_is_now() -> None:
    hours = tally([], NOON).hours

    assert len(hours) == HOURS == 24
    assert hours[-1].start <= NOON < hours[-1].start + HOUR_MS
    assert [b.start - a.start for a, b in pairwise(hours)] == [HOUR_MS] * 23


def test_tokens_are_counted_by_hour_and_kind() -> None:
    first = first_hour(NOON)
    entries = [
        minted(first),
        minted(first + HOUR_MS - 1),
        Entry(first + HOUR_MS, "TOKEN_REFRESHED", operation="refresh", session="a"),
        Entry(NOON, "TOKEN_REPLAYED", operation="mint", session="a"),
    ]

    hours = tally(entries, NOON).hours

    assert hours[0].tokens == {"minted": 2}
    assert hours[1].tokens == {"refreshed": 1}
    assert hours[-1].tokens == {"replayed": 1}
    assert sum(sum(hour.tokens.values()) for hour in hours) == 4


def test_what_is_older_than_the_first_hour_is_not_counted() -> None:
    assert not any(h.tokens for h in tally([minted(first_hour(NOON) - 1)], NOON).hours)


def test_line_of_a_clock_that_is_ahead_belongs_to_the_last_hour() -> None:
    assert tally([minted(NOON + DAY_MS)], NOON).hours[-1].tokens == {"minted": 1}


def test_refusals_are_counted_by_the_first_limit_or_the_code() -> None:
    entries = [
        refused(NOON, "quota-exceeded", "hour", "cooldown"),
        refused(NOON, "minting-paused"),
        Entry(NOON, "UPSTREAM_FAILED", operation="refresh", code="upstream-unavailable"),
        Entry(NOON, "INTERNAL_ERROR", operation="mint", status=500),
        Entry(NOON, "CLIENT_GONE", operation="mint", status=499),
        Entry(NOON, "REQUEST_REFUSED", operation="usage", code="unauthenticated"),
    ]

    assert tally(entries, NOON).hours[-1].refused == {
        "hour": 1,
        "minting-paused": 1,
        "upstream-unavailable": 1,
        "internal": 1,
        "client-gone": 1,
    }


def test_session_lives_until_its_newest_token_has_expired() -> None:
    entries = [minted(NOON, "a", 30), minted(NOON - 10, "b", 30), minted(NOON + 5, "a", 60)]

    def live(now: int) -> list[str]:
        return [entry.session for entry in tally(entries, now).live]

    assert live(NOON + 6) == ["a", "b"] or live(NOON + 6) == ["b", "a"]
    assert live(NOON - 10 + 30 * MINUTE_MS) == ["a"]
    assert live(NOON + 5 + 60 * MINUTE_MS) == []


def test_every_token_and_session_of_a_batch_counts() -> None:
    line = {
        "event": "TOKEN_CREATED",
        "user": USER,
        "session": "a",
        "expiresMs": NOON + 1,
        "batch": [["b", "digest"], ["c", "digest"]],
    }
    entry = Entry.of(NOON - 1, kept_fields(line))
    ended = Entry(NOON, "SESSION_ENDED", operation="end_session", session="b")

    told = tally([entry, ended], NOON)

    assert told.hours[-1].tokens == {"minted": 3}
    assert told.busiest == ((USER, 3, 0),)
    assert [each.session for each in told.live] == ["a", "c"]


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, True, "7", None, [7]])
def test_what_is_no_number_in_a_foreign_line_is_nothing(number: object) -> None:
    line = {"httpRequest": {"status": number}, "latencyMs": {"total": number}, "expiresMs": number}

    entry = Entry.of(NOON, kept_fields(line))

    assert (entry.status, entry.total_ms, entry.expires) == (0, 0, 0)


def test_session_that_was_ended_does_not_live() -> None:
    ended = Entry(NOON + 1, "SESSION_ENDED", operation="end_session", session="a")

    assert tally([ended, minted(NOON, "a")], NOON + 2).live == ()


def test_refused_end_ends_nothing() -> None:
    refusal = Entry(NOON + 1, "REQUEST_REFUSED", operation="end_session", session="a", status=503)

    assert len(tally([refusal, minted(NOON, "a")], NOON + 2).live) == 1


def test_busiest_are_those_with_most_tokens_and_refusals() -> None:
    entries = [minted(NOON, f"{n}", user=f"{n:040x}") for n in range(30)]
    entries += [refused(NOON) for _ in range(3)]

    busiest = tally(entries, NOON).busiest

    assert busiest[0] == (USER, 0, 3)
    assert len(busiest) == 20


@given(st.lists(st.sampled_from([*TOKENS, "TOKEN_REFUSED"]), max_size=60), st.integers(0, 99))
def test_order_of_lines_does_not_matter_and_none_is_lost(events: list[str], seed: int) -> None:
    first = first_hour(NOON)
    entries = [
        Entry(first + n * 1_000_003, event, operation="mint", session=f"{n % 5}", expires=NOON + n)
        for n, event in enumerate(events)
    ]
    mixed = random.Random(seed).sample(entries, len(entries))

    told, again = tally(entries, NOON), tally(mixed, NOON)

    assert told == again
    counted = sum(sum(h.tokens.values()) + sum(h.refused.values()) for h in told.hours)
    assert counted == len(events)


def test_percentile_is_a_value_that_was_measured() -> None:
    values = [float(n) for n in range(1, 101)]
    random.Random(8).shuffle(values)

    assert (percentile(values, 0.50), percentile(values, 0.95)) == (50, 95)
    assert abs((percentile(values, 0.95) or 0) - quantiles(values, n=20)[-1]) <= 1
    assert percentile([7.5], 0.95) == percentile([7.5], 0.50) == 7.5
    assert percentile([], 0.5) is None
