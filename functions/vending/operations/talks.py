"""What each operation does: the sentence for one request, from bearer token to answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from pydantic_core import to_json

from vending.audit.redact import token_digest
from vending.contract.answers import (
    BatchAnswer,
    ConfigAnswer,
    Connect,
    ResponseModel,
    SessionsAnswer,
    TokenAnswer,
    TokenOfBatch,
)
from vending.contract.requests import MintRequest, RefreshRequest, RequestModel, UsageReport
from vending.errors import FieldError, InvalidRequest, LivepassError, NotFound, StoreUnavailable
from vending.guard.abuse import Guard
from vending.guard.reads import Reads
from vending.guard.rulings import Rulings, Standing
from vending.http.body import parse, read_body, shown
from vending.http.request import Answer, Call
from vending.http.router import QUERIES, Operation, Route
from vending.identity.app_check import AppCheck
from vending.identity.authenticate import GUEST, Caller
from vending.limits.grant import Grant
from vending.limits.reading import Reading
from vending.operations import present
from vending.operations.config import ConnectTo
from vending.operations.health import Health
from vending.operations.weather import Weather
from vending.policy import Limits
from vending.store.ledger import Account, Ledger
from vending.tokens.idempotency import RequestKey
from vending.tokens.shape import Shaper
from vending.tokens.vend import TokenRequest, Vended, Vending

if TYPE_CHECKING:
    from vending.operations.admin import Admin

MAX_PLACE = 100


@dataclass(frozen=True, slots=True)
class Visit:
    """An authenticated call: whose it is, what rulings and limits hold, and the account it goes
    to.
    """

    call: Call
    caller: Caller
    standing: Standing
    limits: Limits
    account: Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """The operations of the contract, and the parts they work with."""

    app_check: AppCheck
    tiers: Mapping[str, Limits]
    shaper: Shaper
    vending: Vending
    ledger: Ledger
    rulings: Rulings
    guard: Guard
    connect_to: ConnectTo
    config: ConfigAnswer
    health: Health
    weather: Weather
    admin: Callable[[], Admin]
    reads: Reads = field(default_factory=Reads)

    async def serve(self, route: Route, call: Call) -> Answer:
        """Carry out an operation.

        Raises:
            LivepassError: any refusal of the contract.
        """
        known = QUERIES.get(route.operation, ())
        if call.caller is None or route.admin:
            _only_query(call, *known)
            if route.admin:
                return await self.admin().serve(route.operation, call)
            return await self._public(route.operation)
        visit = await self._visit(call, call.caller)
        _only_query(call, *known)
        try:
            return await self._operation(route.operation)(visit)
        except LivepassError as error:
            session = call.session_id or call.trail.facts.get("session", "")
            if not self._was_theirs(session, visit.caller.user, error):
                self.guard.refused(visit.caller.user, route.operation, session, error)
            raise
        finally:
            if route.method != "GET":
                self.reads.forget(visit.caller.user)
            reading = visit.account.latest
            if reading and (left := present.rate_limit(reading, visit.limits)):
                call.tell["RateLimit"] = left

    def _was_theirs(self, session: str, user: str, error: LivepassError) -> bool:
        """Whether a session that is not found is one of the caller's that was forgotten."""
        known = self.shaper.session_ids
        return isinstance(error, NotFound) and known.was_given(session, user)

    async def _visit(self, call: Call, caller: Caller) -> Visit:
        """Tell from here on whose request it is, and by which rulings and limits."""
        call.trail.facts |= {"user": caller.user, "tier": caller.tier}
        with call.trail.watch.span("store"):
            standing = await self.rulings.current()
        self.guard.refuse_blocked(standing, caller.user)
        if (tier := standing.tier_of(caller.user)) and tier in self.tiers:
            caller = replace(caller, tier=tier)
            call.trail.facts["tier"] = tier
        limits = self.tiers[caller.tier]
        if policy := present.rate_limit_policy(limits):
            call.tell["RateLimit-Policy"] = policy
        attested = call.headers.get("x-firebase-appcheck")
        call.trail.facts["appCheck"] = await self.app_check.check([attested] if attested else [])
        watch, writes = call.trail.watch, self.health.writes
        account = Account(self.ledger, caller.user, watch, writes=writes)
        return Visit(call, caller, standing, limits, account)

    def _operation(self, operation: Operation) -> Callable[[Visit], Awaitable[Answer]]:
        operations: Mapping[Operation, Callable[[Visit], Awaitable[Answer]]] = {
            "mint": self._mint,
            "refresh": self._refresh,
            "usage": self._usage,
            "sessions": self._sessions,
            "session": self._session,
            "end_session": self._end_session,
            "report": self._report,
            "weather": self._weather,
        }
        return operations[operation]

    async def _public(self, operation: Operation) -> Answer:
        if operation == "config":
            paused = await self._is_paused()
            config: ConfigAnswer = {**self.config, "mintingPaused": paused}
            return _answer(200, config)
        health = await self.health.check()
        return _answer(200 if health["status"] == "ok" else 503, health)

    async def _is_paused(self) -> bool:
        """Whether minting is, as far as is known: a page may start while the store is down."""
        try:
            standing = await self.rulings.current()
        except StoreUnavailable:
            standing = self.rulings.remembered()
        return standing.paused is not None

    async def _mint(self, visit: Visit) -> Answer:
        wish = parse(await _body(visit), MintRequest)
        grant = self.shaper.mint(wish, visit.limits, visit.caller.user)
        key = _key(visit, "mint", wish)
        facts, attested = visit.call.trail.facts, visit.call.headers.get("x-firebase-appcheck", "")
        if facts["appCheck"] == "ok":
            facts["appCheck"] = await self.app_check.use_up(attested)
        return await self._vend(visit, grant, key)

    async def _refresh(self, visit: Visit) -> Answer:
        wish = parse(await _body(visit), RefreshRequest)
        grant = self.shaper.refresh(wish)
        return await self._vend(visit, grant, _key(visit, "refresh", wish))

    async def _vend(self, visit: Visit, grant: Grant, key: RequestKey | None) -> Answer:
        visit.call.trail.facts |= {"session": grant.session, "model": grant.model}
        grant = replace(grant, keyed=key is not None)
        vended = await self.vending.vend(
            TokenRequest(
                visit.account,
                visit.limits,
                grant,
                key,
                visit.standing.pause_s,
                partial(self.guard.refuse_stranger, visit.standing, visit.call.prefix),
            )
        )
        visit.call.trail.facts |= {
            "session": vended.session.id,
            "model": vended.session.model,
            "tokenSha256": token_digest(vended.token),
            "expiresMs": vended.session.tokens[vended.charge],
        }
        if vended.others:
            others = [[each.session.id, token_digest(each.token)] for each in vended.others]
            visit.call.trail.facts["batch"] = others
        if vended.first:
            self.guard.newcomer(visit.call.prefix, guest=visit.caller.tier == GUEST)
        if vended.replayed and key:
            self.guard.replayed(visit.caller.user, key.name)
            visit.call.tell["Idempotent-Replayed"] = "true"
        answer = self._vended_answer(visit, vended, grant.uses)
        return _answer(201, answer, "TOKEN_REPLAYED" if vended.replayed else "")

    def _vended_answer(self, visit: Visit, vended: Vended, uses: int) -> TokenAnswer | BatchAnswer:
        caller = visit.caller
        usage = present.usage_answer(caller.user, caller.tier, vended.reading, visit.limits)
        tokens = [self._token(visit, each, uses) for each in vended.all]
        if len(tokens) > 1:
            return BatchAnswer(tokens=tokens, usage=usage)
        return TokenAnswer(**tokens[0], usage=usage)

    def _token(self, visit: Visit, vended: Vended, uses: int) -> TokenOfBatch:
        session = vended.session
        model = f"models/{session.model}"
        return TokenOfBatch(
            token=vended.token,
            expiresAt=present.moment(session.tokens[vended.charge]),
            startBefore=present.moment(vended.start_before),
            uses=uses,
            session=present.session_summary(session, visit.limits),
            connect=Connect(
                url=self.connect_to.url,
                apiVersion=self.connect_to.api_version,
                model=model,
                setup={"model": model, "sessionResumption": {}},
            ),
        )

    async def _read(self, visit: Visit) -> Reading:
        """Read for an answer alone; nothing is decided by it."""
        user, account = visit.caller.user, visit.account
        self.reads.admit(user, "reads", visit.limits.reads_per_minute)
        account.latest = await self.reads.of(user, account.read)
        return account.latest

    async def _usage(self, visit: Visit) -> Answer:
        reading = await self._read(visit)
        caller = visit.caller
        return _answer(200, present.usage_answer(caller.user, caller.tier, reading, visit.limits))

    async def _sessions(self, visit: Visit) -> Answer:
        reading = await self._read(visit)
        sessions = reading.usage.sessions_of_the_day(reading.now)
        told = [present.session_answer(s, reading.now, visit.limits) for s in reversed(sessions)]
        return _answer(200, SessionsAnswer(sessions=told))

    async def _session(self, visit: Visit) -> Answer:
        reading = await self._read(visit)
        session = reading.usage.session(visit.call.session_id)
        if session is None or session not in reading.usage.sessions_of_the_day(reading.now):
            raise NotFound("no such session", public="You have no such session.")
        return _answer(200, present.session_answer(session, reading.now, visit.limits))

    async def _end_session(self, visit: Visit) -> Answer:
        visit.call.trail.facts["session"] = visit.call.session_id
        await self.vending.end(visit.account, visit.call.session_id)
        return Answer(204)

    async def _report(self, visit: Visit) -> Answer:
        visit.call.trail.facts["session"] = visit.call.session_id
        told = parse(await _body(visit), UsageReport)
        await self.vending.report(visit.account, visit.call.session_id, told.tokens())
        return Answer(204)

    async def _weather(self, visit: Visit) -> Answer:
        place = dict(visit.call.query).get("place", "").strip()
        if not 1 <= len(place) <= MAX_PLACE or not place.isprintable():
            raise InvalidRequest(FieldError("place", f"must be 1 to {MAX_PLACE} characters"))
        self.reads.admit(visit.caller.user, "tools", visit.limits.tool_calls_per_minute)
        return _answer(200, await self.weather.at(place))


async def _body(visit: Visit) -> bytes:
    return await read_body(visit.call.headers, visit.call.stream())


def _key(visit: Visit, kind: str, wish: RequestModel) -> RequestKey | None:
    header = visit.call.headers.get("idempotency-key")
    if header is None:
        return None
    request = f"{kind} {wish.model_dump_json(by_alias=True, exclude_none=True)}"
    return RequestKey.of(header, visit.caller.user, request.encode())


def _only_query(call: Call, *known: str) -> None:
    """Refuse query parameters that the contract does not have, or has once."""
    names = [name for name, _ in call.query]
    unknown = dict.fromkeys(shown(name) for name in names if name not in known)
    errors = [FieldError(name, "is not a query parameter here") for name in unknown]
    errors += [FieldError(name, "must be given once") for name in known if names.count(name) > 1]
    if errors:
        raise InvalidRequest(*errors)


def _answer(status: int, content: ResponseModel, event: str = "") -> Answer:
    return Answer(status, to_json(content), event)
