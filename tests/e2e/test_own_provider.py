"""`make run ISSUER=... AUDIENCE=...` beside providers that nobody here wrote, as README says it,
and the whole story over HTTP: discovery, sign-in by code with PKCE, mint, renew, refresh, end.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from emulator.issuer_check import look
from support.identity.python_providers import PROVIDERS, WebProvider
from support.servers.fleet import ROOT, clean_environment
from support.servers.local_run import local_run
from support.servers.small_server import small_server
from support.stores.firestore_emulator import free_port

BASE = "/api/v1/live-token"
# What is true of each as it comes.
HEADS = {"oidc-provider-mock": ({"alg"}, list), "django-oauth-toolkit": ({"alg", "kid"}, str)}


@dataclass(frozen=True, slots=True)
class Home:
    """Somebody's provider, and a `make run` that believes it."""

    name: str
    provider: WebProvider
    url: str
    said: str

    def ask(self, method: str, path: str, id_token: str, **body: object) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {id_token}"}
        url = self.url + BASE + path
        return httpx2.request(method, url, headers=headers, json=body or None, timeout=30)


@pytest.fixture(scope="module", params=PROVIDERS)
def home(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Home]:
    folder = tmp_path_factory.mktemp("home")
    with (
        PROVIDERS[request.param](folder) as provider,
        local_run(folder, "--dev", ISSUER=provider.issuer, AUDIENCE=provider.client) as run,
    ):
        yield Home(request.param, provider, run.url, run.printed.read_text())


def test_person_signs_in_mints_refreshes_and_ends(home: Home) -> None:
    tokens = home.provider.sign_in("alice")

    minted = home.ask("POST", "", tokens["id_token"])
    assert minted.status_code == 201, minted.text
    session = minted.json()["session"]["id"]
    # Authlib's refresh grant answers without an ID token, as the standard allows
    # (OpenID Connect Core 1.0 section 12.2).
    renewed = home.provider.renew(tokens["refresh_token"]).get("id_token", tokens["id_token"])
    refreshed = home.ask("POST", "/refresh", renewed, sessionId=session)
    assert refreshed.status_code == 201, refreshed.text
    assert home.ask("DELETE", f"/sessions/{session}", renewed).status_code == 204
    assert home.ask("GET", f"/sessions/{session}", renewed).json()["state"] == "ended"


def test_two_people_are_two_and_one_is_one_however_often_they_sign_in(home: Home) -> None:
    seen = [
        home.ask("GET", "/usage", home.provider.sign_in(name)["id_token"]).json()["user"]
        for name in ("alice", "bob", "alice")
    ]

    assert seen[0] == seen[2] != seen[1]


def test_tokens_have_what_makes_this_provider_worth_a_test(home: Home) -> None:
    header, claims, _ = home.provider.sign_in("bob")["id_token"].split(".")
    read = [json.loads(base64.urlsafe_b64decode(part + "==")) for part in (header, claims)]

    members, kind = HEADS[home.name]
    assert read[0].keys() - {"typ"} == members
    assert isinstance(read[1]["aud"], kind)


def test_page_is_told_of_the_provider_and_the_doctor_finds_nothing_that_fails(home: Home) -> None:
    page = httpx2.get(f"{home.url}/config.json", timeout=30).json()["signIn"]
    seen = look(home.provider.issuer, home.url)

    assert (page["kind"], page["issuer"], page["clientId"]) == (
        "oidc",
        home.provider.issuer,
        home.provider.client,
    )
    assert not [told for verdict, told in seen if verdict == "FAIL"]
    warned = " ".join(told for verdict, told in seen if verdict == "WARN")
    assert "without a secret are not announced" in warned
    assert "the token endpoint allows no page" in warned


def test_what_is_printed_is_what_works_with_this_provider(home: Home) -> None:
    told = " ".join(home.said.partition("\n{")[0].split())

    assert f"People sign in at {home.provider.issuer}, as {home.provider.client} there." in told
    assert "The page cannot sign in there" in told  # over http
    assert "/local/identity" not in told
    assert f"ISSUER={home.provider.issuer} AUDIENCE={home.provider.client}" in told


def test_access_token_of_the_provider_opens_nothing(home: Home) -> None:
    tokens = home.provider.sign_in("bob")

    answer = home.ask("POST", "", tokens["access_token"])

    assert answer.status_code == 401


def test_example_signs_in_through_a_browser_and_mints(home: Home) -> None:
    if home.provider.secret:
        pytest.skip("this provider has no clients without a secret")
    where = {"ISSUER": home.provider.issuer, "AUDIENCE": home.provider.client}
    with example(**where, LIVEPASS=home.url) as (process, url):
        redirect = parse_qs(urlsplit(url).query)["redirect_uri"][0]
        httpx2.get(home.provider.walk(url, "alice", to=redirect), timeout=30)
        printed, _ = process.communicate(timeout=60)

    assert json.loads(printed)["token"].startswith("auth_tokens/")


@contextmanager
def example(**environ: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the example until the end of the block, and yield where it has its browser go."""
    given = {
        **clean_environment(),
        "PYTHONPATH": "tests",
        "REDIRECT": f"http://127.0.0.1:{free_port()}/index.html",
        "BROWSER": "true",
        **environ,
    }
    command = (sys.executable, "-m", "examples.sign_in")
    with subprocess.Popen(
        command, cwd=ROOT, env=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        yield process, process.stderr.readline().removeprefix("Sign in at ").strip()


def test_example_asks_for_an_id_token_and_prints_why_the_provider_gives_none() -> None:
    """Google, for one, gives none to a web client without its secret."""

    def reply(path: str) -> tuple[int, bytes]:
        if path == "/token":
            return 400, b'{"error": "invalid_request", "error_description": "a secret is missing"}'
        endpoints = {"authorization_endpoint": f"{url}/auth?p=a", "token_endpoint": f"{url}/token"}
        return 200, json.dumps(endpoints).encode()

    with (
        small_server(reply) as url,
        example(ISSUER=url, AUDIENCE="livepass", SCOPE="profile") as (process, there),
    ):
        asked = {name: value for name, (value,) in parse_qs(urlsplit(there).query).items()}
        httpx2.get(asked["redirect_uri"], params={"code": "c", "state": asked["state"]})
        _, said = process.communicate(timeout=60)

    assert (asked["scope"], asked["p"]) == ("openid profile", "a")
    assert (process.returncode, json.loads(said)["error"]) == (1, "invalid_request")


def test_example_prints_the_refusal_of_a_token_that_is_none(home: Home) -> None:
    environ = {"PYTHONPATH": "tests", "LIVEPASS": home.url, "ID_TOKEN": "a.b.c"}
    ran = subprocess.run(
        (sys.executable, "-m", "examples.sign_in"),
        cwd=ROOT,
        env={**clean_environment(), **environ},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 1
    assert json.loads(ran.stderr)["code"] == "unauthenticated"
