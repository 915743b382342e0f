"""A day of traffic, second by second: waves, bursts, people who ask too early, cold starts."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from random import Random

DAY_S = 86_400
IDLE_S = 900  # an instance without requests is kept so long
BURSTS, BURST_S, BURST = 6, 60, 2.0  # a lesson begins: so many times a day, how long, how much more
IN_FLIGHT_S, CONCURRENCY = 0.17, 64
REFRESHED, ASKED_TOO_EARLY = 0.2, 0.1
TALK_S = 900  # after so long, in the mean, a talk is refreshed
MANY = 30  # from here on a normal distribution is close enough


@dataclass(slots=True)
class Day:
    """What was counted."""

    requests: int = 0
    reads: int = 0
    writes: int = 0
    refused: int = 0
    cold_starts: int = 0
    most_instances: int = 0
    most_requests_s: int = 0
    _ready: list[int] = field(default_factory=list)  # when each instance was last needed

    def scale(self, second: int, needed: int) -> None:
        """Keep as many instances as are needed, and those idle for less than 15 minutes."""
        self._ready = [at for at in self._ready if at > second - IDLE_S]
        cold = max(needed - len(self._ready), 0)
        self._ready = sorted([*self._ready, *[second] * cold], reverse=True)
        self._ready[:needed] = [second] * needed
        self.cold_starts += cold
        self.most_instances = max(self.most_instances, len(self._ready))


def simulate(talks: int, cpu_s: float, seed: int = 1) -> Day:
    """Let a day of so many talks go by; a request takes `cpu_s` of a vCPU."""
    chance, day, later = Random(seed), Day(), Counter[int]()
    bursts = {s + n for s in chance.sample(range(DAY_S), BURSTS) for n in range(BURST_S)}
    shape = [_wave(s) * (BURST if s in bursts else 1) for s in range(DAY_S)]
    mean = talks / sum(shape)
    for second, weight in enumerate(shape):
        mints = _poisson(chance, mean * weight)
        refreshes = later.pop(second, 0)
        for _ in range(_poisson(chance, mints * REFRESHED)):
            later[second + int(chance.expovariate(1 / TALK_S)) + 1] += 1
        refused = _poisson(chance, mints * ASKED_TOO_EARLY)
        asked = mints + refreshes + refused
        day.requests += asked
        day.reads += asked
        day.refused += refused
        day.writes += mints + refreshes
        day.most_requests_s = max(day.most_requests_s, asked)
        if asked:
            busy = max(asked * IN_FLIGHT_S / CONCURRENCY, asked * cpu_s)
            day.scale(second, math.ceil(busy))
    return day


def _wave(second: int) -> float:
    """Nobody at four in the morning, most at four in the afternoon."""
    return 1 - 0.9 * math.cos(2 * math.pi * (second / DAY_S - 4 / 24))


def _poisson(chance: Random, mean: float) -> int:
    if mean > MANY:
        return max(round(chance.gauss(mean, math.sqrt(mean))), 0)
    count, left = 0, math.exp(-mean)
    product = chance.random()
    while product > left:
        count, product = count + 1, product * chance.random()
    return count
