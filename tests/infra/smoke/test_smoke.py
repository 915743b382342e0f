"""The smoke test passes what works, and names what does not."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from infra.smoke import breakages as broken
from infra.smoke.__main__ import CHECKS, smoke
from infra.smoke.breakages import TOKEN
from infra.smoke.proxy import Breakage, Forward, ProxyRequest, ProxyResponse, proxy
from infra.smoke.report import run
from infra.smoke.site_checks import HEADERS, headers_are_set
from infra.smoke.visit import Visit
from support.servers.fleet import ROOT
from support.servers.local_run import local_run

LOCALLY = len(CHECKS) - 4  # one origin, no https, no public key, no hash
ALL = f"The smoke test passed: {LOCALLY} checks."
OUR_HEADERS = {
    "strict-transport-security": "max-age=63072000; includeSubDomains; preload",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "permissions-policy": "microphone=(self), camera=(self)",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}
BROKEN: dict[str, tuple[Breakage, str]] = {
    "any origin may ask": (broken.any_origin_allowed, "a page at https://livepass-smoke.example"),
    "answers may be cached": (broken.header("/api", "cache-control", None), "must be no-store"),
    "no nosniff": (
        broken.header("/", "x-content-type-options", None),
        "answers without x-content-type-options",
    ),
    "index cached for a day": (broken.header("/", "cache-control", "max-age=86400"), "no-cache"),
    "scripts without a type": (
        broken.header("/assets/", "content-type", "application/octet-stream"),
        "browsers want",
    ),
    "assets asked for each time": (
        broken.header("/assets/", "cache-control", "no-cache"),
        "must be immutable",
    ),
    "stale index": (
        broken.page(r"assets/index-[\w-]{8}\.js", "assets/index-00000000.js"),
        "index-00000000.js, which the page needs, answers 404",
    ),
    "a script loaded later is gone": (
        broken.status(r"/assets/opening-", 404),
        "answers 404: the page is newer or older than its files",
    ),
    "a page for everything": (broken.page_for_everything, "hides files that are gone"),
    "no policy": (broken.page(r"<meta http-equiv=[^>]*>", ""), "has no Content-Security-Policy"),
    "inline scripts allowed": (
        broken.page("script-src 'self'", "script-src 'self' 'unsafe-inline'"),
        "the policy's script-src is 'self' 'unsafe-inline'; it must be 'self'",
    ),
    "config.json leads elsewhere": (
        broken.document("/config.json", api="https://api.invalid"),
        "https://api.invalid/api/v1/live-token/config does not answer",
    ),
    "config.json is a page": (
        broken.status("/config.json", 200, b"<!doctype html>"),
        "answered no JSON object, but text/html",
    ),
    "config.json without sign-in": (
        broken.document("/config.json", signIn=None),
        "no signIn of a known kind",
    ),
    "health degraded": (
        broken.status("/health", 503, b'{"status":"degraded","checks":{"ledger":"failing"}}'),
        "health is degraded; failing: ledger",
    ),
    "a default model that is not on offer": (
        broken.document(f"{TOKEN}/config", defaultModel="gemini-of-last-year"),
        "the default model gemini-of-last-year is not on offer",
    ),
    "limits switched off": (
        broken.document(
            f"{TOKEN}/config", tiers={"default": {"mintsPerHour": None, "tokensPerDay": None}}
        ),
        "no limit by the hour or the day",
    ),
    "limits that do not hold": (broken.no_limits(), "a second token was given at once"),
    "X-Forwarded-For believed": (
        broken.as_somebody_new(broken.address_is_believed),
        "a second token was given with a forged X-Forwarded-For",
    ),
    "open without sign-in": (
        broken.as_somebody_new(broken.nobody_signed_in),
        "is open to anybody: no sign-in asked",
    ),
    "429 without Retry-After": (
        broken.header(TOKEN, "retry-after", None),
        "429 without Retry-After",
    ),
    "another model": (
        broken.mint(model="models/gemini-of-last-year"),
        "the token is for models/gemini-of-last-year; config promises models/gemini-3.8-live",
    ),
    "a socket that is not there": (
        broken.mint(url="ws://127.0.0.1:9/ws"),
        "no Live socket at ws://127.0.0.1:9/ws: ConnectionRefusedError",
    ),
    "a setup that Gemini refuses": (
        broken.mint(setup={"model": "models/gemini-3.8-live", "nonsense": {}}),
        "Gemini closed the socket",
    ),
    "usage that forgets": (broken.usage_forgets, "usage says 0 mints this hour; after the mint"),
    "an end that ends nothing": (broken.end_is_ignored, "a session that was ended was refreshed"),
    "an API that is not one": (
        broken.status("/config$", 200, b"{}"),
        "an answer is not as the contract has it: it lacks 'models'",
    ),
}


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it as `make smoke` does."""
    environ = {**os.environ, "PYTHONPATH": "functions:tests"}
    command = [sys.executable, "-m", "infra.smoke", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )


