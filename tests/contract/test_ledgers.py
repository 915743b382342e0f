"""What every ledger promises, held over both of them, and what only one of them does."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import pytest
from google.cloud.firestore import Client

from support.fakes.memory import NOON, MemoryLedger
from support.proxies.grpc_answers import CODES, LOST, SILENT
from support.proxies.grpc_proxy import GrpcFault, GrpcProxy, grpc_proxy
from support.stores.firestore_emulator import Firestore
from vending.clock import DAY_MS, Stopwatch
from vending.errors import LivepassError, QuotaExceeded, StoreUnavailable
from vending.limits.reading import Reading
from vending.limits.usage import Replay, Session, Usage
from vending.store.firestore import USERS_COLLECTION, FirestoreLedger
from vending.store.firestore_client import FirestoreClient
from vending.store.ledger import Account, Ledger, SummedLedger
from vending.store.retry import ATTEMPT_S, STORE_PATIENCE_S, Conflict, OutcomeUnknown
from vending.store.sqlite_ledger import SqliteLedger

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


class Kept(Protocol):
    """A store with ledgers on it, and access that goes round them."""

    def ledger(self) -> SummedLedger: ...
    def script(self) -> str: ...
    def raw(self, user: str) -> dict[str, Any] | None: ...
    def put(self, user: str, document: dict[str, Any]) -> None: ...


class KeptInSqlite:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._ledgers: list[SqliteLedger] = []

    def ledger(self) -> SqliteLedger:
        self._ledgers.append(SqliteLedger(self.path))
        return self._ledgers[-1]

    def script(self) -> str:
        return (
            "from pathlib import Path; from vending.store.sqlite_ledger import SqliteLedger; "
            f"ledger = SqliteLedger(Path({str(self.path)!r}))"
        )

    def raw(self, user: str) -> dict[str, Any] | None:
        with closing(sqlite3.connect(self.path)) as connection:
            query = "select document from live_token_users where user = ?"
            row = connection.execute(query, (user,)).fetchone()
        return json.loads(row[0]) if row else None

    def put(self, user: str, document: dict[str, Any]) -> None:
        self.put_text(user, json.dumps(document))

    def put_text(self, user: str, text: str) -> None:
        asyncio.run(self.ledger().read(user, 1))
        with closing(sqlite3.connect(self.path)) as connection, connection:
            statement = "insert or replace into live_token_users values (?, 1, ?)"
            connection.execute(statement, (user, text))

    def close(self) -> None:
        for ledger in self._ledgers:
            ledger.close()


class KeptInFirestore:
    def __init__(self, emulator: Firestore) -> None:
        self._emulator = emulator
        self._client = Client(project=emulator.project, database=emulator.database)

    def ledger(self) -> FirestoreLedger:
        return FirestoreLedger(FirestoreClient(self._emulator.project, self._emulator.database))

    def script(self) -> str:
        return (
            "from vending.store.firestore import FirestoreLedger; "
            "from vending.store.firestore_client import FirestoreClient; "
            f"ledger = FirestoreLedger(FirestoreClient({self._emulator.project!r}, "
            f"{self._emulator.database!r}))"
        )

    def raw(self, user: str) -> dict[str, Any] | None:
        document: dict[str, Any] | None = self._document(user).get().to_dict()
        return document

    def put(self, user: str, document: dict[str, Any]) -> None:
        self._document(user).set(document)

    def close(self) -> None:
        self._client.close()  # type: ignore[no-untyped-call]

    def _document(self, user: str) -> Any:
        return self._client.collection(USERS_COLLECTION).document(user)


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[KeptInSqlite]:
    with closing(KeptInSqlite(tmp_path / "a folder" / "ledger.sqlite3")) as kept:
        yield kept


@pytest.fixture
def cloud(firestore: Firestore) -> Iterator[KeptInFirestore]:
    with closing(KeptInFirestore(firestore)) as kept:
        yield kept


@pytest.fixture(params=["sqlite", "cloud"])
def kept(request: pytest.FixtureRequest) -> Kept:
    store: Kept = request.getfixturevalue(request.param)
    return store


@pytest.fixture
def user() -> str:
    return uuid.uuid4().hex


async def written(ledger: Ledger, user: str, usage: Usage) -> Reading:
    reading = await ledger.read(user, 5)
    await ledger.write(user, usage, reading.version, 5)
    return await ledger.read(user, 5)


def account(ledger: Ledger, user: str = "someone", patience_s: float = 2.5) -> Account:
    return Account(ledger, user, Stopwatch(), patience_s)


# --- both -----------------------------------------------------------------------------------------


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

    assert await asyncio.to_thread(kept.raw, user) is None


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
    kept.put(user, {**document, "sessions": sessions, "replays": replays, "future": {"x": 1}})

    async def read_and_write() -> None:
        ledger = kept.ledger()
        reading = await ledger.read(user, 5)
        await ledger.write(user, replace(reading.usage, mints=(7,)), reading.version, 5)

    asyncio.run(read_and_write())
    after = kept.raw(user) or {}

    assert after["mints"] == [7]
    assert after["future"] == {"x": 1}
    assert [s["mood"] for s in after["sessions"]] == [{"good": [1]}] * 3
    assert [r["colour"] for r in after["replays"]] == ["blue"]


def test_document_of_an_older_revision_is_read(kept: Kept, user: str) -> None:
    kept.put(user, {"v": 1, "last": NOON, "mints": [NOON]})

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


async def test_ledgers_see_each_other(kept: Kept, user: str) -> None:
    one, other = kept.ledger(), kept.ledger()
    await written(one, user, Usage(mints=(1,)))

    seen = await written(other, user, Usage(mints=(1, 2)))

    assert seen.usage.mints == (1, 2)
    assert (await one.read(user, 5)).usage.mints == (1, 2)


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
    script = f"{kept.script()}\n{COUNT}"
    counting = [
        subprocess.Popen([sys.executable, "-c", script, user, str(n)], cwd=FUNCTIONS)
        for n in range(3)
    ]

    codes = [process.wait(timeout=60) for process in counting]

    assert codes == [0, 0, 0]
    assert (kept.raw(user) or {})["refreshes"] == [n * 100 + k for n in range(3) for k in range(12)]


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
    kept.put(user, GARBAGE[name])

    with pytest.raises(StoreUnavailable) as refused:
        asyncio.run(kept.ledger().read(user, 5))

    assert refused.value.retry_after_s == 5


def test_examples_of_garbage_are_one_field_away_from_good(kept: Kept, user: str) -> None:
    kept.put(user, {"sessions": [SESSION], "replays": [REPLAY]})

    reading = asyncio.run(kept.ledger().read(user, 5))

    assert reading.usage.replays[0].start_before == 5


# --- SQLite ---------------------------------------------------------------------------------------


async def test_busy_database_is_a_conflict_and_keeps_nobody_waiting(
    sqlite: KeptInSqlite, user: str
) -> None:
    ledger = sqlite.ledger()
    reading = await written(ledger, user, Usage(mints=(1,)))
    waits = list[float]()

    with closing(sqlite3.connect(sqlite.path, isolation_level=None)) as other:
        other.execute("begin immediate")
        for _ in range(5):
            began = time.monotonic()
            with pytest.raises(Conflict):
                await ledger.write(user, Usage(mints=(1, 2)), reading.version, 5)
            waits.append(time.monotonic() - began)
        read_meanwhile = await ledger.read(user, 5)

    assert min(waits) < 0.05
    assert read_meanwhile.usage.mints == (1,)


async def test_file_that_another_process_writes_is_opened_at_once(
    sqlite: KeptInSqlite, user: str
) -> None:
    await written(sqlite.ledger(), user, Usage(mints=(1,)))

    with closing(sqlite3.connect(sqlite.path, isolation_level=None)) as other:
        other.execute("begin immediate")
        began = time.monotonic()
        reading = await sqlite.ledger().read(user, 5)
        waited = time.monotonic() - began

    assert reading.usage.mints == (1,)
    assert waited < 0.5


async def test_folder_and_file_are_made_on_first_use(sqlite: KeptInSqlite, user: str) -> None:
    deep = sqlite.path.parent / "in" / "folders" / "livepass.sqlite3"
    assert not sqlite.path.parent.exists()

    with closing(SqliteLedger(deep)) as ledger:
        await ledger.read(user, 5)

    assert deep.exists()


async def test_every_commit_is_synced_to_a_write_ahead_log(sqlite: KeptInSqlite) -> None:
    ledger = sqlite.ledger()
    await ledger.read("someone", 5)

    connection = ledger._file.connection

    assert connection.execute("pragma journal_mode").fetchone() == ("wal",)
    assert connection.execute("pragma synchronous").fetchone() == (2,)


async def test_closed_ledger_opens_again(sqlite: KeptInSqlite, user: str) -> None:
    ledger = sqlite.ledger()
    await written(ledger, user, Usage(mints=(1,)))
    ledger.close()

    reading = await ledger.read(user, 5)

    assert reading.usage.mints == (1,)


def _in_a_file(folder: Path) -> Path:
    (folder / "file").write_text("no folder")
    return folder / "file" / "ledger.sqlite3"


def _a_folder(folder: Path) -> Path:
    (folder / "folder").mkdir()
    return folder / "folder"


def _no_database(folder: Path) -> Path:
    (folder / "ledger.sqlite3").write_bytes(b"this is not what a database looks like" * 200)
    return folder / "ledger.sqlite3"


@pytest.mark.parametrize("place", [_in_a_file, _a_folder, _no_database])
async def test_file_that_cannot_be_used_is_an_unavailable_store(
    tmp_path: Path, place: Callable[[Path], Path]
) -> None:
    with closing(SqliteLedger(place(tmp_path))) as ledger:
        with pytest.raises(StoreUnavailable):
            await ledger.read("someone", 5)
        with pytest.raises(StoreUnavailable):
            await ledger.write("someone", Usage(), None, 5)


DEEP = "[" * 10_000


@pytest.mark.parametrize(
    "text", ["", "no JSON", "[1]", "null", '"text"', "7", DEEP], ids=lambda text: text[:8]
)
def test_text_that_is_no_document_is_no_usage(sqlite: KeptInSqlite, user: str, text: str) -> None:
    sqlite.put_text(user, text)

    async def read_and_write() -> None:
        ledger = sqlite.ledger()
        with pytest.raises(StoreUnavailable):
            await ledger.read(user, 5)
        with pytest.raises(Conflict):  # there is something, and it stays
            await ledger.write(user, Usage(), None, 5)

    asyncio.run(read_and_write())


# --- Firestore ------------------------------------------------------------------------------------


class Relay:
    """Stands before the emulator, notes every call, and fails those it is told to.

    Scripted by `faults`: None lets a call through, a canonical code refuses it before it has an
    effect, (code,) lets it take effect and then reports that code, "hang" never answers, "closed"
    hangs up.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.faults: deque[Any] = deque()
        self.proxy: GrpcProxy

    def tag_of(self, method: str, _: bytes) -> str:
        """Take note of a call, and see to what becomes of it."""
        self.calls.append(method)
        fault = self.faults.popleft() if self.faults else None
        if fault is not None:
            effect = isinstance(fault, tuple)
            play = (CODES | SILENT | LOST)[fault[0] if effect else fault]
            self.proxy.arm(method, GrpcFault(play, effect, times=1))
        return method


