"""The web app on a local machine: content types, cache lifetimes, the 404 page."""

from __future__ import annotations

from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from starlette.testclient import TestClient

from emulator import site
from emulator.lan import own_address
from emulator.throwaway_ca import issue

FRESH = "no-cache"
FOREVER = "public, max-age=31536000, immutable"


@pytest.fixture
def browser(tmp_path: Path) -> TestClient:
    (tmp_path / "assets").mkdir()
    files = {
        "index.html": "<h1>Talk</h1>",
        "404.html": "<h1>Nothing</h1>",
        "config.json": '{"api": "of the build"}',
        "manifest.webmanifest": "{}",
        "assets/index-abc.js": "1",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    app = site.create_app(
        tmp_path, sign_in={"kind": "local", "url": "http://127.0.0.1:1/local/identity/token"}
    )
    return TestClient(app)


@pytest.mark.parametrize(
    ("path", "kind", "life"),
    [
        ("/", "text/html", FRESH),
        ("/index.html", "text/html", FRESH),
        ("/manifest.webmanifest", "application/manifest+json", FRESH),
        ("/assets/index-abc.js", "text/javascript", FOREVER),
    ],
)
def test_files_have_the_types_and_lives_of_a_deployment(
    browser: TestClient, path: str, kind: str, life: str
) -> None:
    answer = browser.get(path)

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)
    assert answer.headers["cache-control"] == life


def test_config_is_of_this_machine_and_not_of_the_build(browser: TestClient) -> None:
    answer = browser.get("/config.json")

    assert answer.json()["signIn"] == {
        "kind": "local",
        "url": "http://127.0.0.1:1/local/identity/token",
    }
    assert answer.headers["cache-control"] == FRESH


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/deep/down/here", "/assets/gone.js", "/%2e%2e/x", "/%00", "/" + "a" * 300],
)
def test_what_is_not_there_is_a_page_that_nobody_keeps(browser: TestClient, path: str) -> None:
    answer = browser.get(path)

    assert (answer.status_code, answer.text) == (404, "<h1>Nothing</h1>")
    assert answer.headers["cache-control"] == FRESH


@pytest.mark.parametrize("method", ["POST", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"])
@pytest.mark.parametrize("path", ["/", "/config.json", "/nothing", "/assets/index-abc.js"])
def test_site_is_read_and_nothing_else(browser: TestClient, method: str, path: str) -> None:
    answer = browser.request(method, path)

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", ["/", "/config.json", "/nothing", "/assets/index-abc.js"])
def test_nothing_is_taken_for_what_it_is_not(browser: TestClient, path: str) -> None:
    for method in ("GET", "HEAD", "POST"):
        assert browser.request(method, path).headers["x-content-type-options"] == "nosniff"


def test_certificate_names_the_address_it_is_opened_by(tmp_path: Path) -> None:
    files = issue(tmp_path, IPv4Address("192.0.2.7"))

    certificate = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = [str(a) for a in names.get_values_for_type(x509.IPAddress)]
    assert sorted(addresses) == ["127.0.0.1", "192.0.2.7"]


def test_own_address_is_one_to_be_reached_by() -> None:
    assert not own_address().is_unspecified
