"""The two Live sockets: upgrade first, then speak, or close with a code and a reason."""

from __future__ import annotations

import asyncio
import contextlib
from itertools import count

from starlette.responses import PlainTextResponse, Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from emulator.auth_tokens import VERSIONS, WRONG_VERSION
from emulator.cloud import Cloud
from emulator.faults import Fault
from emulator.handshake import check_socket_key, open_session, parse_frame, receive_frame, token_of
from emulator.refusals import Closed, Cut
from emulator.session import Session
from emulator.transport import deny, reset_connection

METHODS = ("BidiGenerateContent", "BidiGenerateContentConstrained")
SETUP_PATIENCE_S = 1
NEVER_SENT = (1005, 1006, 1015)
"""RFC 6455 7.4.1: no close frame carries these; who asks for one asks for a cut."""


class LiveSockets:
    """Every Live connection to one emulated service."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._numbers = count(1)

    async def connect(self, websocket: WebSocket) -> None:
        """Serve one connection until it ends."""
        version, method = websocket.path_params["version"], websocket.path_params["method"]
        if method not in METHODS:
            await deny(websocket, Response(status_code=404))
            return
        if version not in VERSIONS:
            self._cloud.note("wrong_version", version=version, method=method)
            told = WRONG_VERSION.format(version=version)
            await deny(websocket, PlainTextResponse(told, 404))
            return
        fault = self._cloud.faults.take("socket")
        if fault is not None and fault.do == "refuse":
            self._cloud.note("socket_fault", do="refuse")
            await deny(websocket, Response(status_code=fault.status))
            return
        await websocket.accept()
        number = next(self._numbers)
        try:
            await self._serve(websocket, version, number, fault, constrained=method == METHODS[1])
        except Closed as closed:
            await self._cloud.clock.sleep(closed.after_s)
            self._cloud.note("closed", socket=number, code=closed.code, reason=closed.reason)
            await _close(websocket, closed)
        except Cut:
            self._cloud.note("cut", socket=number)
            reset_connection(websocket.scope)
        except WebSocketDisconnect:
            pass

    async def _serve(
        self,
        websocket: WebSocket,
        version: str,
        number: int,
        fault: Fault | None,
        *,
        constrained: bool,
    ) -> None:
        cloud, resets = self._cloud, self._cloud.resets
        cloud.note("socket", socket=number, version=version, constrained=constrained)
        try:
            token = token_of(websocket, cloud) if constrained else None
            if token is None:
                check_socket_key(websocket, cloud)
        except Closed:
            await _let_speak(websocket)
            raise
        frame = await receive_frame(websocket)
        if cloud.resets != resets:
            raise Cut  # who has yet to speak at a reset is cut when they do
        message = parse_frame(frame)
        name = token.name if token else None
        cloud.note("setup", socket=number, token=name, setup=message.get("setup"))
        opened = open_session(message, token, version, cloud)
        what = {"talk": opened.talk.id, "resumed": opened.resumed, "setup": opened.setup}
        cloud.note("session", socket=number, **what)
        await Session(websocket, opened, cloud, number, fault).run()


async def _let_speak(websocket: WebSocket) -> None:
    # Guess: a refusal comes when the setup was read, or a moment later where none is sent. A close
    # before it would reach some clients while they send, and be seen as another error.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SETUP_PATIENCE_S):
            await receive_frame(websocket)


async def _close(websocket: WebSocket, closed: Closed) -> None:
    if closed.code in NEVER_SENT:
        reset_connection(websocket.scope)
        return
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        await websocket.close(closed.code, closed.wire_reason())
