"""What is over takes little room, and is told as it was."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unit.fakes import NOON
from vending.admit import Grant, admit, charge, end
from vending.answers import session_answer
from vending.errors import SessionEnded, SessionExpired
from vending.past import Past
from vending.policy import Limits
from vending.replay import RequestKey
from vending.session import Session
from vending.usage import DAY_MS, SESSIONS_KEPT, Usage

MINUTE = 60_000
OFF = Limits(0, 0, 0, 0, 0, 0, 0)
LARGEST_DOCUMENT = 8 * 1024 - 150  # for the document's name and `expireAt`
MODELS = st.sampled_from(("gemini-3.8-live", "gemini-of-next-year", "ein Modell"))
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
    st.integers(0, NOON * 100),
    st.integers(0, (1 << 32) - 1),
    st.integers(0, (1 << 32) - 1),
    st.integers(1, 255),
    st.booleans(),
)


def grant(kind: Any, session: int, n: int, minutes: int = 60) -> Grant:
    return Grant(kind, f"{session:024x}", f"{n:012x}", minutes, model="gemini-3.8-live")


def vended(usage: Usage, now: int, wanted: Grant, limits: Limits, *, key: str = "") -> Usage:
    counted = charge(usage, now, wanted, admit(usage, now, wanted, limits), limits)
    if not key:
        return counted
    seal = RequestKey.of(key, "user", b"mint").seal(
        f"auth_tokens/{0:064x}", wanted.session, wanted.charge, now + 2 * MINUTE
    )
    return replace(counted, replays=(*counted.replays, seal)).pruned(now)


def stored_bytes(value: Any) -> int:
    """As Firestore counts (firebase.google.com/docs/firestore/storage-size), its name included."""
    if isinstance(value, str):
        return len(value.encode()) + 1
    if isinstance(value, int):
        return 1 if isinstance(value, bool) else 8
    if isinstance(value, dict):
        return sum(stored_bytes(part) for pair in value.items() for part in pair)
    return sum(map(stored_bytes, value))


def day_of_mints(mints: int = 100) -> tuple[Usage, int]:
    """A mint every 14 minutes, with a key, each session ended before the next."""
    usage, now = Usage(), NOON
    for n in range(mints):
        usage = vended(usage, now, grant("mint", n, n), Limits(), key=f"key-number-{n:010}")
        now += 10 * MINUTE
        usage = end(usage, now, f"{n:024x}")
        now += 4 * MINUTE
    return usage, now


@settings(deadline=None)
@given(st.lists(SESSIONS, max_size=5))
def test_session_that_is_put_away_is_told_as_it_was(sessions: list[Session]) -> None:
    now = max((s.expires for s in sessions), default=0)
    assert all(Past().takes(s, now) for s in sessions if s.active >= s.started)

    past = Past.of(json.loads(json.dumps(Past().plus(sessions).document())))

    told = [session_answer(s, now, OFF) for s in past]
    assert told == [session_answer(s, now, OFF) for s in sessions]
    assert [past.session(s.id) is not None for s in sessions] == [True] * len(sessions)


@given(st.lists(SESSIONS, min_size=2, max_size=4), st.integers(1, 40))
def test_bytes_that_look_like_an_id_elsewhere_are_none(sessions: list[Session], at: int) -> None:
    past = Past().plus(sessions)
    looks = past.records[at : at + 12].hex()

    found, told = past.session(looks), [s for s in past if s.id == looks]

    assert found == (told[0] if told else None)
    assert [past.session(s.id) in list(past) for s in sessions] == [True] * len(sessions)


@pytest.mark.parametrize(
    "other",
    [
        {"tokens": {"c": NOON + 1}},
        {"unknown": {"mood": "good"}},
        {"id": "s1"},
        {"id": "AB" * 12},
        {"tokens": {f"{n:012x}": NOON for n in range(256)}},
    ],
    ids=["its token lives", "of a newer revision", "id", "upper case", "tokens"],
)
def test_session_that_a_record_cannot_hold_stays_as_it_is(other: dict[str, Any]) -> None:
    over = Session("ab" * 12, "m", NOON - 1, NOON - 1, {"c": NOON})
    assert Past().takes(over, NOON)

    kept = Usage(sessions=(replace(over, **other),)).pruned(NOON)

    assert kept.sessions == (replace(over, **other),)


@pytest.mark.parametrize("known", [0, 15, 16, 100])
def test_each_of_a_hundred_models_keeps_its_name(known: int) -> None:
    names = {f"other-{n}" for n in range(SESSIONS_KEPT)}
    over = [Session(f"{n:024x}", f"other-{n}", NOON, NOON, {"c": NOON + 1}) for n in range(100)]
    past = Past(b"", tuple(f"model-{n}" for n in range(known)))

    usage = replace(Usage(sessions=(*over,)), past=past).pruned(NOON + 1)

    told = usage.sessions_of_the_day(NOON + 1)
    assert {s.model for s in told} == names
    assert not any(s.ended for s in told)
    assert Usage.of(usage.document()) == usage


def test_what_is_over_is_still_refused_by_name_listed_and_forgotten_after_a_day() -> None:
    usage, now = Usage(), NOON
    for n in range(2):
        usage = vended(usage, now, grant("mint", n, n), OFF)
    usage = end(usage, now, f"{0:024x}")
    now += 60 * MINUTE
    usage = vended(usage, now, grant("mint", 2, 2), OFF)

    assert [s.id for s in usage.sessions] == [f"{2:024x}"]
    assert [s.state(now) for s in usage.sessions_of_the_day(now)] == ["ended", "expired", "active"]
    with pytest.raises(SessionEnded):
        admit(usage, now, grant("refresh", 0, 3), OFF)
    with pytest.raises(SessionExpired):
        admit(usage, now, grant("refresh", 1, 3), OFF)
    assert not vended(usage, now + DAY_MS, grant("mint", 3, 3), OFF).past.records


def test_full_day_is_kept_whole_in_eight_kilobytes() -> None:
    usage, now = day_of_mints()

    assert len(usage.sessions_of_the_day(now)) == len(usage.mints) == SESSIONS_KEPT
    assert stored_bytes(usage.document()) < LARGEST_DOCUMENT
    assert len(usage.sessions) <= 5


def test_busiest_hour_at_the_end_of_a_full_day_fits_as_well() -> None:
    usage, now = day_of_mints(68)
    for n in range(10):
        now += 5 * MINUTE
        usage = vended(usage, now, grant("mint", 100 + n, 100 + n), Limits())
        if n < 7:
            usage = end(usage, now, f"{100 + n:024x}")
    for n in range(12):
        refresh, key = grant("refresh", 107 + n % 3, 200 + n), f"key-of-refresh-{n:010}"
        usage = vended(usage, now, refresh, replace(Limits(), tokens_per_day=0), key=key)

    assert len(usage.replays) == 8
    assert all(replay.sealed for replay in usage.replays)
    assert stored_bytes(usage.document()) < LARGEST_DOCUMENT


def test_token_that_can_start_nothing_any_more_is_kept_no_longer() -> None:
    usage = vended(Usage(), NOON, grant("mint", 0, 0), OFF, key="key-number-0000000000")
    assert usage.pruned(NOON + 2 * MINUTE - 1).replays[0].sealed

    assert not usage.pruned(NOON + 2 * MINUTE).replays[0].sealed


def past(models: Any, *, start: int = NOON, tokens: int = 1, number: int = 0, cut: int = 28) -> Any:
    """One record, written by hand."""
    record = bytes(12) + start.to_bytes(6) + bytes(8) + bytes((tokens, number))
    return {"models": models, "records": base64.b64encode(record[:cut]).decode()}


BROKEN: dict[str, tuple[Any, str]] = {
    "text": ("abc", "no object"),
    "no records": ({"models": []}, "not as we write"),
    "records of half a length": (past(["m"], cut=14), "not as we write"),
    "a model that is not there": (past(["m"], number=1), "not as we write"),
    "an ended one's model that is not there": (past(["m"], number=0x81), "not as we write"),
    "a model that is a number": (past([1]), "a model is no text"),
    "models that are a number": (past(1), "int"),
    "records that are no base64": ({"models": ["m"], "records": "!!"}, "base64"),
    "a session without a token": (past(["m"], tokens=0), "no token"),
    "a start in the year 10000": (past(["m"], start=253_402_300_800_000), "far future"),
}


def test_record_written_by_hand_is_read() -> None:
    assert [s.started for s in Usage.of({"past": past(["m"], number=0x80)}).past] == [NOON]


@pytest.mark.parametrize("kind", BROKEN)
def test_past_that_nobody_writes_is_an_error_that_ledgers_know(kind: str) -> None:
    document, why = BROKEN[kind]

    with pytest.raises((ValueError, TypeError), match=why):
        Usage.of({"past": document})


@settings(deadline=None)
@given(st.binary(max_size=90), st.booleans())
def test_records_of_any_bytes_are_refused_or_can_be_told(records: bytes, whole: bool) -> None:
    records = records[: len(records) // 28 * 28] if whole else records
    document = {"models": ["m"] * 128, "records": base64.b64encode(records).decode()}
    try:
        usage = Usage.of({"past": document})
    except ValueError:
        return

    told = [session_answer(s, NOON, OFF) for s in usage.sessions_of_the_day(NOON)]
    assert len(usage.pruned(NOON).past) <= len(usage.past) == len(records) // 28
    assert len(told) <= len(usage.past)
