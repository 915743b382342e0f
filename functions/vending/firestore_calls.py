"""Firestore's calls over its REST interface, by the connections that mints go by.

google-cloud-firestore is gRPC: its two calls cost a mint more CPU than all the rest of it, its
import most of a first mint, and its values are wrapped in objects and copied deeply, both ways.
Tests hold these calls to the client's own, message by message.
https://firebase.google.com/docs/firestore/reference/rest/v1/projects.databases.documents
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from vending.connections import Answer, Connections, Target
from vending.errors import StoreUnavailable
from vending.firestore_values import decoded, decoded_fields, encoded_fields, ms_of
from vending.ledger import RETRY_AFTER_S, Conflict, Doubt

SERVICE = "https://firestore.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/datastore"
ANYTHING = object()  # the version of whatever is there, or of nothing
Access = Callable[[], Awaitable[Mapping[str, str]]]
_CONFLICTS = frozenset({"FAILED_PRECONDITION", "ALREADY_EXISTS", "NOT_FOUND"})
_HOPELESS = frozenset({"PERMISSION_DENIED", "UNAUTHENTICATED", "INVALID_ARGUMENT"})
_HOPELESS_STATUSES = frozenset({400, 401, 403})  # of an answer that gives no reason
_NONSENSE = (AttributeError, LookupError, TypeError, ValueError, RecursionError)


@dataclass(frozen=True, slots=True)
class Found:
    """A document as read at `read_ms` of Firestore's clock. `version` None: there is none."""

    fields: Mapping[str, Any]
    version: object | None
    read_ms: int


class FirestoreCalls:
    """Calls to one database, each sent once.

    Raises:
        Conflict: it is not as the call was told, so nothing was written.
        Doubt: the call failed in a way that may pass; what it writes may be written.
        StoreUnavailable: Firestore will not have the call.
    """

    def __init__(self, project: str, database: str, http: Connections | None = None) -> None:
        self._database = f"projects/{project}/databases/{database}"
        self._http = http or Connections()
        emulator = os.environ.get("FIRESTORE_EMULATOR_HOST")  # as Google's own clients do
        self._service = f"http://{emulator}" if emulator else SERVICE
        self._access: Access = _owner if emulator else _account()
        self._targets: tuple[Mapping[str, str], dict[str, Target]] = ({}, {})

    async def read(self, path: str, timeout_s: float) -> Found:
        """Read a document by its path, e.g. collection/name."""
        name = self._name(path)
        with _sense():
            answers = await self._call("batchGet", {"documents": [name]}, timeout_s)
            (answer,) = (each for each in answers if "found" in each or "missing" in each)
            document = answer.get("found")
            if (document["name"] if document else answer["missing"]) != name:
                raise ValueError("another document")
            return Found(
                decoded_fields(document.get("fields", {})) if document else {},
                str(document["updateTime"]) if document else None,
                ms_of(answer["readTime"]),
            )

    async def write(
        self, path: str, fields: Mapping[str, Any], if_version: object | None, timeout_s: float
    ) -> None:
        """Write these fields of a document if its version is still `if_version`."""
        write: dict[str, Any] = {
            "update": {"name": self._name(path), "fields": encoded_fields(fields)}
        }
        if if_version is None:
            write["currentDocument"] = {"exists": False}
        else:
            write["updateMask"] = {"fieldPaths": list(fields)}
            if if_version is not ANYTHING:
                write["currentDocument"] = {"updateTime": if_version}
        await self._commit(write, timeout_s)

    async def remove(self, path: str, timeout_s: float) -> None:
        """Remove a document, whether or not there is one."""
        await self._commit({"delete": self._name(path)}, timeout_s)

    async def latest(
        self, collection: str, field: str, after: int, most: int, timeout_s: float
    ) -> tuple[Sequence[Mapping[str, Any]], int]:
        """List documents whose field is more than `after`, the greatest first; and tell the time in
        milliseconds.
        """
        path = {"fieldPath": field}
        later = {"field": path, "op": "GREATER_THAN", "value": {"integerValue": str(after)}}
        query = {
            "from": [{"collectionId": collection}],
            "where": {"fieldFilter": later},
            "orderBy": [{"field": path, "direction": "DESCENDING"}],
            "limit": most,
        }
        with _sense():
            answers = await self._call("runQuery", {"structuredQuery": query}, timeout_s)
            found = [answer["document"] for answer in answers if "document" in answer]
            times = [answer["readTime"] for answer in answers if "readTime" in answer]
            return [decoded_fields(each.get("fields", {})) for each in found], ms_of(times[-1])

    async def total(self, collection: str, field: str, timeout_s: float) -> int:
        """Sum a whole number up over a collection; documents without it count nothing."""
        total = {"alias": "total", "sum": {"field": {"fieldPath": field}}}
        query = {
            "structuredQuery": {"from": [{"collectionId": collection}]},
            "aggregations": [total],
        }
        with _sense():
            body = {"structuredAggregationQuery": query}
            answers = await self._call("runAggregationQuery", body, timeout_s)
            (result,) = (answer["result"] for answer in answers if "result" in answer)
            whole = decoded(result["aggregateFields"]["total"])
            if type(whole) is not int:
                raise ValueError("a sum that is not whole")
            return whole

    async def _commit(self, write: Mapping[str, Any], timeout_s: float) -> None:
        with _sense():
            done = await self._call("commit", {"writes": [write]}, timeout_s)
            (_,) = done["writeResults"]
            ms_of(done["commitTime"])

    async def _call(self, method: str, body: Mapping[str, Any], timeout_s: float) -> Any:
        content = json.dumps(body).encode()
        try:
            async with asyncio.timeout(timeout_s):
                target = self._target(method, await self._access())
                answer = await self._http.post(target, content)
        except TimeoutError as error:
            raise Doubt(f"firestore: no answer in {timeout_s:.1f} s") from error
        except OSError as error:
            raise Doubt(f"firestore: {type(error).__name__}: {error}") from error
        return _answered(answer)

    def _target(self, method: str, access: Mapping[str, str]) -> Target:
        """The head of a call, written once for each access token."""
        if access != self._targets[0]:
            self._targets = (access, {})
        targets = self._targets[1]
        if method not in targets:
            url = f"{self._service}/v1/{self._database}/documents:{method}?prettyPrint=false"
            targets[method] = Target.of(url, {"Content-Type": "application/json", **access})
        return targets[method]

    def _name(self, path: str) -> str:
        return f"{self._database}/documents/{path}"


