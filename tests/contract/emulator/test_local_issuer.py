"""The local issuer signs in anybody, with tokens that the real verifier accepts."""

from __future__ import annotations

import base64
import json
import stat
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from emulator.identity import create_app
from emulator.local_issuer import LocalIssuer
from support.fakes.network import NOW, Clock
from support.fakes.over_httpx2 import OverHttpx2
from vending.identity.authenticate import Authenticator
from vending.identity.jwks import Keys
from vending.policy import Issuer

ORIGIN = "http://127.0.0.1:8080"
BASE = f"{ORIGIN}/local/identity"


def client(key_file: Path | None = None) -> httpx2.AsyncClient:
    """The issuer as `make run` mounts it."""
    identity = create_app(BASE, key_file=key_file, now=Clock(NOW))
    mounted = Starlette(routes=[Mount("/local/identity", identity)])
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(mounted), base_url=BASE)


def verifier(key_file: Path | None) -> Authenticator:
    """The real verifier, which fetches from an issuer of its own."""
    identity = create_app(BASE, key_file=key_file, now=Clock(NOW))
    mounted = OverHttpx2(
        httpx2.ASGITransport(Starlette(routes=[Mount("/local/identity", identity)]))
    )
    return Authenticator(
        [Issuer(BASE, "livepass")],
        {"default", "gold"},
        keys_of=lambda issuer, uri: Keys(issuer, uri, http=mounted),
        now=Clock(NOW),
    )


def payload(token: str) -> dict[str, Any]:
    segment = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(segment + "=="))
    return claims


async def test_real_verifier_accepts_its_tokens(tmp_path: Path) -> None:
    key_file = tmp_path / "identity.pem"
    async with client(key_file) as http:
        answer = await http.post("/token", json={"user": "alice", "tier": "gold"})

    caller = await verifier(key_file).authenticate(answer.json()["idToken"])

    assert answer.status_code == 200
    assert caller.tier == "gold"


async def test_only_those_who_ask_for_it_are_admins(tmp_path: Path) -> None:
    key_file = tmp_path / "identity.pem"
    async with client(key_file) as http:
        admin = await http.post("/token", json={"user": "alice", "admin": True})
        others = [
            await http.post("/token", json={"user": "bob", **more})
            for more in ({}, {"admin": False})
        ]

    known = verifier(key_file)
    assert (await known.authenticate(admin.json()["idToken"])).is_admin
    for other in others:
        assert not (await known.authenticate(other.json()["idToken"])).is_admin


async def test_token_lives_an_hour_and_says_so() -> None:
    async with client() as http:
        answer = (await http.post("/token", json={"user": "alice"})).json()

    assert answer.keys() == {"idToken", "expiresAt"}
    assert answer["expiresAt"] == "2027-01-15T09:00:00Z"
    assert payload(answer["idToken"])["exp"] == NOW + 3600


async def test_token_has_an_email_that_must_turn_up_nowhere_else() -> None:
    async with client() as http:
        token = (await http.post("/token", json={"user": "alice"})).json()["idToken"]

    claims = payload(token)
    assert claims["email"] == "alice@example.com"
    assert "tier" not in claims


async def test_discovery_names_the_issuer_and_its_keys() -> None:
    async with client() as http:
        document = (await http.get("/.well-known/openid-configuration")).json()
        jwks = (await http.get(document["jwks_uri"])).json()

    assert document["issuer"] == BASE
    assert document["jwks_uri"] == f"{BASE}/jwks.json"
    assert [key["alg"] for key in jwks["keys"]] == ["RS256"]


async def test_published_keys_are_public() -> None:
    async with client() as http:
        jwks = (await http.get("/jwks.json")).json()

    assert jwks["keys"][0].keys() == {"kty", "n", "e", "kid", "use", "alg"}


async def test_it_answers_without_a_prefix_too() -> None:
    app = httpx2.ASGITransport(create_app(ORIGIN))
    async with httpx2.AsyncClient(transport=app, base_url=ORIGIN) as http:
        answer = await http.post("/token", json={"user": "alice"})

    assert payload(answer.json()["idToken"])["iss"] == ORIGIN


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "JSON"),
        (b"user=alice", "JSON"),
        (b"[" * 4000, "JSON"),
        (b"[]", "object"),
        (b"{}", "user is missing"),
        (b'{"user": null}', "user is missing"),
        (b'{"user": 7}', "user must be"),
        (b'{"user": ""}', "user must be"),
        (b'{"user": "a b"}', "user must be"),
        (b'{"user": "alice\\n"}', "user must be"),
        (b'{"user": "' + b"a" * 65 + b'"}', "user must be"),
        (b'{"user": "alice", "tier": 7}', "tier must be"),
        (b'{"user": "alice", "admin": 1}', "admin must be"),
        (b'{"user": "alice", "name": "Alice"}', "unknown field 'name'"),
        (b" " * 5000, "bytes"),
    ],
)
async def test_bad_sign_in_is_told_what_is_wrong(body: bytes, word: str) -> None:
    async with client() as http:
        answer = await http.post("/token", content=body)

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert word in answer.json()["detail"]


async def test_key_in_a_file_outlives_a_restart_and_is_for_its_owner_only(tmp_path: Path) -> None:
    key_file = tmp_path / "new" / "identity.pem"
    async with client(key_file) as http:
        before = (await http.get("/jwks.json")).json()
    async with client(key_file) as http:
        after = (await http.get("/jwks.json")).json()

    assert before == after
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert list(key_file.parent.iterdir()) == [key_file]


async def test_without_a_file_every_start_has_a_new_key() -> None:
    async with client() as one, client() as two:
        assert (await one.get("/jwks.json")).json() != (await two.get("/jwks.json")).json()


def test_headers_of_a_token_can_be_changed_and_taken_out() -> None:
    token = LocalIssuer(BASE, now=Clock(NOW)).sign({"sub": "alice"}, typ=None, kid="other")

    header = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))
    assert header == {"alg": "RS256", "kid": "other"}
