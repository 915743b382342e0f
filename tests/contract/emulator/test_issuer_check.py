"""`make doctor ISSUER=...` reports what will not work with a provider, before anybody signs in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from emulator.issuer_check import judge, look
from emulator.local_issuer import LocalIssuer
from emulator.throwaway_ca import issue
from support.servers.small_server import small_server

ROOT = Path(__file__).parents[3]
PAGE = "https://app.example.com"
ANNOUNCED = {
    "authorization_endpoint": "https://a.example/auth",
    "end_session_endpoint": "https://a.example/end",
    "token_endpoint_auth_methods_supported": ["none", "client_secret_basic"],
    "code_challenge_methods_supported": ["S256"],
    "scopes_supported": ["openid", "offline_access"],
}


def test_provider_that_will_do_has_nothing_that_fails() -> None:
    documents: dict[str, object] = {}

    def reply(path: str) -> tuple[int, bytes]:
        return (200 if path in documents else 404), json.dumps(documents.get(path)).encode()

    with small_server(reply) as url:
        issuer = LocalIssuer(url)
        whole = {**issuer.discovery(), "authorization_endpoint": f"{url}/auth"}
        documents["/.well-known/openid-configuration"] = whole
        documents["/jwks.json"] = issuer.jwks()
        seen = look(url, PAGE)
        documents["/jwks.json"] = {"keys": [{"kty": "OKP", "crv": "Ed448", "kid": "1"}]}
        unusable = look(url, PAGE)

    assert not [told for verdict, told in seen if verdict == "FAIL"]
    assert "1 keys for RS256" in [told for _, told in seen]
    cors = [told for verdict, told in seen if verdict == "WARN" and "CORS" in told]
    assert ["once it knows the client" in told for told in cors] == [False, True]
    (failing,) = [told for verdict, told in unusable if verdict == "FAIL"]
    assert "OKP/Ed448" in failing


def test_issuer_that_does_not_answer_is_told() -> None:
    ((verdict, told),) = look("http://127.0.0.1:1", PAGE)

    assert verdict == "FAIL"
    assert "openid-configuration" in told


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"issuer": "https://a.example/"}, "slash and all"),
        ({"id_token_signing_alg_values_supported": ["RS512", "none"]}, "taken are RS256"),
        ({"token_endpoint": None}, "token_endpoint"),
        ({"authorization_endpoint": ""}, "no page can sign in"),
    ],
)
def test_what_discovery_lacks_fails(wrong: dict[str, object], told: str) -> None:
    whole = {**LocalIssuer("https://a.example").discovery(), "authorization_endpoint": "https://a"}

    failing = [t for v, t in judge("https://a.example", {**whole, **wrong}) if v == "FAIL"]

    assert len(failing) == 1
    assert told in failing[0]


@pytest.mark.parametrize(
    ("published", "told"),
    [
        ({"token_endpoint_auth_methods_supported": ["client_secret_post"]}, "without a secret"),
        ({"token_endpoint_auth_methods_supported": None}, "without a secret"),
        ({"code_challenge_methods_supported": ["plain"]}, "PKCE"),
        ({"scopes_supported": ["openid"]}, "offline_access"),
        ({"token_endpoint": "http://127.0.0.1:3000/token"}, "the page cannot"),
    ],
)
def test_what_is_not_announced_is_a_warning(published: dict[str, object], told: str) -> None:
    whole = {**LocalIssuer("https://a.example").discovery(), **ANNOUNCED}

    def warned(discovery: dict[str, object]) -> list[str]:
        return [t for v, t in judge("https://a.example", discovery) if v == "WARN"]

    assert not warned(whole)
    assert [t for t in warned({**whole, **published}) if told in t]


def test_private_authority_is_the_one_of_ssl_cert_file(tmp_path: Path) -> None:
    files = issue(tmp_path)
    documents: dict[str, object] = {}

    def doctor(**environ: str) -> str:
        told = {**os.environ, "ISSUER": url, "PYTHONPATH": "functions:tests", **environ}
        command = [sys.executable, "-m", "emulator.issuer_check"]
        ran = subprocess.run(
            command, cwd=ROOT, env=told, capture_output=True, text=True, check=False
        )
        return ran.stdout + ran.stderr

    with small_server(lambda path: (200, json.dumps(documents.get(path)).encode()), files) as url:
        issuer = LocalIssuer(url)
        whole = {**issuer.discovery(), **ANNOUNCED}
        documents["/.well-known/openid-configuration"] = whole
        documents["/jwks.json"] = issuer.jwks()
        believing = doctor(SSL_CERT_FILE=str(files.authority))
        without = doctor()

    assert "FAIL" not in believing
    assert "1 keys for RS256" in believing
    assert "CERTIFICATE_VERIFY_FAILED" in without
