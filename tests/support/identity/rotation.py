"""People who ask at a fixed rate while their provider's keys change, and strangers who make up keys
that it could have. What a client does is made cheap or done ahead, so that the rate is kept.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import uuid4

import httpx2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from emulator.local_issuer import LocalIssuer
from support.identity.oidc_provider import OidcProvider
from support.load.traffic import PATIENCE_S, at_rate

PEOPLE = 10
RENEW_S = 1.0
OFFICE, ELSEWHERE = "203.0.113.7", "198.51.100.{}"
STRANGERS = 40  # connections: more than there may be unknown keys waited for
PAUSE_S = 1.0  # of a stranger, so that two cores are left for the others
USAGE = "/api/v1/live-token/usage"


@dataclass(slots=True)
class Seen:
    """What became of good tokens, and of those with keys that were made up."""

    good: Counter[str] = field(default_factory=Counter)
    made_up: Counter[str] = field(default_factory=Counter)
    longest_s: float = 0.0
    last_began_s: float = 0.0
    """When the last of them was asked with, by the monotonic clock."""
    rate: float = 0.0
    """How many good ones were used a second, counted as they began."""


def most_a_minute(moments_s: Iterable[float]) -> int:
    """How many of them are within one minute at most."""
    sorted_s = sorted(moments_s)
    return max(sum(began <= at < began + 60 for at in sorted_s) for began in sorted_s)


async def rotation(
    provider: OidcProvider, url: str, rate: float, every_s: float, times: int
) -> Seen:
    """Change the keys so many times, and ask until the last have signed as long as the others."""
    # No connection is kept that the server may have left.
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=0)
    client = provider.clients[0]
    renewing = [await asyncio.to_thread(provider.sign_in, f"p{n}", client) for n in range(PEOPLE)]
    async with httpx2.AsyncClient(timeout=PATIENCE_S, limits=limits, trust_env=False) as http:
        scene = _Scene(provider, client, http, f"{url}{USAGE}")
        await asyncio.gather(*(scene.renew(each) for each in renewing))
        beside = asyncio.gather(
            scene.rotations(every_s, times),
            *(scene.renewals(each) for each in renewing),
            *(scene.stranger(number) for number in range(STRANGERS)),
        )
        began = time.monotonic()
        await at_rate(rate, every_s * (times + 1), scene.person)
        scene.seen.rate = scene.seen.good.total() / (scene.seen.last_began_s - began)
        beside.cancel()
        with suppress(asyncio.CancelledError):
            await beside
    return scene.seen


@dataclass(slots=True)
class _Scene:
    provider: OidcProvider
    client: str
    http: httpx2.AsyncClient
    usage_url: str
    seen: Seen = field(default_factory=Seen)
    newest: dict[str, str] = field(default_factory=dict)
    """The ID token of each person, by what renews it."""

    async def person(self, number: int) -> None:
        """Use the newest token of one of the people in turn, all in one office."""
        token, began = list(self.newest.values())[number % PEOPLE], time.monotonic()
        self.seen.last_began_s = began
        self.seen.good[await self._ask(token, OFFICE)] += 1
        self.seen.longest_s = max(self.seen.longest_s, time.monotonic() - began)

    async def renew(self, renewing: str) -> None:
        self.newest[renewing] = await self.provider.renewed(self.http, self.client, renewing)

    async def renewals(self, renewing: str) -> None:
        """Renew often, so that every key signs for everybody."""
        while True:
            await asyncio.sleep(RENEW_S)
            await self.renew(renewing)

    async def rotations(self, every_s: float, times: int) -> None:
        for _ in range(times):
            await asyncio.sleep(every_s)
            await self.provider.rotated(self.http)

    async def stranger(self, number: int) -> None:
        """Send what would be good, had the provider a key of this name. One is in the office."""
        signer = LocalIssuer(self.provider.issuer, key=Ed25519PrivateKey.generate())
        network = ELSEWHERE.format(number) if number else OFFICE
        claims = {**signer.claims("mallory"), "aud": self.client}
        while True:
            token = signer.sign(claims, kid=f"EdDSA-1-{uuid4()}")
            self.seen.made_up[await self._ask(token, network)] += 1
            await asyncio.sleep(PAUSE_S)

    async def _ask(self, token: str, network: str) -> str:
        headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": network}
        answer = await self.http.get(self.usage_url, headers=headers)
        told = "" if answer.is_success else f" {answer.json()['code']}"
        return f"{answer.status_code}{told}"
