"""Every origin, method and route, signed in or not, on a real server: one origin may read."""

from __future__ import annotations

import httpx2
import pytest

from support.fakes.livepass import BASE, ORIGIN
from support.requests.origins import STRANGERS
from support.requests.places import paths
from support.runs.rounds import report
from support.servers.attacked import Server, SlowBody
from vending.operations.table import OPERATIONS

PATHS = (*dict.fromkeys(paths(route)[0] for route in OPERATIONS), f"{BASE}/nowhere")
METHODS = ("OPTIONS", "GET", "POST", "DELETE", "PUT")
PREFLIGHT = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization, x-evil",
    "Access-Control-Request-Private-Network": "true",
}


def cors(answer: httpx2.Response) -> dict[str, str]:
    return {k: v for k, v in answer.headers.items() if k.startswith("access-control-")}


def authorized(id_token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {id_token}"}


def admin_token(server: Server) -> str:
    """An operator's ID token."""
    issuer = server.fleet.people.issuer
    return issuer.sign({**issuer.claims("dana"), "admin": True})


@pytest.fixture
def cells(server: Server, slow_body: SlowBody) -> list[tuple[str | None, httpx2.Response]]:
    """Every cell of the matrix: the origin that asked, and what it got.

    `slow_body` is only begun here; it takes its time beside the rest.
    """
    person, admin = authorized(server.fleet.person().id_token), authorized(admin_token(server))
    asked = []
    with httpx2.Client(base_url=server.url, trust_env=False, timeout=20) as client:
        for origin in (ORIGIN, None, *STRANGERS):
            for method in METHODS:
                for path in PATHS:
                    for headers in ({}, person, *((admin,) if "/admin/" in path else ())):
                        sent = {**headers, **PREFLIGHT, **({"Origin": origin} if origin else {})}
                        asked.append((origin, client.request(method, path, headers=sent)))
    return asked


def test_one_origin_may_read_and_no_other_is_told_anything(
    cells: list[tuple[str | None, httpx2.Response]],
) -> None:
    for origin, answer in cells:
        told = cors(answer)
        assert answer.headers["vary"] == "Origin"
        assert answer.headers["cache-control"] == "no-store"
        assert "set-cookie" not in answer.headers
        assert answer.status_code < 500
        if origin != ORIGIN:
            assert not told, (origin, answer.request.method, answer.request.url)
            assert "evil" not in answer.text + str(answer.headers)
            continue
        assert told.pop("access-control-allow-origin") == ORIGIN
        assert "RateLimit" in told.pop("access-control-expose-headers")
        if answer.request.method == "OPTIONS" and answer.status_code == 204:
            assert "x-evil" not in told.pop("access-control-allow-headers").lower()
            assert told.pop("access-control-max-age") == "600"
            assert told.pop("access-control-allow-methods")
        assert not told  # no credentials, no private network
    statuses = {answer.status_code for _, answer in cells}
    assert {200, 201, 204, 400, 401, 403, 404, 405, 429} <= statuses
    report("CORS matrix, real server", len(cells), len(cells), "one origin told")
