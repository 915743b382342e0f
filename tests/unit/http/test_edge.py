"""Every answer follows the contract, has CORS headers, and leaves one audit line."""

from __future__ import annotations

import gc
import io
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, cast

import httpx2
import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from support.requests.origins import STRANGERS
from support.requests.promised import DOCUMENTED
from vending import errors
from vending.audit.log import AuditLog
from vending.errors import FieldError, LivepassError
from vending.guard.networks import UNKNOWN, PrefixNames
from vending.http.edge import Edge
from vending.http.operation import Operation
from vending.http.request import Answer, ApiRequest
from vending.http.router import Router
from vending.identity.authenticate import Authenticator, Caller
from vending.operations.dispatch import Dispatch
from vending.operations.table import OPERATIONS

APP = "https://app.example.com"
LOCAL = "http://127.0.0.1:5173"
TOKEN_PATH = "/api/v1/live-token"
SESSION_PATH = f"{TOKEN_PATH}/sessions/{'0a' * 12}"
ADMIN_USER_PATH = f"/api/v1/admin/users/{'3f' * 20}"
BEARER = {"Authorization": "Bearer canary-of-an-id-token"}
PREFIXES = PrefixNames(1, "a key")
CANARY = "canary-of-an-id-token"
FORMER_ADMIN = "canary-of-a-former-admin"
REFUSALS: tuple[LivepassError, ...] = (
    errors.Unauthenticated("inner"),
    errors.Unauthenticated("inner", challenge=None),
    errors.NotSigned("inner"),
    errors.TokenExpired("inner"),
    errors.Forbidden("inner"),
    errors.AppCheckFailed("inner"),
    errors.IdentityUnavailable("inner", retry_after_s=7),
    errors.InvalidRequest(FieldError("voice", "must be one of"), FieldError("uses", "must be")),
    errors.NotFound("inner"),
    errors.MethodNotAllowed("inner", allow="GET, HEAD"),
    errors.PayloadTooLarge("inner"),
    errors.UnsupportedMediaType("inner"),
    errors.NoSuchSession("inner"),
    errors.Blocked("inner", retry_after_s=60),
    errors.SessionEnded("inner"),
    errors.SessionExpired("inner"),
    errors.ReplayExpired("inner"),
    errors.IdempotencyKeyReused("inner"),
    errors.QuotaExceeded(("hour", "cooldown"), 212),
    errors.QuotaExceeded(("refreshesPerSession",), None),
    errors.MintingPaused("inner", retry_after_s=300),
    errors.UpstreamRejected("inner"),
    errors.UpstreamUnavailable("inner", retry_after_s=5),
    errors.UpstreamTimedOut("inner", retry_after_s=5),
    errors.StoreUnavailable("inner", retry_after_s=5),
    errors.WeatherUnavailable("inner", retry_after_s=5),
    errors.AuditUnavailable("inner", retry_after_s=30),
)


class Behind:
    """What is behind the edge: it answers, or raises what it is told to."""

    def __init__(self) -> None:
        self.builds = 0
        self.calls: list[tuple[Operation, ApiRequest]] = []
        self.error: Exception | None = None
        self.unsigned: list[str] = []

    def refuse_unsigned(self, prefix: str) -> None:
        self.unsigned.append(prefix)

    def authenticator(self) -> Authenticator:
        return cast(Authenticator, self)

    async def authenticate(self, token: str, *, late: bool = False, network: str = "") -> Caller:
        if isinstance(self.error, errors.Unauthenticated):
            raise self.error
        return Caller(token, "default", is_admin=token == CANARY, was_admin=token == FORMER_ADMIN)

    def build(self, authenticator: Authenticator) -> Dispatch:
        self.builds += 1
        return cast(Dispatch, self)

    async def serve(self, operation: Operation, request: ApiRequest) -> Answer:
        self.calls.append((operation, request))
        request.response_headers["RateLimit"] = '"hour";r=3'
        if self.error:
            raise self.error
        if operation.name == "end_session":
            return Answer(204, None, operation.event)
        return Answer(200, b'{"ok":true}', operation.event)


