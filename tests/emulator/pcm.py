"""Sound as numbers: 16-bit little-endian mono PCM in, out, how loud it is, and at which rate."""

from __future__ import annotations

import math
import sys
from array import array
from functools import lru_cache
from operator import mul
from typing import TypeAlias

OUT_RATE = 24_000
"""Samples a second of everything the service says."""
STRIDE = 4
"""Loudness looks at every fourth sample: it costs half, and no speech is that shrill."""

Samples: TypeAlias = "array[int]"


def decode(data: bytes) -> Samples:
    """Return the samples of little-endian PCM. Raises ValueError for half a sample."""
    samples = array("h")
    samples.frombytes(data)
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def encode(samples: Samples) -> bytes:
    """Return samples as little-endian PCM."""
    if sys.byteorder == "big":
        samples = array("h", samples)
        samples.byteswap()
    return samples.tobytes()


def loudness(samples: Samples) -> float:
    """Return the root mean square, 0 to 32,768."""
    looked_at = samples[::STRIDE]
    if not looked_at:
        return 0.0
    return math.sqrt(sum(map(mul, looked_at, looked_at)) / len(looked_at))


def resample(samples: Samples, rate: int, to_rate: int = OUT_RATE) -> Samples:
    """Return the same sound at another rate, by linear interpolation."""
    if rate == to_rate or len(samples) < 2:
        return samples
    if rate * 3 == to_rate * 2:
        return _two_to_three(samples)
    count = len(samples) * to_rate // rate
    last, step = len(samples) - 2, rate / to_rate
    resampled = array("h", bytes(2 * count))
    for index in range(count):
        place = index * step
        left = min(int(place), last)
        first, second = samples[left], samples[left + 1]
        resampled[index] = int(first + (second - first) * min(place - left, 1.0))
    return resampled


def _two_to_three(samples: Samples) -> Samples:
    # 16 kHz to 24 kHz, the one conversion every talk needs: ten times as fast as the general one.
    pairs = len(samples) // 2
    even, odd = samples[0 : 2 * pairs : 2], samples[1 : 2 * pairs : 2]
    following = even[1:]
    following.append(odd[-1])
    resampled = array("h", bytes(6 * pairs))
    resampled[0::3] = even
    resampled[1::3] = array("h", [(a + 2 * b) // 3 for a, b in zip(even, odd, strict=True)])
    resampled[2::3] = array("h", [(2 * a + b) // 3 for a, b in zip(odd, following, strict=True)])
    return resampled


@lru_cache(maxsize=64)
def note(hertz: float, seconds: float) -> Samples:
    """Return a soft note that fades in and out, at the rate of what the service says."""
    count = int(seconds * OUT_RATE)
    turn = hertz * math.tau / OUT_RATE
    return array(
        "h",
        (
            int(7000 * math.sin(turn * i) * math.sin(math.pi * i / count) ** 0.5)
            for i in range(count)
        ),
    )
