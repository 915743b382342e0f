"""A small OpenID issuer for one machine, over HTTP: it signs in whoever asks.

`make run` and the tests sign people in here, so that the verifier is the same as in production.
Whoever can reach it can be anybody: the functions refuse to trust it in Google Cloud.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from emulator.local_issuer import LocalIssuer, kept_key

__all__ = ["LocalIssuer", "create_app"]

MAX_BODY_BYTES = 4096
NAME = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


def create_app(
    base_url: str, *, key_file: Path | None = None, now: Callable[[], float] = time.time
) -> Starlette:
    """Build the issuer as an ASGI app; it may be mounted under any prefix.

    Args:
        base_url: the issuer, without a slash at its end, and where the app is reached from outside.
        key_file: keeps the key, so that tokens outlive a restart; None makes a new key.
        now: seconds since 1970.
    """
    key = None if key_file is None else kept_key(key_file)
    issuer = LocalIssuer(base_url, key=key, now=now)

    async def token(request: Request) -> JSONResponse:
        try:
            user, tier, is_admin = _sign_in(await _body(request))
        except ValueError as problem:
            return _bad_request(str(problem))
        claims = issuer.claims(user, tier)
        if is_admin:
            claims["admin"] = True
        expires_at = datetime.fromtimestamp(int(str(claims["exp"])), UTC)
        return JSONResponse(
            {"idToken": issuer.sign(claims), "expiresAt": f"{expires_at:%Y-%m-%dT%H:%M:%SZ}"},
            headers={"Cache-Control": "no-store"},
        )

    async def jwks(_: Request) -> JSONResponse:
        return JSONResponse(issuer.jwks())

    async def discovery(_: Request) -> JSONResponse:
        return JSONResponse(issuer.discovery())

    return Starlette(
        routes=[
            Route("/token", token, methods=["POST"]),
            Route("/jwks.json", jwks),
            Route("/.well-known/openid-configuration", discovery),
        ]
    )


async def _body(request: Request) -> object:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise ValueError(f"the body has more than {MAX_BODY_BYTES} bytes")
    try:
        value: object = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError('the body is not JSON; send {"user": "alice"}') from None
    return value


def _sign_in(body: object) -> tuple[str, str | None, bool]:
    """Take user, tier, and whether they are an admin, out of a sign-in.

    Raises:
        ValueError: with a sentence for the caller.
    """
    if not isinstance(body, dict):
        raise ValueError('the body is not an object; send {"user": "alice"}')
    if unknown := body.keys() - {"user", "tier", "admin"}:
        raise ValueError(f"unknown field '{min(unknown)}'; known are user, tier and admin")
    user, tier, is_admin = body.get("user"), body.get("tier"), body.get("admin", False)
    if not isinstance(is_admin, bool):
        raise ValueError("admin must be true or false")
    for name, value in {"user": user, "tier": tier}.items():
        if not isinstance(value, str | None) or (value is not None and not NAME.fullmatch(value)):
            raise ValueError(f"{name} must be 1 to 64 of A-Z a-z 0-9 . _ -")
    if user is None:
        raise ValueError("user is missing")
    return user, tier, is_admin


def _bad_request(detail: str) -> JSONResponse:
    return JSONResponse(
        {"type": "about:blank", "title": "Bad Request", "status": 400, "detail": detail},
        status_code=400,
        media_type="application/problem+json",
    )
