"""Somebody who takes all there is: asks every server at once, opens each token as often as it can
be opened, and never hangs up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from websockets.exceptions import ConnectionClosed

from emulator.process import EmulatedGemini
from emulator.raw_client import RawLive, live_url, raw_live
from support.people.callers import Answer, Callers
from support.servers.fleet import Fleet, Person
from support.stores.aging import age
from vending.limits.session import Session

MINUTE_MS = 60_000
Given = dict[str, Any]


@dataclass(slots=True)
class Greedy:
    """One of them. `requested` goes with every mint and refresh that takes it."""

    fleet: Fleet
    callers: Callers
    gemini: EmulatedGemini
    person: Person
    hangs_up: AsyncExitStack
    requested: Given = field(default_factory=dict)
    given: list[Given] = field(default_factory=list)
    most_open: int = 0
    most_allowed: int = 0
    _listening: list[asyncio.Task[None]] = field(default_factory=list)

    async def mint(self, times: int = 1, **more: Any) -> Sequence[Answer]:
        """Mint that often at once, on all servers alike, and open what comes."""
        body = {**self.requested, **more}
        asked = (self._call("POST", "", n, body) for n in range(times))
        return await self._take(await asyncio.gather(*asked))

    async def refresh(self, times: int, **more: Any) -> Sequence[Answer]:
        """Refresh each session that often at once, and open what comes."""
        bodies = [{"sessionId": name, **more} for name in self.sessions for _ in range(times)]
        asked = (self._call("POST", "/refresh", n, body) for n, body in enumerate(bodies))
        return await self._take(await asyncio.gather(*asked))

    async def end(self, session: str) -> None:
        """End a session, and go on talking."""
        await self._call("DELETE", f"/sessions/{session}", 0, None)

    async def wait(self, seconds: float) -> None:
        """Let time pass for the ledger and for Gemini, without waiting."""
        age(self.fleet.books, self.person.alias, seconds)
        self.gemini.advance(seconds)
        await asyncio.sleep(0.05)  # sockets whose token is over are closed by then

    @property
    def sessions(self) -> list[str]:
        """All sessions there were."""
        return list(dict.fromkeys(each["session"]["id"] for each in self.given))

    @property
    def talk_ms(self) -> int:
        """How long all tokens could be talked with, from when they were given."""
        lives = (_ms(g["expiresAt"]) - g["given"] for g in self.given)
        return sum(ms * g["uses"] for ms, g in zip(lives, self.given, strict=True))

    @property
    def counted_ms(self) -> int:
        """What was counted of them, where minutes are limited."""
        return sum(ms for _, ms in self.fleet.usage(self.person).granted)

    @property
    def micros(self) -> int:
        """What was counted in money."""
        return sum(self.fleet.usage(self.person).spent.values())

    def open_talks(self) -> int:
        """How many talks are open, as Gemini sees it."""
        return sum(talk["connections"] > 0 for talk in self.gemini.talks())

    def look(self, at_most: int) -> None:
        """Hold the talks that are open to a bound, to which handovers under way are added, and
        remember the most of both.
        """
        at_most += self._under_way()
        self.most_open = max(self.most_open, self.open_talks())
        self.most_allowed = max(self.most_allowed, at_most)
        assert self.open_talks() <= at_most, f"{self.open_talks()} talks of {at_most} are open"

    def _under_way(self) -> int:
        usage, now = self.fleet.usage(self.person), self._now()
        return sum(_handovers(session, now) for session in usage.sessions)

    def _now(self) -> int:
        return int(datetime.now().timestamp() * 1000)  # noqa: DTZ005 - the same anywhere

    async def _call(self, method: str, path: str, at: int, body: object) -> Answer:
        return await self.callers.call(method, path, self.person.id_token, body=body, at=at)

    async def _take(self, answers: Sequence[Answer]) -> Sequence[Answer]:
        for answer in answers:
            if answer.status == 201:
                body = dict(answer.body)
                self.given.append({**body, "given": _ms(body["usage"]["serverTime"])})
                for _ in range(body["uses"] + 1):  # once more than it allows
                    await self._open(body)
        return answers

    async def _open(self, given: Given) -> None:
        """Start a talk with a token, and listen until Gemini ends it."""
        address = live_url(self.gemini.url, token=given["token"])
        with suppress(ConnectionClosed):
            opening = raw_live(address, given["connect"]["setup"])
            live = await self.hangs_up.enter_async_context(opening)
            await live.until("setupComplete")
            self._listening.append(asyncio.create_task(_listen(live)))


async def _listen(live: RawLive) -> None:
    with suppress(ConnectionClosed):
        while True:
            await live.socket.recv()


def _handovers(session: Session, now: int) -> int:
    living = {charge for charge, expires in session.tokens.items() if now < expires}
    return sum(session.handovers.get(charge) in living for charge in living)


def _ms(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp() * 1000)