class Site:
    """An edge, a client before it, and its log."""

    def __init__(self) -> None:
        self.behind = Behind()
        self.log = io.StringIO()
        self.edge = self.another(AuditLog("", self.log), self.behind.build)

    def another(self, log: AuditLog, build: Callable[[Authenticator], Dispatch]) -> Edge:
        return Edge(
            allowed_origins=frozenset({APP, LOCAL}),
            log=log,
            authenticator=self.behind.authenticator,
            operations=build,
            prefixes=PREFIXES,
            router=Router(OPERATIONS),
        )

    async def ask(self, method: str, path: str, headers: Any = BEARER) -> httpx2.Response:
        transport = httpx2.ASGITransport(self._app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://edge") as client:
            return await client.request(method, path, headers=headers)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.getvalue().splitlines()]

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self.edge.answer(Request(scope, receive, send))
        await response(scope, receive, send)


@pytest.fixture
def site() -> Site:
    return Site()


# --- answers --------------------------------------------------------------------------------------


async def test_answer_is_json_that_nobody_stores(site: Site) -> None:
    answer = await site.ask("POST", TOKEN_PATH)

    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["ratelimit"] == '"hour";r=3'
    assert len(answer.headers["x-request-id"]) == 32


async def test_request_id_is_ours_new_each_time_and_in_the_log(site: Site) -> None:
    theirs = {**BEARER, "X-Request-Id": "theirs"}

    ids = [(await site.ask("POST", TOKEN_PATH, theirs)).headers["x-request-id"] for _ in "12"]

    assert "theirs" not in ids
    assert len(set(ids)) == 2
    assert [line["requestId"] for line in site.lines()] == ids


async def test_answer_without_content_has_no_type(site: Site) -> None:
    answer = await site.ask("DELETE", SESSION_PATH)

    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-type" not in answer.headers


async def test_call_has_what_the_operation_needs(site: Site) -> None:
    await site.ask("DELETE", f"{SESSION_PATH}?a=1&a=2", {**BEARER, "Idempotency-Key": "k"})

    operation, request = site.behind.calls[0]
    assert operation.name == "end_session"
    assert (request.caller, request.session_id) == (
        Caller(CANARY, "default", is_admin=True),
        "0a" * 12,
    )
    assert request.headers["idempotency-key"] == "k"
    assert request.query == (("a", "1"), ("a", "2"))


async def test_header_that_is_sent_twice_is_joined(site: Site) -> None:
    headers = [*BEARER.items(), ("Idempotency-Key", "one"), ("Idempotency-Key", "two")]

    await site.ask("POST", TOKEN_PATH, headers)

    assert site.behind.calls[0][1].headers["idempotency-key"] == "one, two"


async def test_admin_who_signed_in_long_ago_is_told_to_sign_in_again(site: Site) -> None:
    former = {"Authorization": f"Bearer {FORMER_ADMIN}"}

    refused = await site.ask("GET", "/api/v1/admin/overview", former)
    other = await site.ask("GET", TOKEN_PATH + "/usage", former)

    assert (refused.status_code, json.loads(refused.content)["code"]) == (401, "token-expired")
    assert other.status_code == 200


# --- refusals -------------------------------------------------------------------------------------


def subclasses(of: type[LivepassError]) -> Iterator[type[LivepassError]]:
    for each in of.__subclasses__():
        yield each
        yield from subclasses(each)


def test_every_refusal_there_is_is_tried_here_and_documented() -> None:
    assert {type(refusal) for refusal in REFUSALS} == set(subclasses(LivepassError))
    assert {r.code for r in REFUSALS} == {code for codes in DOCUMENTED.values() for code in codes}
    assert all(refusal.code in DOCUMENTED[refusal.status] for refusal in REFUSALS)


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.code)
async def test_refusal_is_a_problem_document(site: Site, refusal: LivepassError) -> None:
    site.behind.error = refusal

    answer = await site.ask("POST", TOKEN_PATH, {**BEARER, "Origin": APP})

    problem = answer.json()
    assert answer.status_code == problem["status"] == refusal.status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["access-control-allow-origin"] == APP
    assert problem["code"] == refusal.code
    assert problem["requestId"] == answer.headers["x-request-id"]
    assert problem["detail"] == refusal.public
    assert problem["title"]
    assert problem["type"]
    assert "inner" not in answer.text
    assert answer.text == json.dumps(problem)
    assert answer.headers.get("retry-after") == (
        None if refusal.retry_after_s is None else str(refusal.retry_after_s)
    )
    assert [line["code"] for line in site.lines()] == [refusal.code]


