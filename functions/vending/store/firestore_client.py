"""Firestore's calls by google-cloud-firestore, each sent once, and its errors as the store's.

Calls are made with `retry=None`: by default the client repeats a commit whose outcome is unknown,
which counts twice. Its values and its documents are left aside, see `firestore_fields`; so are its
reads, which take an answer without a document for a document that is not there, read just now.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from google.api_core.exceptions import GoogleAPICallError
from google.cloud.firestore_v1 import types
from google.cloud.firestore_v1.field_path import FieldPath
from google.cloud.firestore_v1.services.firestore import FirestoreAsyncClient
from grpc import StatusCode  # type: ignore[import-untyped]

from vending.errors import StoreUnavailable
from vending.store.documents import ANY_VERSION, Found
from vending.store.firestore_channel import FirestoreChannel
from vending.store.firestore_fields import decode, encode, ms_of
from vending.store.retry import STORE_RETRY_AFTER_S, Conflict, OutcomeUnknown

T = TypeVar("T")
Options = Mapping[str, Any]
_CONFLICTS = frozenset(
    {StatusCode.FAILED_PRECONDITION, StatusCode.ALREADY_EXISTS, StatusCode.NOT_FOUND}
)
_HOPELESS = frozenset(
    {StatusCode.PERMISSION_DENIED, StatusCode.UNAUTHENTICATED, StatusCode.INVALID_ARGUMENT}
)
_NONSENSE = (AttributeError, LookupError, ValueError)  # TypeError is ours: nothing was sent


class FirestoreClient:
    """Calls to one database.

    Raises:
        Conflict: it is not as the call was told, so nothing was written.
        OutcomeUnknown: the call failed in a way that may pass; what it writes may be written.
        StoreUnavailable: Firestore will not have the call.
    """

    def __init__(self, project: str, database: str) -> None:
        self._database = f"projects/{project}/databases/{database}"
        self._documents = f"{self._database}/documents"
        self._channel = FirestoreChannel()

    def connect(self) -> None:
        """Begin to connect for the calls to come, in this event loop; send nothing."""
        self._channel.connect()

    async def read(self, path: str, timeout_s: float) -> Found:
        """Read a document by its path, e.g. collection/name, at Firestore's time."""
        name = f"{self._documents}/{path}"
        request = types.BatchGetDocumentsRequest(database=self._database, documents=[name])

        async def send(api: FirestoreAsyncClient, options: Options) -> Found:
            stream = await api.batch_get_documents(request, **options)
            (answer,), _ = await _answers(stream, types.BatchGetDocumentsResponse, _READ, 1)
            there = answer.HasField("found")
            if (answer.found.name if there else answer.missing) != name:
                raise ValueError("another document")
            version = _given(answer.found, "update_time") if there else None
            now = ms_of(_given(answer, "read_time"))
            return Found(decode(answer.found.fields), version, now)

        return await self._call(send, timeout_s)

    async def write(
        self, path: str, fields: Mapping[str, Any], if_version: object | None, timeout_s: float
    ) -> None:
        """Write these fields of a document, and keep others, if its version is still `if_version`;
        None: if there is none.
        """
        write = types.Write.pb()()
        write.update.name = f"{self._documents}/{path}"
        try:
            encode(fields, write.update.fields)
        except ValueError as error:
            detail = f"firestore: what cannot be stored: {type(error).__name__}"
            raise StoreUnavailable(detail, retry_after_s=STORE_RETRY_AFTER_S) from error
        if if_version is None:
            write.current_document.exists = False
        else:
            write.update_mask.field_paths.extend(FieldPath(name).to_api_repr() for name in fields)
            if if_version != ANY_VERSION:
                write.current_document.update_time.CopyFrom(if_version)
        await self._commit(write, timeout_s)

    async def remove(self, path: str, timeout_s: float) -> None:
        """Remove a document, whether or not there is one."""
        await self._commit(types.Write.pb()(delete=f"{self._documents}/{path}"), timeout_s)

    async def latest(
        self, collection: str, field: str, after: int, most: int, timeout_s: float
    ) -> tuple[Sequence[Mapping[str, Any]], int]:
        """List documents whose field is more than `after`, the greatest first; and tell the time in
        milliseconds.
        """
        path = {"field_path": field}
        later = {"field": path, "op": "GREATER_THAN", "value": {"integer_value": after}}
        query = {
            "from_": [{"collection_id": collection}],
            "where": {"field_filter": later},
            "order_by": [{"field": path, "direction": "DESCENDING"}],
            "limit": most,
        }
        request = types.RunQueryRequest(parent=self._documents, structured_query=query)

        async def send(
            api: FirestoreAsyncClient, options: Options
        ) -> tuple[Sequence[Mapping[str, Any]], int]:
            stream = await api.run_query(request, **options)
            found, last = await _answers(stream, types.RunQueryResponse, _DOCUMENT, most)
            now = ms_of(_given(last, "read_time"))
            return [decode(answer.document.fields) for answer in found], now

        return await self._call(send, timeout_s)

    async def total(self, collection: str, field: str, timeout_s: float) -> int:
        """Sum a whole number up over a collection; documents without it count nothing."""
        query = {
            "structured_query": {"from_": [{"collection_id": collection}]},
            "aggregations": [{"alias": "total", "sum": {"field": {"field_path": field}}}],
        }
        request = types.RunAggregationQueryRequest(
            parent=self._documents, structured_aggregation_query=query
        )

        async def send(api: FirestoreAsyncClient, options: Options) -> int:
            stream = await api.run_aggregation_query(request, **options)
            (answer,), _ = await _answers(stream, types.RunAggregationQueryResponse, _RESULT, 1)
            fields = answer.result.aggregate_fields
            if "total" not in fields or not fields["total"].HasField("integer_value"):
                raise ValueError("a sum that is not whole")
            return int(fields["total"].integer_value)

        return await self._call(send, timeout_s)

    async def close(self) -> None:
        """Close what is open for this event loop."""
        await self._channel.close()

    async def _commit(self, write: Any, timeout_s: float) -> None:
        message = types.CommitRequest.pb()(database=self._database, writes=[write])
        request = types.CommitRequest.wrap(message)

        async def send(api: FirestoreAsyncClient, options: Options) -> None:
            done = _message(types.CommitResponse, await api.commit(request, **options))
            (_,) = done.write_results
            _given(done, "commit_time")

        await self._call(send, timeout_s)

    async def _call(
        self, send: Callable[[FirestoreAsyncClient, Options], Awaitable[T]], timeout_s: float
    ) -> T:
        deadline = asyncio.get_running_loop().time() + timeout_s
        try:
            async with asyncio.timeout_at(deadline):
                access = await self._channel.access()
                metadata = [(_DATABASE, self._database), *access.items()]
                with self._channel.until(deadline) as api:
                    return await send(
                        api, {"retry": None, "timeout": timeout_s, "metadata": metadata}
                    )
        except GoogleAPICallError as error:
            raise _failure(error) from error
        except TimeoutError as error:
            raise OutcomeUnknown(f"firestore: no answer in {timeout_s:.1f} s") from error
        except OSError as error:
            raise OutcomeUnknown(f"firestore: {type(error).__name__}: {error}") from error
        except _NONSENSE as error:
            detail = f"firestore: an answer without sense: {type(error).__name__}"
            raise OutcomeUnknown(detail) from error


