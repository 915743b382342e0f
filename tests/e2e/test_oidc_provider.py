"""A certified OpenID provider that nobody here wrote, as it comes: each of its algorithms, an app
beside the page, and keys that change every few seconds, with an attacker beside.

LIVEPASS_ROTATION_MINUTES=5 for changes every 5 s at 50 requests a second for so long.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import uuid4

import httpx2
import pytest

from emulator.local_issuer import LocalIssuer
from emulator.process import EmulatedGemini
from support.identity.issuer import People
from support.identity.oidc_provider import ALGORITHMS, OidcProvider, oidc_provider
from support.runs import tables
from support.servers.canaries import Evidence
from support.servers.fleet import Fleet, fleet
from support.stores.books import SqliteBooks

MINUTES = float(os.environ.get("LIVEPASS_ROTATION_MINUTES", "0"))
EVERY_S = 5 if MINUTES else 2
ROTATIONS = int(MINUTES * 60 / EVERY_S) or 4
PEOPLE = 10
A_SECOND = 50 if MINUTES else 20  # requests, of all of them
OFFICE, ELSEWHERE = "203.0.113.7", "198.51.100.9"
BASE = "/api/v1/live-token"
MOST_A_MINUTE = 12


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


@dataclass(slots=True)
class Scene:
    """People who use what they have, and somebody who makes keys up."""

    provider: OidcProvider
    http: httpx2.AsyncClient
    good: Counter[str] = field(default_factory=Counter)
    made_up: Counter[str] = field(default_factory=Counter)
    longest_s: float = 0.0
    over: bool = False

    async def person(self, client: str, renewing: str) -> None:
        """Renew often, so that every key signs for everybody, and ask without pause."""
        while not self.over:
            token = await asyncio.to_thread(self.provider.id_token, client, renewing)
            for _ in range(5):
                began = time.monotonic()
                self.good[await self.ask(token, OFFICE)] += 1
                self.longest_s = max(self.longest_s, time.monotonic() - began)
                await asyncio.sleep(PEOPLE / A_SECOND)

    async def attacker(self, signer: LocalIssuer, network: str) -> None:
        """Send what would be good, had the provider a key of this name."""
        while not self.over:
            claims = {**signer.claims("mallory"), "aud": self.provider.clients[0]}
            token = signer.sign(claims, kid=f"RS256-1-{uuid4()}")
            self.made_up[await self.ask(token, network)] += 1

    async def ask(self, token: str, network: str) -> str:
        headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": network}
        answer = await self.http.get(f"{BASE}/usage", headers=headers)
        return (
            "200" if answer.status_code == 200 else f"{answer.status_code} {answer.json()['code']}"
        )


async def test_no_good_token_is_refused_while_keys_change_beside_an_attack(
    provider: OidcProvider, believing: Fleet
) -> None:
    client, stranger = provider.clients[0], LocalIssuer(provider.issuer)
    renewing = [await asyncio.to_thread(provider.sign_in, f"p{n}", client) for n in range(PEOPLE)]
    # No connection is kept that the server may have left.
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=0)
    async with (
        httpx2.AsyncClient(base_url=believing.urls[0], timeout=60, limits=limits) as http,
        asyncio.TaskGroup() as group,
    ):
        scene = Scene(provider, http)
        for each in renewing:
            group.create_task(scene.person(client, each))
        for network in (OFFICE, ELSEWHERE, ELSEWHERE):
            group.create_task(scene.attacker(stranger, network))
        for _ in range(ROTATIONS):
            await asyncio.sleep(EVERY_S)
            await asyncio.to_thread(provider.rotate)
        await asyncio.sleep(EVERY_S)
        scene.over = True

    assert set(scene.good) == {"200"}, scene.good
    assert scene.made_up.keys() <= {"401 unauthenticated", "503 identity-unavailable"}
    assert scene.made_up["401 unauthenticated"]
    fetched = provider.fetched_at_s()
    most = max(sum(began <= at < began + 60 for at in fetched) for began in fetched)
    assert most <= MOST_A_MINUTE
    heads = ("rotations", "good requests", "refused", "made up", "fetches a minute", "longest wait")
    told = (
        ROTATIONS,
        scene.good["200"],
        0,
        scene.made_up.total(),
        most,
        f"{scene.longest_s:.1f} s",
    )
    tables.add("Keys that change beside an attack", heads, tuple(map(str, told)))
