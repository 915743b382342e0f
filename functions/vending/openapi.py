"""The contract as an OpenAPI 3.1 document, made from the table of operations and their
handlers.

`python -m vending.openapi` prints it; `make openapi` keeps `functions/openapi.yaml`. Not used by
the functions.
"""

from __future__ import annotations

import json
import sys
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
from vending.operations.admin import Admin
from vending.operations.admin_rulings import RulingOperations
from vending.operations.dispatch import handlers_of
from vending.operations.public import Public
from vending.operations.sessions import Sessions
from vending.operations.table import OPERATIONS
from vending.operations.talks import Talks
from vending.operations.weather import Tools
from vending.tokens.idempotency import IDEMPOTENCY_KEY

Schema = dict[str, Any]
_REF = "#/components/schemas/{model}"
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
_PARTS = (Talks, Sessions, Tools, Public, Admin, RulingOperations)
_HANDLERS = handlers_of(OPERATIONS, *_PARTS)


def document() -> Schema:
    """Make the whole document."""
    paths: dict[str, Schema] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": _INFO,
        "servers": [_SERVER],
        "tags": [{"name": name, "description": told} for name, told in _TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "headers": _HEADERS,
            "securitySchemes": {"idToken": _ID_TOKEN},
        },
    }


def _schemas() -> Schema:
    models: list[Any] = [model for each in OPERATIONS for model in _answers(each)]
    models += [body for each in OPERATIONS if (body := _HANDLERS[each.name].body)]
    adapters = {model.__name__: TypeAdapter(model) for model in (*models, Problem)}
    _, schemas = TypeAdapter.json_schemas(
        [(name, "validation", adapter) for name, adapter in adapters.items()], ref_template=_REF
    )
    names = {body.__name__ for each in OPERATIONS if (body := _HANDLERS[each.name].body)}
    told: Schema = _without_titles(schemas["$defs"])
    asked = _reached(told, names)
    return {
        name: _without_defaults(schema) if name in asked else _that_may_grow(schema)
        for name, schema in told.items()
    }


def _reached(schemas: Schema, names: set[str]) -> set[str]:
    """These schemas, and those that they are made of."""
    text = json.dumps([schemas[name] for name in names])
    more = {name for name in schemas if f'"{_REF.format(model=name)}"' in text} - names
    return _reached(schemas, names | more) if more else names


def _that_may_grow(schema: Any) -> Any:
    """Open what is answered: a client that refused fields and values it does not know could not be
    used from the day that there is a new one.
    """
    if isinstance(schema, list):
        return [_that_may_grow(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    told = {k: _that_may_grow(v) for k, v in schema.items()}
    if told.get("additionalProperties") is False:
        told["additionalProperties"] = True
    if isinstance(told.get("enum"), list):
        told["x-extensible-enum"] = told.pop("enum")
    return told


def _without_defaults(schema: Any) -> Any:
    """Say what holds for what is left out in words: some generators send defaults, or ask for what
    has one.
    """
    if isinstance(schema, list):
        return [_without_defaults(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    told = {k: _without_defaults(v) for k, v in schema.items() if k != "default"}
    default = schema.get("default")
    if isinstance(default, str | int | float):
        told["description"] = f"{default} if it is left out."
    return told


def _answers(operation: Operation) -> Sequence[type]:
    """What it may answer with: what its handler returns."""
    returned = get_type_hints(_HANDLERS[operation.name].call)["return"]
    return [each for each in get_args(returned) or (returned,) if each is not NoneType]


def _operation(operation: Operation) -> Schema:
    told: Schema = {
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
        told["requestBody"] = {
            "required": not may_be_absent(body),
            "content": {"application/json": {"schema": schema}},
        }
    return told


def _description(operation: Operation) -> str:
    codes = dict.fromkeys(error.code for error in _refusals(operation))
    return f"{operation.summary}. Refused with {', '.join(f'`{code}`' for code in codes)}."


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
        told = {"name": parameter.name, "in": "query", "description": parameter.description}
        yield {**told, **required, "schema": schema}
    if operation.vends:
        yield _IDEMPOTENCY_KEY


def _responses(operation: Operation) -> Schema:
    schemas = [_ref(model) for model in _answers(operation)]
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
    told = {
        401: ("WWW-Authenticate",),
        429: ("Retry-After", "RateLimit-Policy", *left),
        503: ("Retry-After",),
    }
    names = dict.fromkeys(codes)
    return {
        "description": ", ".join(f"`{code}`" for code in names),
        "headers": _headers("X-Request-Id", *told.get(status, ())),
        "content": {"application/problem+json": {"schema": _ref(Problem)}},
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
        ("X-Request-Id", "string", "Identifies the request in the operator's log."),
        ("WWW-Authenticate", "string", "RFC 6750 section 3."),
        ("Retry-After", "integer", "Whole seconds until the same request would be admitted."),
        ("RateLimit-Policy", "string", "draft-ietf-httpapi-ratelimit-headers: the quotas."),
        ("RateLimit", "string", "draft-ietf-httpapi-ratelimit-headers: what each has left."),
        ("Idempotent-Replayed", "string", "`true` if this is a repeat of an earlier answer."),
    )
}
_ID_TOKEN = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "An ID token of one of the issuers that `config` lists.",
}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "pattern": rf'^("{IDEMPOTENCY_KEY}"|{IDEMPOTENCY_KEY})$'},
    "description": (
        "A key of your own for this request, such as a UUID. If the answer is lost, send the same "
        "key and body again: you get the same token, and it is counted once."
    ),
    "example": "3f1c9a52-7d0e-4b57-9c7e-5f2a4d1b8e60",
}
_DESCRIPTION = """\
Short-lived, locked-down tokens for the Gemini Live API.

Read answers tolerantly: ignore fields that you do not know, and expect values that are not in an
`x-extensible-enum`. Later versions add both; they take none away. A request may have the fields of
this document and no others. Every refusal is a problem document (RFC 9457): read its `code`.
"""
_INFO = {
    "title": "Livepass",
    "version": "1",
    "description": _DESCRIPTION,
    "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    "contact": {"name": "The operator of this Livepass"},
}
_SERVER = {
    "url": "{origin}",
    "description": "Where this Livepass runs",
    "variables": {
        "origin": {
            "default": "http://127.0.0.1:8080",
            "description": "Scheme, host and port, without a slash at the end; here `make run`'s",
        }
    },
}
_TAGS = {
    "tokens": "Mint and refresh tokens, and see what is used and left",
    "sessions": "What the caller's tokens belong to",
    "tools": "What tools of a talk ask for",
    "service": "What anybody may ask before they sign in",
    "admin": "For operators, by a claim of their ID token",
}


if __name__ == "__main__":
    import yaml  # a tool of the checks, not of the functions

    # by way of JSON, so that nothing is shared and YAML needs no anchors
    plain = json.loads(json.dumps(document()))
    yaml.safe_dump(plain, sys.stdout, sort_keys=False, width=100, allow_unicode=True)
