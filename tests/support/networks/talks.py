"""One pair of namespaces: holds the talks it is told of on its standard input, one line of JSON
each, and answers each with what came of it.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, PIPE, Process, create_subprocess_exec
from pathlib import Path
from typing import Any

from emulator.process import EmulatedGemini
from support.networks.counts import Held, count
from support.networks.line.link import CLEAR, Link
from support.networks.line.namespaces import Namespace, enter_new
from support.networks.line.tcp import SERVICE_PORT
from support.networks.script import Script
from support.networks.served import BASE_URL
from support.networks.troubles import Trouble, troubles

CLIENT, MOVED, SERVICE = "10.77.0.1", "10.77.0.3", "10.77.0.2"
PAGE = "http://127.0.0.1:8091"
ROOT = Path(__file__).parents[3]
START_S = 60
SETTLED_S = 8.0
"""A talk in which nothing more has arrived for so long is over."""
PATIENCE_S = 45.0
LINE_BYTES = 2**26
SETTINGS = {"counts_words": True, "speech": "tone"}


class Pair:
    """A client and a service, and the link between them."""

    def __init__(self, client: Namespace, link: Link, driver: Process, folder: Path) -> None:
        self._client, self._link, self._driver, self._folder = client, link, driver, folder
        self._gemini = EmulatedGemini(f"{BASE_URL}/local/gemini", os.getpid())
        self._address = CLIENT

    async def hold(self, trouble: Trouble, seed: str) -> dict[str, Any]:
        """Hold a talk, and return what came of it."""
        chance = random.Random(seed)
        script, at_s = Script.lasting(trouble.talk_s), trouble.moment(chance)
        script.write(self._folder / "said.wav")
        await asyncio.to_thread(self._gemini.reset)
        await asyncio.to_thread(lambda: self._gemini.set(**SETTINGS))
        began = await self._order("begin", microphone=str(self._folder / "said.wav"))
        since = time.monotonic() - (began["now"] - began["asked"]) / 1000
        suffering = asyncio.create_task(self._suffer(trouble, since + at_s))
        await asyncio.sleep(since + script.seconds - time.monotonic())
        await suffering
        await self._settle()
        self._link.conditions = CLEAR
        sides = {side: self._folder / f"{side}.pcm" for side in ("microphone", "speaker")}
        page = await self._order("end", **{side: str(path) for side, path in sides.items()})
        journal = await asyncio.to_thread(self._gemini.journal)
        talks = await asyncio.to_thread(self._gemini.talks)
        recorded = [path.read_bytes() for path in sides.values()]
        held = Held(script, began["asked"], page, journal, talks, *recorded)
        counted = await asyncio.to_thread(count, held)
        return {
            "trouble": trouble.name,
            "seed": seed,
            "at_s": round(at_s, 2),
            "dead_s": trouble.dead_s,
            **counted,
        }

    async def _suffer(self, trouble: Trouble, at: float) -> None:
        await asyncio.sleep(at - time.monotonic())
        self._link.conditions = trouble.conditions
        if trouble.moves:
            await asyncio.to_thread(self._client.leave, self._address)
        if trouble.lasts_s < float("inf"):
            await asyncio.sleep(trouble.lasts_s)
            self._link.conditions = CLEAR
        if trouble.moves:
            self._address = MOVED if self._address == CLIENT else CLIENT
            await asyncio.to_thread(self._client.join, self._address)

    async def _settle(self) -> None:
        give_up_at = time.monotonic() + PATIENCE_S
        last, since = -1, time.monotonic()
        while time.monotonic() < min(give_up_at, since + SETTLED_S):
            words = (await asyncio.to_thread(self._gemini.counts)).get("word", 0)
            if words != last:
                last, since = words, time.monotonic()
            await asyncio.sleep(1)

    async def _order(self, name: str, **order: Any) -> dict[str, Any]:
        assert self._driver.stdin is not None
        self._driver.stdin.write(json.dumps({"do": name, **order}).encode() + b"\n")
        return await answer_of(self._driver)


async def answer_of(driver: Process) -> dict[str, Any]:
    """Return the next answer. Raises RuntimeError where there is none, or it is a failure."""
    assert driver.stdout is not None
    line = await driver.stdout.readline()
    told: dict[str, Any] = json.loads(line) if line else {"failed": "the browser's driver ended"}
    if "failed" in told:
        raise RuntimeError(json.dumps(told))
    return told


async def serve(folder: Path, proxy_s: float) -> None:
    """Make the pair, and hold talks until the standard input ends."""
    client = enter_new(CLIENT)
    driver = await create_subprocess_exec(
        *("node", "tests/networks/driver.mjs", f"http://{SERVICE}:{SERVICE_PORT}"),
        cwd=ROOT / "web",
        stdin=PIPE,
        stdout=PIPE,
        limit=LINE_BYTES,
    )
    service = enter_new(SERVICE)
    emulator = await create_subprocess_exec(
        *(sys.executable, "-m", "support.networks.served"),
        cwd=ROOT,
        stdin=PIPE,
        stdout=DEVNULL,  # the functions' log
        env=environment(folder),
    )
    try:
        link = Link(client.packets, service.packets, random.Random(0))
        await answer_of(driver)
        await until_up()
        pair = Pair(client, link, driver, folder)
        known = {each.name: each for each in troubles(proxy_s)}
        while line := await asyncio.to_thread(sys.stdin.readline):
            job = json.loads(line)
            came = await attempt(pair, known[job["trouble"]], job["seed"])
            print(json.dumps(came), flush=True)
    finally:
        for process in (driver, emulator):
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def attempt(pair: Pair, trouble: Trouble, seed: str) -> dict[str, Any]:
    """Hold a talk; what kept it from being held is an answer, too."""
    try:
        return await pair.hold(trouble, seed)
    except (RuntimeError, ValueError, OSError) as error:
        return {"trouble": trouble.name, "seed": seed, "broke": repr(error)}


async def until_up() -> None:
    """Wait until the emulator answers. Raises TimeoutError."""
    async with asyncio.timeout(START_S):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", SERVICE_PORT)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                return


def environment(folder: Path) -> dict[str, str]:
    """Return the settings of everything that the emulator's process serves."""
    return os.environ | {
        "LIVE_API_LEDGER": f"sqlite:///{folder / 'ledger.sqlite3'}",
        "LIVE_API_ALLOWED_ORIGINS": PAGE,
        "LIVE_API_TIERS": '{"hasty": {"cooldown_minutes": 0}}',
        "LIVE_API_ABUSE": "monitor",
        "GEMINI_API_KEY": "",
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        asyncio.run(serve(Path(made), float(sys.argv[1])))
