"""We call Firestore as google-cloud-firestore does, send each call once, and take no failure for an
answer.
"""

from __future__ import annotations

import asyncio
import math
import os
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from uuid import uuid4

import grpc  # type: ignore[import-untyped]
import grpc.aio  # type: ignore[import-untyped]
import pytest
from google.cloud.firestore import AsyncClient, Client, GeoPoint
from google.cloud.firestore_v1 import types
from google.cloud.firestore_v1.base_query import FieldFilter
from google.protobuf.timestamp_pb2 import Timestamp  # type: ignore[import-untyped]

from support.faults.store_cells import ALL, OF_CONNECTIONS
from support.proxies.grpc_answers import SILENT, says
from support.proxies.grpc_proxy import GrpcFault, GrpcProxy, grpc_proxy
from support.proxies.line import line_to
from support.proxies.store_answers import FINAL, NEEDS_REAL, NEVER_ENDS
from support.runs.margin import MARGIN_S
from support.runs.quick import LEFT_TO_TEST, QUICK
from support.servers.fleet import PRODUCTION
from support.stores.firestore_emulator import Firestore
from vending.errors import StoreUnavailable
from vending.outbound.own_access import OwnAccess
from vending.store import firestore_channel
from vending.store.documents import ANY_VERSION
from vending.store.firestore_channel import FirestoreChannel
from vending.store.firestore_client import FirestoreClient
from vending.store.firestore_fields import ms_of
from vending.store.retry import STORE_RETRY_AFTER_S, Conflict, OutcomeUnknown

PLAIN: dict[str, Any] = {
    "text": "\u00fcber \u96f2",
    "whole": 1_790_000_000_000,
    "negative": -(2**63),
    "part": 0.5,
    "whole part": 2.0,
    "more than all": math.inf,
    "less than all": -math.inf,
    "yes": True,
    "no": False,
    "bytes": b"\x00\xff",
    "list": [1, "a", {}, {"b": [False]}],
    "nothing in it": [],
    "map": {"empty": {}, "with.dots and spaces": {"deep": [1]}, "`": 1, "\\": 2, "*": 4},
}
OTHER: dict[str, Any] = {"nothing": None, "place": GeoPoint(52.5, 13.4), "list": [None]}


@pytest.fixture(autouse=True)
def emulated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask for no account's access, whichever test ran before."""
    if "FIRESTORE_EMULATOR_HOST" not in os.environ:
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", "127.0.0.1:9")


@pytest.fixture
def client(firestore: Firestore) -> Iterator[Client]:
    with closing(Client(project=firestore.project, database=firestore.database)) as opened:
        yield opened


@pytest.fixture
async def calls(firestore: Firestore) -> AsyncIterator[FirestoreClient]:
    ours = FirestoreClient(firestore.project, firestore.database)
    yield ours
    await ours.close()


@pytest.fixture
async def ours() -> AsyncIterator[FirestoreClient]:
    """A client of whatever stands for Firestore in the test; to be asked for last."""
    opened = FirestoreClient("p", "named")
    yield opened
    await opened.close()


@pytest.fixture
def path() -> str:
    return f"calls/{uuid4().hex}"


async def test_what_we_write_is_what_the_client_reads(
    calls: FirestoreClient, client: Client, path: str
) -> None:
    moment = datetime(2026, 11, 21, 12, 30, 0, 123456, UTC)

    await calls.write(path, {**PLAIN, "moment": moment}, None, 5)

    read = client.document(path).get().to_dict() or {}
    assert read == {**PLAIN, "moment": moment}
    assert {name: type(value) for name, value in read.items() if name in PLAIN} == {
        name: type(value) for name, value in PLAIN.items()
    }


async def test_what_the_client_writes_is_what_we_read(
    calls: FirestoreClient, client: Client, path: str
) -> None:
    client.document(path).set(PLAIN)

    found = await calls.read(path, 5)

    snapshot = client.document(path).get()
    assert found.fields == PLAIN
    assert found.version == snapshot.update_time.timestamp_pb()
    assert abs(found.now - snapshot.read_time.timestamp() * 1000) < 5000


