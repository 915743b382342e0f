"""One connection from setupComplete to its end: what is received, and all that time does to it."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from emulator.cloud import Cloud
from emulator.dialogue import Dialogue
from emulator.faults import Fault
from emulator.handshake import NO_CLOSE_FRAME, Opened, parse_frame, receive_frame
from emulator.intake import Intake
from emulator.outbox import Outbox
from emulator.refusals import Closed, Cut, token_ran_out
from emulator.talk import Talk


class Session:
    """A Live session's connection; whatever ends it is raised."""

    def __init__(
        self, websocket: WebSocket, opened: Opened, cloud: Cloud, number: int, fault: Fault | None
    ) -> None:
        by_frames = fault is not None and fault.after_frames is not None
        self._websocket, self._opened, self._cloud = websocket, opened, cloud
        self._number = number
        self._fault = None if by_frames else fault
        self._outbox = Outbox(websocket, fault if by_frames else None)
        self._was_lost = False
        self._was_idle = True
        self._strikes: asyncio.Queue[Fault] = asyncio.Queue()
        self._heard: asyncio.Queue[str] = asyncio.Queue()
        self._in_order = asyncio.Lock()  # a dialogue takes one thing at a time
        self._ends_at = cloud.clock.now() + cloud.settings.connection_life_s

    async def run(self) -> None:
        """Serve the client. Raises Closed, Cut or WebSocketDisconnect, whichever ended it."""
        talk = self._opened.talk
        talk.connections, talk.ended_at = talk.connections + 1, None
        self._cloud.open.add(self)
        try:
            await self._live()
        except BaseExceptionGroup as ended:
            cause = ended.exceptions[0]
            self._was_lost = self._was_lost or isinstance(cause, Cut)
            raise cause from None
        finally:
            self._cloud.open.discard(self)
            self._leave(talk)

    def strike(self, fault: Fault) -> None:
        """Let a fault happen to this connection, now."""
        self._strikes.put_nowait(fault)

    def hear(self, text: str) -> None:
        """Take it as if the client had sent it as text."""
        self._heard.put_nowait(text)

    def _leave(self, talk: Talk) -> None:
        now = self._cloud.clock.now()
        talk.connections -= 1
        if not talk.connections:
            talk.ended_at = now
        if self._was_lost and self._was_idle:
            talk.dropped_idle_at = now

    async def _live(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._outbox.send({"setupComplete": {}}))
            group.create_task(self._suffer(group))
            dialogue = Dialogue(self._opened, self._outbox, self._cloud, group)
            intake = Intake(self._opened, dialogue, self._outbox, self._cloud.settings)
            group.create_task(self._listen(intake, dialogue))
            group.create_task(self._listen_aside(dialogue))
            group.create_task(dialogue.handles.run())
            group.create_task(self._end_in_time())
            group.create_task(self._expire())

    async def _listen(self, intake: Intake, dialogue: Dialogue) -> None:
        try:
            while True:
                message = parse_frame(await receive_frame(self._websocket))
                async with self._in_order:
                    if "audio" not in message.get("realtimeInput", ()):
                        self._note("message", message=_brief(message))
                    await intake.take(message)
        except WebSocketDisconnect as gone:
            self._note("left", code=gone.code, reason=gone.reason, audio_frames=intake.audio_frames)
            self._was_lost = gone.code == NO_CLOSE_FRAME
            raise
        finally:
            self._was_idle = not (dialogue.busy or intake.hears_speech)

    async def _listen_aside(self, dialogue: Dialogue) -> None:
        while True:
            text = await self._heard.get()
            async with self._in_order:
                await dialogue.typed(text)

    async def _end_in_time(self) -> None:
        settings = self._cloud.settings
        lead_s = min(settings.go_away_lead_s, settings.connection_life_s)
        await self._cloud.clock.sleep_until(self._ends_at - lead_s)
        await self._go_away(lead_s)

    async def _go_away(self, left_s: float) -> None:
        ends_at = self._cloud.clock.now() + left_s
        self._note("go_away", time_left_s=left_s)
        await self._outbox.send({"goAway": {"timeLeft": f"{left_s:g}s"}})
        await self._cloud.clock.sleep_until(ends_at)
        raise Closed(1000)  # Guess: no reason was reported with it

    async def _expire(self) -> None:
        if (token := self._opened.token) is not None:
            await self._cloud.clock.sleep_until(token.expires_at)
            raise token_ran_out()

    async def _suffer(self, group: asyncio.TaskGroup) -> None:
        # What takes its time has a task of its own: another fault may come before.
        if self._fault is not None:
            group.create_task(self._strike_later(self._fault))
        while True:
            fault = await self._strikes.get()
            self._note("socket_fault", do=fault.do)
            if fault.do == "go_away":
                group.create_task(self._go_away(fault.time_left_s))
            self._outbox.suffer(fault)

    async def _strike_later(self, fault: Fault) -> None:
        await self._cloud.clock.sleep(fault.after_s)
        self.strike(fault)

    def _note(self, kind: str, **what: Any) -> None:
        self._cloud.note(kind, socket=self._number, **what)


def _brief(value: Any) -> Any:
    """Return a message with its sounds and pictures cut short: the journal is for reading."""
    if isinstance(value, dict):
        return {
            name: f"{len(item)} characters" if _is_data(name, item) else _brief(item)
            for name, item in value.items()
        }
    return [_brief(item) for item in value] if isinstance(value, list) else value


def _is_data(name: str, item: Any) -> bool:
    # A function may answer with a member of that name, and it need not be a text.
    return name == "data" and isinstance(item, str)
