"""Gemini is away for a while: calls are not multiplied, and all is well soon after it is back."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

from support.load.stage import Stage
from support.load.traffic import Report, Visitors, at_rate
from support.proxies.http_answers import Play
from support.proxies.http_proxy import HttpFault

CALM_S = 2.0
HEALED_S = 10.0
CALLS_ALLOWED = 2  # to Gemini for a request


@dataclass(slots=True)
class Outage:
    """What was asked while Gemini was away, how often it was called, and how soon it healed."""

    during: Report = field(default_factory=Report)
    after: Report = field(default_factory=Report)
    calls: int = 0
    healed_s: float = math.inf

    @property
    def asked(self) -> int:
        """How many requests we were sent."""
        return self.during.statuses.total() + self.during.broken

    @property
    def multiplied(self) -> float:
        """Calls to Gemini for each of them."""
        return self.calls / self.asked

    def broken(self) -> list[str]:
        """What was not as promised."""
        held = {
            "answers": self.during.wrong == {"upstream-unavailable": self.asked},
            "calls": 0 < self.multiplied <= CALLS_ALLOWED,
            "healing": self.healed_s <= HEALED_S and not self.after.errors,
        }
        return [what for what, well in held.items() if not well]


async def outage(stage: Stage, fault: Play, rate: float, seconds: float) -> Outage:
    """Take Gemini away under load, and bring it back."""
    result = Outage()
    async with Visitors(stage.fleet) as visitors:

        async def away(number: int) -> None:
            await visitors.mint(number, result.during)

        async def back(number: int) -> None:
            answer = await visitors.mint(number, result.after)
            if answer is not None and answer.status_code == 201:
                result.healed_s = min(result.healed_s, time.monotonic() - returned)

        await at_rate(rate, CALM_S, lambda number: visitors.mint(number, Report()))
        before = stage.proxy.seen[""]
        stage.proxy.arm("", HttpFault(fault, effect=False))
        await at_rate(rate, seconds, away)
        result.calls = stage.proxy.seen[""] - before
        stage.proxy.disarm("")
        returned = time.monotonic()
        await at_rate(rate, CALM_S, back)
    return result