_DATABASE = "google-cloud-resource-prefix"  # as google-cloud-firestore sends it
_READ, _DOCUMENT, _RESULT = ("found", "missing"), ("document",), ("result",)


async def _answers(
    stream: Any, kind: Any, parts: Sequence[str], most: int
) -> tuple[list[Any], Any]:
    """Read a stream to its end, where it may still fail: the answers that have one of the parts,
    and the last of all.
    """
    kept: list[Any] = []
    last = None
    try:
        async for answer in stream:
            last = _message(kind, answer)
            if any(map(last.HasField, parts)):
                kept.append(last)
            if len(kept) > most:
                raise ValueError("more than was asked for")
    finally:
        stream.cancel()
    return kept, last


def _message(kind: Any, answer: Any) -> Any:
    if answer is None:  # gRPC's word for what it could not read, or did not get
        raise ValueError("no message")
    return kind.pb(answer)


def _given(message: Any, name: str) -> Any:
    """Return a part of a message, which would else be read as zero."""
    if not message.HasField(name):
        raise ValueError(f"no {name}")
    return getattr(message, name)


def _failure(error: GoogleAPICallError) -> Exception:
    code = error.grpc_status_code
    detail = f"firestore: {code.name if code else 'no status'}: {error.message}"
    if code in _CONFLICTS:
        return Conflict(detail)
    if code in _HOPELESS:
        return StoreUnavailable(detail, retry_after_s=STORE_RETRY_AFTER_S)
    return OutcomeUnknown(detail)
