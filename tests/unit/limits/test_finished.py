"""Finished sessions are kept as readable lines, and are reported unchanged."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.fakes.memory import NOON
from vending.clock import DAY_MS
from vending.errors import SessionEnded, SessionExpired
from vending.limits.admit import admit, charge, end
from vending.limits.finished import can_finish, lines_of, newest
from vending.limits.grant import Grant
from vending.limits.retention import LATE_MS, SESSIONS_KEPT, pruned
from vending.limits.session import Session
from vending.limits.usage import YEAR_9000_MS, Usage
from vending.operations.present import session_answer
from vending.policy import Limits

MINUTE = 60_000
OFF = Limits(0, 0, 0, 0, 0, 0, 0)
MODELS = st.sampled_from(("gemini-3.8-live", "gemini-of-next-year", "ein Modell", "a\u2028b\rc"))
SESSIONS = st.builds(
    lambda name, model, started, activity, lives, tokens, ended: Session(
        name.hex(),
        model,
        started,
        started + activity,
        {f"{n:012x}": started + lives for n in range(tokens)},
        ended=ended,
    ),
    st.binary(min_size=12, max_size=12),
    MODELS,
    st.integers(0, YEAR_9000_MS - 1),
    st.integers(0, (1 << 32) - 1),
    st.integers(0, (1 << 32) - 1),
    st.integers(1, 255),
    st.booleans(),
)


def grant(kind: Any, session: int, n: int, minutes: int = 60) -> Grant:
    return Grant(kind, f"{session:024x}", f"{n:012x}", minutes, model="gemini-3.8-live")


def vended(usage: Usage, now: int, wanted: Grant, limits: Limits) -> Usage:
    return charge(usage, now, wanted, admit(usage, now, wanted, limits), limits)


@given(st.lists(SESSIONS, max_size=5, unique_by=lambda s: s.id))
def test_session_that_is_over_is_told_as_it_was(sessions: list[Session]) -> None:
    now = max((s.expires for s in sessions), default=0)
    assert all(can_finish(s, now) for s in sessions)

    stored = json.loads(json.dumps({"over": lines_of(sessions)}))
    usage = Usage.of(stored)

    found = [usage.session(s.id) for s in sessions]
    told = [session_answer(s, now, OFF) for s in found if s]
    assert told == [session_answer(s, now, OFF) for s in sessions]
    assert usage.session("nobody's") is None


def test_line_can_be_read_by_a_person() -> None:
    over = Session("ab" * 12, "gemini-3.8-live", NOON, NOON + 5, {"c": NOON + 9}, ended=True)

    assert lines_of([over]) == f"{'ab' * 12} {NOON} +5 +9 1 ended gemini-3.8-live\n"


@pytest.mark.parametrize(
    "other",
    [
        {"tokens": {"c": NOON + LATE_MS + 1}},
        {"unknown": {"mood": "good"}},
        {"id": "__name__"},
        {"id": "\u00e9t\u00e9"},
        {"model": ""},
        {"model": "m\nn"},
        {"started": NOON + 1},
        {"tokens": {f"{n:012x}": NOON for n in range(10_000)}},
    ],
    ids=[
        "its token lives",
        "of a newer revision",
        "id",
        "letters",
        "no model",
        "two lines",
        "clock",
        "tokens",
    ],
)
def test_session_that_a_line_cannot_hold_stays_as_it_is(other: dict[str, Any]) -> None:
    over = Session("ab" * 12, "m", NOON - 1, NOON - 1, {"c": NOON})
    assert can_finish(over, NOON)

    kept = pruned(Usage(sessions=(replace(over, **other),)), NOON + LATE_MS)

    assert kept.sessions == (replace(over, **other),)
    assert kept.finished == ""


def test_what_is_over_is_still_refused_by_name_listed_and_forgotten_after_a_day() -> None:
    usage, now = Usage(), NOON
    for n in range(2):
        usage = vended(usage, now, grant("mint", n, n), OFF)
    usage = end(usage, now, f"{0:024x}")
    now += 65 * MINUTE
    usage = vended(usage, now, grant("mint", 2, 2), OFF)

    assert [s.id for s in usage.sessions] == [f"{2:024x}"]
    assert [s.state(now) for s in usage.sessions_of_the_day(now)] == ["ended", "expired", "active"]
    with pytest.raises(SessionEnded):
        admit(usage, now, grant("refresh", 0, 3), OFF)
    with pytest.raises(SessionExpired):
        admit(usage, now, grant("refresh", 1, 3), OFF)
    assert not vended(usage, now + DAY_MS, grant("mint", 3, 3), OFF).finished


def test_of_too_many_the_newest_are_kept_whatever_their_order() -> None:
    over = [Session(f"{n:024x}", "m", NOON + n, NOON + n, {"c": NOON + 200}) for n in range(150)]
    lines = lines_of(over[::-1])

    assert newest(lines, NOON, 100) == lines_of(over[50:])
    assert newest(lines, NOON + 120, 100) == lines_of(over[121:])
    assert newest(lines, NOON, 0) == ""


def test_day_of_sessions_is_kept_whole() -> None:
    usage, now = Usage(), NOON
    for n in range(SESSIONS_KEPT):
        usage = vended(usage, now, grant("mint", n, n, 10), OFF)
        now += 14 * MINUTE

    assert len(usage.sessions_of_the_day(now)) == len(usage.mints) == SESSIONS_KEPT
    assert len(usage.sessions) == 2  # one has only just expired


BROKEN: dict[str, Any] = {
    "a number": 5,
    "text": "abc",
    "a map of numbers": {"ab": 5},
    "a session without a token": f"ab {NOON} +1 +1 0 ended m\n",
    "no model": f"ab {NOON} +1 +1 1 ended \n",
    "no id": f" {NOON} +1 +1 1 ended m\n",
    "another state": f"ab {NOON} +1 +1 1 alive m\n",
    "half a line after one": f"ab {NOON} +1 +1 1 ended m\ncd {NOON} +1",
    "a start in the year 10000": "ab 253402300800000 +1 +1 1 ended m\n",
    "an end before the start": f"ab {NOON} +1 -1 1 ended m\n",
}


@pytest.mark.parametrize("kind", BROKEN)
def test_line_that_nobody_writes_is_an_error_that_ledgers_know(kind: str) -> None:
    with pytest.raises(ValueError, match=r"that (is|are) over"):
        Usage.of({"over": BROKEN[kind]})


def test_earlier_revisions_find_the_maps_that_they_read() -> None:
    over = Session("ab" * 12, "m", NOON, NOON + 5, {"c": NOON + 9}, ended=True)

    written = pruned(Usage(sessions=(over,)), NOON + DAY_MS // 2).document()

    assert written["over"] == lines_of([over])
    assert (written["finished"], written["past"]) == ({}, {})


def test_lines_in_a_map_are_read_as_well() -> None:
    over = Session("ab" * 12, "ein Modell", NOON, NOON + 5, {"c": NOON + 9}, ended=True)

    usage = Usage.of({"finished": {"ab" * 12: f"{NOON} +5 +9 1 ended ein Modell"}})

    assert usage.finished == lines_of([over])


# --- what revisions up to 19c6b32 wrote -----------------------------------------------------------


def past(models: Any, *, start: int = NOON, tokens: int = 1, number: int = 0, cut: int = 28) -> Any:
    """One record, written by hand."""
    record = bytes(12) + start.to_bytes(6) + bytes(8) + bytes((tokens, number))
    return {"models": models, "records": base64.b64encode(record[:cut]).decode()}


# What 19c6b32 wrote of two sessions, of which one was ended.
OLD_RECORDS = {
    "models": ["gemini-3.8-live", "gemini-3.1-flash-live-preview"],
    "records": "q6urq6urq6urq6urAaDEUGwAAAAAAAAbd0ABAM3Nzc3Nzc3Nzc3NzQGgxFFWYAAGtsAAHBOAA4E=",
}


def test_records_of_the_revision_before_are_read_and_put_in_lines() -> None:
    usage = Usage.of({"past": OLD_RECORDS})

    written = usage.document()

    told = [(s.id[:2], s.model, s.ended, len(s.tokens)) for s in usage.sessions_of_the_day(0)]
    assert told == [
        ("ab", "gemini-3.8-live", False, 1),
        ("cd", "gemini-3.1-flash-live-preview", True, 3),
    ]
    assert Usage.of(written) == usage
    assert written["past"] == {}


BROKEN_RECORDS: dict[str, Any] = {
    "text": "abc",
    "records of half a length": past(["m"], cut=14),
    "a model that is not there": past(["m"], number=1),
    "an ended one's model that is not there": past(["m"], number=0x81),
    "models that are a number": past(1),
    "records that are no base64": {"models": ["m"], "records": "!!"},
    "a session without a token": past(["m"], tokens=0),
    "a start in the year 10000": past(["m"], start=253_402_300_800_000),
}


@pytest.mark.parametrize("kind", BROKEN_RECORDS)
def test_records_that_nobody_wrote_are_an_error_that_ledgers_know(kind: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        Usage.of({"past": BROKEN_RECORDS[kind]})


@given(st.binary(max_size=90), st.booleans())
def test_records_of_any_bytes_are_refused_or_can_be_told(records: bytes, whole: bool) -> None:
    records = records[: len(records) // 28 * 28] if whole else records
    document = {"models": ["m"] * 128, "records": base64.b64encode(records).decode()}
    try:
        usage = Usage.of({"past": document})
    except ValueError:
        return

    told = [session_answer(s, NOON, OFF) for s in usage.sessions_of_the_day(NOON)]
    lines = usage.finished.count("\n")
    assert pruned(usage, NOON).finished.count("\n") <= lines <= len(records) // 28
    assert len(told) <= lines
