"""Firestore's calls as its protobufs, by the client's own channel and credentials.

google-cloud-firestore wraps every value of a document in an object and copies it deeply, both ways:
a third of a mint's CPU, and twelve milliseconds for a long document. Here a value is written into
the message it travels in. What we have no type for goes back as the message it came in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import grpc  # type: ignore[import-untyped]
from google.api_core.exceptions import from_grpc_error
from google.api_core.gapic_v1 import routing_header
from google.cloud.firestore import AsyncClient
from google.cloud.firestore_v1 import types

_SERVICE = "/google.firestore.v1.Firestore/"
_Get, _Got = types.BatchGetDocumentsRequest.pb(), types.BatchGetDocumentsResponse.pb()
_Commit, _Committed = types.CommitRequest.pb(), types.CommitResponse.pb()
_Query, _Answered = types.RunQueryRequest.pb(), types.RunQueryResponse.pb()
_Aggregate, _Summed = types.RunAggregationQueryRequest.pb(), types.RunAggregationQueryResponse.pb()
_Value = types.Value.pb()
_LATER, _DESCENDING = (
    types.StructuredQuery.FieldFilter.Operator.GREATER_THAN,
    types.StructuredQuery.Direction.DESCENDING,
)
_PLAIN = {
    bool: "boolean_value",
    int: "integer_value",
    float: "double_value",
    str: "string_value",
    bytes: "bytes_value",
}
ANYTHING = object()  # the version of whatever is there, or of nothing
_PLAIN_KINDS = frozenset(_PLAIN.values())


@dataclass(frozen=True, slots=True)
class Found:
    """A document as read at `read_ms` of Firestore's clock. `version` None: there is none."""

    fields: Mapping[str, Any]
    version: object | None
    read_ms: int


