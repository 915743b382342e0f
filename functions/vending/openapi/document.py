"""The table of operations -> the OpenAPI document, an operation each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import NoneType
from typing import Any, get_args, get_type_hints

from pydantic import TypeAdapter

from vending import errors
from vending.contract.answers import Problem
from vending.errors import LivepassError
from vending.http.body import may_be_absent
from vending.http.operation import Access, Operation
from vending.http.router import PATH_PATTERNS
from vending.openapi.fixed import HEADERS, ID_TOKEN, IDEMPOTENCY_KEY_HEADER, INFO, SERVER, TAGS
from vending.openapi.schemas import (
    REF,
    Schema,
    reached,
    that_may_grow,
    without_defaults,
    without_titles,
)
from vending.operations.admin import Admin
from vending.operations.admin_rulings import RulingOperations
from vending.operations.dispatch import handlers_of
from vending.operations.public import Public
from vending.operations.sessions import Sessions
from vending.operations.table import OPERATIONS
from vending.operations.talks import Talks
from vending.operations.weather import Tools

_EVERYWHERE = (errors.InvalidRequest, LivepassError)
_WITH_BODY = (errors.PayloadTooLarge, errors.UnsupportedMediaType)
_SIGNED_IN = (errors.Unauthenticated, errors.TokenExpired, errors.Forbidden)
_BY_ACCESS: Mapping[Access, Sequence[type[LivepassError]]] = {
    "public": (),
    "admin": (*_SIGNED_IN, errors.IdentityUnavailable),
    "caller": (
        *_SIGNED_IN,
        *(errors.AppCheckFailed, errors.Blocked),
        *(errors.IdentityUnavailable, errors.StoreUnavailable),
    ),
}
PARTS = (Talks, Sessions, Tools, Public, Admin, RulingOperations)
_HANDLERS = handlers_of(OPERATIONS, *PARTS)


def document() -> Schema:
    """Make the whole document."""
    paths: dict[str, Schema] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": INFO,
        "servers": [SERVER],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "headers": HEADERS,
            "securitySchemes": {"idToken": ID_TOKEN},
        },
    }


def _schemas() -> Schema:
    models: list[Any] = [model for each in OPERATIONS for model in answers_of(each)]
    models += [body for each in OPERATIONS if (body := _HANDLERS[each.name].body)]
    adapters = {model.__name__: TypeAdapter(model) for model in (*models, Problem)}
    _, defined = TypeAdapter.json_schemas(
        [(name, "validation", adapter) for name, adapter in adapters.items()], ref_template=REF
    )
    names = {body.__name__ for each in OPERATIONS if (body := _HANDLERS[each.name].body)}
    schemas = without_titles(defined["$defs"])
    in_requests = reached(schemas, names)
    return {
        name: without_defaults(schema) if name in in_requests else that_may_grow(schema)
        for name, schema in schemas.items()
    }


def answers_of(operation: Operation) -> Sequence[type]:
    """What it may answer with: what its handler returns."""
    returned = get_type_hints(_HANDLERS[operation.name].call)["return"]
    return [each for each in get_args(returned) or (returned,) if each is not NoneType]


def _operation(operation: Operation) -> Schema:
    described: Schema = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": _description(operation),
        "tags": [_tag(operation)],
        "security": [] if operation.access == "public" else [{"idToken": []}],
        "parameters": list(_parameters(operation)),
        "responses": _responses(operation),
    }
    if body := _HANDLERS[operation.name].body:
        schema = {"anyOf": [_ref(body), {"type": "null"}]} if may_be_absent(body) else _ref(body)
        described["requestBody"] = {
            "required": not may_be_absent(body),
            "content": {"application/json": {"schema": schema}},
        }
    return described


_LATE = (
    "The ID token may have expired if the session began while it was good, for as long as a talk "
    "can go on without another sign-in: `LIVE_API_MAX_TOKEN_DURATION_MINUTES` and five minutes."
)


def _description(operation: Operation) -> str:
    codes = dict.fromkeys(error.code for error in _refusals(operation))
    late = f" {_LATE}" if operation.late else ""
    return f"{operation.summary}.{late} Refused with {', '.join(f'`{c}`' for c in codes)}."


def _tag(operation: Operation) -> str:
    if operation.access != "caller":
        return {"admin": "admin", "public": "service"}[operation.access]
    if "/sessions" in operation.path:
        return "sessions"
    return "tools" if "/tools/" in operation.path else "tokens"


def _parameters(operation: Operation) -> Iterator[Schema]:
    for name, pattern in PATH_PATTERNS.items():
        if f"{{{name}}}" in operation.path:
            schema: Schema = {"type": "string", "pattern": f"^{pattern}$"}
            yield {"name": name, "in": "path", "required": True, "schema": schema}
    for parameter in operation.query:
        schema = {"type": "string"}
        if parameter.pattern:
            schema["pattern"] = f"^{parameter.pattern}$"
        if parameter.max_length:
            schema |= {"minLength": 1, "maxLength": parameter.max_length}
        required = {"required": True} if parameter.required else {}
        described = {"name": parameter.name, "in": "query", "description": parameter.description}
        yield {**described, **required, "schema": schema}
    if operation.vends:
        yield IDEMPOTENCY_KEY_HEADER


def _responses(operation: Operation) -> Schema:
    schemas = [_ref(model) for model in answers_of(operation)]
    schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    content = {"content": {"application/json": {"schema": schema}}} if schemas else {}
    read = ("RateLimit",) if operation.reads_usage else ()
    quotas = ("RateLimit-Policy", *read) if operation.access == "caller" else ()
    replayed = ("Idempotent-Replayed",) if operation.vends else ()
    headers = _headers("X-Request-Id", *quotas, *replayed)
    answer: Schema = {"description": operation.summary, "headers": headers}
    responses: Schema = {str(operation.status): {**answer, **content}}
    if operation.name == "mint":
        responses[str(operation.status)]["links"] = _links()
    refusals: dict[int, list[str]] = {}
    for error in _refusals(operation):
        refusals.setdefault(error.status, []).append(error.code)
    for refused, codes in sorted(refusals.items()):
        responses[str(refused)] = _refusal(refused, codes, operation)
    if operation.name == "health":
        responses["503"] = {**answer, **content, "description": "At least one check is failing"}
    return responses


def _refusals(operation: Operation) -> Sequence[type[LivepassError]]:
    body = _WITH_BODY if _HANDLERS[operation.name].body else ()
    return (*_EVERYWHERE, *_BY_ACCESS[operation.access], *body, *operation.refusals)


def _links() -> Schema:
    """What can be asked about the session that a mint has begun."""
    by_id = {"sessionId": "$response.body#/session/id"}
    links: Schema = {}
    for operation in OPERATIONS:
        if "{sessionId}" in operation.path:
            links[operation.name] = {"operationId": operation.name, "parameters": by_id}
    return links


def _refusal(status: int, codes: list[str], operation: Operation) -> Schema:
    left = ("RateLimit",) if operation.vends else ()  # elsewhere nothing was read
    headers = {
        401: ("WWW-Authenticate",),
        429: ("Retry-After", "RateLimit-Policy", *left),
        503: ("Retry-After",),
    }
    names = dict.fromkeys(codes)
    return {
        "description": ", ".join(f"`{code}`" for code in names),
        "headers": _headers("X-Request-Id", *headers.get(status, ())),
        "content": {"application/problem+json": {"schema": _ref(Problem)}},
    }


def _headers(*names: str) -> Schema:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _ref(model: type) -> Schema:
    return {"$ref": REF.format(model=model.__name__)}
