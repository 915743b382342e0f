"""The contract as an OpenAPI 3.1 document, made from the models that validate and the routes that
serve.

`python -m vending.openapi` prints it; `make openapi` keeps `functions/openapi.yaml`. Not used by
the functions.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from vending import errors
from vending.contract import admin, answers, requests
from vending.errors import LivepassError
from vending.http.router import PATH_PATTERNS, ROUTES, Operation, Route
from vending.operations.admin import AUDIT_FILTERS

Schema = dict[str, Any]
_REF = "#/components/schemas/{model}"
_ANSWERS: Mapping[Operation, tuple[int, type | None]] = {
    "mint": (201, answers.TokenAnswer),
    "refresh": (201, answers.TokenAnswer),
    "usage": (200, answers.UsageAnswer),
    "sessions": (200, answers.SessionsAnswer),
    "session": (200, answers.SessionAnswer),
    "end_session": (204, None),
    "report": (204, None),
    "weather": (200, answers.WeatherAnswer),
    "admin_overview": (200, admin.OverviewAnswer),
    "admin_audit": (200, admin.AuditAnswer),
    "admin_user": (200, admin.AdminUserAnswer),
    "admin_set_tier": (200, admin.RulingAnswer),
    "admin_reset_tier": (204, None),
    "admin_blocks": (200, admin.BlocksAnswer),
    "admin_block": (200, admin.RulingAnswer),
    "admin_unblock": (204, None),
    "admin_pause": (200, admin.RulingAnswer),
    "admin_resume": (204, None),
    "config": (200, answers.ConfigAnswer),
    "health": (200, answers.HealthAnswer),
}
_REQUESTS: Mapping[Operation, type[requests.RequestModel]] = {
    "mint": requests.MintRequest,
    "refresh": requests.RefreshRequest,
    "report": requests.UsageReport,
    "admin_set_tier": admin.TierRequest,
    "admin_block": admin.RulingRequest,
    "admin_pause": admin.RulingRequest,
}
_VENDS = ("mint", "refresh")
_SUMMARIES: Mapping[Operation, str] = {
    "mint": "Mint a token: starts a session",
    "refresh": "A new token for a live session of the caller",
    "usage": "Limits, what is used and what is left",
    "sessions": "The caller's sessions of the last 24 hours",
    "session": "One of the caller's sessions",
    "end_session": "End a session: no more refreshes, its slot is free",
    "report": "Tell the tokens a talk has used so far; at most every ten seconds is counted",
    "weather": "The weather at a place, for the tool `get_weather`",
    "admin_overview": "For admins: the last 24 hours, by hour, reason, session and user",
    "admin_audit": "For admins: the newest lines of the audit trail",
    "admin_user": "For admins: what one user has used, and their sessions",
    "admin_set_tier": "For admins: raise or lower a user's tier for a time",
    "admin_reset_tier": "For admins: give a user their own tier back",
    "admin_blocks": "For admins: blocks, tiers for a time, and the pause",
    "admin_block": "For admins: block a user or a prefix of addresses for a time",
    "admin_unblock": "For admins: lift a block",
    "admin_pause": "For admins: no new sessions for a time; live ones are still refreshed",
    "admin_resume": "For admins: lift the pause, but for one of the settings",
    "config": "What is on offer: models, voices, tools, limits, sign-in",
    "health": "Whether tokens can be vended",
}
_EVERYWHERE = (errors.InvalidRequest, LivepassError)
_SIGNED_IN = (
    errors.Unauthenticated,
    errors.TokenExpired,
    errors.Forbidden,
    errors.AppCheckFailed,
    errors.Blocked,
    errors.IdentityUnavailable,
    errors.StoreUnavailable,
)
_ADMIN = (
    errors.Unauthenticated,
    errors.TokenExpired,
    errors.Forbidden,
    errors.IdentityUnavailable,
)
_VENDING = (
    errors.PayloadTooLarge,
    errors.UnsupportedMediaType,
    errors.ReplayExpired,
    errors.IdempotencyKeyReused,
    errors.QuotaExceeded,
    errors.UpstreamRejected,
    errors.UpstreamUnavailable,
)
_RULING = (
    *_ADMIN,
    errors.NotFound,
    errors.PayloadTooLarge,
    errors.UnsupportedMediaType,
    errors.StoreUnavailable,
)
_REFUSALS: Mapping[Operation, tuple[type[LivepassError], ...]] = {
    "mint": (*_SIGNED_IN, *_VENDING, errors.MintingPaused),
    "refresh": (
        *(*_SIGNED_IN, *_VENDING),
        *(errors.NotFound, errors.SessionEnded, errors.SessionExpired),
    ),
    "usage": (*_SIGNED_IN, errors.QuotaExceeded),
    "sessions": (*_SIGNED_IN, errors.QuotaExceeded),
    "session": (*_SIGNED_IN, errors.NotFound, errors.QuotaExceeded),
    "end_session": (*_SIGNED_IN, errors.NotFound),
    "report": (
        *_SIGNED_IN,
        *(errors.PayloadTooLarge, errors.UnsupportedMediaType, errors.NotFound),
    ),
    "weather": (
        *_SIGNED_IN,
        *(errors.NotFound, errors.QuotaExceeded, errors.WeatherUnavailable),
    ),
    "admin_overview": (*_ADMIN, errors.AuditUnavailable),
    "admin_audit": (*_ADMIN, errors.AuditUnavailable),
    "admin_user": (*_ADMIN, errors.NotFound, errors.StoreUnavailable),
    "admin_set_tier": _RULING,
    "admin_reset_tier": (*_ADMIN, errors.NotFound, errors.StoreUnavailable),
    "admin_blocks": (*_ADMIN, errors.StoreUnavailable),
    "admin_block": _RULING,
    "admin_unblock": (*_ADMIN, errors.NotFound, errors.StoreUnavailable),
    "admin_pause": _RULING,
    "admin_resume": (*_ADMIN, errors.StoreUnavailable),
    "config": (),
    "health": (),
}


def document() -> Schema:
    """Make the whole document."""
    models: list[Any] = [model for _, model in _ANSWERS.values() if model]
    models += [answers.BatchAnswer, *_REQUESTS.values(), answers.Problem]
    adapters = {model.__name__: TypeAdapter(model) for model in models}
    _, schemas = TypeAdapter.json_schemas(
        [(name, "validation", adapter) for name, adapter in adapters.items()], ref_template=_REF
    )
    paths: dict[str, Schema] = {}
    for route in ROUTES:
        paths.setdefault(route.template, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Livepass",
            "version": "1",
            "description": "Short-lived, locked-down tokens for the Gemini Live API.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": _without_titles(schemas["$defs"]),
            "headers": _HEADERS,
            "securitySchemes": {
                "idToken": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "An ID token of one of the issuers that `config` lists.",
                }
            },
        },
    }


def _operation(route: Route) -> Schema:
    operation: Schema = {
        "operationId": route.operation,
        "summary": _SUMMARIES[route.operation],
        "security": [] if route.public else [{"idToken": []}],
        "parameters": list(_parameters(route)),
        "responses": _responses(route),
    }
    if request := _REQUESTS.get(route.operation):
        operation["requestBody"] = {
            "required": route.operation == "refresh" or route.admin,
            "content": {"application/json": {"schema": _ref(request)}},
        }
    return operation


def _parameters(route: Route) -> list[Schema]:
    parameters: list[Schema] = []
    schema: Schema
    for name, pattern in PATH_PATTERNS.items():
        if f"{{{name}}}" in route.template:
            schema = {"type": "string", "pattern": f"^{pattern}$"}
            parameters.append({"name": name, "in": "path", "required": True, "schema": schema})
    if route.operation == "admin_audit":
        for name, pattern in AUDIT_FILTERS.items():
            schema = {"type": "string", "pattern": f"^{pattern}$"}
            parameters.append({"name": name, "in": "query", "schema": schema})
    if route.operation == "weather":
        schema = {"type": "string", "minLength": 1, "maxLength": 100}
        parameters.append({"name": "place", "in": "query", "required": True, "schema": schema})
    if route.operation in _VENDS:
        schema = {"type": "string", "pattern": r'^("[!#-\[\]-~]{16,64}"|[!#-\[\]-~]{16,64})$'}
        parameters.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "schema": schema,
                "description": "The same key and body get the same token again.",
            }
        )
    return parameters


def _responses(route: Route) -> Schema:
    status, model = _ANSWERS[route.operation]
    schema = _ref(model) if model else {}
    if route.operation == "mint":
        schema = {"anyOf": [schema, _ref(answers.BatchAnswer)]}
    content = {"content": {"application/json": {"schema": schema}}} if model else {}
    read = () if route.operation == "weather" else ("RateLimit",)
    quotas = () if route.public or route.admin else ("RateLimit-Policy", *read)
    replayed = ("Idempotent-Replayed",) if route.operation in _VENDS else ()
    headers = _headers("X-Request-Id", *quotas, *replayed)
    answer: Schema = {"description": _SUMMARIES[route.operation], "headers": headers}
    responses: Schema = {str(status): {**answer, **content}}
    if route.operation == "mint":
        responses[str(status)]["links"] = _LINKS
    refusals: dict[int, list[str]] = {}
    errors_here: tuple[type[LivepassError], ...] = (*_EVERYWHERE, *_REFUSALS[route.operation])
    for error in errors_here:
        refusals.setdefault(error.status, []).append(error.code)
    for refused, codes in sorted(refusals.items()):
        responses[str(refused)] = _refusal(refused, codes, route.operation)
    if route.operation == "health":
        responses["503"] = {**answer, **content, "description": "Something known to fail"}
    return responses


def _refusal(status: int, codes: list[str], operation: Operation) -> Schema:
    left = ("RateLimit",) if operation in _VENDS else ()  # elsewhere nothing was read
    told = {
        401: ("WWW-Authenticate",),
        429: ("Retry-After", "RateLimit-Policy", *left),
        503: ("Retry-After",),
    }
    names = dict.fromkeys(codes)
    return {
        "description": ", ".join(f"`{code}`" for code in names),
        "headers": _headers("X-Request-Id", *told.get(status, ())),
        "content": {"application/problem+json": {"schema": _ref(answers.Problem)}},
    }


def _headers(*names: str) -> Schema:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _without_titles(schema: Any) -> Any:
    """Drop the titles that pydantic derives from the fields' names."""
    if isinstance(schema, list):
        return [_without_titles(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {k: v for k, v in schema.items() if not (k == "title" and isinstance(v, str))}
    return {k: _without_titles(v) for k, v in kept.items()}


def _ref(model: type) -> Schema:
    return {"$ref": _REF.format(model=model.__name__)}


_HEADERS = {
    name: {"description": description, "schema": {"type": kind}}
    for name, kind, description in (
        ("X-Request-Id", "string", "Names the request in the operator's log."),
        ("WWW-Authenticate", "string", "RFC 6750 section 3."),
        ("Retry-After", "integer", "Whole seconds until the same request would be admitted."),
        ("RateLimit-Policy", "string", "draft-ietf-httpapi-ratelimit-headers: the quotas."),
        ("RateLimit", "string", "draft-ietf-httpapi-ratelimit-headers: what is left of them."),
        ("Idempotent-Replayed", "string", "`true` when this answer was given before."),
    )
}
_BY_ID = {"parameters": {"sessionId": "$response.body#/session/id"}}
_LINKS = {
    "refresh": {
        "operationId": "refresh",
        "requestBody": {"sessionId": "$response.body#/session/id"},
    },
    "session": {"operationId": "session", **_BY_ID},
    "report": {"operationId": "report", **_BY_ID},
    "end_session": {"operationId": "end_session", **_BY_ID},
}


if __name__ == "__main__":
    import yaml  # a tool of the checks, not of the functions

    # by way of JSON, so that nothing is shared and YAML needs no anchors
    plain = json.loads(json.dumps(document()))
    yaml.safe_dump(plain, sys.stdout, sort_keys=False, width=100, allow_unicode=True)
