"""URLs, the ledger and the audit trail are checked, and secrets in them never shown."""

from __future__ import annotations

import pytest

from support.fakes.environ import CLOUD, problems, taken

URLS = {
    "GOOGLE_GEMINI_BASE_URL": "gemini_url",
    "LIVE_API_WEATHER_URL": "weather_url",
    "LIVE_API_PLACES_URL": "places_url",
}


@pytest.mark.parametrize("variable", URLS)
@pytest.mark.parametrize(
    "url",
    [
        "https://gemini.example.com",
        "https://gemini.example.com:8443/path",
        "http://127.0.0.1:8080/local/gemini",
        "http://localhost:8080",
        "http://[::1]:8080",
    ],
)
def test_url_is_https_or_on_this_machine(variable: str, url: str) -> None:
    assert getattr(taken(**{variable: url}), URLS[variable]) == url


@pytest.mark.parametrize("variable", URLS)
@pytest.mark.parametrize(
    "url",
    [
        "gemini.example.com",
        "//gemini.example.com",
        "https://",
        "https:///path",
        "ftp://gemini.example.com",
        "http://gemini.example.com",
        "http://10.0.0.1",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "https://[::1",
        "https://..",
        f"https://{'a' * 64}.example.com",
        "https://gemini.example.com:0",
        "https://gemini.example.com:65536",
    ],
)
def test_any_other_url_is_refused(variable: str, url: str) -> None:
    assert [problem.partition(" ")[0] for problem in problems(**{variable: url})] == [variable]


@pytest.mark.parametrize(
    "url",
    [
        "https://user:canary-of-a-password@gemini.example.com",
        "https://:canary-of-a-password@gemini.example.com",
        "http://user:canary-of-a-password@gemini.example.com",
        "https://gemini.example.com/?key=canary-of-a-password",
        "https://gemini.example.com/#canary-of-a-password",
    ],
)
def test_secret_in_a_url_is_refused_and_not_shown(url: str) -> None:
    (problem,) = problems(GOOGLE_GEMINI_BASE_URL=url)

    assert "canary" not in problem
    assert problem.startswith("GOOGLE_GEMINI_BASE_URL must be a URL without user")


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///livepass.sqlite3",
        "sqlite:////var/lib/livepass.sqlite3",
        "firestore://a-project/livepass",
        "firestore://a-project/(default)",
        "firestore://a-project",
    ],
)
def test_ledger_is_a_file_or_a_database(url: str) -> None:
    assert taken(LIVE_API_LEDGER=url).ledger == url


@pytest.mark.parametrize(
    "url", ["sqlite:///", "sqlite://", "/a/path", "firestore://", "firestore:///x", "redis://x",
            "firestore://a-project/a/b", "firestore://u:secret@a-project/d"],
)  # fmt: skip
def test_any_other_ledger_is_refused(url: str) -> None:
    assert problems(LIVE_API_LEDGER=url) == [
        "LIVE_API_LEDGER must be sqlite:///PATH or firestore://PROJECT/DATABASE (not shown)"
    ]


def test_audit_trail_is_a_view_or_a_file() -> None:
    for url in ("logging://a-project/global/_Default/livepass", "sqlite:////var/lib/audit"):
        assert taken(LIVE_API_AUDIT_TRAIL=url).audit_trail == url
    assert taken().audit_trail == ""


@pytest.mark.parametrize(
    "url",
    ["logging://p", "logging://p/global/_Default", "logging://p/l/b/v/w", "sqlite:///", "audit"],
)  # fmt: skip
def test_any_other_audit_trail_is_refused(url: str) -> None:
    (problem,) = problems(LIVE_API_AUDIT_TRAIL=url)

    assert problem.startswith("LIVE_API_AUDIT_TRAIL must be logging://PROJECT/LOCATION/BUCKET/VIEW")


def test_audit_trail_of_google_cloud_is_no_file() -> None:
    (problem,) = problems(K_SERVICE="token-api", LIVE_API_AUDIT_TRAIL="sqlite:///audit")

    assert problem.startswith("LIVE_API_AUDIT_TRAIL must be logging://")


def test_file_is_no_ledger_in_google_cloud() -> None:
    told = problems(**CLOUD, LIVE_API_LEDGER="sqlite:///x")

    must = "must be firestore://PROJECT/DATABASE in Google Cloud: instances do not share files"
    assert told == [f"LIVE_API_LEDGER {must}"]


@pytest.mark.parametrize("variable", URLS)
def test_local_service_is_refused_in_google_cloud(variable: str) -> None:
    local = {variable: "http://127.0.0.1:8080/local"}

    assert taken(**local)
    assert [p.partition(" ")[0] for p in problems(**CLOUD, **local)] == [variable]
