"""What still counts is never forgotten, and reports are counted in full: over HTTP, on two servers,
with both ledgers.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from support.people.callers import Answer, Callers
from support.runs import tables
from support.servers.canaries import request_key
from support.servers.fleet import Fleet, Person, RunFleet
from support.stores.aging import age
from support.stores.document_size import MOST_BYTES, REQUESTED, stored_bytes
from vending.limits.retention import KEYS_KEPT, SESSIONS_KEPT
from vending.policy import Limits

MOST_KEYS = KEYS_KEPT
MODEL = "gemini-3.8-live-extended-thinking"  # the one that takes every field there is
MINTS = 130
MOST_A_DAY = Limits().tokens_per_day
AT_ONCE = 2
COUNTED = ("mints_per_hour", "tokens_per_day", "refreshes_per_hour", "tokens_per_session")
NO_LIMITS = dict.fromkeys((*COUNTED, "cooldown_minutes", "sessions"), 0)
TIERS = {"unlimited": NO_LIMITS, "ten-uses": {"max_uses": 10, "sessions": 10}}
SETTINGS: dict[str, Any] = {
    "LIVE_API_COOLDOWN_PERIOD_MINUTES": None,
    "LIVE_API_MAX_SESSIONS": None,
    "LIVE_API_MAX_READS_PER_MINUTE": "0",  # a day passes within one
    "LIVE_API_TIERS": json.dumps(TIERS),
}
TITLE = "Nothing is forgotten that still counts"
HEADS = ("ledger", "case", "told")


@pytest.fixture(scope="module")
def both(two_servers: RunFleet) -> Iterator[Fleet]:
    with two_servers(**SETTINGS) as running:
        yield running


def names(answers: list[Answer]) -> set[str]:
    return {answer.body["session"]["id"] for answer in answers if answer.status == 201}


async def test_live_session_is_never_dropped_and_one_too_many_is_refused(
    ledger: str, both: Fleet, callers: Callers
) -> None:
    person = both.person("unlimited")
    minted = [await callers.mint(person.id_token, at=n) for n in range(MINTS)]

    assert [a.status for a in minted] == [201] * SESSIONS_KEPT + [429] * (MINTS - SESSIONS_KEPT)
    refused = minted[SESSIONS_KEPT]
    assert refused.body["violated"] == ["sessions"]
    assert 0 < int(refused.headers["retry-after"]) <= 30 * 60
    listed = await callers.call("GET", "/sessions", person.id_token)
    assert {each["id"] for each in listed.body["sessions"]} == names(minted)
    refreshed = [await refresh(callers, person, name, key=None) for name in names(minted)]
    assert {answer.status for answer in refreshed} == {201}
    tables.add(TITLE, HEADS, (ledger, "130 live sessions", "100, and 30 told so"))


async def refresh(callers: Callers, person: Person, name: str, *, key: str | None) -> Answer:
    body = {"sessionId": name}
    return await callers.call("POST", "/refresh", person.id_token, body=body, key=key)


@pytest.mark.parametrize("count", [9, MOST_KEYS])
async def test_every_key_gets_its_token_again_as_long_as_that_lives(
    ledger: str, both: Fleet, callers: Callers, count: int
) -> None:
    person, keys = both.person("unlimited"), [request_key() for _ in range(count)]
    first = [await callers.mint(person.id_token, key=key, at=n) for n, key in enumerate(keys)]

    again = [await callers.mint(person.id_token, key=key, at=n + 1) for n, key in enumerate(keys)]

    assert [a.token for a in again] == [a.token for a in first]
    assert all(a.replayed for a in again)
    assert both.counted(person) == count
    told = f"{sum(a.replayed for a in again)} of {count} again, {both.counted(person)} counted"
    tables.add(TITLE, HEADS, (ledger, f"{count} keys", told))


async def test_truthful_report_of_ten_talks_counts_ten(
    ledger: str, both: Fleet, callers: Callers
) -> None:
    person = both.person("ten-uses")
    minted = await callers.call("POST", "", person.id_token, body={"uses": 10})
    age(both.books, person.alias, 29 * 60)

    used = {"prompt": {"audio": 30_000_000}}  # at 3 USD a million
    path = f"/sessions/{minted.body['session']['id']}/usage"
    told = await callers.call("POST", path, person.id_token, body=used, at=1)

    counted = sum(both.usage(person).spent.values())
    assert (told.status, counted) == (204, 90_000_000)
    tables.add(TITLE, HEADS, (ledger, "uses 10, 90 USD reported", f"{counted / 1e6:.2f} USD"))


async def test_document_with_every_field_set_stays_within_20_kb(
    ledger: str, both: Fleet, callers: Callers
) -> None:
    """A day at default limits of whoever asks for all there is, each time with a key."""
    person, sizes, sessions = both.person(), [0], Counter[str]()
    requested = {**REQUESTED, "model": MODEL, "durationMinutes": 60}
    for step in range(100):
        minted = await callers.call(
            "POST", "", person.id_token, body=requested, key=request_key(), at=step
        )
        sessions.update(names([minted]))
        for name in [*sessions][-3:]:
            await refresh(callers, person, name, key=request_key())
        sizes.append(stored(ledger, both, person))
        if "sessions" in minted.body.get("violated", ()) and step % 2:
            await callers.call("DELETE", f"/sessions/{[*sessions][-1]}", person.id_token)
        age(both.books, person.alias, 5 * 60)

    row = both.books.row(person.alias)
    assert row
    assert len(row[1]["mints"]) + len(row[1]["refreshes"]) >= MOST_A_DAY / 2
    assert all(row[1][name] for name in ("mints", "refreshes", "sessions", "over", "replays"))
    assert max(sizes) <= MOST_BYTES
    tables.add(TITLE, HEADS, (ledger, "the largest document", f"{max(sizes)} bytes"))


def stored(ledger: str, both: Fleet, person: Person) -> int:
    """The size of a user's document: of the text in SQLite, of Firestore as it is billed."""
    row = both.books.row(person.alias)
    assert row
    if ledger == "sqlite":
        return len(json.dumps(row[1], separators=(",", ":")))
    return stored_bytes(both.usage(person))


async def test_keys_at_once_on_both_servers_are_never_more_than_are_kept(
    both: Fleet, callers: Callers
) -> None:
    person = both.person("unlimited")

    async def some(at: int) -> list[int]:
        count = range(2 * MOST_KEYS // AT_ONCE)
        asked = [await callers.mint(person.id_token, key=request_key(), at=at) for _ in count]
        return [answer.status for answer in asked]

    told = await asyncio.gather(*(some(at) for at in range(AT_ONCE)))

    statuses = Counter(status for each in told for status in each)
    assert statuses == {201: MOST_KEYS, 429: MOST_KEYS}
    assert both.counted(person) == MOST_KEYS