@pytest.fixture
def relay(firestore: Firestore, monkeypatch: pytest.MonkeyPatch) -> Iterator[Relay]:
    relay = Relay()
    with grpc_proxy(firestore.host, relay.tag_of) as relay.proxy:
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", relay.proxy.host)
        yield relay


@pytest.fixture
def ledger(firestore: Firestore, relay: Relay) -> FirestoreLedger:
    return FirestoreLedger(FirestoreClient(firestore.project, firestore.database))


def one_more(reading: Reading) -> Usage:
    usage = reading.usage
    return replace(usage, last=reading.now, mints=(*usage.mints, reading.now))


async def test_mint_costs_one_read_and_one_write_and_no_transaction(
    ledger: FirestoreLedger, relay: Relay, user: str
) -> None:
    for _ in range(2):  # the first creates, the second updates
        counting = account(ledger, user)
        await counting.change(await counting.read(), one_more)

    assert relay.calls == ["BatchGetDocuments", "Commit"] * 2
    assert not any("ransaction" in call for call in relay.calls)


async def test_expire_at_is_a_timestamp_some_days_after_the_last_write(
    cloud: KeptInFirestore, user: str
) -> None:
    await written(cloud.ledger(), user, Usage(last=NOON, mints=(NOON,)))

    expires = (await asyncio.to_thread(cloud.raw, user) or {})["expireAt"]

    assert isinstance(expires, datetime)
    assert expires == datetime.fromtimestamp(NOON / 1000, UTC) + timedelta(days=2)