async def test_refusal_of_a_request_names_its_fields(site: Site) -> None:
    site.behind.error = errors.InvalidRequest(FieldError("a.b", "must be"), FieldError("c", "is"))

    problem = (await site.ask("POST", TOKEN_PATH)).json()

    assert problem["errors"] == [
        {"field": "a.b", "message": "must be"},
        {"field": "c", "message": "is"},
    ]


async def test_refusal_by_limits_names_them_and_the_time(site: Site) -> None:
    site.behind.error = errors.QuotaExceeded(("hour", "cooldown"), 212)

    answer = await site.ask("POST", TOKEN_PATH)

    assert answer.json()["type"] == "https://iana.org/assignments/http-problem-types#quota-exceeded"
    assert answer.json()["violated"] == ["hour", "cooldown"]
    assert answer.json()["retryAfterSeconds"] == 212
    assert answer.headers["retry-after"] == "212"
    assert answer.headers["ratelimit"] == '"hour";r=3'


@pytest.mark.parametrize(
    ("headers", "challenge"),
    [
        ({}, 'Bearer realm="livepass"'),
        ({"Authorization": "Basic YWxpY2U6c2VjcmV0"}, 'Bearer realm="livepass"'),
        ({"Authorization": "Bearer"}, 'Bearer realm="livepass", error="invalid_token"'),
        ({"Authorization": "Bearer a b"}, 'Bearer realm="livepass", error="invalid_token"'),
        ([*BEARER.items()] * 2, 'Bearer realm="livepass", error="invalid_request"'),
    ],
    ids=["none", "Basic", "empty", "spaces", "two"],
)
async def test_request_without_a_usable_token_is_refused_before_anything_is_built(
    site: Site, headers: Any, challenge: str
) -> None:
    answer = await site.ask("POST", TOKEN_PATH, headers)

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == challenge
    assert site.behind.builds == 0


async def test_unsigned_token_is_counted_and_leaves_nothing_to_collect(site: Site) -> None:
    await site.ask("POST", TOKEN_PATH)
    site.behind.error = errors.NotSigned("inner")
    scope = {"type": "http", "method": "POST", "path": TOKEN_PATH, "query_string": b""}
    headers = [(b"authorization", b"Bearer nobody"), (b"x-forwarded-for", b"203.0.113.7")]
    gc.collect()

    response = await site.edge.answer(Request({**scope, "headers": headers}))

    site.behind.error = None
    assert response.status_code == 401
    assert site.behind.unsigned == [PREFIXES.name(["203.0.113.7"], "")]
    assert gc.collect() == 0


async def test_public_operations_need_no_token(site: Site) -> None:
    answers = [await site.ask("GET", f"{TOKEN_PATH}/{name}", {}) for name in ("config", "health")]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert site.behind.builds == 1


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api",
        "/api/v1",
        "/api/v2/live-token",
        f"{TOKEN_PATH}/",
        f"{TOKEN_PATH}//usage",
        f"{TOKEN_PATH}/Usage",
        f"{TOKEN_PATH}/usage/x",
        f"{TOKEN_PATH}/sessions/",
        f"{TOKEN_PATH}/sessions/{'0A' * 12}",
        f"{TOKEN_PATH}/sessions/{'0a' * 11}",
        f"{TOKEN_PATH}/sessions/{'0a' * 12}%0A",
        f"{TOKEN_PATH}/sessions/{'%EF%BC%91' * 24}",
        f"{TOKEN_PATH}/sessions/..%2F..%2Fconfig",
        f"{TOKEN_PATH}/sessions/{{sessionId}}",
        f"{SESSION_PATH}/",
        "/.env",
        "/robots.txt",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "DELETE"])
async def test_path_that_is_none_of_ours_is_not_found(site: Site, method: str, path: str) -> None:
    answer = await site.ask(method, path)

    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert site.behind.builds == 0


