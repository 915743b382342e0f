"""A full day of one user costs a mint little more than none: counted in calls, not in time."""

from __future__ import annotations

import sys
from typing import Any

from google.cloud.firestore_v1 import types

from bench.wear import full_day
from support.fakes.memory import NOON
from vending.limits.admit import admit, charge
from vending.limits.grant import Grant
from vending.limits.usage import Usage
from vending.policy import Limits
from vending.store.firestore_fields import decode, encode

GRANT = Grant("mint", "a" * 24, "b" * 12, 30, model="gemini-3.8-live")
OFF = Limits(mints_per_hour=0, tokens_per_day=0, cooldown_minutes=0, sessions=0)
CALLS_PER_MINT = 7  # of those in the history: two are protobuf's, to read and to write its moment


def test_full_day_takes_few_calls() -> None:
    day = full_day(NOON)

    more = calls_of_a_mint(day) - calls_of_a_mint(Usage())

    assert more < CALLS_PER_MINT * len(day.mints)


def calls_of_a_mint(usage: Usage) -> int:
    """Count the calls, Python's and C's, from the stored message to the one to store."""
    stored, written = types.Document.pb()(), types.Document.pb()()
    encode(usage.document(), stored.fields)
    calls = 0

    def count(_: object, event: str, __: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        read = Usage.of(decode(stored.fields))
        session = admit(read, NOON, GRANT, OFF)
        encode(charge(read, NOON, GRANT, session, OFF).document(), written.fields)
    finally:
        sys.setprofile(None)
    return calls
