"""What can be wrong with a deployment: each takes a request and answers it wrongly."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import httpx2

from infra.smoke.proxy import Breakage, Forward, ProxyRequest, ProxyResponse

TOKEN = "/api/v1/live-token"


def rewritten(path: str, change: Callable[[bytes], bytes]) -> Breakage:
    """Another body at one path."""

    def broken(request: ProxyRequest, forward: Forward) -> ProxyResponse:
        told = forward(request)
        if request.path == path and told.status == HTTPStatus.OK:  # else it is no such document
            told.body = change(told.body)
        return told

    return broken


def page(pattern: str, replacement: str) -> Breakage:
    """The page with something replaced that is in it."""

    def change(body: bytes) -> bytes:
        changed, times = re.subn(pattern, replacement, body.decode())
        assert times, f"{pattern} is not in the page"
        return changed.encode()

    return rewritten("/", change)


def document(path: str, **fields: Any) -> Breakage:
    """A JSON document with other values, or with None for none."""
    return rewritten(path, lambda body: json.dumps({**json.loads(body), **fields}).encode())


def header(start: str, name: str, value: str | None) -> Breakage:
    """Another header, or none, at all paths that begin so."""

    def broken(request: ProxyRequest, forward: Forward) -> ProxyResponse:
        told = forward(request)
        if request.path.startswith(start):
            told.headers.pop(name, None)
            if value is not None:
                told.headers[name] = value
        return told

    return broken


def status(pattern: str, code: int, body: bytes = b"") -> Breakage:
    """Another status for the paths that match; nobody else is request."""

    def broken(request: ProxyRequest, forward: Forward) -> ProxyResponse:
        if re.search(pattern, request.path):
            return ProxyResponse(
                code, {"content-type": "text/html", "cache-control": "no-cache"}, body
            )
        return forward(request)

    return broken


def any_origin_allowed(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    told = forward(request)
    if origin := request.headers.get("origin"):
        told.headers["access-control-allow-origin"] = origin
    return told


def page_for_everything(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    told = forward(request)
    if told.status != 404 or request.path.startswith("/api"):
        return told
    return forward(ProxyRequest("GET", "/", {}, b""))


def as_somebody_new(condition: Callable[[ProxyRequest], bool]) -> Breakage:
    """Treat such a request as that of a user never seen before."""

    def broken(request: ProxyRequest, forward: Forward) -> ProxyResponse:
        if condition(request):
            config = json.loads(forward(ProxyRequest("GET", "/config.json", {}, b"")).body)
            user = {"user": f"new-{secrets.token_hex(6)}"}
            token = httpx2.post(config["signIn"]["url"], json=user).json()["idToken"]
            request.headers["authorization"] = f"Bearer {token}"
        return forward(request)

    return broken


def no_limits() -> Breakage:
    """Every mint after the first is as good as the first."""
    seen: set[str] = set()

    def again(request: ProxyRequest) -> bool:
        person = request.headers.get("authorization")
        if (request.method, request.path) != ("POST", TOKEN) or person is None:
            return False
        repeated = person in seen
        seen.add(person)
        return repeated

    return as_somebody_new(again)


def address_is_believed(request: ProxyRequest) -> bool:
    return "x-forwarded-for" in request.headers and "authorization" in request.headers


def nobody_signed_in(request: ProxyRequest) -> bool:
    return (
        request.path == TOKEN
        and request.method == "POST"
        and "authorization" not in request.headers
    )


def mint(**connect: Any) -> Breakage:
    """A mint that says to connect otherwise."""

    def broken(request: ProxyRequest, forward: Forward) -> ProxyResponse:
        told = forward(request)
        if (request.method, request.path, told.status) == ("POST", TOKEN, 201):
            answer = json.loads(told.body)
            answer["connect"] |= connect
            told.body = json.dumps(answer).encode()
        return told

    return broken


def end_is_ignored(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    return ProxyResponse(204, {}, b"") if request.method == "DELETE" else forward(request)


def usage_forgets(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    told = forward(request)
    if request.path == f"{TOKEN}/usage" and told.status == 200:
        usage = json.loads(told.body)
        usage["hour"]["used"] = 0
        told.body = json.dumps(usage).encode()
    return told
