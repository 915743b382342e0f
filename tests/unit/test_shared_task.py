"""Concurrent callers share one run, whoever leaves and however it ends."""

from __future__ import annotations

import asyncio
import gc
from contextlib import suppress
from typing import Any

from vending.shared_task import SharedTask


class Slow:
    """A run that ends when it is let."""

    def __init__(self, error: Exception | None = None) -> None:
        self.runs = 0
        self.error = error
        self.ends = asyncio.Event()

    async def run(self) -> int:
        self.runs += 1
        await self.ends.wait()
        if self.error:
            raise self.error
        return self.runs


async def test_concurrent_callers_share_a_run_and_the_next_begins_another() -> None:
    slow = Slow()
    shared = SharedTask(slow.run)
    callers = [asyncio.create_task(shared.join()) for _ in range(3)]
    await asyncio.sleep(0)

    callers[0].cancel()
    slow.ends.set()

    assert await asyncio.gather(*callers[1:]) == [1, 1]
    assert await shared.join() == 2


async def test_error_of_a_run_that_all_callers_left_is_not_logged() -> None:
    slow, told = Slow(ValueError("no")), list[dict[str, Any]]()
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    shared = SharedTask(slow.run)
    caller = asyncio.create_task(shared.join())
    await asyncio.sleep(0)

    caller.cancel()
    with suppress(asyncio.CancelledError):
        await caller
    slow.ends.set()
    await asyncio.wait({shared.start()})
    del shared
    gc.collect()

    assert told == []
