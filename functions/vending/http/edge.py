"""Receives every request, sends every answer, and writes one audit line for each.

Preflights, unknown paths and requests without a valid ID token are answered before anything heavy
is imported: the operations, with the libraries for Gemini and Firestore, are built by the first
request that needs them.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from vending.audit.event import AuditEvent, Trace
from vending.audit.log import AuditLog
from vending.errors import Forbidden, LivepassError, NotSigned, TokenExpired
from vending.guard.networks import PrefixNames
from vending.http import problems
from vending.http.operation import Operation
from vending.http.request import Answer, ApiRequest
from vending.http.router import Match, Router
from vending.identity.bearer import bearer

if TYPE_CHECKING:
    from vending.identity.authenticate import Authenticator, Caller

RawHeaders = Iterable[tuple[bytes, bytes]]  # lower-case names, as ASGI has them

_CLIENT_GONE = 499  # for the log; no client receives it


class Operations(Protocol):
    """Carries out operations, behind the edge."""

    async def serve(self, operation: Operation, request: ApiRequest) -> Answer:
        """Carry out an operation."""
        ...

    def refuse_unsigned(self, prefix: str) -> None:
        """Count a token from a network that none of our issuers signed."""
        ...


class Edge:
    """Answers requests. `operations` is called once, when it is first needed."""

    def __init__(
        self,
        *,
        allowed_origins: frozenset[str],
        log: AuditLog,
        authenticator: Callable[[], Authenticator],
        operations: Callable[[Authenticator], Operations],
        prefixes: PrefixNames,
        router: Router,
    ) -> None:
        self._allowed_origins = allowed_origins
        self._log = log
        self._authenticator = cache(authenticator)
        self._build = operations
        self._operations: Operations | None = None
        self._prefixes = prefixes
        self._router = router

    async def answer(self, request: Request) -> Response:
        """Answer a request; any error becomes a problem document and an audit line."""
        scope = request.scope
        headers = _by_name(scope["headers"])
        audit = AuditEvent(secrets.token_hex(16), scope["method"], Trace.of(headers))
        carried = {
            "Cache-Control": "no-store",
            "X-Request-Id": audit.request_id,
            **problems.origin_headers(headers.get("origin"), self._allowed_origins),
        }
        try:
            response = await self._route(request, headers, audit, carried)
        except LivepassError as error:
            response = problems.problem_response(error, audit.request_id, carried)
            audit.refused(error)
        except ClientDisconnect:
            response = Response(status_code=_CLIENT_GONE, headers=carried)
            audit.event = "CLIENT_GONE"
        except Exception as error:  # noqa: BLE001 - the edge catches all
            response = problems.problem_response(LivepassError(), audit.request_id, carried)
            audit.crashed(error)
        audit.status = response.status_code
        self._log.write(audit)
        return response

    async def _route(
        self,
        request: Request,
        headers: Mapping[str, str],
        audit: AuditEvent,
        carried: dict[str, str],
    ) -> Response:
        scope = request.scope
        matched = self._router.match(scope["path"], scope.get("raw_path") or b"")
        audit.route = matched.path  # also if the method is refused
        if audit.method == "OPTIONS":
            audit.event = "PREFLIGHT"
            return problems.preflight_response(matched.methods, carried)
        return await self._serve(request, headers, matched, audit, carried)

    async def _serve(
        self,
        request: Request,
        headers: Mapping[str, str],
        matched: Match,
        audit: AuditEvent,
        carried: dict[str, str],
    ) -> Response:
        caller = await self._admin(request, audit) if matched.is_for_admins else None
        operation = matched.operation(audit.method)
        audit.facts["operation"], audit.refused_event = operation.name, operation.refused_event
        prefix = ""
        if operation.access != "public":
            prefix = audit.facts["prefix"] = self._prefix(request)
            caller = caller or await self._authenticate(request, prefix, late=operation.late)
        api_request = ApiRequest(
            caller=caller,
            prefix=prefix,
            session_id=matched.session_id,
            subject=matched.subject,
            headers=headers,
            query=_query(request.scope["query_string"]),
            stream=request.stream,
            audit=audit,
            response_headers=carried,
        )
        if self._operations is None:
            self._operations = self._build(self._authenticator())
        answer = await self._operations.serve(operation, api_request)
        audit.event = answer.event
        return problems.json_response(answer.status, answer.content, carried)

    async def _authenticate(self, request: Request, prefix: str, *, late: bool = False) -> Caller:
        """Authenticate. An unsigned token is an offence, but does not build the operations."""
        token = bearer(_each(request.scope["headers"], b"authorization"))
        try:
            return await self._authenticator().authenticate(token, late=late, network=prefix)
        except NotSigned:
            if self._operations is not None:
                self._operations.refuse_unsigned(prefix)
            raise

    def _prefix(self, request: Request) -> str:
        forwarded = _each(request.scope["headers"], b"x-forwarded-for")
        peer = request.scope.get("client") or ("", 0)
        return self._prefixes.name(forwarded, peer[0])

    async def _admin(self, request: Request, audit: AuditEvent) -> Caller:
        """Admit admins only; nobody else learns which methods there are."""
        caller = await self._authenticate(request, self._prefix(request))
        audit.facts |= {"user": caller.user, "tier": caller.tier}
        if caller.was_admin:
            raise TokenExpired("an admin's token must be younger")
        if not caller.is_admin:
            raise Forbidden("not an admin")
        return caller


def _by_name(fields: RawHeaders) -> dict[str, str]:
    """Return headers by lower-case name; repeated ones are joined (RFC 9110 section 5.3)."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in fields:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _each(fields: RawHeaders, name: bytes) -> list[str]:
    return [value.decode("latin-1") for each, value in fields if each == name]


def _query(raw: bytes) -> tuple[tuple[str, str], ...]:
    return tuple(parse_qsl(raw.decode("latin-1"), keep_blank_values=True)) if raw else ()
