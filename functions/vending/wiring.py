"""The one place where the real parts are chosen and put together."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from vending.app_check import AppCheck
from vending.authenticate import Authenticator
from vending.config import ConnectTo, config_answer
from vending.endpoints import Endpoints
from vending.health import Health
from vending.ledger import Ledger
from vending.mint import Mint
from vending.setting_values import SQLITE
from vending.settings import Settings
from vending.shape import Shaper
from vending.turns import Turns
from vending.vend import Vending
from vending.weather import Weather


def build(settings: Settings, authenticator: Authenticator) -> Endpoints:
    """Build everything behind the edge. Nothing is opened yet: the first use does."""
    ledger = build_ledger(settings.ledger)
    mint = Mint(settings.gemini_api_key, settings.gemini_url, settings.api_version)
    return assemble(settings, authenticator, ledger, mint)


def assemble(
    settings: Settings, authenticator: Authenticator, ledger: Ledger, mint: Mint
) -> Endpoints:
    """Put the parts together around a ledger and a mint."""
    shaper = Shaper(settings)
    vending = Vending(
        mint, shaper, Turns(), settings.start_window_minutes, paused=settings.minting_paused
    )
    return Endpoints(
        app_check=AppCheck(settings.app_check, settings.app_check_project_number),
        tiers=settings.tiers,
        shaper=shaper,
        vending=vending,
        ledger=ledger,
        connect_to=ConnectTo.of(settings),
        config=config_answer(settings, shaper.models),
        health=Health(authenticator, ledger, mint),
        weather=Weather(settings.places_url, settings.weather_url),
    )


def build_ledger(url: str) -> Ledger:
    """Choose by the scheme: sqlite:///PATH (absolute with one more slash) or
    firestore://PROJECT/DATABASE.
    """
    if url.startswith(SQLITE):
        from vending.sqlite_ledger import SqliteLedger  # noqa: PLC0415 - only the one in use

        return SqliteLedger(Path(url.removeprefix(SQLITE)))
    from vending.firestore_ledger import FirestoreLedger  # noqa: PLC0415 - a quarter second

    parts = urlsplit(url)
    return FirestoreLedger(parts.netloc, parts.path.strip("/") or "(default)")
