"""The request is *shaped* into a grant, within what the settings, the catalogue and the caller's
tier allow.

A refresh is shaped by what its session's mint requested, which was stored with the session. A setup
never has a field outside `locked_fields` (that would be a 400 at the mint).
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from vending.contract.answers import Locked
from vending.contract.requests import MintRequest, RefreshRequest
from vending.errors import FieldError, InvalidRequest
from vending.gemini.declarations import name_errors
from vending.gemini.models import TOOLS, Model, calls, catalog
from vending.limits.grant import Grant
from vending.limits.usage import Document
from vending.policy import Limits
from vending.settings import Settings
from vending.tokens.locked_fields import RESUMPTION, locked_fields
from vending.tokens.session_ids import SessionIds
from vending.tokens.setup import DEFAULT_VOICE, write_setup


class Shaper:
    """Shapes requests into grants, by the settings and the catalogue."""

    def __init__(self, settings: Settings) -> None:
        self.functions = {each.name: each.document() for each in settings.functions}
        self.models = catalog(settings.default_model, settings.allowed_models, settings.functions)
        self.session_ids = SessionIds(settings.gemini_api_key)
        self._settings = settings

    def mint(self, request: MintRequest, limits: Limits, user: str) -> Grant:
        """Shape a mint for a user.

        Raises:
            InvalidRequest: naming each field outside the catalogue or the limits, and what is
                allowed.
        """
        name = request.model or self._settings.default_model
        model = self.models.get(name)
        if model is None:
            raise InvalidRequest(_choice("model", self.models))
        errors = [
            *self._unfit(request, model, limits),
            *self._unfit_functions(request, model, limits),
            *self._too_much(request, limits),
        ]
        if errors:
            raise InvalidRequest(*errors)
        grant = Grant(
            kind="mint",
            session_id=self.session_ids.new(user),
            charge_id=secrets.token_hex(6),
            minutes=request.minutes or self._settings.token_minutes,
            uses=request.uses or 1,
            model=name,
            requested=request.requested(),
        )
        others = [self._another(grant, user) for _ in range((request.count or 1) - 1)]
        return replace(grant, others=tuple(others)) if others else grant

    def _another(self, grant: Grant, user: str) -> Grant:
        """The same grant for another session."""
        session_id, charge_id = self.session_ids.new(user), secrets.token_hex(6)
        return replace(grant, session_id=session_id, charge_id=charge_id)

    def refresh(self, request: RefreshRequest) -> Grant:
        """Shape a refresh; what it may do was decided by the session's mint.

        Raises:
            InvalidRequest: a duration beyond what the settings allow.
        """
        errors = [*self._too_long(request.duration_minutes, "durationMinutes")]
        if request.resumption_handle and not self._settings.lock_resumption:
            errors.append(FieldError("resumptionHandle", "is not accepted: no token locks it"))
        if errors:
            raise InvalidRequest(*errors)
        return Grant(
            kind="refresh",
            session_id=request.session_id,
            charge_id=secrets.token_hex(6),
            minutes=request.duration_minutes or self._settings.token_minutes,
            handle=request.resumption_handle or "",
        )

    def locked(self, model_name: str) -> tuple[str, ...]:
        """The fields that a token for this model locks."""
        model = self.models.get(model_name)
        return locked_fields(
            seeds=model is not None and model.seeds_history,
            resumption=self._settings.lock_resumption,
        )

    def locked_names(self, model_name: str, requested: Document) -> Locked:
        """Name what a token for this request locks. Nothing is validated: the token was vended."""
        model = self.models.get(model_name)
        modality = requested.get("responseModality") or (
            model.response_modalities[0] if model else "AUDIO"
        )
        own = json.loads(requested.get("functionDeclarations", "[]"))
        return Locked(
            fields=list(self.locked(model_name)),
            tools=[*requested.get("tools", ()), *(each["name"] for each in own)],
            voice=requested.get("voice", DEFAULT_VOICE) if modality == "AUDIO" else None,
            responseModality=modality,
        )

    def setup(self, model_name: str, requested: Document, handle: str = "") -> Mapping[str, Any]:
        """Write the setup that a token for this request locks: every key is in `locked`.

        Raises:
            InvalidRequest: the model or a tool is no longer offered, clients may no longer send
                what is in it, or another revision wrote `requested` and it has what this one does
                not know.
        """
        model, wanted = self.models.get(model_name), _read_back(requested)
        if model is None:
            raise _no_longer_offered(f"model {model_name}")
        for name in wanted.tools or ():
            if name not in model.tools:
                raise _no_longer_offered(f"tool {name}")
        if wanted.function_declarations and not self._settings.client_tools:
            raise _no_longer_offered("functionDeclarations")
        if wanted.system_instruction and not self._settings.allow_custom_instructions:
            raise _no_longer_offered("systemInstruction")
        setup = write_setup(
            wanted, model, self.functions, default_instruction=self._settings.default_instruction
        )
        return {**setup, **self._resumption(handle)}

    def _resumption(self, handle: str) -> Mapping[str, Any]:
        if not self._settings.lock_resumption:
            return {}
        return {RESUMPTION: {"handle": handle} if handle else {}}

    def _unfit(self, request: MintRequest, model: Model, limits: Limits) -> Iterator[FieldError]:
        """List what the model cannot do and what the settings do not allow."""
        yield from _outside("voice", request.voice, model.voices)
        yield from _outside(
            "responseModality", request.response_modality, model.response_modalities
        )
        yield from _outside("thinkingLevel", request.thinking_level, model.thinking_levels)
        for index, tool in enumerate(request.tools or ()):
            offered = [each for each in model.tools if limits.may_use(each)]
            yield from _outside(f"tools.{index}", tool, offered)
        if len(set(request.tools or ())) < len(request.tools or ()):
            yield FieldError("tools", "must name each tool once")
        if request.system_instruction and not self._settings.allow_custom_instructions:
            yield FieldError("systemInstruction", "is not accepted: the server sets it")

    def _unfit_functions(
        self, request: MintRequest, model: Model, limits: Limits
    ) -> Iterator[FieldError]:
        """List what is wrong with a client's functions taken together; each was validated by
        itself.
        """
        field, own = "functionDeclarations", request.function_declarations or ()
        if own and (limits.tools is not None or not self._settings.client_tools):
            yield FieldError(field, "is not accepted: the server declares functions")
            return
        for error in name_errors(own, (*TOOLS, *self.functions)):
            yield FieldError(f"{field}.{error.field}", error.message)
        for index, function in enumerate(own):
            if not calls(model, function):
                yield _choice(f"{field}.{index}.behavior", model.behaviors)

    def _too_much(self, request: MintRequest, limits: Limits) -> Iterator[FieldError]:
        field = "duration" if request.duration is not None else "durationMinutes"
        yield from self._too_long(request.minutes, field)
        if request.uses and request.uses > limits.max_uses:
            yield FieldError("uses", f"must be from 1 to {limits.max_uses}")
        if request.count and request.count > limits.batch:
            yield FieldError("count", f"must be from 1 to {limits.batch}")

    def _too_long(self, minutes: int | None, field: str) -> Iterator[FieldError]:
        if minutes and minutes > self._settings.max_token_minutes:
            yield FieldError(field, f"must be from 1 to {self._settings.max_token_minutes}")


def _no_longer_offered(what: str) -> InvalidRequest:
    return InvalidRequest(FieldError("sessionId", f"uses {what}, which is no longer offered"))


def _read_back(requested: Document) -> MintRequest:
    try:
        return MintRequest.of_requested(requested)
    except ValueError as error:
        detail = "was started by another version of this service; start a new one"
        raise InvalidRequest(FieldError("sessionId", detail)) from error


def _outside(field: str, value: str | None, allowed: Sequence[str]) -> Iterator[FieldError]:
    if value is not None and value not in allowed:
        yield _choice(field, allowed)


def _choice(field: str, allowed: Iterator[str] | Sequence[str] | Mapping[str, Any]) -> FieldError:
    names = ", ".join(allowed)
    return FieldError(field, f"must be one of {names}" if names else "must be left out here")