ALLOWED = {
    TOKEN_PATH: "OPTIONS, POST",
    f"{TOKEN_PATH}/refresh": "OPTIONS, POST",
    f"{TOKEN_PATH}/usage": "GET, HEAD, OPTIONS",
    f"{TOKEN_PATH}/sessions": "GET, HEAD, OPTIONS",
    SESSION_PATH: "DELETE, GET, HEAD, OPTIONS",
    f"{SESSION_PATH}/usage": "OPTIONS, POST",
    f"{TOKEN_PATH}/config": "GET, HEAD, OPTIONS",
    f"{TOKEN_PATH}/health": "GET, HEAD, OPTIONS",
    "/api/v1/tools/weather": "GET, HEAD, OPTIONS",
    "/api/v1/admin/overview": "GET, HEAD, OPTIONS",
    "/api/v1/admin/audit": "GET, HEAD, OPTIONS",
    ADMIN_USER_PATH: "GET, HEAD, OPTIONS",
    f"{ADMIN_USER_PATH}/tier": "DELETE, OPTIONS, PUT",
    "/api/v1/admin/blocks": "GET, HEAD, OPTIONS",
    f"/api/v1/admin/blocks/{'3f' * 20}": "DELETE, OPTIONS, PUT",
    "/api/v1/admin/pause": "DELETE, OPTIONS, PUT",
}
TEMPLATES = {
    path: path.replace("0a" * 12, "{sessionId}")
    .replace(f"users/{'3f' * 20}", "users/{user}")
    .replace(f"blocks/{'3f' * 20}", "blocks/{subject}")
    for path in ALLOWED
}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND")


def test_every_route_is_tried_here() -> None:
    paths = {route.path.replace("{sessionId}", "0a" * 12) for route in OPERATIONS}

    paths = {re.sub("{user}|{subject}", "3f" * 20, path) for path in paths}
    assert paths == set(ALLOWED)


@pytest.mark.parametrize("path", ALLOWED)
async def test_method_that_a_path_has_not_is_refused_with_those_it_has(
    site: Site, path: str
) -> None:
    allowed = ALLOWED[path].split(", ")

    for method in METHODS:
        if method not in allowed:
            answer = await site.ask(method, path)
            assert answer.status_code == 405
            assert answer.headers["allow"] == ALLOWED[path]
            assert method == "HEAD" or answer.json()["code"] == "method-not-allowed"
            assert site.lines()[-1]["httpRequest"]["requestUrl"] == TEMPLATES[path]
    assert site.behind.builds == 0


async def test_head_is_a_get(site: Site) -> None:
    answer = await site.ask("HEAD", f"{TOKEN_PATH}/usage")

    assert answer.status_code == 200
    assert site.behind.calls[0][0].name == "usage"


# --- crashes --------------------------------------------------------------------------------------


async def test_crash_tells_the_caller_nothing_and_the_log_everything_but_secrets(
    site: Site,
) -> None:
    site.behind.error = ValueError(f"Bearer {CANARY} of alice@example.com at 203.0.113.77")

    answer = await site.ask("POST", TOKEN_PATH, {**BEARER, "Origin": APP})

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (500, "internal")
    assert problem["detail"] == "Something went wrong on our side."
    assert set(problem) == {"type", "title", "status", "detail", "code", "requestId"}
    assert answer.headers["access-control-allow-origin"] == APP
    (line,) = site.lines()
    assert (line["event"], line["severity"]) == ("INTERNAL_ERROR", "ERROR")
    assert line["httpRequest"]["status"] == 500
    assert "ValueError: [redacted] of [redacted] at [redacted]" in line["traceback"]
    assert "test_edge.py" in line["traceback"]
    assert CANARY not in site.log.getvalue()


