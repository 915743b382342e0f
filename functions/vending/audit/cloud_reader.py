"""The audit trail in Google Cloud: the function's lines, read back from a view of Cloud Logging."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from google.api_core import exceptions as api
from google.auth.exceptions import GoogleAuthError
from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2AsyncClient
from google.cloud.logging_v2.types import ListLogEntriesRequest, LogEntry
from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]

from vending.audit.reader import HEARTBEAT, Entries, Entry, Query
from vending.errors import AuditUnavailable

TRAIL_PATIENCE_S = 10.0
_PAGE = 1000  # the most that one call gives; a project may make 60 calls a minute
_RETRY_AFTER_S = 30


class CloudTrail:
    """An `AuditTrail` in a log view, `projects/P/locations/L/buckets/B/views/V`. The channel is
    opened by the first call.
    """

    def __init__(self, view: str, client: LoggingServiceV2AsyncClient | None = None) -> None:
        self._view = view
        self._client = client

    async def entries(self, query: Query) -> Entries:
        """Read them, page by page, for at most 10 s."""
        found: list[Entry] = []
        try:
            async with asyncio.timeout(TRAIL_PATIENCE_S):
                async for entry in self._listed(query):
                    if len(found) == query.most:
                        return Entries(tuple(found), cut=True)
                    found.append(_entry(entry))
        except TimeoutError:
            if not found:
                raise _unavailable("no answer in time") from None
            return Entries(tuple(found), cut=True)
        except (api.GoogleAPIError, GoogleAuthError) as error:
            raise _unavailable(str(error)) from error
        return Entries(tuple(found), cut=False)

    async def _listed(self, query: Query) -> AsyncIterator[LogEntry]:
        request = ListLogEntriesRequest(
            resource_names=[self._view],
            filter=filter_of(query),
            order_by="timestamp desc",
            page_size=min(query.most + 1, _PAGE),
        )
        if self._client is None:
            self._client = LoggingServiceV2AsyncClient()
        pages = await self._client.list_log_entries(request, retry=None, timeout=TRAIL_PATIENCE_S)
        async for entry in pages:
            yield entry


def filter_of(query: Query) -> str:
    """The query in Cloud Logging's language; only values that need no quoting come here quoted."""
    since = datetime.fromtimestamp(query.since / 1000, UTC).isoformat()
    parts = [f'timestamp > "{since}"', "jsonPayload.event:*", f'jsonPayload.event != "{HEARTBEAT}"']
    for name, value in (("user", query.user), ("event", query.event)):
        if value:
            parts.append(f"jsonPayload.{name} = {json.dumps(value)}")
    if query.operations:
        anyone = " OR ".join(json.dumps(name) for name in query.operations)
        parts.append(f"jsonPayload.operation = ({anyone})")
    return " AND ".join(parts)


def _entry(entry: LogEntry) -> Entry:
    """Cloud Logging takes `httpRequest` out of the line, into a field of the entry."""
    line: dict[str, Any] = MessageToDict(LogEntry.pb(entry).json_payload)
    at = int(entry.timestamp.timestamp() * 1000)
    return Entry.of(at, {**line, "httpRequest": {"status": entry.http_request.status}})


def _unavailable(detail: str) -> AuditUnavailable:
    return AuditUnavailable(f"logging: {detail}", retry_after_s=_RETRY_AFTER_S)
