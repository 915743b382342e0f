"""What goes to a client: one binary frame of JSON after the other, through any fault."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from emulator.faults import Fault
from emulator.refusals import Closed, Cut


class Outbox:
    """Sends messages in order; a fault cuts, closes, stalls or delays."""

    def __init__(self, websocket: WebSocket, fault: Fault | None = None) -> None:
        """Take the fault that waits for a number of frames, if there is one."""
        self._websocket = websocket
        self._fault = fault
        self._turnstile = asyncio.Lock()
        self._flows = asyncio.Event()
        self._flows.set()
        self._jitter_s = 0.0
        self.sent = 0

    async def send(self, message: dict[str, Any]) -> None:
        """Send one message. Raises Closed or Cut where a fault is due."""
        async with self._turnstile:
            if self._fault and self.sent >= (self._fault.after_frames or 0):
                due, self._fault = self._fault, None
                self.suffer(due)
            await self._flows.wait()
            if self._jitter_s:
                await asyncio.sleep(random.uniform(0, self._jitter_s))
            frame = json.dumps(message, separators=(",", ":")).encode()
            try:
                await self._websocket.send_bytes(frame)
            except RuntimeError as error:  # another task's send found the client gone before
                raise WebSocketDisconnect(1006) from error
            self.sent += 1

    def suffer(self, fault: Fault) -> None:
        """Let a fault happen now. Raises Closed or Cut where it ends the connection."""
        match fault.do:
            case "cut":
                raise Cut
            case "close":
                raise Closed(fault.code, fault.reason)
            case "stall":
                self._flows.clear()
            case "jitter":
                self._jitter_s = fault.jitter_s
