"""Mints: what is sent (1.1), and what is refused, in the service's own words (1.4)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from emulator.process import EmulatedGemini
from emulator.raw_client import live_url, mint, post_mint, raw_live

AUDIO = {"responseModalities": ["AUDIO"]}


def ahead(**time: float) -> str:
    return (datetime.now(UTC) + timedelta(**time)).isoformat()


def error_of(gemini: EmulatedGemini, body: Any, **how: Any) -> tuple[int, str, str]:
    answer = post_mint(gemini.url, body, **how)
    error = answer.json()["error"]
    assert error["code"] == answer.status_code
    return answer.status_code, error["status"], error["message"]


@pytest.mark.parametrize("version", ["v1alpha", "v1beta"])
def test_empty_body_mints_a_token_of_64_hexadecimal_digits(
    gemini: EmulatedGemini, version: str
) -> None:
    answer = post_mint(gemini.url, None, version=version)

    assert re.fullmatch(r"auth_tokens/[0-9a-f]{64}", answer.json()["name"])
    assert list(answer.json()) == ["name"]


@pytest.mark.parametrize(
    "setup",
    [
        {"realtimeInputConfig": {"automaticActivityDetection": {"disabled": True}}},
        {"realtimeInputConfig": {"automatic_activity_detection": {"disabled": True}}},
        {"realtime_input_config": {"automatic_activity_detection": {"disabled": True}}},
    ],
)
async def test_nested_keys_are_known_in_either_spelling(
    gemini: EmulatedGemini, setup: dict[str, Any]
) -> None:
    model = {"model": "models/gemini-3.8-live", "generation_config": AUDIO}
    token = mint(gemini.url, {"bidiGenerateContentSetup": {**model, **setup}})

    async with raw_live(live_url(gemini.url, token=token)) as live:
        await live.receive()

    held = gemini.journal("session")[-1]["setup"]
    assert held["realtimeInputConfig"] == {"automaticActivityDetection": {"disabled": True}}


@pytest.mark.parametrize(
    ("body", "name", "path"),
    [
        ({"liveConnectConstraints": {}}, "liveConnectConstraints", "auth_token"),
        ({"config": {}}, "config", "auth_token"),
        (
            {"bidiGenerateContentSetup": {"voice": "Puck"}},
            "voice",
            "auth_token.bidi_generate_content_setup",
        ),
        (
            {"bidiGenerateContentSetup": {"generationConfig": {"warmth": 1}}},
            "warmth",
            "auth_token.bidi_generate_content_setup.generation_config",
        ),
        (
            {"bidiGenerateContentSetup": {"tools": [{"functionDeclarations": [{"nom": "f"}]}]}},
            "nom",
            "auth_token.bidi_generate_content_setup.tools[0].function_declarations[0]",
        ),
    ],
)
@pytest.mark.parametrize("version", ["v1alpha", "v1beta"])
def test_unknown_field_is_named(
    gemini: EmulatedGemini, body: dict[str, Any], name: str, path: str, version: str
) -> None:
    told = f"Invalid JSON payload received. Unknown name \"{name}\" at '{path}': Cannot find field."

    assert error_of(gemini, body, version=version) == (400, "INVALID_ARGUMENT", told)


@pytest.mark.parametrize(
    "body",
    [
        {"uses": "many"},
        {"uses": -1},
        {"bidiGenerateContentSetup": {"generationConfig": {"temperature": "warm"}}},
        {"bidiGenerateContentSetup": []},
        {"fieldMask": ["model"]},
        [],
    ],
)
def test_value_of_the_wrong_kind_is_refused(gemini: EmulatedGemini, body: Any) -> None:
    status, name, _ = error_of(gemini, body)

    assert (status, name) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize("version", ["v1alpha", "v1beta"])
def test_no_key_is_403(gemini: EmulatedGemini, version: str) -> None:
    status, name, message = error_of(gemini, None, key=None, version=version)

    assert (status, name) == (403, "PERMISSION_DENIED")
    assert message.startswith("Method doesn't allow unregistered callers")


def test_bad_key_is_400_and_says_why(gemini: EmulatedGemini) -> None:
    answer = post_mint(gemini.url, None, key="bad-key")

    assert answer.status_code == 400
    assert answer.json()["error"]["details"][0]["reason"] == "API_KEY_INVALID"


def test_token_is_no_key_to_another(gemini: EmulatedGemini) -> None:
    status, name, _ = error_of(gemini, None, key=mint(gemini.url))

    assert (status, name) == (400, "INVALID_ARGUMENT")


def test_version_of_an_sdk_that_was_told_none_is_404_with_what_to_set(
    gemini: EmulatedGemini,
) -> None:
    answer = post_mint(gemini.url, None, version="v1")

    error = answer.json()["error"]
    assert (answer.status_code, error["status"]) == (404, "NOT_FOUND")
    assert "GOOGLE_GENAI_API_VERSION=v1beta" in error["message"]
    assert [entry["version"] for entry in gemini.journal("wrong_version")] == ["v1"]


def test_quota_is_429_with_the_time_to_wait(gemini: EmulatedGemini) -> None:
    gemini.fail_next_mints(status=429, retry_after_s=17)

    answer = post_mint(gemini.url)

    error = answer.json()["error"]
    assert (answer.status_code, error["status"]) == (429, "RESOURCE_EXHAUSTED")
    assert error["details"][0]["retryDelay"] == "17s"


@pytest.mark.parametrize(
    ("status", "name"), [(401, "UNAUTHENTICATED"), (500, "INTERNAL"), (503, "UNAVAILABLE")]
)
def test_status_that_nobody_can_cause_is_answered_on_request(
    gemini: EmulatedGemini, status: int, name: str
) -> None:
    gemini.fail_next_mints(status=status)

    assert error_of(gemini, None)[:2] == (status, name)


@pytest.mark.parametrize("name", ["expireTime", "newSessionExpireTime"])
def test_time_over_20_hours_ahead_is_refused(gemini: EmulatedGemini, name: str) -> None:
    status, _, message = error_of(gemini, {name: ahead(hours=20, minutes=1)})

    spelled = "expire_time" if name == "expireTime" else "new_session_expire_time"
    assert status == 400
    assert message == f"{spelled} is too far in the future. Maximum lifetime is 20h"


@pytest.mark.parametrize("name", ["expireTime", "newSessionExpireTime"])
def test_time_just_under_20_hours_ahead_is_taken(gemini: EmulatedGemini, name: str) -> None:
    assert post_mint(gemini.url, {name: ahead(hours=19, minutes=59)}).status_code == 200


@pytest.mark.parametrize("time", ["2026-11-20T12:30:00", "tomorrow", "2020-01-01T00:00:00Z"])
def test_time_without_a_zone_or_past_is_refused(gemini: EmulatedGemini, time: str) -> None:
    status, name, _ = error_of(gemini, {"expireTime": time})

    assert (status, name) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_tokens_can_be_made_and_nothing_else(gemini: EmulatedGemini, method: str) -> None:
    for path in ("/v1beta/auth_tokens", "/v1beta/auth_tokens/" + "0" * 64):
        answer = httpx2.request(method, gemini.url + path, headers={"x-goog-api-key": "key"})

        assert (answer.status_code, answer.content) == (404, b"")
