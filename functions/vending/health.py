"""Whether tokens can be vended. Anyone may ask, so it costs little and tells no detail."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Literal

from vending.api import HealthAnswer
from vending.audit import Stopwatch
from vending.authenticate import Authenticator
from vending.errors import LivepassError
from vending.ledger import Account, Ledger
from vending.mint import Mint

KEPT_S = 10.0
_NOBODY = "health"
Check = Literal["ok", "failing", "unknown"]


class Health:
    """Checks what vending rests on, at most once in 10 s however often it is asked."""

    def __init__(
        self,
        authenticator: Authenticator,
        ledger: Ledger,
        mint: Mint,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._authenticator = authenticator
        self._ledger = ledger
        self._mint = mint
        self._clock = clock
        self._kept: tuple[float, HealthAnswer] | None = None
        self._one_at_a_time = asyncio.Lock()

    async def check(self) -> HealthAnswer:
        """Say `ok`, or `degraded` when something fails; Gemini is judged by the last mint."""
        async with self._one_at_a_time:
            return await self._checked()

    async def _checked(self) -> HealthAnswer:
        now = self._clock()
        if self._kept and now - self._kept[0] < KEPT_S:
            return self._kept[1]
        checks: dict[str, Check] = {
            "identity": await _works(self._authenticator.check()),
            "ledger": await _works(Account(self._ledger, _NOBODY, Stopwatch()).read()),
            "gemini": self._mint.state,
        }
        status: Literal["ok", "degraded"] = "degraded" if "failing" in checks.values() else "ok"
        self._kept = (now, HealthAnswer(status=status, checks=checks))
        return self._kept[1]


async def _works(call: Awaitable[object]) -> Check:
    try:
        await call
    except LivepassError:
        return "failing"
    return "ok"
