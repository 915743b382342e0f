"""An event loop in a thread of the test process, for what must go on whatever a test awaits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

TURNS = 10
"""Of the loop before its end: who connected just now is served, or nobody would close the socket.
A task that is cancelled before its first step does nothing at all.
"""


@contextmanager
def background_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """Run a loop; cancel what is left in it at the end."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        asyncio.run_coroutine_threadsafe(_finish(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def close(server: asyncio.Server) -> None:
    """Stop listening once who has come in is served: a server that is closed in between loses the
    socket (https://github.com/python/cpython/issues/109564).
    """
    for listening in server.sockets:
        server.get_loop().remove_reader(listening.fileno())
    await _turns()
    server.close()


async def _turns() -> None:
    for _ in range(TURNS):
        await asyncio.sleep(0)


async def _finish() -> None:
    await _turns()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.sleep(0)  # what was closed is closed in the loop's next turn
