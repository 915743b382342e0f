"""Our calls mean what google-cloud-firestore's own do, and change nothing they do not know."""

from __future__ import annotations

import asyncio
import json
import math
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import grpc  # type: ignore[import-untyped]
import pytest
from google.cloud.firestore import AsyncClient, Client, GeoPoint
from google.cloud.firestore_v1 import types
from google.cloud.firestore_v1.base_query import FieldFilter
from google.protobuf.json_format import ParseDict  # type: ignore[import-untyped]

from stores.firestore_emulator import Firestore
from vending import firestore_calls
from vending.connections import Answer, Connections, NotHttp, Target
from vending.errors import StoreUnavailable
from vending.firestore_calls import ANYTHING, FirestoreCalls
from vending.firestore_values import ms_of
from vending.ledger import Conflict, Doubt

PLAIN: dict[str, Any] = {
    "text": "\u00fcber \u96f2",
    "whole": 1_790_000_000_000,
    "negative": -(2**63),
    "part": 0.5,
    "whole part": 2.0,
    "more than all": math.inf,
    "less than all": -math.inf,
    "yes": True,
    "bytes": b"\x00\xff",
    "list": [1, "a", {}, {"b": [False]}],
    "map": {"empty": {}, "with.dots and spaces": {"deep": [1]}},
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
async def calls(firestore: Firestore) -> AsyncIterator[FirestoreCalls]:
    http = Connections()
    yield FirestoreCalls(firestore.project, firestore.database, http)
    await http.close()


@pytest.fixture
def path() -> str:
    return f"calls/{uuid4().hex}"


async def test_what_we_write_is_what_the_client_reads(
    calls: FirestoreCalls, client: Client, path: str
) -> None:
    moment = datetime(2026, 11, 21, 12, 30, 0, 123456, UTC)

    await calls.write(path, {**PLAIN, "moment": moment}, None, 5)

    assert client.document(path).get().to_dict() == {**PLAIN, "moment": moment}


async def test_what_the_client_writes_is_what_we_read(
    calls: FirestoreCalls, client: Client, path: str
) -> None:
    client.document(path).set(PLAIN)

    found = await calls.read(path, 5)

    snapshot = client.document(path).get()
    assert found.fields == PLAIN
    version = datetime.fromisoformat(str(found.version))
    assert version.timestamp() == snapshot.update_time.timestamp()
    assert abs(found.read_ms - snapshot.read_time.timestamp() * 1000) < 5000


async def test_kinds_we_do_not_know_go_back_as_they_came(
    calls: FirestoreCalls, client: Client, path: str
) -> None:
    client.document(path).set({"kept": OTHER, "not written": OTHER})
    found = await calls.read(path, 5)

    await calls.write(path, {"kept": found.fields["kept"], "new": 1}, found.version, 5)

    assert client.document(path).get().to_dict() == {"kept": OTHER, "not written": OTHER, "new": 1}


async def test_map_is_written_as_a_whole(calls: FirestoreCalls, client: Client, path: str) -> None:
    client.document(path).set({"map": {"old": 1}})
    found = await calls.read(path, 5)

    await calls.write(path, {"map": {"new": 2}}, found.version, 5)

    assert client.document(path).get().to_dict() == {"map": {"new": 2}}


async def test_document_that_is_not_there_has_no_version(calls: FirestoreCalls, path: str) -> None:
    found = await calls.read(path, 5)

    assert (found.fields, found.version) == ({}, None)
    assert found.read_ms > 1_700_000_000_000


async def test_only_one_of_two_writes_wins_and_the_other_is_told(
    calls: FirestoreCalls, path: str
) -> None:
    await calls.write(path, {"n": 1}, None, 5)
    found = await calls.read(path, 5)
    await calls.write(path, {"n": 2}, found.version, 5)

    with pytest.raises(Conflict):
        await calls.write(path, {"n": 3}, None, 5)
    with pytest.raises(Conflict):
        await calls.write(path, {"n": 3}, found.version, 5)

    assert (await calls.read(path, 5)).fields == {"n": 2}


async def test_value_that_cannot_be_stored_is_refused_before_it_is_sent(
    calls: FirestoreCalls, path: str
) -> None:
    with pytest.raises(TypeError, match="a set cannot be stored"):
        await calls.write(path, {"n": {1}}, None, 5)


# --- on the wire, since the emulator takes calls that Firestore refuses ---------------------------

ROOT = "projects/p/databases/named"
NAME = f"{ROOT}/documents/calls/one"
_Get, _Got = types.BatchGetDocumentsRequest.pb(), types.BatchGetDocumentsResponse.pb()
_Commit, _Committed = types.CommitRequest.pb(), types.CommitResponse.pb()
_Query, _Answered = types.RunQueryRequest.pb(), types.RunQueryResponse.pb()
_Sum, _Summed = types.RunAggregationQueryRequest.pb(), types.RunAggregationQueryResponse.pb()
METHODS = {"batchGet": _Get, "commit": _Commit, "runQuery": _Query, "runAggregationQuery": _Sum}
MOMENT = "2026-11-21T12:30:00.123456Z"
GOOD = {
    "batchGet": [{"missing": NAME, "readTime": MOMENT}],
    "commit": {"writeResults": [{"updateTime": MOMENT}], "commitTime": MOMENT},
    "runQuery": [{"readTime": MOMENT}],
    "runAggregationQuery": [
        {"result": {"aggregateFields": {"total": {"integerValue": "7"}}}, "readTime": MOMENT}
    ],
}


class Wire(Connections):
    """Keeps every call as the message it is in the client's terms, and answers `answer` or, without
    one, that all went well; or hangs.
    """

    def __init__(self, answer: Answer | OSError | None = None, *, hangs: bool = False) -> None:
        super().__init__()
        self.answer, self.hangs = answer, hangs
        self.messages: list[Any] = []
        self.targets: list[Target] = []

    async def post(self, target: Target, content: bytes) -> Answer:
        self.targets.append(target)
        url = target.head.split(b" ")[1].decode()
        parent, method = url.removeprefix("/v1/").removesuffix("?prettyPrint=false").rsplit(":", 1)
        assert parent == f"{ROOT}/documents"
        message = ParseDict(json.loads(content), METHODS[method]())
        if method.startswith("run"):
            message.parent = parent
        else:
            message.database = ROOT
        self.messages.append(message)
        if self.hangs:
            await asyncio.Event().wait()
        if isinstance(self.answer, OSError):
            raise self.answer
        return self.answer or Answer(200, json.dumps(GOOD[method]).encode())


class ClientsWire:
    """Takes the calls of the client over gRPC, and keeps them."""

    def __init__(self) -> None:
        self.messages: list[Any] = []

    async def get(self, request: Any, _: Any) -> AsyncIterator[Any]:
        self.messages.append(request)
        answer = _Got(missing=request.documents[0])
        answer.read_time.seconds = 1
        yield answer

    async def commit(self, request: Any, _: Any) -> Any:
        self.messages.append(request)
        answer = _Committed()
        answer.write_results.add().update_time.seconds = answer.commit_time.seconds = 1
        return answer

    async def query(self, request: Any, _: Any) -> AsyncIterator[Any]:
        self.messages.append(request)
        answer = _Answered()
        answer.read_time.seconds = 1
        yield answer

    async def sum(self, request: Any, _: Any) -> AsyncIterator[Any]:
        self.messages.append(request)
        answer = _Summed()
        answer.result.aggregate_fields["total"].integer_value = answer.read_time.seconds = 1
        yield answer

    def handlers(self) -> grpc.GenericRpcHandler:
        stream, unary = grpc.unary_stream_rpc_method_handler, grpc.unary_unary_rpc_method_handler
        return grpc.method_handlers_generic_handler(
            "google.firestore.v1.Firestore",
            {
                "BatchGetDocuments": stream(self.get, _Get.FromString, _Got.SerializeToString),
                "Commit": unary(self.commit, _Commit.FromString, _Committed.SerializeToString),
                "RunQuery": stream(self.query, _Query.FromString, _Answered.SerializeToString),
                "RunAggregationQuery": stream(self.sum, _Sum.FromString, _Summed.SerializeToString),
            },
        )


@pytest.fixture
async def clients(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ClientsWire]:
    wire, server = ClientsWire(), grpc.aio.server()
    server.add_generic_rpc_handlers((wire.handlers(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", f"127.0.0.1:{port}")
    yield wire
    await server.stop(0)


@pytest.fixture
def wire() -> Wire:
    return Wire()


async def test_calls_are_those_of_the_client(clients: ClientsWire, wire: Wire) -> None:
    ours, client = FirestoreCalls("p", "named", wire), AsyncClient(project="p", database="named")
    theirs, those = client.document("calls/one"), client.collection("calls")
    version = _Got().read_time
    version.FromJsonString(MOMENT)
    fields = {"n": 1, "map": {"a": ["b", 0.5, True]}, "empty": {}, "none": []}

    await ours.read("calls/one", 5)
    await ours.write("calls/one", fields, None, 5)
    await ours.write("calls/one", fields, MOMENT, 5)
    await ours.write("calls/one", fields, ANYTHING, 5)
    await ours.remove("calls/one", 5)
    await ours.latest("calls", "until", 2**60, 3, 5)
    await ours.total("calls", "spent.d1", 5)
    await theirs.get(timeout=5)
    await theirs.create(fields, timeout=5)
    option = client.write_option(last_update_time=version)
    await theirs.update(fields, option=option, timeout=5)
    await theirs.set(fields, merge=list(fields), timeout=5)  # type: ignore[arg-type]
    await theirs.delete(timeout=5)
    later = FieldFilter("until", ">", 2**60)
    await those.where(filter=later).order_by("until", direction="DESCENDING").limit(3).get()
    await those.sum("spent.d1", alias="total").get()

    assert len(wire.messages) == len(clients.messages) == 7
    for ours_, wanted in zip(map(_settled, wire.messages), clients.messages, strict=True):
        assert ours_ == _settled(wanted)


def _settled(message: Any) -> Any:
    """Put into one order what has none."""
    for write in getattr(message, "writes", ()):
        write.update_mask.field_paths.sort()
    return message


async def test_call_goes_to_google_with_the_access_of_the_account(
    monkeypatch: pytest.MonkeyPatch, wire: Wire
) -> None:
    tokens = iter(["one", "one", "two"])

    class Access:
        def __init__(self, scope: str) -> None:
            assert scope == "https://www.googleapis.com/auth/datastore"

        async def __call__(self) -> dict[str, str]:
            return {"Authorization": f"Bearer {next(tokens)}"}

    monkeypatch.delenv("FIRESTORE_EMULATOR_HOST")
    monkeypatch.setattr("vending.own_access.OwnAccess", Access)
    calls = FirestoreCalls("p", "named", wire)

    for _ in range(3):
        await calls.read("calls/one", 5)

    assert {target.origin for target in wire.targets} == {
        ("https", "firestore.googleapis.com", 443)
    }
    sent = [target.head.decode().split("Bearer ")[1].split("\r\n")[0] for target in wire.targets]
    assert sent == ["one", "one", "two"]
    assert all(b"\r\nContent-Type: application/json\r\n" in t.head for t in wire.targets)
    assert wire.targets[0] is wire.targets[1]  # the head is not written again


def failure(http_status: int, status: str) -> bytes:
    return json.dumps({"error": {"code": http_status, "message": "m", "status": status}}).encode()


LATE = json.dumps([*GOOD["batchGet"], json.loads(failure(503, "UNAVAILABLE"))]).encode()
FAILURES: dict[str, tuple[Answer | OSError, type[Exception]]] = {
    "taken": (Answer(409, failure(409, "ALREADY_EXISTS")), Conflict),
    "changed": (Answer(400, failure(400, "FAILED_PRECONDITION")), Conflict),
    "gone": (Answer(404, failure(404, "NOT_FOUND")), Conflict),
    "crowded": (Answer(409, failure(409, "ABORTED")), Doubt),
    "down": (Answer(503, failure(503, "UNAVAILABLE")), Doubt),
    "too many": (Answer(429, failure(429, "RESOURCE_EXHAUSTED")), Doubt),
    "in a list": (Answer(409, b"[" + failure(409, "ALREADY_EXISTS") + b"]"), Conflict),
    "late, in a stream": (Answer(200, LATE), Doubt),
    "refused": (Answer(403, failure(403, "PERMISSION_DENIED")), StoreUnavailable),
    "unknown": (Answer(401, failure(401, "UNAUTHENTICATED")), StoreUnavailable),
    "wrong": (Answer(400, failure(400, "INVALID_ARGUMENT")), StoreUnavailable),
    "refused by what is before it": (Answer(403, b"<html>"), StoreUnavailable),
    "conflict without a reason": (Answer(409, b"<html>"), Doubt),
    "not found without a reason": (Answer(404, b"<html>"), Doubt),
    "gateway": (Answer(502, b"<html>"), Doubt),
    "status of another type": (
        Answer(400, json.dumps({"error": {"status": ["ALREADY_EXISTS"]}}).encode()),
        Doubt,
    ),
    "error of another type": (Answer(200, b'{"error": "ALREADY_EXISTS"}'), Doubt),
    "good, with a bad status": (Answer(500, json.dumps(GOOD["commit"]).encode()), Doubt),
    "hung up": (NotHttp("the server hung up"), Doubt),
}
NONSENSE = [b"", b"null", b"7", b"[]", b"{}", b"[null]", b'"text"', b"{", b"\xff", b"[" * 100_000]
NONSENSE += [b'[{"missing": 7}]', b'[{"found": 7}]', b'[{"readTime": "' + MOMENT.encode() + b'"}]']
NONSENSE += [b'{"writeResults": [], "commitTime": "' + MOMENT.encode() + b'"}']
NONSENSE += [b'{"writeResults": [{}]}', b'{"writeResults": [{}], "commitTime": "yesterday"}']


@pytest.mark.parametrize("name", FAILURES)
async def test_failure_is_named_as_the_ledger_does_and_never_sent_again(name: str) -> None:
    answer, error = FAILURES[name]
    wire = Wire(answer)
    calls = FirestoreCalls("p", "named", wire)

    with pytest.raises(error) as told:
        await calls.read("calls/one", 5)
    with pytest.raises(error):
        await calls.write("calls/one", {"n": 1}, None, 5)

    assert type(told.value) is error
    assert len(wire.messages) == 2


async def test_call_that_is_not_answered_in_time_is_in_doubt_and_not_sent_again() -> None:
    wire = Wire(hangs=True)
    calls = FirestoreCalls("p", "named", wire)

    with pytest.raises(Doubt, match=r"no answer in 0\.1 s"):
        await calls.read("calls/one", 0.1)
    with pytest.raises(Doubt, match=r"no answer in 0\.1 s"):
        await calls.write("calls/one", {"n": 1}, None, 0.1)

    assert len(wire.messages) == 2


async def test_not_a_number_goes_there_and_back(
    calls: FirestoreCalls, client: Client, path: str
) -> None:
    await calls.write(path, {"n": math.nan}, None, 5)

    assert math.isnan(client.document(path).get().get("n"))
    assert math.isnan((await calls.read(path, 5)).fields["n"])


@pytest.mark.parametrize("content", NONSENSE, ids=lambda content: content[:24].decode("latin-1"))
async def test_answer_without_sense_is_a_doubt(content: bytes) -> None:
    calls = FirestoreCalls("p", "named", Wire(Answer(200, content)))

    with pytest.raises(Doubt):
        await calls.read("calls/one", 5)
    with pytest.raises(Doubt):
        await calls.write("calls/one", {"n": 1}, None, 5)
    with pytest.raises(Doubt):
        await calls.total("calls", "n", 5)


async def test_document_of_another_name_is_none_of_ours() -> None:
    other = {"found": {"name": NAME + "s", "fields": {}, "updateTime": MOMENT}, "readTime": MOMENT}
    calls = FirestoreCalls("p", "named", Wire(Answer(200, json.dumps([other]).encode())))

    with pytest.raises(Doubt, match="without sense"):
        await calls.read("calls/one", 5)


async def test_time_is_firestores_own(wire: Wire) -> None:
    calls = FirestoreCalls("p", "named", wire)

    found, (_, listed_ms) = await calls.read("calls/one", 5), await calls.latest("c", "f", 0, 1, 5)

    assert found.read_ms == listed_ms == ms_of(MOMENT) == 1_795_264_200_123


async def test_sum_that_is_not_whole_is_no_sum() -> None:
    parts = {"result": {"aggregateFields": {"total": {"doubleValue": 7.5}}}, "readTime": MOMENT}
    calls = FirestoreCalls("p", "named", Wire(Answer(200, json.dumps([parts]).encode())))

    with pytest.raises(Doubt, match="without sense"):
        await calls.total("calls", "n", 5)


@pytest.mark.parametrize(
    ("timestamp", "ms"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-11-21T12:30:00Z", 1_795_264_200_000),
        ("2026-11-21T12:30:00.1Z", 1_795_264_200_100),
        ("2026-11-21T12:30:00.123999999Z", 1_795_264_200_123),
        ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999),
        ("1969-12-31T23:59:59.999Z", -1),
    ],
)
def test_moment_is_cut_to_whole_milliseconds(timestamp: str, ms: int) -> None:
    assert ms_of(timestamp) == ms


def test_moment_without_a_zone_is_none() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        ms_of("2026-11-21T12:30:00")


def test_service_is_the_clients_own() -> None:
    from google.cloud.firestore_v1.services.firestore import FirestoreAsyncClient  # noqa: PLC0415

    assert f"https://{FirestoreAsyncClient.DEFAULT_ENDPOINT}" == firestore_calls.SERVICE
