"""`POST /{v1alpha|v1beta}/auth_tokens`, over HTTP: faults first, then the key, then the body."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from emulator.ascii_json import AsciiJSONResponse
from emulator.cloud import Cloud
from emulator.faults import Fault
from emulator.mint import check_key, minted
from emulator.refusals import Refusal
from emulator.transport import reset_connection

VERSIONS = ("v1alpha", "v1beta")
WRONG_VERSION = (
    "There are no tokens and no Live API in {version} here: set the API version to v1beta "
    "(apiVersion or api_version in the HTTP options, or GOOGLE_GENAI_API_VERSION=v1beta)."
)
"""Ours. The newest SDKs default to v1, of which a probe of 2026-10-04 found no tokens, and to
v1beta1 where they are told to use Vertex AI; Google's own 404 says less. Guess: that no Live API
for keys is in v1 either."""

STATUS_NAMES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
"""google.rpc.Code as HTTP statuses; others are UNKNOWN."""


class AuthTokens:
    """The collection of tokens: it can be added to, and nothing else."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    async def create(self, request: Request) -> Response:
        """Mint a token."""
        cloud, body = self._cloud, await request.body()
        version, key = request.path_params["version"], request.headers.get("x-goog-api-key")
        key = key or request.query_params.get("key")
        cloud.note("mint", version=version, key=key or "", body=body.decode(errors="replace"))
        if cloud.settings.mint_latency_s:
            await asyncio.sleep(cloud.settings.mint_latency_s)
        if fault := cloud.faults.take("mint"):
            return await self._fail(request, fault)
        if version not in VERSIONS:
            cloud.note("wrong_version", version=version)
            refusal = Refusal(404, "NOT_FOUND", WRONG_VERSION.format(version=version))
            return AsciiJSONResponse(refusal.body(), 404)
        try:
            check_key(key, cloud.settings)
            token = minted(body, cloud.settings, now=cloud.clock.now(), wall_s=time.time())
        except Refusal as refusal:
            cloud.note("mint_refused", status=refusal.http_status, message=refusal.message)
            return AsciiJSONResponse(refusal.body(), refusal.http_status)
        cloud.tokens.add(token)
        cloud.note("token", name=token.name, uses=token.uses)
        return AsciiJSONResponse({"name": token.name})

    async def _fail(self, request: Request, fault: Fault) -> Response:
        self._cloud.note("mint_fault", do=fault.do)
        match fault.do:
            case "hang":
                while (await request.receive())["type"] != "http.disconnect":
                    pass
            case "reset":
                reset_connection(request.scope)
            case "nonsense":
                return PlainTextResponse(
                    "<!doctype html><title>Error</title>", media_type="text/html"
                )
        return AsciiJSONResponse(_failure(fault).body(), fault.status)


def _failure(fault: Fault) -> Refusal:
    details: list[dict[str, Any]] = []
    if fault.retry_after_s is not None:
        kind = "type.googleapis.com/google.rpc.RetryInfo"
        details.append({"@type": kind, "retryDelay": f"{fault.retry_after_s:g}s"})
    name = STATUS_NAMES.get(fault.status, "UNKNOWN")
    return Refusal(fault.status, name, f"{name}: asked for by the test.", details)