def test_make_run_passes(run_url: str) -> None:
    done = command(run_url)

    assert done.stdout.endswith(f"{ALL}\n"), done.stdout
    assert done.returncode == 0
    assert done.stderr == ""


@pytest.mark.parametrize(("breakage", "told"), BROKEN.values(), ids=BROKEN)
def test_broken_deployment_fails_and_says_what_is_broken(
    run_url: str, breakage: Breakage, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with proxy(run_url, breakage) as url:
        passed = smoke(Visit(url, environ={}))

    printed = capsys.readouterr().out
    assert not passed
    assert told in printed
    assert len(re.findall("^  FAILED", printed, re.MULTILINE)) <= 4, printed


def test_deployment_with_one_slot_passes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with local_run(tmp_path, LIVE_API_MAX_SESSIONS="1") as run:
        passed = smoke(Visit(run.url, environ={}))

    assert passed, capsys.readouterr().out


def test_broken_deployment_exits_with_1(run_url: str) -> None:
    with proxy(run_url, broken.end_is_ignored) as url:
        done = command(url)

    assert done.returncode == 1
    assert f"The smoke test failed: 1 of {LOCALLY} checks, 0 not reached." in done.stdout


def test_page_may_ask_an_api_on_another_origin_that_allows_it(
    run_url: str, page_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = broken.document("/config.json", api=run_url)
    with proxy(run_url, elsewhere, page_port) as url:
        passed = smoke(Visit(url, environ={}))

    assert passed, capsys.readouterr().out


def test_page_whose_origin_is_not_allowed_fails(
    run_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with proxy(run_url, broken.document("/config.json", api=run_url)) as url:
        smoke(Visit(url, environ={}))

        told = f"a page at {url} may not ask: LIVE_API_ALLOWED_ORIGINS lacks it"
        assert told in capsys.readouterr().out


@pytest.mark.parametrize("missing", [None, *OUR_HEADERS])
def test_domain_without_one_of_its_headers_fails(
    run_url: str, missing: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    def domain(request: ProxyRequest, forward: Forward) -> ProxyResponse:
        told = forward(request)
        told.headers |= {n: v for n, v in OUR_HEADERS.items() if n != missing}
        return told

    with proxy(run_url, domain) as url, closing(Visit(url, shape="domain", environ={})) as visit:
        passed = run([headers_are_set], visit)

    assert passed == (missing is None)
    assert missing is None or f"answers without {missing}" in capsys.readouterr().out


def test_every_header_of_a_domain_is_tried() -> None:
    assert {*OUR_HEADERS, "x-content-type-options"} == HEADERS["domain"].keys()


def test_config_that_is_not_the_deployed_one_fails(
    run_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    passed = smoke(Visit(run_url, environ={}, expected={"api": "./"}))

    assert not passed
    assert "not as it was deployed" in capsys.readouterr().out


def test_code_that_is_not_the_deployed_one_fails(
    run_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    passed = smoke(Visit(run_url, environ={}, source="0123456789abcdef"))

    assert not passed
    assert "the API runs unnamed code, not 0123456789abcdef" in capsys.readouterr().out


def test_address_without_a_scheme_is_refused() -> None:
    done = command("talk.example.com")

    assert done.returncode == 2
    assert "must begin with http:// or https://, got 'talk.example.com'" in done.stderr


def test_token_never_reaches_the_report(run_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    for breakage in (broken.mint(url="ws://127.0.0.1:9/ws"), broken.no_limits()):
        with proxy(run_url, breakage) as url:
            smoke(Visit(url, environ={}))

    printed = capsys.readouterr().out
    assert "auth_tokens" not in printed
    assert "eyJ" not in printed
