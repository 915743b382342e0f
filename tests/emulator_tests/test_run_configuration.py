"""`make run` talks with the real Gemini when it is given a key, and with the emulator when not."""

from __future__ import annotations

from emulator.run import configure
from vending.settings import Settings

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


def test_settings_of_the_environment_are_kept() -> None:
    environ = {"LIVE_API_LEDGER": "firestore://a-project/livepass"}

    configure(environ, HERE)

    assert Settings.from_env(environ).ledger == "firestore://a-project/livepass"
