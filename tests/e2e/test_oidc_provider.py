"""A certified OpenID provider that nobody here wrote, as it comes: each of its algorithms, an app
beside the page, and keys that change every few seconds, with an attacker beside.

LIVEPASS_ROTATION_MINUTES=5 for changes every 5 s at 50 requests a second for so long.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import httpx2
import pytest

from emulator.process import EmulatedGemini
from support.identity.issuer import People
from support.identity.oidc_provider import ALGORITHMS, OidcProvider, oidc_provider
from support.identity.rotation import most_a_minute, rotation
from support.load.steady import RATE_REACHED
from support.runs import tables
from support.servers.canaries import Evidence
from support.servers.fleet import Fleet, fleet
from support.stores.books import SqliteBooks

MINUTES = float(os.environ.get("LIVEPASS_ROTATION_MINUTES", "0"))
EVERY_S = 5 if MINUTES else 2
ROTATIONS = int(MINUTES * 60 / EVERY_S) or 4
A_SECOND = 50 if MINUTES else 20  # requests, of all people
BASE = "/api/v1/live-token"
MOST_A_MINUTE = 12
HEADS = ("every", "a second", "good", "refused", "made up", "fetches a minute", "longest wait")


@pytest.fixture(scope="module")
def provider() -> Iterator[OidcProvider]:
    with oidc_provider() as running:
        yield running


@pytest.fixture(scope="module")
def believing(
    provider: OidcProvider,
    gemini_process: EmulatedGemini,
    people: People,
    evidence: Evidence,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Fleet]:
    """A server that believes the provider, guarded, behind one proxy."""
    books = SqliteBooks(tmp_path_factory.mktemp("ledger") / "livepass.sqlite3")
    issuers = [{"issuer": provider.issuer, "audience": provider.clients}]
    settings = {
        "LIVE_API_ISSUERS": json.dumps(issuers),
        "LIVE_API_ABUSE": "enforce",
        "LIVE_API_TRUSTED_PROXY_HOPS": "1",
        "LIVE_API_MAX_READS_PER_MINUTE": "0",
    }
    with fleet(1, books, gemini_process.url, people, evidence, **settings) as running:  # type: ignore[arg-type]
        yield running


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_id_token_of_each_algorithm_mints(
    provider: OidcProvider, believing: Fleet, algorithm: str
) -> None:
    client = f"livepass-{algorithm}"
    token = provider.id_token(client, provider.sign_in("alice", client))

    answer = httpx2.post(
        believing.urls[0] + BASE, headers={"Authorization": f"Bearer {token}"}, timeout=30
    )

    assert answer.status_code == 201, answer.text


def test_person_is_the_same_on_the_page_and_in_the_app(
    provider: OidcProvider, believing: Fleet
) -> None:
    tokens = [provider.id_token(c, provider.sign_in("bob", c)) for c in provider.clients[:2]]

    seen = {usage(believing, token)["user"] for token in tokens}

    assert len(seen) == 1


def test_health_says_that_the_provider_s_keys_are_good(
    provider: OidcProvider, believing: Fleet
) -> None:
    health = httpx2.get(f"{believing.urls[0]}{BASE}/health", timeout=30).json()

    assert health["issuers"] == [{"issuer": provider.issuer, "keys": "ok"}]


def usage(fleet: Fleet, token: str) -> dict[str, object]:
    headers = {"Authorization": f"Bearer {token}"}
    answer = httpx2.get(f"{fleet.urls[0]}{BASE}/usage", headers=headers, timeout=30)
    answer.raise_for_status()
    return dict(answer.json())


async def test_no_good_token_is_refused_while_keys_change_beside_an_attack(
    provider: OidcProvider, believing: Fleet
) -> None:
    asked_s = EVERY_S * (ROTATIONS + 1)

    seen = await rotation(provider, believing.urls[0], A_SECOND, EVERY_S, ROTATIONS)

    most = most_a_minute(provider.fetched_at_s())
    row = (
        f"{EVERY_S} s, {ROTATIONS} times",
        f"{seen.rate:.1f}",
        str(seen.good.total()),
        str(seen.good.total() - seen.good["200"]),
        str(seen.made_up.total()),
        str(most),
        f"{seen.longest_s:.1f} s",
    )
    tables.add("Keys that change beside an attack", HEADS, row)
    assert seen.good == {"200": A_SECOND * asked_s}
    assert seen.made_up.keys() <= {"401 unauthenticated", "503 identity-unavailable"}
    assert seen.made_up["401 unauthenticated"]
    assert most <= MOST_A_MINUTE
    assert not MINUTES or seen.rate >= A_SECOND * RATE_REACHED
