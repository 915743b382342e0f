"""The emulated service's time: it runs at `speed`, and can be pushed forward."""

from __future__ import annotations

import asyncio
import contextlib
import time


class Clock:
    """Seconds since the start, as the emulated service counts them; never backwards."""

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = speed
        self._real_base = time.monotonic()
        self._base = 0.0
        self._moved = asyncio.Event()

    @property
    def speed(self) -> float:
        """Emulated seconds in a real one."""
        return self._speed

    def now(self) -> float:
        """Emulated seconds since the start."""
        return self._base + (time.monotonic() - self._real_base) * self._speed

    def move(self, *, advance_s: float = 0.0, speed: float | None = None) -> None:
        """Push the time forward, or make it run at another speed from here on."""
        self._base = self.now() + max(0.0, advance_s)
        self._real_base = time.monotonic()
        self._speed = speed or self._speed
        self._moved.set()
        self._moved = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        """Sleep that many emulated seconds."""
        await self.sleep_until(self.now() + seconds)

    async def sleep_until(self, moment: float) -> None:
        """Sleep until that emulated moment, however the clock is moved meanwhile."""
        while (left := moment - self.now()) > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left / self._speed):
                    await self._moved.wait()
