"""What a program and whoever runs it say to each other: a line of JSON for each case, and lines of
JSON for what the client saw of it.
"""

from __future__ import annotations

import asyncio
import json
import math
import struct
import sys
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

RATE = 16_000
PIECE = RATE // 10
ASKED = {
    "function": ("open door please", "opened"),
    "parameters": ("set scene in the hall", "arranged"),
}
"""What is said to have a function of the operator's called, and what it answers."""
SEED = (("user", "my name is Ada"), ("model", "hello Ada"))
LONG = "a long story " * 10
PATIENCE_S = 40

Play = Callable[[str, dict[str, Any]], Awaitable[None]]


def tell(**what: object) -> None:
    """Say what happened: `said` words, `now` for a fault of the line, `interrupted`, `called`."""
    print(json.dumps(what), flush=True)


def play_each(play: Play) -> None:
    """Play the case of each line, and say how it ended."""
    for line in sys.stdin:
        asked = json.loads(line)
        asyncio.run(_played(play(asked["case"], asked["minted"])))


async def _played(case: Awaitable[None]) -> None:
    # Told before the loop is closed, which not every client lets happen.
    try:
        await asyncio.wait_for(case, PATIENCE_S)
        tell(done=True)
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is the result
        tell(failed=f"{type(error).__name__}: {error}", trace=traceback.format_exc()[-2000:])


def voice(seconds: float, loudness: int = 8000) -> list[bytes]:
    """Return a tone, or silence, in pieces as a microphone would send them: 16 bit, 16 kHz."""
    count = int(seconds * RATE)
    samples = [int(loudness * math.sin(n / 12)) for n in range(count)]
    data = struct.pack(f"<{count}h", *samples)
    return [data[start : start + 2 * PIECE] for start in range(0, len(data), 2 * PIECE)]


def question() -> list[bytes]:
    """Return a question of a second, and the silence that ends it."""
    return voice(1) + voice(1, 0)