async def test_kinds_we_do_not_know_go_back_as_they_came(
    calls: FirestoreClient, client: Client, path: str
) -> None:
    client.document(path).set({"kept": OTHER, "not written": OTHER})
    found = await calls.read(path, 5)

    await calls.write(path, {"kept": found.fields["kept"], "new": 1}, found.version, 5)

    assert client.document(path).get().to_dict() == {"kept": OTHER, "not written": OTHER, "new": 1}


@pytest.mark.parametrize("version", ["read", ANY_VERSION])
async def test_map_is_written_as_a_whole_and_odd_names_are_names(
    calls: FirestoreClient, client: Client, path: str, version: str
) -> None:
    odd = {"map": {"old": 1}, "a.b": {"old": 1}, "a": {"b": 1}, "`": 1, "kept": 1}
    client.document(path).set(odd)
    found = await calls.read(path, 5)

    new = {"map": {"new": 2}, "a.b": {"new.er": 2}, "`": 2}
    await calls.write(path, new, found.version if version == "read" else version, 5)

    assert client.document(path).get().to_dict() == {**odd, **new}


async def test_value_that_cannot_be_stored_is_refused_before_it_is_sent(
    calls: FirestoreClient, path: str
) -> None:
    with pytest.raises(TypeError, match="a set cannot be stored"):
        await calls.write(path, {"n": {1}}, None, 5)
    for value in (2**63, "\ud800"):
        with pytest.raises(StoreUnavailable, match="cannot be stored") as refused:
            await calls.write(path, {"n": [value]}, None, 5)

    assert refused.value.retry_after_s == STORE_RETRY_AFTER_S
    assert (await calls.read(path, 5)).version is None


async def test_not_a_number_goes_there_and_back(
    calls: FirestoreClient, client: Client, path: str
) -> None:
    await calls.write(path, {"n": math.nan}, None, 5)

    assert math.isnan(client.document(path).get().get("n"))
    assert math.isnan((await calls.read(path, 5)).fields["n"])


@pytest.mark.parametrize(
    ("seconds", "nanos", "ms"),
    [
        (0, 0, 0),
        (1_795_264_200, 0, 1_795_264_200_000),
        (1_795_264_200, 100_000_000, 1_795_264_200_100),
        (1_795_264_200, 123_999_999, 1_795_264_200_123),
        (253_402_300_799, 999_999_999, 253_402_300_799_999),
        (-1, 999_000_000, -1),
    ],
)
def test_moment_is_cut_to_whole_milliseconds(seconds: int, nanos: int, ms: int) -> None:
    assert ms_of(Timestamp(seconds=seconds, nanos=nanos)) == ms


# --- on the wire, since the emulator takes calls that Firestore refuses ---------------------------

ROOT = "projects/p/databases/named"
NAME = f"{ROOT}/documents/calls/one"
_Get, _Got = types.BatchGetDocumentsRequest.pb(), types.BatchGetDocumentsResponse.pb()
_Commit, _Committed = types.CommitRequest.pb(), types.CommitResponse.pb()
_Query, _Answered = types.RunQueryRequest.pb(), types.RunQueryResponse.pb()
_Sum, _Summed = types.RunAggregationQueryRequest.pb(), types.RunAggregationQueryResponse.pb()
MOMENT = Timestamp(seconds=1_795_264_200, nanos=123_456_000)
MOMENT_MS = 1_795_264_200_123
SEVEN = {"aggregate_fields": {"total": {"integer_value": 7}}}
GOOD = {
    "BatchGetDocuments": (_Get, _Got(missing=NAME, read_time=MOMENT)),
    "Commit": (_Commit, _Committed(write_results=[{"update_time": MOMENT}], commit_time=MOMENT)),
    "RunQuery": (_Query, _Answered(read_time=MOMENT)),
    "RunAggregationQuery": (_Sum, _Summed(result=SEVEN, read_time=MOMENT)),
}


