"""Promises of every ledger, tested on SQLite and on Firestore."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from support.fakes.memory import NOON
from support.stores.ledgers import Kept, written
from vending.clock import DAY_MS
from vending.errors import StoreUnavailable
from vending.limits.usage import Replay, Session, Usage
from vending.store.retry import Conflict

FUNCTIONS = Path(__file__).parents[2] / "functions"
FULL = Usage(
    last=NOON,
    mints=(NOON - 5, NOON),
    refreshes=(NOON - 3,),
    sessions=(
        Session("a", "model", NOON - 5, NOON, {"c1": NOON + 5, "c2": NOON + 9}, {"voice": "Puck"}),
        Session("b", "model", NOON, NOON, {"c3": NOON + 7}, {"tools": ["x"], "temperature": 0.5}),
        Session(
            "c",
            "model",
            NOON - 9,
            NOON - 9,
            {"c4": NOON + 1},
            {"voice": "Kore"},
            ended=True,
            micros=7,
        ),
    ),
    replays=(Replay("key", "fingerprint", "a", "c2", NOON + 4, "c2VhbGVk"),),
    finished=f"{'0e' * 12} {NOON - 99} +5 +9 1 ended a model\n",
    spent={"d20260921": 1_968_750, "d20260922": 1},
    granted=((NOON - 5, 1_800_000), (NOON, 60_000)),
)


def stored(kept: Kept, user: str) -> dict[str, Any]:
    """Look at what is stored, as it is stored."""
    row = kept.books.row(user)
    assert row
    return row[1]


async def test_what_all_users_spent_on_a_day_is_summed_up(kept: Kept) -> None:
    ledger, day, other = kept.ledger(), f"d{uuid.uuid4().int % 10**8:08}", "d00000000"
    before = await ledger.spent(day, 5)

    for micros in (5, 700, 1_968_750):
        usage = replace(FULL, spent={day: micros, other: 1})
        await written(ledger, uuid.uuid4().hex, usage)
    await written(ledger, uuid.uuid4().hex, replace(FULL, spent={other: 1}))

    assert (before, await ledger.spent(day, 5)) == (0, 1_969_455)


async def test_user_that_never_was_has_used_nothing(kept: Kept, user: str) -> None:
    before = time.time() * 1000

    reading = await kept.ledger().read(user, 5)

    assert reading.usage == Usage()
    assert reading.version is None
    assert before - 1000 < reading.now < time.time() * 1000 + 1000


async def test_reading_writes_nothing(kept: Kept, user: str) -> None:
    await kept.ledger().read(user, 5)

    assert await asyncio.to_thread(kept.books.row, user) is None


async def test_usage_survives_the_way_into_the_store_and_back(kept: Kept, user: str) -> None:
    reading = await written(kept.ledger(), user, FULL)

    over = replace(FULL.sessions[2], requested={})
    assert reading.usage == FULL.with_session(over)
    assert reading.version is not None


async def test_usage_is_replaced_by_the_next_write(kept: Kept, user: str) -> None:
    ledger = kept.ledger()
    await written(ledger, user, FULL)

    reading = await written(ledger, user, Usage(last=NOON, mints=(NOON,)))

    assert reading.usage == Usage(last=NOON, mints=(NOON,))


async def test_write_on_a_stale_version_is_a_conflict_and_changes_nothing(
    kept: Kept, user: str
) -> None:
    ledger = kept.ledger()
    stale = await written(ledger, user, Usage(mints=(1,)))
    await ledger.write(user, Usage(mints=(1, 2)), stale.version, 5)

    with pytest.raises(Conflict):
        await ledger.write(user, Usage(mints=(1, 3)), stale.version, 5)

    assert (await ledger.read(user, 5)).usage.mints == (1, 2)


async def test_conflict_leaves_the_ledger_as_good_as_before(kept: Kept, user: str) -> None:
    ledger, other = kept.ledger(), kept.ledger()
    stale = await written(ledger, user, Usage(mints=(1,)))
    newest = await written(ledger, user, Usage(mints=(1, 2)))
    with pytest.raises(Conflict):
        await ledger.write(user, Usage(mints=(9,)), stale.version, 5)

    await other.write(user, Usage(mints=(1, 2, 3)), newest.version, 5)
    await written(ledger, user, Usage(mints=(1, 2, 3, 4)))

    assert (await other.read(user, 5)).usage.mints == (1, 2, 3, 4)


async def test_second_of_two_first_writes_is_a_conflict(kept: Kept, user: str) -> None:
    ledger = kept.ledger()
    await ledger.write(user, Usage(mints=(1,)), None, 5)

    with pytest.raises(Conflict):
        await ledger.write(user, Usage(mints=(2,)), None, 5)

    assert (await ledger.read(user, 5)).usage.mints == (1,)


async def test_update_of_what_was_removed_is_a_conflict(kept: Kept, user: str) -> None:
    ledger = kept.ledger()
    other = await written(ledger, f"other {user}", Usage(mints=(1,)))

    with pytest.raises(Conflict):
        await ledger.write(user, Usage(mints=(2,)), other.version, 5)


async def test_users_are_kept_apart(kept: Kept, user: str) -> None:
    ledger = kept.ledger()
    await written(ledger, user, Usage(mints=(1,)))

    other = await written(ledger, f"other {user}", Usage(mints=(2,)))

    assert other.usage.mints == (2,)
    assert (await ledger.read(user, 5)).usage.mints == (1,)


def test_fields_of_a_newer_revision_survive_a_write(kept: Kept, user: str) -> None:
    document = FULL.document()
    sessions = [{**s, "mood": {"good": [1]}} for s in document["sessions"]]
    replays = [{**r, "colour": "blue"} for r in document["replays"]]
    kept.books.put(user, {**document, "sessions": sessions, "replays": replays, "future": {"x": 1}})

    async def read_and_write() -> None:
        ledger = kept.ledger()
        reading = await ledger.read(user, 5)
        await ledger.write(user, replace(reading.usage, mints=(7,)), reading.version, 5)

    asyncio.run(read_and_write())
    after = stored(kept, user)

    assert after["mints"] == [7]
    assert after["future"] == {"x": 1}
    assert [s["mood"] for s in after["sessions"]] == [{"good": [1]}] * 3
    assert [r["colour"] for r in after["replays"]] == ["blue"]


def test_document_of_an_older_revision_is_read(kept: Kept, user: str) -> None:
    kept.books.put(user, {"v": 1, "last": NOON, "mints": [NOON]})

    reading = asyncio.run(kept.ledger().read(user, 5))

    assert reading.usage == Usage(last=NOON, mints=(NOON,))


async def test_time_is_never_behind_what_was_written(kept: Kept, user: str) -> None:
    ahead = int(time.time() * 1000) + DAY_MS

    reading = await written(kept.ledger(), user, Usage(last=ahead))

    assert reading.now == ahead


async def test_time_goes_on(kept: Kept, user: str) -> None:
    ledger = kept.ledger()

    moments = [(await ledger.read(user, 5)).now for _ in range(5)]
    await asyncio.sleep(0.02)
    later = (await ledger.read(user, 5)).now

    assert moments == sorted(moments)
    assert later >= moments[0] + 15


COUNT = """
import asyncio, sys
from dataclasses import replace
from vending.audit.event import Stopwatch
from vending.store.ledger import Account

