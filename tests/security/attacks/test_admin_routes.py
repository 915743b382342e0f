"""Admin routes are closed to everybody but admins, whatever their role, tier and method."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator

import pytest

from support.fakes.livepass import Livepass, bearer, id_token
from support.fakes.network import NOW
from support.identity.hostile_tokens import AUDIENCE, ISSUER, JWKS_URI, network
from support.requests.places import paths
from vending.identity.authenticate import Authenticator
from vending.operations.table import OPERATIONS
from vending.policy import Issuer

ADMIN = [route for route in OPERATIONS if (route.access == "admin")]
PATHS = sorted({paths(route)[0] for route in ADMIN})
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND")
ANONYMOUS = {"firebase": {"sign_in_provider": "anonymous"}}
ROLES: dict[str, dict[str, object]] = {
    "nobody in particular": {},
    "false": {"admin": False},
    "null": {"admin": None},
    "1": {"admin": 1},
    "1.0": {"admin": 1.0},
    "the text true": {"admin": "true"},
    "yes": {"admin": "yes"},
    "a list": {"admin": [True]},
    "an object": {"admin": {"admin": True}},
    "another claim": {"Admin": True, "isAdmin": True, "is_admin": True, "admin ": True},
    "a role": {"role": "admin", "roles": ["admin"], "scope": "admin"},
    "the tier admin": {"tier": "admin"},
    "verified": {"email_verified": True, "preferred_username": "admin"},
    "within": {"firebase": {"sign_in_provider": "google.com", "admin": True}},
    "a guest": {**ANONYMOUS, "admin": True},
}
TIERS = (None, "default", "guest", "gold")


def gate() -> Authenticator:
    """It lets guests in, so that they get as far as the question."""
    issuers = [Issuer(ISSUER, AUDIENCE, JWKS_URI)]
    tiers = {"default", "guest", "gold"}
    known = network().keys
    return Authenticator(issuers, tiers, allow_anonymous=True, keys_of=known, now=lambda: NOW)


def others() -> Iterator[tuple[str, dict[str, object]]]:
    for (role, claims), tier in itertools.product(ROLES.items(), TIERS):
        yield f"{role}, {tier}", {"tier": tier, **claims} if tier else claims


def test_there_are_admin_routes_and_all_are_under_their_path() -> None:
    assert len(PATHS) >= 3
    assert all(("admin" in route.name) == (route.access == "admin") for route in OPERATIONS)
    assert not any((route.access == "public") for route in ADMIN)


@pytest.mark.parametrize("path", PATHS)
async def test_everybody_else_is_refused_in_every_combination(path: str) -> None:
    livepass = Livepass(gate=gate())

    tried = 0
    for (who, claims), method in itertools.product(others(), METHODS):
        token = id_token("mallory", **claims)
        answer = await livepass.ask(method, path, [bearer(token)], b'{"minutes": 5}')
        line = answer.line
        told = (answer.status, answer.code, line["event"], line["httpRequest"]["status"])
        code = "forbidden"
        assert told == (403, code, "REQUEST_REFUSED", 403), f"{who}: {method}"
        assert "allow" not in answer.headers
        tried += 1

    assert tried == len(ROLES) * len(TIERS) * len(METHODS)
    assert livepass.ledger.reads == livepass.ledger.writes == 0


@pytest.mark.parametrize("path", PATHS)
async def test_caller_without_a_valid_token_is_told_to_sign_in(path: str) -> None:
    livepass = Livepass()

    for method in METHODS:
        assert (await livepass.ask(method, path)).status == 401
        stale = id_token("alice", admin=True, exp=NOW - 60)
        assert (await livepass.ask(method, path, [bearer(stale)])).code == "token-expired"


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("path", PATHS)
async def test_admin_is_let_in_and_told_which_methods_there_are(
    path: str, tier: str | None
) -> None:
    livepass = Livepass()
    admin = bearer(id_token("alice", admin=True, **({"tier": tier} if tier else {})))
    known = {r.method for r in ADMIN if paths(r)[0] == path}

    for method in METHODS:
        answer = await livepass.ask(method, path, [admin])
        assert answer.status in (200, 204, 400, 405, 503), method
        if not known & {method, "GET" if method == "HEAD" else ""}:
            assert answer.status == 405, method
            assert known <= set(answer.headers["allow"].split(", "))


async def test_admin_claim_has_the_name_that_is_set() -> None:
    issuers = [Issuer(ISSUER, AUDIENCE, JWKS_URI)]
    keys, claim = network().keys, "https://example.com/admin"
    told = Authenticator(issuers, {"default"}, admin_claim=claim, keys_of=keys, now=lambda: NOW)
    livepass = Livepass(gate=told)

    renamed = id_token("alice", **{claim: True})
    usual = id_token("alice", admin=True)

    assert (await livepass.ask("GET", PATHS[1], [bearer(renamed)])).status == 200
    assert (await livepass.ask("GET", PATHS[1], [bearer(usual)])).status == 403


async def test_admin_is_a_caller_like_others_elsewhere() -> None:
    livepass = Livepass()
    admin = id_token("alice", admin=True)

    minted = await livepass.mint(admin)

    assert minted.status == 201
    assert "admin" not in json.dumps(minted.body["usage"])
