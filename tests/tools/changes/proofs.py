"""What each change of CONTRIBUTING.md brings with it. It is not there without the change:
`test_changes` runs these in a copy that has it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from support.fakes.livepass import BASE, Livepass, id_token
from vending.app import build_store
from vending.gemini.models import DEAREST
from vending.gemini.pricing import expected_micros, price_of
from vending.openapi.document import document
from vending.policy import Limits
from vending.settings import Settings, SettingsError

ALICE, BOB = id_token("alice"), id_token("bob")
CONTRACT = yaml.safe_load((Path(__file__).parents[3] / "functions" / "openapi.yaml").read_text())
NEEDED = {
    "GEMINI_API_KEY": "key",
    "LIVE_API_ISSUERS": '[{"issuer": "https://id.example.com", "audience": "app"}]',
    "LIVE_API_LEDGER": "sqlite:///ledger",
}
IN_MEMORY = {"LIVE_API_LEDGER": "memory://"}


def tiers(**variables: str) -> Mapping[str, Limits]:
    """The limits by tier, as these settings have them."""
    return Settings.from_env({**NEEDED, **variables}).tiers


def properties(schema: str) -> Mapping[str, object]:
    """Those of a schema of the contract."""
    found: Mapping[str, object] = document()["components"]["schemas"][schema]["properties"]
    return found


def grew(before: object, after: object) -> bool:
    """Whether all that was there before still is, in the same order."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return all(key in after and grew(value, after[key]) for key, value in before.items())
    if isinstance(before, list) and isinstance(after, Sequence):
        rest = iter(after)
        return all(any(grew(each, other) for other in rest) for each in before)
    return before == after


async def test_limit() -> None:
    two = {"LIVE_API_MAX_TOKENS_PER_MINUTE": "2", "LIVE_API_COOLDOWN_PERIOD_MINUTES": "0"}
    livepass = Livepass(tiers(**two)["default"])

    answers = [await livepass.mint(ALICE) for _ in range(3)]
    usage = await livepass.get("/usage", ALICE)
    config = await livepass.get("/config", ALICE)

    assert [answer.status for answer in answers] == [201, 201, 429]
    assert (answers[2].body["violated"], answers[2].headers["retry-after"]) == (["burst"], "60")
    assert '"burst";q=2;w=60' in usage.headers["ratelimit-policy"]
    assert '"burst";r=0;t=60' in usage.headers["ratelimit"]
    assert [usage.body["burst"][name] for name in ("limit", "used", "remaining")] == [2, 2, 0]
    assert config.body["tiers"]["default"]["mintsPerMinute"] == 2


async def test_limit_of_a_tier() -> None:
    tier = tiers(LIVE_API_TIERS='{"guest": {"mints_per_minute": 1, "cooldown_minutes": 0}}')
    livepass = Livepass(tier["guest"])

    answers = [await livepass.mint(ALICE) for _ in range(2)]

    assert answers[1].body["violated"] == ["burst"]


def test_limit_in_the_contract() -> None:
    violated: object = properties("Problem")["violated"]

    assert grew(CONTRACT, document())
    assert "burst" in str(violated)
    assert "burst" in properties("UsageAnswer")
    assert "mintsPerMinute" in properties("TierLimits")


async def test_model() -> None:
    livepass, asked = Livepass(), {"model": "gemini-4-live", "thinkingLevel": "low"}

    config = await livepass.get("/config", ALICE)
    minted = await livepass.mint(ALICE, asked)
    refused = await livepass.mint(ALICE, {**asked, "thinkingLevel": "medium"})

    levels = {model["name"]: model["thinkingLevels"] for model in config.body["models"]}
    assert levels["gemini-4-live"] == ["low", "high"]
    assert (minted.status, refused.status) == (201, 400)


def test_model_has_its_price() -> None:
    assert price_of("gemini-4-live").audio_out == DEAREST.audio_out == 16.0
    assert expected_micros("gemini-4-live", 5) > expected_micros("gemini-3.8-live", 5)


async def test_endpoint() -> None:
    livepass = Livepass()
    await livepass.mint(ALICE)

    answer = await livepass.get("/spending", ALICE)
    others = await livepass.get("/spending", BOB)
    refused = await livepass.ask("GET", f"{BASE}/spending")

    assert (answer.status, answer.line["event"]) == (200, "SPENDING_READ")
    assert answer.body["spentUsd"] == expected_micros("gemini-3.8-live", 30) / 1_000_000
    assert others.body["spentUsd"] == 0
    assert (refused.status, refused.code) == (401, "unauthenticated")


def test_endpoint_in_the_contract() -> None:
    assert grew(CONTRACT, document())
    assert document()["paths"][f"{BASE}/spending"]["get"]["operationId"] == "spending"
    assert properties("SpendingAnswer").keys() == {"serverTime", "spentUsd"}


async def test_store() -> None:
    ledger, documents = build_store(Settings.from_env({**NEEDED, **IN_MEMORY}).ledger)
    stored = {"ledger": cast(Any, ledger), "documents": cast(Any, documents)}

    answers = [await Livepass(Limits(), **stored).mint(ALICE) for _ in range(2)]

    assert [answer.status for answer in answers] == [201, 429]
    assert answers[1].body["violated"] == ["cooldown"]


def test_store_is_none_for_many_instances() -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_env({**NEEDED, **IN_MEMORY, "K_SERVICE": "token-api"})

    assert "instances do not share files" in str(refused.value)