async def main():
    for n in range(12):
        account = Account(ledger, sys.argv[1], Stopwatch(), 30)
        mine = int(sys.argv[2]) * 100 + n
        one_more = lambda r: replace(r.usage, refreshes=tuple(sorted((*r.usage.refreshes, mine))))
        await account.change(await account.read(), one_more)

asyncio.run(main())
"""


def test_processes_lose_nothing_of_each_other(kept: Kept, user: str) -> None:
    script = f"{kept.script}\n{COUNT}"
    counting = [
        subprocess.Popen([sys.executable, "-c", script, user, str(n)], cwd=FUNCTIONS)
        for n in range(3)
    ]

    codes = [process.wait(timeout=60) for process in counting]

    assert codes == [0, 0, 0]
    assert stored(kept, user)["refreshes"] == [n * 100 + k for n in range(3) for k in range(12)]


SESSION = {"id": "a", "model": "m", "started": 1, "active": 1, "tokens": {"c": 2}}
REPLAY = {
    "key": "k",
    "fingerprint": "f",
    "session": "a",
    "charge": "c",
    "start_before": 5,
    "sealed": "c2VhbGVk",
}
GARBAGE: dict[str, dict[str, Any]] = {
    "a time that is text": {"last": "yesterday"},
    "a time that is no whole number": {"last": 1.5},
    "a time that is true": {"last": True},
    "a time after the end of time": {"last": 10**18},
    "mints that are text": {"mints": "many"},
    "mints that are a number": {"mints": 3},
    "mints that are of text": {"mints": ["a", "b"]},
    "mints out of their order": {"mints": [2, 1]},
    "refreshes out of their order": {"refreshes": [1, 3, 2]},
    "refreshes that are objects": {"refreshes": [{"t": 1}]},
    "sessions that are text": {"sessions": "abc"},
    "sessions that are numbers": {"sessions": [1]},
    "a session without fields": {"sessions": [{}]},
    "a session without tokens": {"sessions": [{**SESSION, "tokens": {}}]},
    "a session whose tokens are a list": {"sessions": [{**SESSION, "tokens": [1]}]},
    "a session whose tokens are text": {"sessions": [{**SESSION, "tokens": {"c": "soon"}}]},
    "a session with one token of text": {"sessions": [{**SESSION, "tokens": {"c": 9, "d": "x"}}]},
    "a session that began in text": {"sessions": [{**SESSION, "started": "then"}]},
    "a session whose wish is text": {"sessions": [{**SESSION, "wish": "please"}]},
    "replays that are numbers": {"replays": [1]},
    "a replay without fields": {"replays": [{"key": "k"}]},
    "a replay whose window is text": {"replays": [{**REPLAY, "start_before": "soon"}]},
    "a replay whose seal is a number": {"replays": [{**REPLAY, "sealed": 7}]},
}


@pytest.mark.parametrize("name", GARBAGE)
def test_document_that_nobody_writes_is_no_usage(kept: Kept, user: str, name: str) -> None:
    kept.books.put(user, GARBAGE[name])

    with pytest.raises(StoreUnavailable) as refused:
        asyncio.run(kept.ledger().read(user, 5))

    assert refused.value.retry_after_s == 5


def test_examples_of_garbage_are_one_field_away_from_good(kept: Kept, user: str) -> None:
    kept.books.put(user, {"sessions": [SESSION], "replays": [REPLAY]})

    reading = asyncio.run(kept.ledger().read(user, 5))

    assert reading.usage.replays[0].start_before == 5
