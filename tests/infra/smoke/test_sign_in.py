"""The test user: created and deleted with the operator's login, given, or reported missing."""

from __future__ import annotations

import json
import os
from pathlib import Path

import httpx2
import pytest

from infra.smoke import breakages as broken
from infra.smoke.__main__ import smoke
from infra.smoke.breakages import TOKEN
from infra.smoke.proxy import Forward, ProxyRequest, ProxyResponse, proxy
from infra.smoke.sign_in import ID_TOKEN
from infra.smoke.toolkit import OPERATOR, Toolkit
from infra.smoke.visit import Visit


@pytest.fixture
def operator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody is logged in with gcloud."""
    gcloud = tmp_path / "gcloud"
    gcloud.write_text(f"#!/bin/sh\n[ \"$*\" = 'auth print-access-token' ] && echo {OPERATOR}\n")
    gcloud.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")


def smoked(run_url: str, toolkit: Toolkit, capsys: pytest.CaptureFixture[str]) -> tuple[bool, str]:
    with proxy(run_url, toolkit) as url:
        passed = smoke(Visit(url, environ={}, gemini=url))
    return passed, capsys.readouterr().out


@pytest.mark.usefixtures("operator")
@pytest.mark.parametrize("way", ["email", "anonymous"])
def test_user_made_for_the_moment_passes_and_is_deleted(
    run_url: str, way: str, capsys: pytest.CaptureFixture[str]
) -> None:
    toolkit = Toolkit(way)

    passed, printed = smoked(run_url, toolkit, capsys)

    assert passed, printed
    assert "NOT CHECKED" not in printed
    assert (toolkit.made, toolkit.accounts) == (1, {})


@pytest.mark.usefixtures("operator")
def test_user_who_cannot_sign_in_is_deleted_too(
    run_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    toolkit = Toolkit("email", passwords=False)

    passed, printed = smoked(run_url, toolkit, capsys)

    assert not passed
    assert "signInWithPassword answered 400" in printed
    assert (toolkit.made, toolkit.accounts) == (1, {})


def test_operator_without_a_login_is_told(
    run_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # no gcloud

    passed, printed = smoked(run_url, Toolkit("email"), capsys)

    assert passed
    assert "NOT CHECKED" in printed
    assert f"gcloud is not here to make a test user; give an ID token in {ID_TOKEN}" in printed
    assert "BUT 6 OF 19 CHECKS WERE NOT MADE" in printed


@pytest.mark.usefixtures("operator")
def test_public_key_that_opens_gemini_fails(
    run_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    passed, printed = smoked(run_url, Toolkit("anonymous", opens_gemini=True), capsys)

    assert not passed
    assert "anybody can use Gemini with the key in config.json" in printed


def test_given_user_at_a_limit_is_no_failure(
    run_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sign_in = httpx2.get(f"{run_url}/config.json").json()["signIn"]["url"]
    token = httpx2.post(sign_in, json={"user": "given"}).json()["idToken"]

    first = smoke(Visit(run_url, environ={ID_TOKEN: token}))
    once = capsys.readouterr().out
    again = smoke(Visit(run_url, environ={ID_TOKEN: token}))

    assert first
    assert "NOT CHECKED" not in once
    assert again
    assert f"the user of {ID_TOKEN} is at a limit, free again in" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("code", "status", "told"),
    [
        ("minting-paused", 503, "minting is paused"),
        ("app-check-failed", 403, "App Check is enforced; give a debug token"),
    ],
)
def test_mint_that_is_refused_on_purpose_is_no_failure(
    run_url: str, code: str, status: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(request: ProxyRequest, forward: Forward) -> ProxyResponse:
        answer = forward(request)
        if request.path == TOKEN and answer.status == 201:
            problem = json.dumps({"code": code, "detail": "..."}).encode()
            return ProxyResponse(status, {"content-type": "application/problem+json"}, problem)
        return answer

    with proxy(run_url, refused) as url:
        passed = smoke(Visit(url, environ={}))

    assert passed
    assert told in capsys.readouterr().out


def test_nobody_to_sign_in_as_is_said_loudly(
    run_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    provider = {"kind": "oidc", "issuer": "https://id.example.com", "clientId": "livepass"}
    with proxy(run_url, broken.document("/config.json", signIn=provider)) as url:
        passed = smoke(Visit(url, environ={}))

    printed = capsys.readouterr().out
    assert passed
    assert f"nobody to sign in as; give an ID token in {ID_TOKEN}" in printed
    assert "CHECKS WERE NOT MADE" in printed
