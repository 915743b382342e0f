"""One user who is refused and asks again 200 times a second: no write, no mint, and no harm to the
others, who are measured with and without in turn.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlsplit

from e2e.servers import Person
from faults.http_proxy import message
from load.stage import Stage
from load.traffic import PATH, Report, Visitors, at_rate

FLOOD_RATE = 200
FLOOD_CONNECTIONS = 4
OTHERS_RATE = 10
ROUNDS = 5


@dataclass(slots=True)
class Flood:
    """How the others fared, and what the flood was answered."""

    calm: Report = field(default_factory=Report)
    flooded: Report = field(default_factory=Report)
    statuses: Counter[int] = field(default_factory=Counter)
    writes: int = 0
    mints: int = 0

    def slower(self, percent: int) -> float:
        """How the others' time compares to that without the flood."""
        return self.flooded.percentile_ms(percent) / self.calm.percentile_ms(percent)


async def flood(stage: Stage, window_s: float, rounds: int = ROUNDS) -> Flood:
    """Measure the others without, with, without, with ..."""
    result, person = Flood(), stage.fleet.person("patient")
    async with Visitors(stage.fleet) as visitors:
        await at_rate(OTHERS_RATE, 2, partial(visitors.mint, report=Report()))
        await visitors.ask(Report(), "POST", "", person)
        before, minted = stage.fleet.books.row(person.alias), stage.proxy.seen[""]
        for _ in range(rounds):
            await at_rate(OTHERS_RATE, window_s, partial(visitors.mint, report=result.calm))
            flooding = asyncio.create_task(_flood(stage, person, window_s, result))
            await at_rate(OTHERS_RATE, window_s, partial(visitors.mint, report=result.flooded))
            await flooding
        others = result.calm.statuses[201] + result.flooded.statuses[201]
        result.mints = stage.proxy.seen[""] - minted - others
        result.writes = int(stage.fleet.books.row(person.alias) != before)
    return result


async def _flood(stage: Stage, person: Person, seconds: float, result: Flood) -> None:
    """Ask over a few connections that are kept, in bytes made once: the flood costs us little."""
    server = urlsplit(stage.fleet.urls[0])
    fields = f"Host: 127.0.0.1\r\nContent-Length: 0\r\nAuthorization: Bearer {person.id_token}"
    request = f"POST {PATH} HTTP/1.1\r\n{fields}\r\n\r\n".encode()

    async def one() -> None:
        reader, writer = await asyncio.open_connection(server.hostname, server.port)

        async def ask(_: int) -> None:
            async with turn:
                writer.write(request)
                result.statuses[int((await message(reader)).split(None, 2)[1])] += 1

        turn = asyncio.Lock()
        await at_rate(FLOOD_RATE / FLOOD_CONNECTIONS, seconds, ask)
        writer.close()

    await asyncio.gather(*(one() for _ in range(FLOOD_CONNECTIONS)))
