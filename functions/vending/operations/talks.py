"""Vends the tokens of talks: a mint begins one, a refresh continues it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast
from urllib.parse import urlsplit

from vending.audit.redact import token_digest
from vending.contract.answers import Connect, TokenAnswer, TokenOfBatch, UsageAnswer
from vending.contract.requests import MintRequest, RefreshRequest, RequestModel
from vending.guard.abuse import AbuseGuard
from vending.identity.app_check import AppCheck
from vending.limits.grant import Grant
from vending.operations import present
from vending.operations.dispatch import RequestContext
from vending.policy import GUEST
from vending.settings import Settings
from vending.tokens.idempotency import RequestKey
from vending.tokens.shape import Shaper
from vending.tokens.token_request import TokenRequest
from vending.tokens.vend import Vending
from vending.tokens.vended import Vended

_METHOD = "google.ai.generativelanguage.{}.GenerativeService.BidiGenerateContentConstrained"


@dataclass(frozen=True, slots=True)
class ConnectTo:
    """The socket that takes our tokens; the plain method without `Constrained` refuses them."""

    url: str
    base_url: str
    api_version: str
    locks_resumption: bool

    @classmethod
    def of(cls, settings: Settings) -> ConnectTo:
        """Derive it from where tokens are minted."""
        base = urlsplit(settings.gemini_url)
        scheme = "ws" if base.scheme == "http" else "wss"
        method = _METHOD.format(settings.api_version)
        host = f"{base.netloc}{base.path.rstrip('/')}"
        return cls(
            url=f"{scheme}://{host}/ws/{method}",
            base_url=f"{base.scheme}://{host}",
            api_version=settings.api_version,
            locks_resumption=settings.lock_resumption,
        )

    def setup(self, model: str) -> dict[str, Any]:
        """The frame to send first, without what the token locks; it asks for handles."""
        return {"model": model, **({} if self.locks_resumption else {"sessionResumption": {}})}


@dataclass(frozen=True, slots=True, kw_only=True)
class Talks:
    """The operations that vend."""

    app_check: AppCheck
    shaper: Shaper
    vending: Vending
    guard: AbuseGuard
    connect_to: ConnectTo

    async def mint(self, context: RequestContext, body: MintRequest) -> TokenAnswer:
        """Begin a talk, or several."""
        grant = self.shaper.mint(body, context.limits, context.caller.user)
        key = _key(context, "mint", body)
        if context.app_check == "ok":
            used_up = await self.app_check.use_up(context.attested)
            context.request.audit.facts["appCheck"] = used_up
        vended = await self._vend(context, grant, key)
        answer = self._token_answer(context, vended, grant.uses)
        if vended.others:
            answer["tokens"] = [self._token(context, each, grant.uses) for each in vended.all]
        return answer

    async def refresh(self, context: RequestContext, body: RefreshRequest) -> TokenAnswer:
        """Continue a talk of the caller's."""
        grant = self.shaper.refresh(body)
        vended = await self._vend(context, grant, _key(context, "refresh", body))
        return self._token_answer(context, vended, grant.uses)

    async def _vend(self, context: RequestContext, grant: Grant, key: RequestKey | None) -> Vended:
        request = context.request
        request.audit.facts |= {"session": grant.session_id, "model": grant.model}
        vended = await self.vending.vend(
            TokenRequest(
                context.account,
                context.limits,
                replace(grant, keyed=key is not None),
                key,
                context.snapshot.pause_s,
                context.snapshot.paused_since,
                partial(self.guard.refuse_stranger, context.snapshot, request.prefix),
            )
        )
        request.audit.facts |= _facts(vended)
        if vended.first:
            self.guard.newcomer(request.prefix, guest=context.caller.tier == GUEST)
        if vended.replayed and key:
            self.guard.replayed(context.caller.user, key.name)
            request.response_headers["Idempotent-Replayed"] = "true"
            request.event = "TOKEN_REPLAYED"
        return vended

    def _token_answer(self, context: RequestContext, vended: Vended, uses: int) -> TokenAnswer:
        token = self._token(context, vended, uses)
        answer = {**token, "usage": _usage(context, vended)}
        return cast(TokenAnswer, answer)  # of a token it is not known that it has no `tokens`

    def _token(self, context: RequestContext, vended: Vended, uses: int) -> TokenOfBatch:
        session = vended.session
        model = f"models/{session.model}"
        return TokenOfBatch(
            token=vended.token,
            expiresAt=present.moment(session.tokens[vended.charge_id]),
            startBefore=present.moment(vended.start_before),
            uses=uses,
            session=present.session_summary(session, context.limits),
            connect=Connect(
                url=self.connect_to.url,
                baseUrl=self.connect_to.base_url,
                apiVersion=self.connect_to.api_version,
                model=model,
                setup=self.connect_to.setup(model),
                locked=self.shaper.locked_names(session.model, session.requested),
            ),
        )


def _usage(context: RequestContext, vended: Vended) -> UsageAnswer:
    caller = context.caller
    return present.usage_answer(caller.user, caller.tier, vended.reading, context.limits)


def _facts(vended: Vended) -> Mapping[str, object]:
    """What the audit line says about what was vended."""
    facts: dict[str, object] = {
        "session": vended.session.id,
        "model": vended.session.model,
        "tokenSha256": token_digest(vended.token),
        "expiresMs": vended.session.tokens[vended.charge_id],
    }
    if vended.others:
        others = [[each.session.id, token_digest(each.token)] for each in vended.others]
        facts["batch"] = others
    return facts


def _key(context: RequestContext, kind: str, body: RequestModel) -> RequestKey | None:
    header = context.request.headers.get("idempotency-key")
    if header is None:
        return None
    request = f"{kind} {body.model_dump_json(by_alias=True, exclude_none=True)}"
    return RequestKey.of(header, context.caller.user, request.encode())
