"""Bytes from outside -> a request of the contract, or a refusal that names every field.

At most 64 KiB and 16 levels of JSON that means the same to every reader (`strict_json`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from vending import strict_json
from vending.errors import FieldError, InvalidRequest, PayloadTooLarge, UnsupportedMediaType
from vending.field_errors import field_errors

# An instruction of 4,000 characters, each written as two escapes of six bytes, is 48,000 bytes.
MAX_BODY_BYTES = 64 * 1024
MAX_BODY_DEPTH = 16  # a function's parameters are nested most
BODY_PATIENCE_S = 10.0  # 64 KiB take less, unless a client holds the connection on purpose
SPACE = b" \t\n\r"  # all that is whitespace in JSON (RFC 8259 section 2)
RequestT = TypeVar("RequestT", bound=BaseModel)


async def read_body(
    headers: Mapping[str, str], stream: AsyncIterator[bytes], patience_s: float = BODY_PATIENCE_S
) -> bytes:
    """Read a request's body, and stop reading at the limit.

    Raises:
        UnsupportedMediaType: it is not plain JSON.
        PayloadTooLarge: more than 64 KiB are announced or sent.
        InvalidRequest: it did not arrive in time.
    """
    length = headers.get("content-length", "")
    if length == "0" and "transfer-encoding" not in headers:
        return b""
    if length.isdecimal():
        _within_limit(int(length[:12]))
    body = bytearray()
    try:
        async with asyncio.timeout(patience_s):
            async for chunk in stream:
                body += chunk
                _within_limit(len(body))
    except TimeoutError:
        slow = FieldError("body", f"did not arrive within {patience_s:g} s")
        raise InvalidRequest(slow, late=True) from None
    if body:
        _check_type(headers)
    return bytes(body)


def parse_body(body: bytes, model: type[RequestT]) -> RequestT:
    """Parse and validate; an empty body is an empty object, and so is null where nothing is needed.

    Raises:
        InvalidRequest: it is no such request.
    """
    try:
        value = strict_json.parse(body, max_depth=MAX_BODY_DEPTH) if body.strip(SPACE) else {}
    except ValueError as error:
        raise _bad(f"must be plain JSON: {error}") from None
    if value is None and may_be_absent(model):
        value = {}
    if not isinstance(value, dict):
        raise _bad("must be a JSON object")
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise InvalidRequest(*field_errors(error)) from None


def may_be_absent(model: type[BaseModel]) -> bool:
    """Whether a request needs no body: generated Go sends null for one that was not set."""
    return not any(field.is_required() for field in model.model_fields.values())


def _check_type(headers: Mapping[str, str]) -> None:
    media_type, _, parameters = headers.get("content-type", "").partition(";")
    if media_type.strip().lower() != "application/json":
        raise UnsupportedMediaType("not application/json")
    if parameters.strip().lower().replace('"', "") not in ("", "charset=utf-8"):
        raise UnsupportedMediaType("not UTF-8")
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise UnsupportedMediaType("encoded")


def _within_limit(length: int) -> None:
    if length > MAX_BODY_BYTES:
        raise PayloadTooLarge(f"{length} bytes or more")


def _bad(message: str) -> InvalidRequest:
    return InvalidRequest(FieldError("body", message))
