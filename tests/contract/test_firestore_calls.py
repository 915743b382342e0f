"""Our two calls mean what google-cloud-firestore's own do, and change nothing they do not know."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version as version_of
from typing import Any
from uuid import uuid4

import grpc  # type: ignore[import-untyped]
import pytest
from google.api_core import exceptions as api
from google.cloud.firestore import AsyncClient, Client, GeoPoint
from google.cloud.firestore_v1 import base_client, types

from stores.firestore_emulator import Firestore
from vending.firestore_calls import FirestoreCalls
from vending.firestore_ledger import COLLECTION

PLAIN: dict[str, Any] = {
    "text": "\u00fcber \u96f2",
    "whole": 1_790_000_000_000,
    "negative": -(2**63),
    "part": 0.5,
    "yes": True,
    "bytes": b"\x00\xff",
    "list": [1, "a", {}, {"b": [False]}],
    "map": {"empty": {}, "with.dots and spaces": {"deep": [1]}},
}
OTHER: dict[str, Any] = {"nothing": None, "place": GeoPoint(52.5, 13.4), "list": [None]}


@pytest.fixture
def client(firestore: Firestore) -> Iterator[Client]:
    with closing(Client(project=firestore.project, database=firestore.database)) as opened:
        yield opened


@pytest.fixture
async def calls(firestore: Firestore, client: Client) -> FirestoreCalls:
    return FirestoreCalls(AsyncClient(project=firestore.project, database=firestore.database))


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
    version: Any = found.version
    assert version.ToDatetime(UTC).timestamp() == snapshot.update_time.timestamp()
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

    with pytest.raises(api.AlreadyExists):
        await calls.write(path, {"n": 3}, None, 5)
    with pytest.raises(api.FailedPrecondition):
        await calls.write(path, {"n": 3}, found.version, 5)

    assert (await calls.read(path, 5)).fields == {"n": 2}


async def test_value_that_cannot_be_stored_is_refused_before_it_is_sent(
    calls: FirestoreCalls, path: str
) -> None:
    with pytest.raises(TypeError, match="a set cannot be stored"):
        await calls.write(path, {"n": {1}}, None, 5)


# --- on the wire, since the emulator takes calls that Firestore refuses ---------------------------

_Get, _Got = types.BatchGetDocumentsRequest.pb(), types.BatchGetDocumentsResponse.pb()
_Commit, _Committed = types.CommitRequest.pb(), types.CommitResponse.pb()
OF_THE_CLIENT_ALONE = {"x-goog-api-client"}  # which library calls; nothing is decided on it
KNOWN = """the client's private names are those of google-cloud-firestore 2.34.1; see what became
of what `firestore_calls` and `firestore_ledger` take of it, and write the new version here"""


@dataclass
class Wire:
    """Takes every call, keeps it as it came, and answers that all went well or with `status`."""

    status: grpc.StatusCode | None = None
    calls: list[tuple[dict[str, Any], Any]] = field(default_factory=list)

    async def get(self, request: Any, context: Any) -> AsyncIterator[Any]:
        await self._keep(request, context)
        answer = _Got(missing=request.documents[0])
        answer.read_time.seconds = 1_790_000_000
        yield answer

    async def commit(self, request: Any, context: Any) -> Any:
        await self._keep(request, context)
        answer = _Committed()
        answer.write_results.add().update_time.seconds = answer.commit_time.seconds = 1
        return answer

    async def _keep(self, request: Any, context: Any) -> None:
        self.calls.append((dict(context.invocation_metadata()), request))
        assert 4 < context.time_remaining() <= 5.5
        if self.status:
            await context.abort(self.status, "scripted")

    def handlers(self) -> grpc.GenericRpcHandler:
        return grpc.method_handlers_generic_handler(
            "google.firestore.v1.Firestore",
            {
                "BatchGetDocuments": grpc.unary_stream_rpc_method_handler(
                    self.get, _Get.FromString, _Got.SerializeToString
                ),
                "Commit": grpc.unary_unary_rpc_method_handler(
                    self.commit, _Commit.FromString, _Committed.SerializeToString
                ),
            },
        )


@pytest.fixture
async def wire(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wire]:
    wire, server = Wire(), grpc.aio.server()
    server.add_generic_rpc_handlers((wire.handlers(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", f"127.0.0.1:{port}")
    yield wire
    await server.stop(0)


async def test_calls_are_those_of_the_client_headers_and_all(wire: Wire) -> None:
    client = AsyncClient(project="p", database="named")
    ours, theirs = FirestoreCalls(client), client.document("calls/one")
    version = _Got().read_time
    version.seconds = 5
    fields = {"n": 1, "map": {"a": ["b", 0.5, True]}, "empty": {}, "none": []}

    await ours.read("calls/one", 5)
    await ours.write("calls/one", fields, None, 5)
    await ours.write("calls/one", fields, version, 5)
    await theirs.get(timeout=5)
    await theirs.create(fields, timeout=5)
    option = client.write_option(last_update_time=version)
    await theirs.update(fields, option=option, timeout=5)

    for (metadata, request), (expected, wanted) in zip(wire.calls[:3], wire.calls[3:], strict=True):
        for one in (request, wanted):
            for write in getattr(one, "writes", ()):
                write.update_mask.field_paths.sort()
        assert metadata.keys() == expected.keys() - OF_THE_CLIENT_ALONE
        assert metadata == {name: expected[name] for name in metadata}
        assert request == wanted
    assert "projects/p/databases/named" in wire.calls[0][0]["x-goog-request-params"]


@pytest.mark.parametrize("status", ["UNAVAILABLE", "ABORTED", "RESOURCE_EXHAUSTED", "INTERNAL"])
async def test_call_that_failed_is_not_repeated(wire: Wire, status: str) -> None:
    wire.status = grpc.StatusCode[status]
    calls = FirestoreCalls(AsyncClient(project="p", database="named"))

    with pytest.raises(api.GoogleAPICallError):
        await calls.read("calls/one", 5)
    with pytest.raises(api.GoogleAPICallError):
        await calls.write("calls/one", {"n": 1}, None, 5)

    assert len(wire.calls) == 2


def test_client_is_the_version_whose_private_names_are_known() -> None:
    assert version_of("google-cloud-firestore") == "2.34.1", KNOWN
    assert COLLECTION  # of the module that sets the options
    options = dict(base_client._DEFAULT_CHANNEL_OPTIONS)
    assert options["grpc.max_reconnect_backoff_ms"] == 1000
    assert dict(base_client._GRPC_MSG_SIZE_OPTIONS)["grpc.keepalive_timeout_ms"] == 2000