RETRIED = (
    *("UNAVAILABLE", "ABORTED", "DEADLINE_EXCEEDED", "INTERNAL", "RESOURCE_EXHAUSTED"),
    *("UNKNOWN", "CANCELLED", "DATA_LOSS"),
)
HOPELESS = ("PERMISSION_DENIED", "UNAUTHENTICATED", "INVALID_ARGUMENT")


@pytest.mark.parametrize("code", RETRIED)
async def test_failed_call_is_in_doubt_and_sent_once(
    ledger: FirestoreLedger, relay: Relay, user: str, code: str
) -> None:
    relay.faults.extend([code, code])

    with pytest.raises(OutcomeUnknown):
        await ledger.read(user, 5)
    with pytest.raises(OutcomeUnknown):
        await ledger.write(user, Usage(), None, 5)

    assert relay.calls == ["BatchGetDocuments", "Commit"]


async def test_call_that_ends_without_an_answer_is_in_doubt(
    ledger: FirestoreLedger, relay: Relay, user: str
) -> None:
    relay.faults.extend(["closed", "closed"])

    with pytest.raises(OutcomeUnknown):
        await ledger.read(user, 5)
    with pytest.raises(OutcomeUnknown):
        await ledger.write(user, Usage(), None, 5)


@pytest.mark.parametrize("code", HOPELESS)
async def test_call_that_will_never_do_is_an_unavailable_store(
    ledger: FirestoreLedger, relay: Relay, user: str, code: str
) -> None:
    relay.faults.extend([code, code])

    with pytest.raises(StoreUnavailable):
        await ledger.read(user, 5)
    with pytest.raises(StoreUnavailable):
        await ledger.write(user, Usage(), None, 5)


