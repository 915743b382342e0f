"""What happens to a network in the middle of a talk."""

from __future__ import annotations

import random
from dataclasses import dataclass
from math import inf

from support.networks.line.link import Conditions

RING_S = 10.0
"""How much speech the client keeps: what was said in so long is not lost."""
EARLIEST_S = 4.0
AFTER_S = 14.0
"""How long a talk goes on after its trouble, at least."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One kind, and how long a talk must be that has it."""

    name: str
    conditions: Conditions
    lasts_s: float = inf
    """Infinite: until the end of the talk."""
    talk_s: float = 34.0
    moves: bool = False
    """Whether the client gets another address."""

    @property
    def dead_s(self) -> float:
        """How long nothing gets through."""
        return self.lasts_s if self.conditions.is_dark else 0.0

    @property
    def is_short(self) -> bool:
        """Whether the line is dead for less than the ring holds."""
        return self.dead_s < RING_S

    def moment(self, chance: random.Random) -> float:
        """Draw when it begins, in seconds from the beginning of the talk."""
        lasts_s = 0.0 if self.lasts_s == inf else self.lasts_s
        return chance.uniform(EARLIEST_S, max(EARLIEST_S, self.talk_s - lasts_s - AFTER_S))


def dark(seconds: float, talk_s: float) -> Trouble:
    """Everything is dropped for a while."""
    name = f"all dropped for {seconds:g} s"
    return Trouble(name, Conditions(is_dark=True), seconds, talk_s)


def troubles(proxy_s: float) -> tuple[Trouble, ...]:
    """Return all kinds; a proxy cuts each connection at that age."""
    return (
        Trouble("loss of 1 %", Conditions(loss=0.01)),
        Trouble("loss of 5 %", Conditions(loss=0.05)),
        Trouble("loss of 20 %", Conditions(loss=0.2)),
        Trouble("delay of 300 ms", Conditions(delay_s=0.3)),
        Trouble("jitter up to 300 ms", Conditions(jitter_s=0.3)),
        dark(3, 34),
        dark(10, 50),
        dark(30, 70),
        Trouble("another address", Conditions(is_dark=True), 1.0, 40, moves=True),
        Trouble(
            f"cut at {proxy_s:g} s", Conditions(connection_life_s=proxy_s), talk_s=proxy_s + 35
        ),
    )