class Wire(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Takes calls over gRPC, keeps them and what came with them, and answers that all went well, or
    what it was told to.
    """

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self.metadata: list[dict[str, Any]] = []
        self.answer: bytes | None = None

    def service(self, handler_call_details: Any) -> Any:
        method = handler_call_details.method.rpartition("/")[2]

        async def serve(request: bytes, context: Any) -> None:
            kind, good = GOOD[method]
            self.messages.append(kind.FromString(request))
            self.metadata.append(dict(context.invocation_metadata()))
            await context.write(good.SerializeToString() if self.answer is None else self.answer)

        return grpc.unary_stream_rpc_method_handler(serve)


@pytest.fixture
async def wire(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wire]:
    taking, server = Wire(), grpc.aio.server()
    server.add_generic_rpc_handlers((taking,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", f"127.0.0.1:{port}")
    yield taking
    await server.stop(0)


async def test_calls_are_those_of_the_client(wire: Wire) -> None:
    ours, client = FirestoreClient("p", "named"), AsyncClient(project="p", database="named")
    theirs, those = client.document("calls/one"), client.collection("calls")
    fields = {"n": 1, "map": {"a": ["b", 0.5, True]}, "empty": {}, "none": [], "a.b": {"`": 1}}
    merged = [client.field_path(name) for name in fields]

    await ours.read("calls/one", 5)
    await ours.write("calls/one", fields, None, 5)
    await ours.write("calls/one", {"n": 1, "map": {"a.b": 1}}, MOMENT, 5)
    await ours.write("calls/one", fields, ANY_VERSION, 5)
    await ours.remove("calls/one", 5)
    await ours.latest("calls", "until", 2**60, 3, 5)
    await ours.total("calls", "spent.d1", 5)
    await ours.close()
    await theirs.get(timeout=5)
    await theirs.create(fields, timeout=5)
    option = client.write_option(last_update_time=MOMENT)
    await theirs.update({"n": 1, "map": {"a.b": 1}}, option=option, timeout=5)
    await theirs.set(fields, merge=merged, timeout=5)  # type: ignore[arg-type]
    await theirs.delete(timeout=5)
    later = FieldFilter("until", ">", 2**60)
    await those.where(filter=later).order_by("until", direction="DESCENDING").limit(3).get()
    await those.sum("spent.d1", alias="total").get()

    assert len(wire.messages) == 14
    for n in range(7):
        assert _settled(wire.messages[n]) == _settled(wire.messages[n + 7])
        assert _settled_metadata(wire.metadata[n]) == _settled_metadata(wire.metadata[n + 7])


def _settled(message: Any) -> Any:
    """Put into one order what has none."""
    for write in getattr(message, "writes", ()):
        write.update_mask.field_paths.sort()
    return message


def _settled_metadata(metadata: dict[str, Any]) -> dict[str, Any]:
    """Leave out which interface was called; the client says so of its version alone."""
    assert "gapic" in metadata.pop("x-goog-api-client")
    return metadata


async def test_call_goes_with_the_access_of_the_account(
    monkeypatch: pytest.MonkeyPatch, wire: Wire
) -> None:
    tokens, calls = iter(["one", "one", "two"]), FirestoreClient("p", "named")

    async def access() -> dict[str, str]:
        return {"authorization": f"Bearer {next(tokens)}"}

    monkeypatch.setattr(calls._channel, "access", access)
    for _ in range(3):
        await calls.read("calls/one", 5)

    sent = [metadata["authorization"].removeprefix("Bearer ") for metadata in wire.metadata]
    assert sent == ["one", "one", "two"]
    await calls.close()


def test_account_is_asked_for_the_right_to_firestore_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("FIRESTORE_EMULATOR_HOST")

    channel = FirestoreChannel()

    assert isinstance(channel.access, OwnAccess)
    assert channel.access._scope == "https://www.googleapis.com/auth/datastore"


async def test_time_is_firestores_own(wire: Wire, ours: FirestoreClient) -> None:

    found, (_, listed_ms) = await ours.read("calls/one", 5), await ours.latest("c", "f", 0, 1, 5)

    assert found.now == listed_ms == MOMENT_MS


@pytest.mark.parametrize("name", [f"{NAME}s", NAME[:-1], ""])
async def test_document_of_another_name_is_none_of_ours(
    wire: Wire, ours: FirestoreClient, name: str
) -> None:
    found = {"name": name, "update_time": MOMENT}

    for other in (_Got(found=found, read_time=MOMENT), _Got(missing=name, read_time=MOMENT)):
        wire.answer = other.SerializeToString()
        with pytest.raises(OutcomeUnknown, match="without sense"):
            await ours.read("calls/one", 5)


@pytest.mark.parametrize("kind", ["double_value", "string_value", ""])
async def test_sum_that_is_not_whole_is_no_sum(
    wire: Wire, ours: FirestoreClient, kind: str
) -> None:
    value = {kind: {"double_value": 7.5, "string_value": "7"}[kind]} if kind else {}
    answer = _Summed(result={"aggregate_fields": {"total": value}}, read_time=MOMENT)
    wire.answer = answer.SerializeToString()

    with pytest.raises(OutcomeUnknown, match="without sense"):
        await ours.total("calls", "n", 5)


# --- failures, of every kind there is -------------------------------------------------------------

CONFLICTS = ("FAILED_PRECONDITION", "ALREADY_EXISTS", "NOT_FOUND", "answer, then ALREADY_EXISTS")
FAILURES = sorted({*ALL, *OF_CONNECTIONS} - {"late", "GOAWAY later", "closed later"})


@pytest.fixture
def proxy(firestore: Firestore, monkeypatch: pytest.MonkeyPatch) -> Iterator[GrpcProxy]:
    with grpc_proxy(firestore.host) as running:
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", running.host)
        yield running


@pytest.mark.parametrize("name", FAILURES)
async def test_failure_is_named_as_the_ledger_does_never_sent_again_and_over_soon(
    proxy: GrpcProxy, ours: FirestoreClient, path: str, name: str
) -> None:
    expected = (
        StoreUnavailable if name in FINAL else Conflict if name in CONFLICTS else OutcomeUnknown
    )
    limit_s = 0.2 if name in NEVER_ENDS else 5
    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "BatchGetDocuments": lambda: ours.read(path, limit_s),
        "Commit": lambda: ours.write(path, {"n": 1}, ANY_VERSION, limit_s),
    }
    for method, call in calls.items():
        before = proxy.seen[method]
        proxy.arm(method, GrpcFault({**ALL, **OF_CONNECTIONS}[name], effect=name in NEEDS_REAL))

        with pytest.raises(expected) as told:
            await call()

        assert type(told.value) is expected
        if isinstance(told.value, StoreUnavailable):
            assert told.value.retry_after_s == STORE_RETRY_AFTER_S == 5
        assert proxy.seen[method] == before + 1
        proxy.disarm(method)
        began = time.monotonic()
        await until_read(ours, path)
        assert time.monotonic() - began < 1 + MARGIN_S


async def until_read(ours: FirestoreClient, path: str) -> None:
    """Read until it succeeds: what has ended the connection may be noticed by the next call."""
    async with asyncio.timeout(5):
        while True:
            try:
                await ours.read(path, 1)
            except OutcomeUnknown:
                await asyncio.sleep(0.02)
            else:
                return


@pytest.mark.parametrize("method", ["BatchGetDocuments", "RunQuery", "RunAggregationQuery"])
async def test_more_answers_than_were_asked_for_are_none(
    proxy: GrpcProxy, ours: FirestoreClient, method: str
) -> None:
    one = {
        "BatchGetDocuments": _Got(missing=NAME, read_time=MOMENT),
        "RunQuery": _Answered(document={"name": NAME}, read_time=MOMENT),
        "RunAggregationQuery": _Summed(result=SEVEN, read_time=MOMENT),
    }[method].SerializeToString()
    proxy.arm(method, GrpcFault(says(*[one] * 3), effect=False))
    asks: dict[str, Callable[[], Awaitable[object]]] = {
        "BatchGetDocuments": lambda: ours.read("calls/one", 5),
        "RunQuery": lambda: ours.latest("calls", "until", 0, 2, 5),
        "RunAggregationQuery": lambda: ours.total("calls", "n", 5),
    }

    with pytest.raises(OutcomeUnknown, match="without sense"):
        await asks[method]()


# --- the channel ----------------------------------------------------------------------------------


async def test_line_that_nobody_holds_costs_those_on_it_one_attempt(
    firestore: Firestore, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    with line_to(firestore.host) as line:
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", line.host)
        ours = FirestoreClient(firestore.project, firestore.database)
        await ours.read(path, 5)
        line.forget()

        waiting = asyncio.create_task(ours.read(path, 1))
        with pytest.raises(OutcomeUnknown):
            await ours.read(path, 0.3)
        found = await ours.read(path, 0.3)
        assert not waiting.done()
        with pytest.raises(OutcomeUnknown):
            await waiting

    assert found.version is None
    await ours.close()


async def test_line_that_slept_is_not_used_again(
    firestore: Firestore, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(firestore_channel, "CHANNEL_IDLE_S", 0.2)
    with line_to(firestore.host) as line:
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", line.host)
        ours = FirestoreClient(firestore.project, firestore.database)
        await ours.read(path, 5)
        line.forget()
        await asyncio.sleep(0.3)

        found = await ours.read(path, 1)

    assert found.version is None
    await ours.close()


async def test_connection_that_takes_long_to_be_made_is_made(
    proxy: GrpcProxy, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    with line_to(proxy.host) as line:
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", line.host)
        ours = FirestoreClient("p", "named")
        line.mute()
        for _ in range(5):
            with pytest.raises(OutcomeUnknown):
                await ours.read(path, 0.3)
        line.restore()
        await ours.read(path, 1)

    assert proxy.connections == 1
    await ours.close()


async def test_channel_that_pauses_for_long_is_replaced(
    firestore: Firestore, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    options = {name: 120_000 if "backoff" in name else n for name, n in firestore_channel.OPTIONS}
    monkeypatch.setattr(firestore_channel, "OPTIONS", (*options.items(),))
    monkeypatch.setattr(firestore_channel, "LOST_S", 0.3)
    with line_to(firestore.host) as line:
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", line.host)
        ours = FirestoreClient(firestore.project, firestore.database)
        await ours.read(path, 5)
        line.cut()
        for _ in range(2):
            with pytest.raises(OutcomeUnknown):
                await ours.read(path, 1)
        line.restore()
        await until_read(ours, path)

    await ours.close()


async def test_calls_under_way_end_where_they_began(
    proxy: GrpcProxy, ours: FirestoreClient, path: str
) -> None:
    proxy.arm("BatchGetDocuments", GrpcFault(ALL["late"], effect=True, times=1))
    proxy.arm("Commit", GrpcFault(SILENT["hang"], effect=False, times=1))

    late = asyncio.create_task(ours.read(path, 5))
    with pytest.raises(OutcomeUnknown):
        await ours.write(path, {"n": 1}, None, 0.2)  # leaves the line that `late` is on
    await ours.read(path, 5)

    assert (await late).version is None


async def test_many_calls_share_one_connection(
    proxy: GrpcProxy, ours: FirestoreClient, path: str
) -> None:
    before = threading.active_count()

    await asyncio.gather(*(ours.read(path, 5) for _ in range(50)))

    assert proxy.connections == 1
    assert threading.active_count() - before < 5


async def test_connection_begun_early_is_the_one_that_calls_use(
    proxy: GrpcProxy, ours: FirestoreClient, path: str
) -> None:
    ours.connect()
    for _ in range(1000):
        if proxy.connections:
            break
        await asyncio.sleep(0.01)
    await ours.read(path, 5)

    assert proxy.connections == 1


def test_each_event_loop_has_a_channel_of_its_own(firestore: Firestore, path: str) -> None:
    ours = FirestoreClient(firestore.project, firestore.database)

    found = [asyncio.run(ours.read(path, 5)) for _ in range(3)]

    assert [each.version for each in found] == [None] * 3


@pytest.mark.skipif(QUICK, reason=LEFT_TO_TEST)
async def test_store_that_is_away_is_looked_for_each_second(
    monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    looked: list[float] = []

    def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        looked.append(time.monotonic())
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", f"{host}:{port}")
        ours, ends = FirestoreClient("p", "named"), time.monotonic() + 9
        while time.monotonic() < ends:
            with pytest.raises(OutcomeUnknown):
                await ours.read(path, 1)
            await asyncio.sleep(0.02)
        await ours.close()

    # At most a second each, with a jitter of 0.2 s. Left to gRPC, each would be 1.6 times as long
    # as the one before, and those that begin after 4 s would take more than 2 s. A slow machine
    # makes pauses longer, not shorter, so the least of them is compared.
    late = [next_ - one for one, next_ in pairwise(looked) if one > looked[0] + 4]
    assert min(late) < 1.7


IMPORT = """
import sys, threading
import vending.store.firestore
from vending.app import build_store
build_store("firestore://p/named")
import os
print(threading.active_count(), len(os.listdir("/proc/self/task")))
"""


def test_importing_and_building_opens_nothing() -> None:
    environ = {**os.environ, "PYTHONPATH": str(PRODUCTION.parent)}
    command = [sys.executable, "-c", IMPORT]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["1", "1"]