@pytest.mark.parametrize("code", CODES)
async def test_no_exception_of_the_library_escapes(
    ledger: FirestoreLedger, relay: Relay, user: str, code: str
) -> None:
    relay.faults.extend([code] * 1000)

    with pytest.raises(StoreUnavailable):
        await account(ledger, user, patience_s=0.1).read()


@pytest.mark.parametrize("code", ["ABORTED", "UNAVAILABLE"])
async def test_commit_that_takes_effect_and_reports_failure_is_counted_once(
    ledger: FirestoreLedger, relay: Relay, user: str, code: str
) -> None:
    counting = account(ledger, user)
    relay.faults.extend([None, (code,)])

    def once(reading: Reading) -> Usage | None:
        return None if reading.usage.mints else one_more(reading)

    settled = await counting.change(await counting.read(), once)

    assert len(settled.usage.mints) == 1
    assert relay.calls == ["BatchGetDocuments", "Commit", "BatchGetDocuments"]


async def test_store_that_hangs_is_left_within_patience(
    ledger: FirestoreLedger, relay: Relay, user: str
) -> None:
    relay.faults.extend(["hang"] * 10)
    began = time.monotonic()

    with pytest.raises(StoreUnavailable):
        await account(ledger, user, patience_s=0.6).read()

    assert time.monotonic() - began < 0.6 + 0.5


