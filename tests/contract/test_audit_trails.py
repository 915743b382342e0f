"""Promises of every audit trail, tested on SQLite and on Cloud Logging's own wire protocol."""

from __future__ import annotations

import io
import json
import re
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import grpc  # type: ignore[import-untyped]
import grpc.aio  # type: ignore[import-untyped]
import pytest
from google.api import monitored_resource_pb2  # type: ignore[import-untyped]
from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2AsyncClient
from google.cloud.logging_v2.services.logging_service_v2.transports import (
    LoggingServiceV2GrpcAsyncIOTransport,
)
from google.cloud.logging_v2.types import ListLogEntriesRequest, ListLogEntriesResponse, LogEntry
from google.protobuf import json_format  # type: ignore[import-untyped]

from support.fakes.budget import BudgetStage
from support.fakes.memory import NOON, USER
from vending.audit import sqlite_reader
from vending.audit.cloud_reader import CloudTrail
from vending.audit.event import AuditEvent, Trace
from vending.audit.log import AuditLog
from vending.audit.reader import AuditTrail, Entry, Query
from vending.audit.sqlite_reader import KeptAuditLog, SqliteTrail
from vending.clock import Stopwatch
from vending.errors import AuditUnavailable, QuotaExceeded
from vending.guard.budget import Budget
from vending.http.budget_job import BudgetGuard

VIEW = "projects/p/locations/global/buckets/_Default/views/livepass"
OTHER = "4e" * 20
EVERYTHING = Query(0, 100)
CANARIES = ("canary-detail", "canary-traceback", "canary-unknown")


def line(n: int, user: str = USER, event: str = "TOKEN_CREATED") -> str:
    """A line as the functions write it, with more in it than anybody may be shown."""
    trail = AuditEvent(f"request-{n}", "POST", Trace(), "/api/v1/live-token", event, 201)
    trail.stopwatch = Stopwatch(partial(next, count(step=0.08)))
    operation = "mint" if event.startswith("TOKEN") else "usage"
    trail.facts |= {"operation": operation, "user": user, "tier": "gold", "session": f"{n}"}
    trail.facts |= {"expiresMs": NOON + n, "model": "gemini-3.8-live", "detail": CANARIES[0]}
    trail.facts |= {"traceback": CANARIES[1], "unknown": CANARIES[2]}
    return AuditLog("p", io.StringIO())._structured(trail)


class Kept(Protocol):
    """A trail, and a way to put lines into it."""

    @property
    def trail(self) -> AuditTrail: ...

    def put(self, at: int, line: str) -> None: ...


class KeptInSqlite:
    def __init__(self, path: Path) -> None:
        self.now = 0.0
        self.trail = SqliteTrail(path, lambda: self.now)

    def put(self, at: int, line: str) -> None:
        self.now = at / 1000
        self.trail.keep(line)


class CloudLogging:
    """Cloud Logging's ListLogEntries on a socket of this machine: its filters, order and pages, as
    far as we use them; anything else in a filter is refused, as the real one does.
    """

    def __init__(self) -> None:
        self.stored: list[LogEntry] = []
        self.asked: list[ListLogEntriesRequest] = []
        self.most_a_page = 1000
        self.failure: grpc.StatusCode | None = None
        self.trail: AuditTrail

    def put(self, at: int, line: str) -> None:
        """As the agent takes a line apart."""
        payload: dict[str, Any] = json.loads(line)
        request = payload.pop("httpRequest", {"status": 0, "requestMethod": ""})
        entry = LogEntry(
            log_name="projects/p/logs/run.googleapis.com%2Fstdout",
            resource=monitored_resource_pb2.MonitoredResource(type="cloud_run_revision"),
            timestamp=datetime.fromtimestamp(at / 1000, UTC),
            http_request={"status": request["status"], "request_method": request["requestMethod"]},
        )
        json_format.ParseDict(payload, LogEntry.pb(entry).json_payload)
        self.stored.append(entry)

    async def list_entries(self, asked: bytes, context: grpc.aio.ServicerContext) -> bytes:
        request = ListLogEntriesRequest.deserialize(asked)
        self.asked.append(request)
        if self.failure:
            await context.abort(self.failure, "scripted canary-detail")
        newest = sorted(self.stored, key=lambda e: e.timestamp, reverse=True)
        found = [entry for entry in newest if all(fits(entry) for fits in _parts(request.filter))]
        start = int(request.page_token or "0")
        end = start + min(request.page_size, self.most_a_page)
        token = str(end) if end < len(found) else ""
        answer = ListLogEntriesResponse(entries=found[start:end], next_page_token=token)
        return bytes(ListLogEntriesResponse.serialize(answer))


def _parts(text: str) -> list[Callable[[LogEntry], bool]]:
    return [_part(part) for part in text.split(" AND ")]


