"""Limits are exact to the millisecond, alone and combined, and so is what callers are told."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from support.fakes.memory import NOON
from support.runs.quick import examples
from vending.clock import DAY_MS, HOUR_MS
from vending.errors import (
    LivepassError,
    NoSuchSession,
    QuotaExceeded,
    SessionEnded,
    SessionExpired,
)
from vending.limits.admit import admit, charge, end
from vending.limits.grant import Grant
from vending.limits.retention import CHARGES_KEPT, SESSIONS_KEPT
from vending.limits.usage import Session, Usage
from vending.limits.violations import TOKENS_KEPT
from vending.policy import LIMITS, Limits

MINUTE = 60_000
OFF = Limits(0, 0, 0, 0, 0, 0, 0)


def mint(name: str = "new", minutes: int = 30) -> Grant:
    return Grant("mint", name, f"charge of {name}", minutes, model="gemini-3.8-live")


def refresh(session: str, charge_id: str = "again", minutes: int = 30) -> Grant:
    return Grant("refresh", session, charge_id, minutes)


def session(name: str, start: int, *expires: int, ended: bool = False) -> Session:
    tokens = {f"{name} {n}": moment for n, moment in enumerate(expires)}
    issued = dict.fromkeys(tokens, start)
    return Session(name, "gemini-3.8-live", start, start, tokens, ended=ended, issued=issued)


def vended(usage: Usage, now: int, grant: Grant, limits: Limits = OFF) -> Usage:
    return charge(usage, now, grant, admit(usage, now, grant, limits), limits)


def refusal(usage: Usage, now: int, grant: Grant, limits: Limits) -> QuotaExceeded:
    with pytest.raises(QuotaExceeded) as caught:
        admit(usage, now, grant, limits)
    return caught.value


def is_admitted(usage: Usage, now: int, grant: Grant, limits: Limits) -> bool:
    try:
        admit(usage, now, grant, limits)
    except (QuotaExceeded, SessionExpired, SessionEnded, NoSuchSession):
        return False
    return True


LIVE = (session("s", NOON, NOON + 30 * HOUR_MS),)
EDGES = {
    "hour": (
        Usage(mints=(NOON, NOON + 5)),
        mint(),
        replace(OFF, mints_per_hour=2),
        NOON + HOUR_MS,
    ),
    "day": (
        Usage(mints=(NOON,), refreshes=(NOON + 7,)),
        mint(),
        replace(OFF, tokens_per_day=2),
        NOON + DAY_MS,
    ),
    "cooldown": (
        Usage(mints=(NOON,)),
        mint(),
        replace(OFF, cooldown_minutes=5),
        NOON + 5 * MINUTE,
    ),
    "sessions": (
        Usage(sessions=(session("a", NOON, NOON + 777), session("b", NOON, NOON + 9 * MINUTE))),
        mint(),
        replace(OFF, sessions=2),
        NOON + 777,
    ),
    "refreshHour": (
        Usage(refreshes=(NOON, NOON + 1), sessions=LIVE),
        refresh("s"),
        replace(OFF, refreshes_per_hour=2),
        NOON + HOUR_MS,
    ),
    "minutes": (
        Usage(granted=((NOON, 20 * MINUTE), (NOON + 5, 10 * MINUTE))),
        mint(),
        replace(OFF, minutes_per_day=30),
        NOON + DAY_MS,
    ),
    "minutes of a refresh": (
        Usage(granted=((NOON - 1, MINUTE), (NOON + 5, 30 * MINUTE)), sessions=LIVE),
        refresh("s"),
        replace(OFF, minutes_per_day=30),
        NOON + 5 + DAY_MS,
    ),
    "day of a refresh": (
        Usage(mints=(NOON,), refreshes=(NOON + 1,), sessions=LIVE),
        refresh("s"),
        replace(OFF, tokens_per_day=2),
        NOON + DAY_MS,
    ),
}


@pytest.mark.parametrize("name", EDGES)
def test_limit_lets_go_at_its_edge_to_the_millisecond(name: str) -> None:
    usage, grant, limits, edge = EDGES[name]

    refused = refusal(usage, edge - 1, grant, limits)

    assert refused.violated == (name.split(" ", maxsplit=1)[0],)
    assert refused.retry_after_s == 1
    assert admit(usage, edge, grant, limits).id == grant.session_id


@pytest.mark.parametrize("name", EDGES)
def test_zero_switches_a_limit_off(name: str) -> None:
    usage, grant, _, edge = EDGES[name]

    assert admit(usage, edge - 1, grant, OFF).id == grant.session_id


@pytest.mark.parametrize("name", EDGES)
def test_one_below_the_limit_is_admitted(name: str) -> None:
    usage, grant, limits, edge = EDGES[name]
    numbers = {"mints_per_hour", "tokens_per_day", "sessions", "refreshes_per_hour"}
    wider = {n: getattr(limits, n) + 1 for n in numbers if getattr(limits, n)}
    if limits.minutes_per_day:
        wider["minutes_per_day"] = 32

    one_more = replace(limits, cooldown_minutes=0, **wider)

    assert is_admitted(usage, edge - 1, grant, one_more)


def test_tokens_of_a_session_are_its_mint_and_its_refreshes() -> None:
    limits = replace(OFF, tokens_per_session=3)
    usage = vended(Usage(), NOON, mint("s"), limits)
    usage = vended(usage, NOON, refresh("s", "1"), limits)

    usage = vended(usage, NOON, refresh("s", "2"), limits)

    assert refusal(usage, NOON, refresh("s", "3"), limits).violated == ("refreshesPerSession",)
    assert is_admitted(usage, NOON, refresh("s", "3"), replace(limits, tokens_per_session=4))
    assert is_admitted(usage, NOON, refresh("s", "3"), replace(limits, tokens_per_session=0))


def test_all_limits_that_refuse_a_mint_are_named_in_the_documented_order() -> None:
    usage = Usage(mints=(NOON,), sessions=(session("a", NOON, NOON + 2 * DAY_MS),))
    limits = Limits(mints_per_hour=1, tokens_per_day=1, cooldown_minutes=1, sessions=1)

    refused = refusal(usage, NOON + 1, mint(), limits)

    assert refused.violated == ("hour", "day", "cooldown", "sessions")
    assert refused.retry_after_s == 2 * DAY_MS // 1000


def test_all_limits_that_refuse_a_refresh_are_named_in_the_documented_order() -> None:
    usage = Usage(refreshes=(NOON,), sessions=LIVE)
    limits = Limits(tokens_per_day=1, refreshes_per_hour=1, tokens_per_session=1)

    refused = refusal(usage, NOON + 1, refresh("s"), limits)

    assert refused.violated == ("day", "refreshHour", "refreshesPerSession")
    assert refused.retry_after_s is None


def test_retry_after_in_the_last_second_of_a_session_is_none() -> None:
    limits = replace(OFF, refreshes_per_hour=1)
    usage = Usage(refreshes=(NOON,), sessions=(session("s", NOON, NOON + HOUR_MS + 400),))

    refused = refusal(usage, NOON + 500, refresh("s"), limits)

    assert not is_admitted(usage, NOON + 500 + HOUR_MS, refresh("s"), limits)
    assert refused.retry_after_s is None


@pytest.mark.parametrize(("longer_ms", "retry_after_s"), [(0, None), (1, 3600)])
def test_retry_after_is_told_if_the_session_outlives_it(
    longer_ms: int, retry_after_s: int | None
) -> None:
    limits, now = replace(OFF, refreshes_per_hour=1), NOON + 500
    ends = now + HOUR_MS + longer_ms
    usage = Usage(refreshes=(NOON,), sessions=(session("s", NOON, ends),))

    refused = refusal(usage, now, refresh("s"), limits)

    assert refused.retry_after_s == retry_after_s


def test_session_without_limits_forgets_tokens_that_have_expired_and_no_other() -> None:
    tokens = range(NOON + MINUTE, NOON + MINUTE + TOKENS_KEPT)
    usage = Usage(sessions=(session("s", NOON, *tokens),))

    refused = refusal(usage, NOON, refresh("s"), OFF)
    (kept,) = vended(usage, NOON + MINUTE, refresh("s")).sessions

    assert (refused.violated, refused.retry_after_s) == (("refreshesPerSession",), 60)
    assert [*kept.tokens][:2] == ["s 1", "s 2"]
    assert [*kept.tokens][-2:] == ["s 99", "again"]


def test_refresh_is_exempt_from_what_holds_for_mints() -> None:
    limits = Limits(mints_per_hour=1, cooldown_minutes=60, sessions=2)
    usage = vended(Usage(), NOON, mint("s"), limits)

    refreshed = vended(usage, NOON + 1, refresh("s"), limits)

    assert refreshed.mints == (NOON,)
    assert refreshed.refreshes == (NOON + 1,)
    assert len(refreshed.live_sessions(NOON + 1)) == 1


def test_refresh_does_not_move_the_cooldown() -> None:
    limits = replace(OFF, cooldown_minutes=5)
    usage = vended(Usage(), NOON, mint("s"), limits)

    usage = vended(usage, NOON + 4 * MINUTE, refresh("s"), limits)

    assert is_admitted(usage, NOON + 5 * MINUTE, mint(), limits)


def test_session_is_refreshed_until_its_newest_token_has_expired() -> None:
    usage = vended(Usage(), NOON, mint("s", minutes=10))

    usage = vended(usage, NOON + 10 * MINUTE - 1, refresh("s", minutes=10))

    assert is_admitted(usage, NOON + 20 * MINUTE - 2, refresh("s", "2"), OFF)
    with pytest.raises(SessionExpired):
        admit(usage, NOON + 20 * MINUTE - 1, refresh("s", "2"), OFF)


def test_session_is_refreshed_until_it_is_as_old_as_it_may_get() -> None:
    limits = replace(OFF, session_minutes=45)
    usage = vended(Usage(), NOON, mint("s", minutes=30), limits)
    usage = vended(usage, NOON + 20 * MINUTE, refresh("s", minutes=30), limits)

    assert usage.sessions[0].expires == NOON + 45 * MINUTE
    latest = NOON + 45 * MINUTE - 10_000  # no token of a few milliseconds is asked of Gemini
    assert is_admitted(usage, latest - 1, refresh("s", "2"), limits)
    with pytest.raises(SessionExpired):
        admit(usage, latest, refresh("s", "2"), limits)


def test_session_of_nobody_is_not_found() -> None:
    with pytest.raises(NoSuchSession):
        admit(Usage(), NOON, refresh("s"), OFF)
    with pytest.raises(NoSuchSession):
        end(Usage(), NOON, "s")


def test_ended_session_frees_its_slot_and_takes_no_more_tokens() -> None:
    limits = replace(OFF, sessions=1)
    usage = vended(Usage(), NOON, mint("s"), limits)
    assert not is_admitted(usage, NOON + 1, mint(), limits)

    usage = end(usage, NOON + 1, "s")

    assert is_admitted(usage, NOON + 1, mint(), limits)
    assert usage.mints == (NOON,)
    with pytest.raises(SessionEnded):
        admit(usage, NOON + 1, refresh("s"), limits)


def test_ending_what_is_over_changes_nothing() -> None:
    usage = vended(Usage(), NOON, mint("s", minutes=1))

    assert end(usage, NOON + MINUTE, "s") is usage


def test_lowered_limit_waits_for_all_that_is_too_much() -> None:
    usage = Usage(mints=(NOON, NOON + 1000, NOON + 2000))

    refused = refusal(usage, NOON + 3000, mint(), replace(OFF, mints_per_hour=1))

    assert refused.retry_after_s == (HOUR_MS - 1000) // 1000


def test_deciding_changes_nothing() -> None:
    usage = Usage(mints=(NOON,), sessions=LIVE)
    before = json.dumps(usage.document())

    admit(usage, NOON + 1, mint(), OFF)
    admit(usage, NOON + 1, refresh("s"), OFF)
    refusal(usage, NOON + 1, mint(), replace(OFF, mints_per_hour=1))

    assert json.dumps(usage.document()) == before


def test_live_sessions_are_not_forgotten_for_those_that_are_over() -> None:
    usage = vended(Usage(), NOON, mint("live", minutes=1000))
    for n in range(SESSIONS_KEPT + 5):
        usage = vended(usage, NOON + n * MINUTE, mint(f"over{n}", minutes=1))

    now = NOON + (SESSIONS_KEPT + 5) * MINUTE
    assert len(usage.sessions_of_the_day(now)) == SESSIONS_KEPT
    assert usage.session("over0") is None
    assert usage.session("live")
    assert is_admitted(usage, now, refresh("live"), OFF)


@pytest.mark.parametrize("ended", [False, True])
def test_session_whose_token_lives_is_never_forgotten_but_a_new_one_refused(*, ended: bool) -> None:
    usage = Usage()
    for n in range(SESSIONS_KEPT):
        usage = vended(usage, NOON + n, mint(f"{n}"))
        usage = end(usage, NOON + n, f"{n}") if ended else usage

    refused = refusal(usage, NOON + 1000, mint(), OFF)
    also_by_the_slot = refusal(usage, NOON + 1000, mint(), replace(OFF, sessions=1))

    assert len(usage.sessions) == SESSIONS_KEPT
    assert (refused.violated, refused.retry_after_s) == (("sessions",), 30 * 60 - 1)
    assert also_by_the_slot.retry_after_s == 30 * 60
    assert is_admitted(usage, NOON + 30 * MINUTE, mint(), OFF)


def test_document_stays_small_whatever_is_charged() -> None:
    usage = Usage()
    for n in range(CHARGES_KEPT + 100):
        now = NOON + n * MINUTE
        usage = vended(usage, now, mint(f"{n:024x}", minutes=1))
        usage = vended(usage, now, refresh(f"{n:024x}", f"{n:012x}", minutes=1))

    assert len(usage.mints) == len(usage.refreshes) == CHARGES_KEPT
    assert usage.mints[-1] == NOON + (CHARGES_KEPT + 99) * MINUTE
    assert len(json.dumps(usage.document())) < 100_000


def test_token_is_never_longer_than_what_is_left_of_the_minutes() -> None:
    limits = replace(OFF, minutes_per_day=45)
    usage = vended(Usage(), NOON, mint("a", minutes=30), limits)

    usage = vended(usage, NOON + MINUTE, mint("b", minutes=30), limits)

    assert usage.session("b").expires == NOON + 16 * MINUTE  # type: ignore[union-attr]
    assert usage.granted == ((NOON, 30 * MINUTE), (NOON + MINUTE, 15 * MINUTE))
    assert refusal(usage, NOON + MINUTE, mint("c"), limits).violated == ("minutes",)


@pytest.mark.parametrize(("left_ms", "fits"), [(9_999, False), (10_000, True)])
@pytest.mark.parametrize("grant", [mint(), refresh("s")])
def test_less_than_the_least_token_is_none(left_ms: int, grant: Grant, *, fits: bool) -> None:
    limits = replace(OFF, minutes_per_day=30)
    usage = Usage(granted=((NOON, 30 * MINUTE - left_ms),), sessions=LIVE)

    assert is_admitted(usage, NOON + 1, grant, limits) is fits


def test_handover_counts_what_it_prolongs_and_another_talk_all_of_it() -> None:
    limits = replace(OFF, minutes_per_day=110)
    usage = vended(Usage(), NOON, mint("s", minutes=30), limits)

    usage = vended(usage, NOON + 28 * MINUTE, refresh("s", "1", minutes=30), limits)
    usage = vended(usage, NOON + 29 * MINUTE, refresh("s", "2", minutes=20), limits)
    usage = vended(usage, NOON + 57 * MINUTE, refresh("s", "3", minutes=60), limits)

    assert [ms // MINUTE for _, ms in usage.granted] == [30, 28, 20, 32]
    assert usage.sessions[0].expires == NOON + 90 * MINUTE


def test_ending_a_session_gives_no_minutes_back() -> None:
    limits = replace(OFF, minutes_per_day=30)
    usage = end(vended(Usage(), NOON, mint("s"), limits), NOON + 1, "s")

    refused = refusal(usage, NOON + 1, mint("t"), limits)

    assert (refused.violated, refused.retry_after_s) == (("minutes",), DAY_MS // 1000)


def test_minutes_are_those_of_each_talk_a_token_may_start() -> None:
    limits = replace(OFF, minutes_per_day=60)
    grant = replace(mint("s", minutes=30), uses=3)

    usage = vended(Usage(), NOON, grant, limits)

    assert usage.granted == ((NOON, 60 * MINUTE),)
    assert usage.sessions[0].expires == NOON + 20 * MINUTE


def test_token_in_hand_that_is_longer_than_what_is_left_is_refused_for_a_second() -> None:
    limits = replace(OFF, minutes_per_day=60)
    usage = Usage(granted=((NOON, 35 * MINUTE),))
    held_until = NOON + 25 * MINUTE

    assert admit(usage, NOON, mint(), limits, held_until=held_until).expires == held_until
    with pytest.raises(QuotaExceeded) as refused:
        admit(usage, NOON, mint(), limits, held_until=held_until + 1)

    assert (refused.value.violated, refused.value.retry_after_s) == (("minutes",), 1)
    assert is_admitted(usage, NOON + 1000, mint(), limits)


def test_nothing_more_is_stored_where_minutes_are_not_limited() -> None:
    usage = vended(Usage(), NOON, mint("s"))

    assert vended(usage, NOON + 1, refresh("s")).document()["granted"] == []


# --- properties -----------------------------------------------------------------------------------

OFTEN = settings(
    max_examples=examples(400),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
AGES = st.lists(
    st.one_of(st.integers(0, 70 * MINUTE), st.sampled_from((0, 1, HOUR_MS - 1, HOUR_MS, DAY_MS))),
    max_size=5,
)
LIVES = st.lists(
    st.tuples(st.integers(0, 90 * MINUTE), st.integers(-5000, 90 * MINUTE)), max_size=4
)
SOME_LIMITS = st.builds(
    Limits,
    mints_per_hour=st.integers(0, 4),
    tokens_per_day=st.integers(0, 6),
    cooldown_minutes=st.integers(0, 8),
    refreshes_per_hour=st.integers(0, 4),
    tokens_per_session=st.integers(0, 2),
    session_minutes=st.integers(0, 150),
    sessions=st.integers(0, 3),
)


def _history(mints: list[int], refreshes: list[int], lives: list[tuple[int, int]]) -> Usage:
    return Usage(
        mints=tuple(sorted(NOON - age for age in mints)),
        refreshes=tuple(sorted(NOON - age for age in refreshes)),
        sessions=tuple(
            session(f"{n}", NOON - age, NOON + max(left, -age))
            for n, (age, left) in enumerate(lives)
        ),
    )


HISTORIES = st.builds(_history, AGES, AGES, LIVES)
GRANTS = st.sampled_from((mint(), refresh("0")))


def _outcome(usage: Usage, now: int, grant: Grant, limits: Limits) -> str:
    try:
        admit(usage, now, grant, limits)
    except LivepassError as error:
        return error.code
    return "admitted"


def _ages(random: Random) -> list[int]:
    edges = (0, 1, HOUR_MS - 1, HOUR_MS, DAY_MS - 1, DAY_MS)
    ages = [random.randrange(70 * MINUTE) for _ in range(random.randrange(6))]
    return [*ages, *random.sample(edges, random.randrange(3))]


def _refused(random: Random) -> tuple[Usage, Grant, Limits, int | None]:
    """Make cases until one is refused by the limits."""
    while True:
        lives = [
            (random.randrange(90 * MINUTE), random.randrange(-5000, 90 * MINUTE))
            for _ in range(random.randrange(4))
        ]
        usage = _history(_ages(random), _ages(random), lives)
        grant = random.choice((mint(), refresh("0")))
        most = zip(LIMITS, (5, 7, 9, 5, 3, 150, 4), strict=False)
        numbers: dict[str, Any] = {name: random.randrange(greatest) for name, greatest in most}
        limits = Limits(**numbers)
        try:
            admit(usage, NOON, grant, limits)
        except QuotaExceeded as error:
            return usage, grant, limits, error.retry_after_s
        except LivepassError:
            continue


@settings(OFTEN, max_examples=examples(500))
@given(st.integers(0, 2**64))
def test_retry_after_is_the_second_at_which_it_is_admitted(seed: int) -> None:
    random = Random(seed)

    for usage, grant, limits, wait_s in (_refused(random) for _ in range(12)):
        if wait_s is None:
            later = (NOON + s * 1000 for s in (1, 60, 300, 1800, 3600, 7200, 86_400, 100_000))
            assert grant.kind == "refresh"
            assert all(_outcome(usage, then, grant, limits) != "admitted" for then in later)
        else:
            assert _outcome(usage, NOON + wait_s * 1000, grant, limits) == "admitted"
            assert _outcome(usage, NOON + wait_s * 1000 - 1000, grant, limits) != "admitted"


def _with_mint(usage: Usage, age: int) -> Usage:
    return replace(usage, mints=tuple(sorted((*usage.mints, NOON - age))))


def _with_refresh(usage: Usage, age: int) -> Usage:
    return replace(usage, refreshes=tuple(sorted((*usage.refreshes, NOON - age))))


def _with_session(usage: Usage, age: int) -> Usage:
    return usage.with_session(session("more", NOON - age, NOON + HOUR_MS))


MORE = st.sampled_from((_with_mint, _with_refresh, _with_session))


@OFTEN
@given(HISTORIES, GRANTS, SOME_LIMITS, MORE, st.integers(0, 2 * HOUR_MS))
def test_more_history_never_admits_more(
    usage: Usage, grant: Grant, limits: Limits, more: Callable[[Usage, int], Usage], age: int
) -> None:
    assume(_outcome(usage, NOON, grant, limits) != "admitted")

    assert _outcome(more(usage, age), NOON, grant, limits) != "admitted"


@OFTEN
@given(HISTORIES, SOME_LIMITS, st.permutations([mint("a"), mint("b"), refresh("0"), refresh("1")]))
def test_order_of_requests_of_one_kind_at_one_moment_does_not_matter(
    usage: Usage, limits: Limits, grants: list[Grant]
) -> None:
    limits = replace(limits, tokens_per_day=0, sessions=0)  # what both kinds share
    in_order = sorted(grants, key=lambda grant: (grant.kind, grant.session_id))

    def charged(requests: list[Grant]) -> tuple[int, int]:
        after = usage
        for grant in requests:
            if _outcome(after, NOON, grant, limits) == "admitted":
                after = vended(after, NOON, grant, limits)
        return len(after.mints), len(after.refreshes)

    assert charged(grants) == charged(in_order)


@OFTEN
@given(HISTORIES, GRANTS, SOME_LIMITS)
def test_order_in_which_sessions_are_kept_does_not_matter(
    usage: Usage, grant: Grant, limits: Limits
) -> None:
    other = replace(usage, sessions=tuple(reversed(usage.sessions)))

    assert _outcome(other, NOON, grant, limits) == _outcome(usage, NOON, grant, limits)