async def test_store_that_is_not_there_is_unavailable_within_patience(
    firestore: Firestore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", "127.0.0.1:9")
    ledger = FirestoreLedger(FirestoreClient(firestore.project, firestore.database))
    began = time.monotonic()

    with pytest.raises(StoreUnavailable):
        await account(ledger, patience_s=0.6).read()

    assert time.monotonic() - began < 0.6 + 1.0


# --- the account, which asks again ----------------------------------------------------------------


async def test_conflict_is_decided_again_on_what_is_there_now() -> None:
    ledger = MemoryLedger()
    ledger.rivals.extend([lambda usage, now: replace(usage, mints=(1,))])
    counting, seen = account(ledger), list[tuple[int, ...]]()

    def decide(reading: Reading) -> Usage:
        seen.append(reading.usage.mints)
        return one_more(reading)

    settled = await counting.change(await counting.read(), decide)

    assert seen == [(), (1,)]
    assert settled.usage.mints == (1, NOON)
    assert counting.latest == settled


async def test_doubt_is_settled_by_reading_again() -> None:
    ledger = MemoryLedger()
    ledger.write_faults.append("doubt after effect")
    counting = account(ledger, "someone")

    def once(reading: Reading) -> Usage | None:
        return None if reading.usage.mints else one_more(reading)

    settled = await counting.change(await counting.read(), once)

    assert settled.usage.mints == (NOON,)
    assert (ledger.reads, ledger.writes) == (2, 1)


async def test_refusal_while_deciding_again_writes_nothing() -> None:
    ledger = MemoryLedger()
    ledger.write_faults.append("conflict")
    counting, refusals = account(ledger), [None, QuotaExceeded(("hour",), 5)]

    def decide(reading: Reading) -> Usage:
        if refused := refusals.pop(0):
            raise refused
        return one_more(reading)

    with pytest.raises(QuotaExceeded):
        await counting.change(await counting.read(), decide)

    assert ledger.document("someone") == {}


async def test_nothing_to_write_is_not_written() -> None:
    ledger = MemoryLedger()
    counting = account(ledger)
    reading = await counting.read()

    settled = await counting.change(reading, lambda _: None)

    assert settled is reading
    assert ledger.writes == 0


@pytest.mark.parametrize("fault", ["conflict", "doubt", "hang"])
async def test_patience_is_for_all_of_a_request_together(fault: Any) -> None:
    ledger = MemoryLedger()
    counting = account(ledger, patience_s=0.4)
    ledger.read_faults.append("doubt")
    ledger.write_faults.extend([fault] * 10_000)
    began = time.monotonic()

    reading = await counting.read()
    with pytest.raises(StoreUnavailable) as refused:
        await counting.change(reading, one_more)

    assert time.monotonic() - began < 0.4 + 0.3
    assert counting.stopwatch.spans_s["store"] < 0.4 + 0.3
    assert ledger.writes < 40  # it waits between them
    assert isinstance(refused.value.__cause__, Conflict | OutcomeUnknown)


async def test_pauses_are_random_and_their_bound_doubles_five_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bounds: list[tuple[float, float]] = []

    def drawn(low: float, high: float) -> float:
        bounds.append((low, high))
        return 0.0

    monkeypatch.setattr("vending.store.retry.random.uniform", drawn)
    ledger = MemoryLedger()
    ledger.read_faults.extend(["conflict"] * 8)

    await account(ledger).read()

    assert bounds == [(0, 0.01 * times) for times in (1, 2, 4, 8, 16, 32, 32, 32)]


async def test_pause_that_would_take_all_that_is_left_is_not_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("vending.store.retry.random.uniform", lambda *_: 0.1)
    ledger = MemoryLedger()
    ledger.read_faults.extend(["conflict"] * 3)
    stopped = Account(ledger, "someone", Stopwatch(lambda: 7.0), patience_s=0.1)

    with pytest.raises(StoreUnavailable):
        await stopped.read()

    assert ledger.reads == 1


async def test_time_spent_on_gemini_is_not_taken_from_the_store() -> None:
    counting = account(MemoryLedger(), patience_s=0.2)
    reading = await counting.read()
    with counting.stopwatch.span("gemini"):
        await asyncio.sleep(0.25)

    settled = await counting.change(reading, one_more)

    assert settled.usage.mints == (NOON,)


def test_patience_is_two_and_a_half_seconds() -> None:
    counting = Account(MemoryLedger(), "someone", Stopwatch())

    assert counting._patience.left_s == STORE_PATIENCE_S == 2.5


def test_patience_is_for_two_attempts() -> None:
    assert 2 * ATTEMPT_S < STORE_PATIENCE_S < 3 * ATTEMPT_S


async def test_error_that_is_no_store_s_passes_at_once() -> None:
    ledger = MemoryLedger()
    ledger.read_faults.append("down")

    with pytest.raises(LivepassError):
        await account(ledger).read()

    assert ledger.reads == 1
