"""The public operations: what is on offer, and whether tokens can be vended.

Health is cheap and reveals no detail. The store is healthy if it acknowledges changes. Changes that
requests make anyway are proof enough; if none has succeeded for a while, the instance writes a
document of its own, in the same collection as the users' and by the same calls, so that it fails
when theirs would.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from math import inf
from typing import TYPE_CHECKING, Literal

from vending.clock import Elapsed, Stopwatch
from vending.contract.public import ConfigAnswer, HealthAnswer, IssuerHealth
from vending.errors import LivepassError, StoreUnavailable
from vending.guard.ruling_store import Rulings
from vending.http.request import ApiRequest
from vending.identity.authenticate import Authenticator
from vending.shared_task import SharedTask
from vending.store.ledger import Account, Ledger, Writes

if TYPE_CHECKING:
    from vending.gemini.auth_tokens import Mint

IDENTITY_KEPT_S = 10.0
QUIET_S = 5.0
EACH_S = 1.0
Check = Literal["ok", "failing", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Public:
    """The operations that ask for no ID token. `offer` is the config as long as nothing is
    paused, `source` the hash of what was deployed.
    """

    offer: ConfigAnswer
    rulings: Rulings
    checks: Health
    source: str = ""

    async def config(self, request: ApiRequest) -> ConfigAnswer:  # noqa: ARG002 - the same for all
        """Return what is on offer."""
        return {**self.offer, "mintingPaused": await self._is_paused()}

    async def health(self, request: ApiRequest) -> HealthAnswer:
        """Return whether tokens can be vended: 503 if something is known to fail."""
        health = await self.checks.check()
        if self.source:
            health = {**health, "source": self.source}
        if health["status"] != "ok":
            request.status = HTTPStatus.SERVICE_UNAVAILABLE
        return health

    async def _is_paused(self) -> bool:
        """Whether minting is paused, as far as is known: a page must load without the store."""
        try:
            snapshot = await self.rulings.current()
        except StoreUnavailable:
            snapshot = self.rulings.remembered()
        return snapshot.paused is not None


class Health:
    """Checks what vending rests on, at most once a second however often it is asked.

    `writes` must be notified of every change that a request makes.
    """

    def __init__(
        self,
        authenticator: Authenticator,
        ledger: Ledger,
        mint: Mint,
        elapsed: Callable[[], float] | None = None,
        rulings: Rulings | None = None,
    ) -> None:
        self._authenticator = authenticator
        self._ledger = ledger
        self._mint = mint
        self._rulings = rulings
        self._elapsed = elapsed or Elapsed()
        self.writes = Writes(self._elapsed)
        self._probes = Writes(self._elapsed)
        self._document = f"health-{secrets.token_hex(8)}"  # no other instance's, so no conflicts
        self._identity: tuple[float, Check] = (-inf, "unknown")
        self._kept: tuple[float, HealthAnswer] | None = None
        self._checking = SharedTask(self._checked)

    async def check(self) -> HealthAnswer:
        """Say `ok`, or `degraded` when something fails; Gemini is judged by the last mint."""
        if self._kept and self._elapsed() - self._kept[0] < EACH_S:
            return self._kept[1]
        return await self._checking.join()

    async def _checked(self) -> HealthAnswer:
        now = self._elapsed()
        if now - self._identity[0] >= IDENTITY_KEPT_S:
            self._identity = (now, await _works(self._authenticator.check()))
        checks: dict[str, Check] = {
            "identity": self._identity[1],
            "ledger": await self._counts(now),
            "gemini": self._mint.state,
        }
        status: Literal["ok", "degraded"] = "degraded" if "failing" in checks.values() else "ok"
        states = self._authenticator.key_states()
        issuers = [IssuerHealth(issuer=name, keys=state) for name, state in states.items()]
        self._kept = (now, HealthAnswer(status=status, checks=checks, issuers=issuers))
        return self._kept[1]

    async def _counts(self, now: float) -> Check:
        """Say whether the store takes changes; a request's failed change counts for a while."""
        writes, probes = self.writes, self._probes
        if self._rulings and await _works(self._rulings.current()) == "failing":
            return "failing"  # nobody mints without
        if writes.failed_s > writes.succeeded_s and now - writes.failed_s < QUIET_S:
            return "failing"
        succeeded_s = max(writes.succeeded_s, probes.succeeded_s)
        if succeeded_s > probes.failed_s and now - succeeded_s < QUIET_S:
            return "ok"
        return await _works(self._probe())

    async def _probe(self) -> None:
        """Read and write, as a mint does."""
        account = Account(self._ledger, self._document, Stopwatch(), writes=self._probes)
        reading = await account.read()
        await account.change(reading, lambda newest: replace(newest.usage, last=newest.now))


async def _works(call: Awaitable[object]) -> Check:
    try:
        await call
    except LivepassError:
        return "failing"
    return "ok"
