"""Carries out operations: for a caller with the rulings and limits that hold for them, then by the
handler of the operation's name, whose signature says what the body must be.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, get_type_hints

from pydantic_core import to_json

from vending.contract.answers import ResponseModel
from vending.contract.requests import RequestModel
from vending.errors import FieldError, InvalidRequest, LivepassError, NoSuchSession
from vending.field_errors import printable_name
from vending.guard.abuse import AbuseGuard
from vending.guard.read_limits import ReadLimits
from vending.guard.ruling import RulingsSnapshot
from vending.http.body import parse_body, read_body
from vending.http.operation import Operation
from vending.http.request import Answer, ApiRequest
from vending.identity.app_check import AppCheck, AppCheckResult
from vending.identity.authenticate import Caller
from vending.operations import present
from vending.policy import Limits
from vending.store.ledger import Account, Ledger, Writes
from vending.tokens.session_ids import SessionIds


@dataclass(frozen=True, slots=True)
class Handler:
    """The method that carries out an operation, and the model of its body, if it takes one."""

    call: Callable[..., Awaitable[ResponseModel | None]]
    body: type[RequestModel] | None


Handlers = Mapping[str, Handler]


@dataclass(frozen=True, slots=True)
class RequestContext:
    """A caller's request: whose it is, what rulings and limits hold, the app it comes from, and the
    account it goes to. `attested` is the App Check token, as it was sent.
    """

    request: ApiRequest
    caller: Caller
    snapshot: RulingsSnapshot
    limits: Limits
    app_check: AppCheckResult
    attested: str = field(repr=False)
    account: Account


def handlers_of(operations: Sequence[Operation], *parts: object) -> Handlers:
    """Find the handler of each operation among these parts: the method of its name.

    Raises:
        LookupError: an operation has none.
    """
    handlers = {
        operation.name: Handler(method, body_of(method))
        for operation in operations
        for part in parts
        if (method := getattr(part, operation.name, None))
    }
    if missing := [each.name for each in operations if each.name not in handlers]:
        raise LookupError(f"no handler of {', '.join(missing)}")
    return handlers


def body_of(method: Callable[..., object]) -> type[RequestModel] | None:
    """Tell the model of the body, which is a handler's second argument, if it has one."""
    hints = get_type_hints(method)
    models = [each for each in hints.values() if isinstance(each, type)]
    return next((each for each in models if issubclass(each, RequestModel)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """Everything behind the edge. `admin_handlers` are built when the first admin comes."""

    handlers: Handlers
    admin_handlers: Callable[[], Handlers]
    app_check: AppCheck
    tiers: Mapping[str, Limits]
    ledger: Ledger
    writes: Writes
    guard: AbuseGuard
    session_ids: SessionIds
    reads: ReadLimits

    async def serve(self, operation: Operation, request: ApiRequest) -> Answer:
        """Carry out an operation.

        Raises:
            LivepassError: any refusal of the contract.
        """
        if request.session_id:
            request.audit.facts["session"] = request.session_id
        if request.subject:
            request.audit.facts["subject"] = request.subject
        if operation.access != "public" and request.caller is None:
            raise LivepassError(f"{operation.name} without a caller")
        if operation.access == "caller" and request.caller:
            return await self._serve_caller(operation, request, request.caller)
        _check_query(operation, request)
        handlers = self.admin_handlers() if operation.access == "admin" else self.handlers
        return await _answer(operation, request, handlers[operation.name], request)

    def refuse_unsigned(self, prefix: str) -> None:
        """Count a token that none of our issuers signed, by its network.

        Raises:
            Blocked: such tokens are blocked there.
        """
        self.guard.refuse_unsigned(prefix)

    async def _serve_caller(
        self, operation: Operation, request: ApiRequest, caller: Caller
    ) -> Answer:
        context = await self._context(request, caller)
        user = context.caller.user
        _check_query(operation, request)
        try:
            return await _answer(operation, request, self.handlers[operation.name], context)
        except LivepassError as error:
            self._count_refusal(operation, user, error)
            raise
        finally:
            if operation.method != "GET":
                self._count_reads(context)
            reading = context.account.latest
            if reading and (left := present.rate_limit(reading, context.limits)):
                request.response_headers["RateLimit"] = left

    async def _context(self, request: ApiRequest, caller: Caller) -> RequestContext:
        """Find the rulings and limits of a request, and set its quota headers."""
        facts, stopwatch = request.audit.facts, request.audit.stopwatch
        facts |= {"user": caller.user, "tier": caller.tier}
        with stopwatch.span("store"):
            snapshot = await self.guard.rulings.current()
        self.guard.refuse_blocked(snapshot, caller.user)
        if (tier := snapshot.tier_of(caller.user)) and tier in self.tiers:
            caller = replace(caller, tier=tier)
            facts["tier"] = tier
        limits = self.tiers[caller.tier]
        if policy := present.rate_limit_policy(limits):
            request.response_headers["RateLimit-Policy"] = policy
        attested = request.headers.get("x-firebase-appcheck", "")
        app_check = await self.app_check.check([attested] if attested else [])
        facts["appCheck"] = app_check
        account = Account(
            self.ledger,
            caller.user,
            stopwatch,
            writes=self.writes,
            admit_change=partial(self.reads.admit_change, caller.user, limits.reads_per_minute),
        )
        return RequestContext(request, caller, snapshot, limits, app_check, attested, account)

    def _count_reads(self, context: RequestContext) -> None:
        """Forget what was read before a change, or count a read that led to none."""
        user, account = context.caller.user, context.account
        if account.may_have_written:
            self.reads.forget(user)
        elif account.has_read:
            self.reads.in_vain(user, context.limits.reads_per_minute)

    def _count_refusal(self, operation: Operation, user: str, error: LivepassError) -> None:
        """Count a refusal that an honest client would not incur."""
        forgotten = isinstance(error, NoSuchSession) and self.session_ids.was_given(
            error.session_id, user
        )
        if operation.struck and not forgotten:
            self.guard.refused(user, operation.name, error)


async def _answer(
    operation: Operation,
    request: ApiRequest,
    handler: Handler,
    first: RequestContext | ApiRequest,
) -> Answer:
    arguments: list[Any] = [first]
    if handler.body:
        arguments.append(
            parse_body(await read_body(request.headers, request.stream()), handler.body)
        )
    answered = await handler.call(*arguments)
    return Answer(
        request.status or operation.status,
        None if answered is None else to_json(answered),
        request.event or operation.event,
    )


def _check_query(operation: Operation, request: ApiRequest) -> None:
    """Refuse query parameters that are unknown, given twice, or not as the operation has them."""
    names = [name for name, _ in request.query]
    known = [parameter.name for parameter in operation.query]
    unknown = dict.fromkeys(printable_name(name) for name in names if name not in known)
    errors = [FieldError(name, "is not a query parameter here") for name in unknown]
    errors += [FieldError(name, "must be given once") for name in known if names.count(name) > 1]
    if not errors:
        given = dict(request.query)
        problems = [parameter.problem(given.get(parameter.name)) for parameter in operation.query]
        errors = [problem for problem in problems if problem]
    if errors:
        raise InvalidRequest(*errors)
