"""Answers and refusals become responses here: JSON, problem documents, and what every response
carries.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from http import HTTPStatus

from starlette.responses import Response

from vending.errors import (
    InvalidRequest,
    LivepassError,
    MethodNotAllowed,
    QuotaExceeded,
    Unauthenticated,
)

PROBLEM = "application/problem+json"
# Types that IANA or the rate limit draft define; elsewhere about:blank, and the code says it all.
_TYPES = {"quota-exceeded": "https://iana.org/assignments/http-problem-types#quota-exceeded"}
_EXPOSED = (
    "RateLimit, RateLimit-Policy, Retry-After, Idempotent-Replayed, X-Request-Id, WWW-Authenticate"
)
_ALLOWED_HEADERS = "Authorization, Content-Type, Idempotency-Key, X-Firebase-AppCheck"
_REALM = 'Bearer realm="livepass"'


def json_response(status: int, content: bytes | None, headers: Mapping[str, str]) -> Response:
    """Make a response with a JSON document, or with none."""
    media_type = None if content is None else "application/json"
    return Response(content, status, dict(headers), media_type)


def problem_response(error: LivepassError, request_id: str, headers: Mapping[str, str]) -> Response:
    """Make a problem document (RFC 9457) of a refusal."""
    body = f'{_shared(error.code, error.status, error.public)}, "requestId": "{request_id}"'
    if isinstance(error, InvalidRequest):
        errors = [{"field": e.field, "message": e.message} for e in error.errors]
        body += f', "errors": {json.dumps(errors)}'
    if isinstance(error, QuotaExceeded):
        body += f', "violated": {json.dumps(error.violated)}'
        body += f', "retryAfterSeconds": {json.dumps(error.retry_after_s)}'
    return Response(body + "}", error.status, {**headers, **_headers(error)}, PROBLEM)


def preflight_response(methods: str, origin_headers: Mapping[str, str]) -> Response:
    """Answer a CORS preflight; an origin that is not allowed gets no CORS headers."""
    headers = {"Allow": methods, **origin_headers}
    if "Access-Control-Allow-Origin" in headers:
        headers["Access-Control-Allow-Methods"] = methods
        headers["Access-Control-Allow-Headers"] = _ALLOWED_HEADERS
        headers["Access-Control-Max-Age"] = "600"
    return Response(None, HTTPStatus.NO_CONTENT, headers)


def origin_headers(origin: str | None, allowed: frozenset[str]) -> Mapping[str, str]:
    """What a browser page at `origin` needs to read the answer; never a wildcard, never cookies."""
    if origin is None or origin not in allowed:
        return {"Vary": "Origin"}
    return {
        "Vary": "Origin",
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": _EXPOSED,
    }


@lru_cache(maxsize=64)
def _shared(code: str, status: int, public: str) -> str:
    """What all documents of a refusal share, as the beginning of their JSON."""
    shared = {
        "type": _TYPES.get(code, "about:blank"),
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": public,
        "code": code,
    }
    return json.dumps(shared)[:-1]


def _headers(error: LivepassError) -> Mapping[str, str]:
    headers = {}
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = error.allow
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = _REALM
        if error.challenge:
            headers["WWW-Authenticate"] += f', error="{error.challenge}"'
    return headers
