"""Where to open a token's talk, for sockets and SDKs, however Gemini's address is written."""

from __future__ import annotations

import pytest

from vending.operations.talks import ConnectTo
from vending.settings import Settings

METHOD = "google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContentConstrained"


@pytest.mark.parametrize(
    ("given", "base_url", "socket"),
    [
        (
            "https://generativelanguage.googleapis.com",
            "https://generativelanguage.googleapis.com",
            "wss",
        ),
        ("https://gateway.example.com/gemini/", "https://gateway.example.com/gemini", "wss"),
        ("http://127.0.0.1:8080/local/gemini", "http://127.0.0.1:8080/local/gemini", "ws"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080", "ws"),
    ],
)
def test_sdks_get_the_address_that_the_socket_is_under(
    given: str, base_url: str, socket: str
) -> None:
    settings = Settings(gemini_api_key="a key", issuers=(), ledger="", tiers={}, gemini_url=given)

    told = ConnectTo.of(settings)

    assert told.base_url == base_url
    assert told.url == f"{socket}://{base_url.partition('://')[2]}/ws/{METHOD}"