def _part(part: str) -> Callable[[LogEntry], bool]:
    if found := re.fullmatch(r'timestamp > "(.+)"', part):
        since = datetime.fromisoformat(found[1])
        return lambda entry: entry.timestamp > since
    if found := re.fullmatch(r'jsonPayload\.(\w+) != "(\w+)"', part):
        name, value = found.groups()
        return lambda entry: _payload(entry).get(name, value) != value
    if part == "jsonPayload.event:*":
        return lambda entry: "event" in _payload(entry)
    if found := re.fullmatch(r'jsonPayload\.(\w+) = "([^"\\]*)"', part):
        name, value = found.groups()
        return lambda entry: bool(_payload(entry).get(name) == value)
    if found := re.fullmatch(r"jsonPayload\.(\w+) = \(((?:\"\w+\"(?: OR )?)+)\)", part):
        name, values = found[1], re.findall(r'"(\w+)"', found[2])
        return lambda entry: _payload(entry).get(name) in values
    raise AssertionError(f"Cloud Logging does not know: {part}")


def _payload(entry: LogEntry) -> Mapping[str, Any]:
    return dict(json_format.MessageToDict(LogEntry.pb(entry).json_payload))


@asynccontextmanager
async def cloud_logging() -> AsyncIterator[CloudLogging]:
    service = CloudLogging()
    server = grpc.aio.server()
    handler = grpc.unary_unary_rpc_method_handler(service.list_entries)
    name = "google.logging.v2.LoggingServiceV2"
    handlers = grpc.method_handlers_generic_handler(name, {"ListLogEntries": handler})
    server.add_generic_rpc_handlers((handlers,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}")
    transport = LoggingServiceV2GrpcAsyncIOTransport(channel=channel)
    service.trail = CloudTrail(VIEW, LoggingServiceV2AsyncClient(transport=transport))
    try:
        yield service
    finally:
        await channel.close()
        await server.stop(None)


@pytest.fixture
async def cloud() -> AsyncIterator[CloudLogging]:
    async with cloud_logging() as service:
        yield service


@pytest.fixture(params=["sqlite", "cloud logging"])
async def kept(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Kept]:
    if request.param == "sqlite":
        stored = KeptInSqlite(tmp_path / "folder" / "audit.sqlite3")
        yield stored
        stored.trail.close()
        return
    async with cloud_logging() as service:
        yield service


async def test_lines_come_back_the_newest_first_with_all_that_may_be_shown(kept: Kept) -> None:
    for n in range(3):
        kept.put(NOON + n, line(n))

    found = await kept.trail.entries(EVERYTHING)

    assert [entry.session for entry in found.entries] == ["2", "1", "0"]
    assert found.cut is False
    (newest, *_) = found.entries
    assert newest == Entry(
        at=NOON + 2,
        event="TOKEN_CREATED",
        operation="mint",
        status=201,
        user=USER,
        tier="gold",
        session="2",
        model="gemini-3.8-live",
        expires=NOON + 2,
        total_ms=160.0,
        request_id="request-2",
    )


async def test_nothing_else_of_a_line_comes_back(kept: Kept) -> None:
    kept.put(NOON, line(1))

    found = await kept.trail.entries(EVERYTHING)

    assert not [canary for canary in CANARIES if canary in repr(found)]


async def test_refusal_comes_back_with_its_reason(kept: Kept) -> None:
    trail = AuditEvent("r", "POST", Trace(), "/api/v1/live-token")
    trail.refused_event = "TOKEN_REFUSED"
    trail.refused(QuotaExceeded(("hour", "cooldown"), 60))
    kept.put(NOON, AuditLog("p", io.StringIO())._structured(trail))

    (entry,) = (await kept.trail.entries(EVERYTHING)).entries

    assert (entry.event, entry.code) == ("TOKEN_REFUSED", "quota-exceeded")
    assert entry.violated == ("hour", "cooldown")


async def test_only_what_was_asked_for_comes_back(kept: Kept) -> None:
    kept.put(NOON, line(1))
    kept.put(NOON + 1, line(2, OTHER))
    kept.put(NOON + 2, line(3, USER, "USAGE_READ"))
    kept.put(NOON + 3, line(4, OTHER, "TOKEN_REFRESHED"))

    async def asked(**query: Any) -> list[str]:
        found = await kept.trail.entries(Query(**{"since": 0, "most": 9, **query}))
        return [entry.session for entry in found.entries]

    assert await asked(user=OTHER) == ["4", "2"]
    assert await asked(event="USAGE_READ") == ["3"]
    assert await asked(operations=("mint",)) == ["4", "2", "1"]
    assert await asked(operations=("usage", "mint")) == ["4", "3", "2", "1"]
    assert await asked(since=NOON + 1) == ["4", "3"]
    assert await asked(user=USER, event="TOKEN_CREATED", operations=("mint",)) == ["1"]
    assert await asked(user="0" * 40) == []


async def test_what_is_written_every_minute_is_not_told(kept: Kept) -> None:
    kept.put(NOON, line(1))
    kept.put(NOON + 1, line(2, event="BUDGET_CHECKED"))

    found = await kept.trail.entries(Query(0, 1))

    assert ([entry.session for entry in found.entries], found.cut) == (["1"], False)


async def test_warning_of_the_budget_and_block_of_the_guard_come_back(kept: Kept) -> None:
    guarded, warned, noted = BudgetStage(NOON, Budget(day=1_000_000)), io.StringIO(), io.StringIO()
    guarded.spend(600_000)
    await BudgetGuard(AuditLog("p", warned), guarded.check).answer("POST", {})
    kept.put(NOON, warned.getvalue().splitlines()[0])
    facts = {"prefix": "5c" * 8, "subject": "5c" * 8, "change": "block for 15 min", "level": 1}
    AuditLog("p", noted).note("ABUSE_BLOCKED", {**facts, "reason": "forged tokens"})
    kept.put(NOON + 1, noted.getvalue())

    block, warning = (await kept.trail.entries(EVERYTHING)).entries

    assert (warning.event, warning.reason) == (
        "BUDGET_WARNED",
        "50 % of the day's budget: $0.60 of $1.00",
    )
    assert (block.event, block.subject) == ("ABUSE_BLOCKED", "5c" * 8)
    assert (block.change, block.reason) == ("block for 15 min", "forged tokens")


async def test_what_is_more_than_asked_for_is_cut_and_said_so(kept: Kept) -> None:
    for n in range(5):
        kept.put(NOON + n, line(n))

    newest = await kept.trail.entries(Query(0, 4))
    all_there_is = await kept.trail.entries(Query(0, 5))

    assert ([entry.session for entry in newest.entries], newest.cut) == (["4", "3", "2", "1"], True)
    assert (len(all_there_is.entries), all_there_is.cut) == (5, False)


# --- only on one machine --------------------------------------------------------------------------


async def test_file_keeps_the_newest_lines_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_reader, "MOST_LINES_KEPT", 100)
    trail = SqliteTrail(tmp_path / "audit.sqlite3")

    for n in range(1000):
        trail.keep(line(n))

    found = await trail.entries(Query(0, 5000))
    trail.close()
    assert [entry.session for entry in found.entries] == [str(n) for n in range(999, 899, -1)]


