"""One run of a slow task, shared by all callers that wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class SharedTask(Generic[T]):
    """Runs `run` in a task of its own, and never twice at once: callers that come while it runs
    join it.
    """

    def __init__(self, run: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._run = run
        self.latest: asyncio.Task[T] | None = None

    def start(self) -> asyncio.Task[T]:
        """Start a run, or give the one under way."""
        if self.latest is None or self.latest.done():
            self.latest = asyncio.create_task(self._run())
        return self.latest

    async def join(self) -> T:
        """Start a run, or join the one under way, and wait for its end; raises what it raises.

        A caller that is cancelled does not cancel it, and it ends even if all of them are.
        """
        task = self.start()
        task.add_done_callback(take_error)
        return await asyncio.shield(task)


def take_error(task: asyncio.Task[Any]) -> None:
    """Retrieve the error, so that asyncio does not warn if no caller is left to raise it to."""
    if not task.cancelled():
        task.exception()
