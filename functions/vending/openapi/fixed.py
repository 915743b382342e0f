"""The parts of the document that no operation changes."""

from __future__ import annotations

from vending.tokens.idempotency import IDEMPOTENCY_KEY

HEADERS = {
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
ID_TOKEN = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "An ID token of one of the issuers that `config` lists.",
}
IDEMPOTENCY_KEY_HEADER = {
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
INFO = {
    "title": "Livepass",
    "version": "1",
    "description": _DESCRIPTION,
    "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    "contact": {"name": "The operator of this Livepass"},
}
SERVER = {
    "url": "{origin}",
    "description": "Where this Livepass runs",
    "variables": {
        "origin": {
            "default": "http://127.0.0.1:8080",
            "description": "Scheme, host and port, without a slash at the end; here `make run`'s",
        }
    },
}
TAGS = {
    "tokens": "Mint and refresh tokens, and see what is used and left",
    "sessions": "What the caller's tokens belong to",
    "tools": "What tools of a talk ask for",
    "service": "What anybody may ask before they sign in",
    "admin": "For operators, by a claim of their ID token",
}