async def test_file_that_cannot_be_written_is_in_nobody_s_way(tmp_path: Path) -> None:
    (tmp_path / "in the way").write_text("a file")
    stream = io.StringIO()
    log = KeptAuditLog("p", SqliteTrail(tmp_path / "in the way" / "audit"), stream)

    log.write(AuditEvent("r", "GET", Trace()))

    assert json.loads(stream.getvalue())["requestId"] == "r"


async def test_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "audit").write_bytes(b"this is no database" * 100)

    with pytest.raises(AuditUnavailable):
        await SqliteTrail(tmp_path / "audit").entries(EVERYTHING)


async def test_log_of_one_machine_writes_and_keeps(tmp_path: Path) -> None:
    kept, stream = SqliteTrail(tmp_path / "audit"), io.StringIO()
    log = KeptAuditLog("p", kept, stream, secret="canary-of-the-key")
    trail = AuditEvent("r", "GET", Trace())
    trail.facts["detail"] = "canary-of-the-key"

    log.write(trail)

    (entry,) = (await kept.entries(EVERYTHING)).entries
    kept.close()
    assert entry.request_id == json.loads(stream.getvalue())["requestId"] == "r"
    with closing(sqlite3.connect(tmp_path / "audit")) as connection:
        assert "canary" not in str(connection.execute("select * from audit_lines").fetchall())


async def test_blocks_of_the_guard_are_kept_too(tmp_path: Path) -> None:
    kept, stream = SqliteTrail(tmp_path / "audit"), io.StringIO()

    KeptAuditLog("p", kept, stream).note("ABUSE_BLOCKED", {"user": USER, "reason": "hammering"})

    (entry,) = (await kept.entries(Query(0, 1, user=USER, event="ABUSE_BLOCKED"))).entries
    kept.close()
    assert entry.reason == json.loads(stream.getvalue())["reason"] == "hammering"


# --- only in Google Cloud -------------------------------------------------------------------------


async def test_view_is_asked_page_by_page_for_no_more_than_is_needed(cloud: CloudLogging) -> None:
    for n in range(25):
        cloud.put(NOON + n, line(n))
    cloud.most_a_page = 10

    found = await cloud.trail.entries(Query(0, 100))

    assert (len(found.entries), found.cut) == (25, False)
    assert [list(asked.resource_names) for asked in cloud.asked] == [[VIEW]] * 3
    assert {asked.order_by for asked in cloud.asked} == {"timestamp desc"}
    await cloud.trail.entries(Query(0, 5))
    assert len(cloud.asked) == 4


async def test_line_of_somebody_else_is_left_out(cloud: CloudLogging) -> None:
    cloud.put(
        NOON, json.dumps({"message": "a banner", "httpRequest": {"status": 0, "requestMethod": ""}})
    )

    assert (await cloud.trail.entries(EVERYTHING)).entries == ()


@pytest.mark.parametrize("code", ["PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "UNAVAILABLE"])
async def test_cloud_that_refuses_is_a_refusal_once(cloud: CloudLogging, code: str) -> None:
    cloud.failure = grpc.StatusCode[code]

    with pytest.raises(AuditUnavailable) as refused:
        await cloud.trail.entries(EVERYTHING)

    assert len(cloud.asked) == 1
    assert "canary" not in refused.value.public
