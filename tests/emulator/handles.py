"""The resumption handles of one connection: how many there are, and when each comes."""

from __future__ import annotations

from collections.abc import Callable

from emulator.cloud import Cloud
from emulator.manners import ONE_HANDLE
from emulator.outbox import Outbox
from emulator.talk import Talk


class Handles:
    """Sends `sessionResumptionUpdate`, though nobody asks for it, as the service was seen to."""

    def __init__(
        self, talk: Talk, outbox: Outbox, cloud: Cloud, is_busy: Callable[[], bool]
    ) -> None:
        """Take what tells whether the model generates or waits: then a handle is empty."""
        self._talk, self._outbox, self._cloud = talk, outbox, cloud
        self._is_busy = is_busy
        self._last_was_empty = False

    async def run(self) -> None:
        """Send all that this connection gives, until it ends."""
        clock, settings = self._cloud.clock, self._cloud.settings
        if settings.shows(ONE_HANDLE, self._talk.model):
            await clock.sleep(settings.first_handle_s)
            await self._send(resumable=True)
            return
        while True:
            await clock.sleep(self._cloud.settings.handle_interval_s)
            await self._send(resumable=not self._is_busy())

    async def renew(self) -> None:
        """Send a good one right after a turn, where the last was empty (python-genai#2527)."""
        if self._last_was_empty and not self._is_busy():
            await self._send(resumable=True)

    async def _send(self, *, resumable: bool) -> None:
        self._last_was_empty = not resumable
        handle = self._cloud.talks.handle(self._talk) if resumable else ""
        update = {"newHandle": handle, "resumable": resumable}
        await self._outbox.send({"sessionResumptionUpdate": update})