class FirestoreCalls:
    """Calls by a client's channel. Each raises GoogleAPICallError, and ValueError for nonsense."""

    def __init__(self, client: AsyncClient) -> None:
        self._database = client._database_string  # noqa: SLF001 - it has no public name
        routing = routing_header.to_grpc_metadata([("database", self._database)])  # type: ignore[no-untyped-call]
        # The client's methods add the second, by which calls find a database with a name.
        self._metadata = (*client._rpc_metadata, routing)  # noqa: SLF001 - nor has the first
        channel = client._firestore_api.transport.grpc_channel  # noqa: SLF001
        self._get = channel.unary_stream(
            f"{_SERVICE}BatchGetDocuments", _Get.SerializeToString, _Got.FromString
        )
        self._commit = channel.unary_unary(
            f"{_SERVICE}Commit", _Commit.SerializeToString, _Committed.FromString
        )
        self._query = channel.unary_stream(
            f"{_SERVICE}RunQuery", _Query.SerializeToString, _Answered.FromString
        )
        self._sum = channel.unary_stream(
            f"{_SERVICE}RunAggregationQuery", _Aggregate.SerializeToString, _Summed.FromString
        )

    async def read(self, path: str, timeout_s: float) -> Found:
        """Read a document by its path, e.g. collection/name."""
        request = _Get(database=self._database, documents=[self._name(path)])
        found = None
        with _errors():
            async for answer in self._get(request, timeout=timeout_s, metadata=self._metadata):
                if answer.WhichOneof("result"):
                    found = answer
        if found is None or not found.HasField("read_time"):
            raise ValueError("an answer without a document")
        document = found.found if found.HasField("found") else None
        return Found(
            {name: _read(value) for name, value in document.fields.items()} if document else {},
            document.update_time if document else None,
            _ms(found.read_time),
        )

    async def write(
        self, path: str, fields: Mapping[str, Any], if_version: object | None, timeout_s: float
    ) -> None:
        """Write these fields of a document if its version is still `if_version`."""
        request = _Commit(database=self._database)
        write = request.writes.add()
        write.update.name = self._name(path)
        for name, value in fields.items():
            _write(value, write.update.fields[name])
        if if_version is None:
            write.current_document.exists = False
        else:
            write.update_mask.field_paths.extend(fields)
            if if_version is not ANYTHING:
                write.current_document.update_time.CopyFrom(if_version)
        await self._committed(request, timeout_s)

    async def remove(self, path: str, timeout_s: float) -> None:
        """Remove a document, whether or not there is one."""
        request = _Commit(database=self._database)
        request.writes.add().delete = self._name(path)
        await self._committed(request, timeout_s)

    async def latest(
        self, collection: str, field: str, after: int, most: int, timeout_s: float
    ) -> tuple[Sequence[Mapping[str, Any]], int]:
        """List documents whose field is more than `after`, the greatest first; and tell the time in
        milliseconds.
        """
        request = _Query(parent=f"{self._database}/documents")
        query = request.structured_query
        query.from_.add().collection_id = collection
        query.where.field_filter.field.field_path = field
        query.where.field_filter.op = _LATER
        query.where.field_filter.value.integer_value = after
        order = query.order_by.add()
        order.field.field_path, order.direction = field, _DESCENDING
        query.limit.value = most
        found, read_ms = [], None
        with _errors():
            async for answer in self._query(request, timeout=timeout_s, metadata=self._metadata):
                if answer.HasField("document"):
                    fields = answer.document.fields.items()
                    found.append({name: _read(value) for name, value in fields})
                if answer.HasField("read_time"):
                    read_ms = _ms(answer.read_time)
        if read_ms is None:
            raise ValueError("an answer without a time")
        return found, read_ms

    async def total(self, collection: str, field: str, timeout_s: float) -> int:
        """Sum a whole number up over a collection; documents without it count nothing."""
        request = _Aggregate(parent=f"{self._database}/documents")
        query = request.structured_aggregation_query
        query.structured_query.from_.add().collection_id = collection
        total = query.aggregations.add()
        total.alias, total.sum.field.field_path = "total", field
        found = None
        with _errors():
            async for answer in self._sum(request, timeout=timeout_s, metadata=self._metadata):
                if answer.HasField("result"):
                    found = answer.result.aggregate_fields["total"]
        if found is None or found.WhichOneof("value_type") != "integer_value":
            raise ValueError("an answer without a whole sum")
        return int(found.integer_value)

    async def _committed(self, request: Any, timeout_s: float) -> None:
        with _errors():
            done = await self._commit(request, timeout=timeout_s, metadata=self._metadata)
        if len(done.write_results) != 1 or not done.HasField("commit_time"):
            raise ValueError("an answer without a commit")

    def _name(self, path: str) -> str:
        return f"{self._database}/documents/{path}"


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except grpc.RpcError as error:
        raise from_grpc_error(error) from error  # type: ignore[no-untyped-call]


def _ms(moment: Any) -> int:
    whole: int = moment.seconds * 1000 + moment.nanos // 1_000_000
    return whole


def _write(value: Any, into: Any) -> None:
    if field := _PLAIN.get(type(value)):
        setattr(into, field, value)
    elif isinstance(value, Mapping):
        into.map_value.SetInParent()
        for name, member in value.items():
            _write(member, into.map_value.fields[name])
    elif isinstance(value, list | tuple):
        into.array_value.SetInParent()
        for element in value:
            _write(element, into.array_value.values.add())
    elif isinstance(value, datetime):
        into.timestamp_value.FromDatetime(value)
    elif isinstance(value, _Value):
        into.CopyFrom(value)
    else:
        raise TypeError(f"a {type(value).__name__} cannot be stored")


def _read(value: Any) -> Any:
    kind = value.WhichOneof("value_type")
    if kind in _PLAIN_KINDS:
        return getattr(value, kind)
    if kind == "map_value":
        return {name: _read(member) for name, member in value.map_value.fields.items()}
    if kind == "array_value":
        return [_read(element) for element in value.array_value.values]
    return value