_OWNER = {"Authorization": "Bearer owner"}  # the emulator's administrator


async def _owner() -> Mapping[str, str]:
    return _OWNER


def _account() -> Access:
    from vending.own_access import OwnAccess  # noqa: PLC0415 - not for the emulator

    return OwnAccess(SCOPE)


@contextmanager
def _sense() -> Iterator[None]:
    """An answer that cannot be read leaves open what was done."""
    try:
        yield
    except _NONSENSE as error:
        detail = f"firestore: an answer without sense: {type(error).__name__}"
        raise Doubt(detail) from error


def _answered(answer: Answer) -> Any:
    """Read an answer, or the error in it (google.aip.dev/193), which of a stream may come late."""
    said = None
    try:
        said = json.loads(answer.content)
    except (ValueError, RecursionError):
        if answer.status == HTTPStatus.OK:
            raise
    parts = said if isinstance(said, list) else [said]
    errors = [part["error"] for part in parts if isinstance(part, dict) and "error" in part]
    if errors or answer.status != HTTPStatus.OK:
        raise _failure(answer.status, errors[0] if errors else None)
    return said


def _failure(http_status: int, error: Any) -> Exception:
    told = error if isinstance(error, dict) else {}
    status = str(told.get("status", ""))
    detail = f"firestore: {http_status} {status}: {told.get('message', '')}"
    if status in _CONFLICTS:
        return Conflict(detail)
    if status in _HOPELESS or (not status and http_status in _HOPELESS_STATUSES):
        return StoreUnavailable(detail, retry_after_s=RETRY_AFTER_S)
    return Doubt(detail)
