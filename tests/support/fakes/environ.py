"""The least an operator must set, and what becomes of more."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from vending.settings import Settings, SettingsError

API_KEY = "canary-of-the-api-key"
ISSUER = {"issuer": "https://issuer.example.com", "audience": "livepass"}
NEEDED = {
    "GEMINI_API_KEY": API_KEY,
    "LIVE_API_ISSUERS": json.dumps([ISSUER]),
    "LIVE_API_LEDGER": "firestore://a-project/livepass",
}
CLOUD = {"K_SERVICE": "livepass"}


def taken(**variables: str) -> Settings:
    return Settings.from_env({**NEEDED, **variables})


def problems(environ: Mapping[str, str] | None = None, /, **variables: str) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        Settings.from_env({**(NEEDED if environ is None else environ), **variables})
    return refused.value.problems
