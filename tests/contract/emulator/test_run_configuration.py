"""`make run` uses the real Gemini if it is given a key, else the emulator."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from emulator import run
from emulator.run import configure, sign_in, url_of
from emulator.welcome import welcome
from vending.settings import Settings, SettingsError

HERE = "http://127.0.0.1:8090"


def test_key_in_the_environment_switches_to_the_real_gemini_and_changes_nothing_else() -> None:
    environ = {"GEMINI_API_KEY": "a-real-key"}

    real = configure(environ, HERE)

    settings = Settings.from_env(environ)
    assert real
    assert settings.gemini_api_key == "a-real-key"
    assert settings.gemini_url == "https://generativelanguage.googleapis.com"
    assert settings.weather_url == "https://api.open-meteo.com"
    assert settings.issuers[0].issuer == f"{HERE}/local/identity"


def test_without_a_key_everything_stays_on_this_machine() -> None:
    environ: dict[str, str] = {}

    real = configure(environ, HERE)

    settings = Settings.from_env(environ)
    assert not real
    assert settings.gemini_url == f"{HERE}/local/gemini"
    assert settings.weather_url == settings.places_url == f"{HERE}/local/weather"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ('[{"name": "f"}]' + " " * 20_000, ""),
        ('[{"name": "f", "name": "g"}]', "a name appears twice"),
        ("[{]", "not JSON at line 1"),
    ],
)
def test_functions_are_read_as_they_are_deployed(
    written: str, told: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(run, "TOOLS", tmp_path / "tools.json")
    run.TOOLS.write_text(written)
    environ: dict[str, str] = {}

    configure(environ, HERE)

    if told:
        with pytest.raises(SettingsError, match=told):
            Settings.from_env(environ)
    else:
        assert [each.name for each in Settings.from_env(environ).functions] == ["f"]


@pytest.mark.parametrize(
    ("given", "allowed"),
    [(None, {HERE}), ("https://app.example.com", {"https://app.example.com"})],
)
def test_own_page_may_ask_the_api_unless_others_are_named(
    given: str | None, allowed: set[str]
) -> None:
    environ = {"LIVE_API_ALLOWED_ORIGINS": given} if given else {}

    configure(environ, HERE)

    assert Settings.from_env(environ).allowed_origins == allowed


@pytest.mark.parametrize(
    ("scheme", "port", "url"),
    [
        ("http", 8080, "http://10.0.0.7:8080"),
        ("http", 80, "http://10.0.0.7"),
        ("https", 443, "https://10.0.0.7"),
        ("https", 80, "https://10.0.0.7:80"),
    ],
)
def test_address_is_written_as_browsers_write_an_origin(scheme: str, port: int, url: str) -> None:
    assert url_of(scheme, "10.0.0.7", port) == url


def test_settings_of_the_environment_are_kept() -> None:
    environ = {"LIVE_API_LEDGER": "firestore://a-project/livepass"}

    configure(environ, HERE)

    assert Settings.from_env(environ).ledger == "firestore://a-project/livepass"


def test_provider_of_one_s_own_signs_in_the_page_and_is_believed() -> None:
    environ = {"ISSUER": "https://login.example.com/realms/a", "AUDIENCE": "my-app"}

    configure(environ, HERE)

    (issuer,) = Settings.from_env({n: v for n, v in environ.items() if n != "ISSUER"}).issuers
    assert (issuer.issuer, issuer.audience) == ("https://login.example.com/realms/a", "my-app")
    assert sign_in(environ, HERE) == {
        "kind": "oidc",
        "issuer": "https://login.example.com/realms/a",
        "clientId": "my-app",
        "name": "login.example.com",
        "scope": "profile",
    }


@pytest.mark.parametrize(("others", "kind"), [((), "oidc"), ((f"{HERE}/local/identity",), "local")])
def test_page_signs_people_in_at_an_issuer_that_is_believed(
    others: tuple[str, ...], kind: str
) -> None:
    first = {"issuer": "https://login.example.com/", "audience": ["web", "ios"], "tierClaim": "t"}
    issuers = [first, *({"issuer": each, "audience": "livepass"} for each in others)]
    environ = {"LIVE_API_ISSUERS": json.dumps(issuers)}

    configure(environ, HERE)

    page = sign_in(environ, HERE)
    assert page["kind"] == kind
    assert kind == "local" or (page["issuer"], page["clientId"]) == (first["issuer"], "web")


def test_both_pages_are_to_be_registered_at_a_provider_of_one_s_own() -> None:
    own = {"issuer": "https://login.example.com", "audience": "my-app"}

    told = welcome(HERE, behind="an emulator", identity="/local/identity", own=own)

    assert f"{HERE}/index.html" in told
    assert f"{HERE}/admin.html" in told


@pytest.mark.parametrize("half", [{"ISSUER": "https://login.example.com"}, {"AUDIENCE": "my-app"}])
def test_half_a_provider_is_none(half: dict[str, str]) -> None:
    with pytest.raises(SystemExit, match="AUDIENCE"):
        configure({**half}, HERE)