async def test_operations_that_cannot_be_built_are_a_500_and_tried_again() -> None:
    log, attempts = io.StringIO(), list[int]()

    def fails(_: Authenticator) -> Dispatch:
        attempts.append(1)
        raise OSError("no such file")

    site = Site()
    site.edge = site.another(AuditLog("", log), fails)

    answers = [await site.ask("POST", TOKEN_PATH) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [500, 500]
    assert len(attempts) == 2


async def test_client_that_went_away_is_no_error(site: Site) -> None:
    site.behind.error = ClientDisconnect()

    await site.ask("POST", TOKEN_PATH)

    (line,) = site.lines()
    assert (line["event"], line["severity"]) == ("CLIENT_GONE", "INFO")
    assert line["httpRequest"]["status"] == 499


@pytest.mark.parametrize("path", [TOKEN_PATH, "/nowhere", f"{TOKEN_PATH}/config"])
async def test_each_request_leaves_one_line_without_its_token(site: Site, path: str) -> None:
    await site.ask("GET", f"{path}?access_token={CANARY}")

    assert len(site.lines()) == 1
    assert CANARY not in site.log.getvalue()


async def test_trace_of_the_request_is_in_its_line() -> None:
    site, log = Site(), io.StringIO()
    site.edge = site.another(AuditLog("a-project", log), site.behind.build)
    traceparent = f"00-{'4b' * 16}-{'00f067aa0ba902b7'}-01"

    await site.ask("POST", TOKEN_PATH, {**BEARER, "traceparent": traceparent})

    line = json.loads(log.getvalue())
    assert line["logging.googleapis.com/trace"] == f"projects/a-project/traces/{'4b' * 16}"


async def test_line_names_the_network_that_our_proxy_saw_and_no_address(site: Site) -> None:
    forwarded = {**BEARER, "X-Forwarded-For": "6.6.6.6, 203.0.113.7"}
    name = PREFIXES.name(["203.0.113.7"], "")

    await site.ask("POST", TOKEN_PATH, forwarded)
    await site.ask("POST", TOKEN_PATH, [*forwarded.items(), ("X-Forwarded-For", "203.0.113.7")])

    assert [line["prefix"] for line in site.lines()] == [name, UNKNOWN]
    assert [call.prefix for _, call in site.behind.calls] == [name, UNKNOWN]
    assert "203.0" not in site.log.getvalue()


# --- CORS -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ALLOWED)
@pytest.mark.parametrize("origin", [APP, LOCAL])
async def test_preflight_of_an_allowed_origin_is_answered_before_anything_is_built(
    site: Site, origin: str, path: str
) -> None:
    answer = await site.ask("OPTIONS", path, {"Origin": origin})

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.headers["access-control-allow-methods"] == ALLOWED[path]
    assert answer.headers["access-control-allow-headers"] == (
        "Authorization, Content-Type, Idempotency-Key, X-Firebase-AppCheck"
    )
    assert answer.headers["access-control-max-age"] == "600"
    assert answer.headers["vary"] == "Origin"
    assert site.behind.builds == 0
    assert [line["event"] for line in site.lines()] == ["PREFLIGHT"]


@pytest.mark.parametrize("origin", [*STRANGERS, None])
async def test_stranger_is_told_nothing_whatever_is_asked(site: Site, origin: str | None) -> None:
    asked = 0
    for path in (*ALLOWED, "/nowhere"):
        for method in ("OPTIONS", "GET", "POST", "DELETE"):
            for authorization in ({}, BEARER):
                headers = authorization if origin is None else {**authorization, "Origin": origin}

                answer = await site.ask(method, path, headers)

                asked += 1
                assert not [name for name in answer.headers if name.startswith("access-control")]
                assert answer.headers["vary"] == "Origin"
    assert asked == (len(ALLOWED) + 1) * 8


async def test_allowed_origin_may_read_every_answer_and_send_no_cookies(site: Site) -> None:
    exposed = (
        "RateLimit, RateLimit-Policy, Retry-After, Idempotent-Replayed, X-Request-Id, "
        "WWW-Authenticate"
    )
    for path in (*ALLOWED, "/nowhere"):
        for method in ("GET", "POST", "DELETE"):
            for authorization in ({}, BEARER):
                answer = await site.ask(method, path, {**authorization, "Origin": APP})

                assert answer.headers["access-control-allow-origin"] == APP
                assert answer.headers["access-control-expose-headers"] == exposed
                assert answer.headers["vary"] == "Origin"
                assert "access-control-allow-credentials" not in answer.headers
