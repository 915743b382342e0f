"""Steps at which a running server can be killed, hung or lied to, as a file tells it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from vending.gemini.auth_tokens import Mint
from vending.gemini.order import Order, Token
from vending.limits.reading import Reading
from vending.limits.usage import Usage
from vending.store.ledger import SummedLedger
from vending.store.retry import Conflict, OutcomeUnknown

Step = Literal[
    "after-auth",
    "after-read",
    "before-mint",
    "after-mint",
    "before-write",
    "after-write",
    "before-answer",
    "amid-answer",
]
Deed = Literal["kill", "shut down", "hang", "outcome unknown", "conflict", "dark"]
STORE: tuple[Step, ...] = ("after-auth", "after-read", "before-write", "after-write")
FOREVER_S = 3600
SHUTDOWN_S = 0.1  # between being asked to end and being killed


@dataclass(frozen=True, slots=True)
class Script:
    """What shall happen at a step: once, or always. `dark` hangs there and in the store after."""

    do: Deed
    at: Step | Literal["store"]
    always: bool = False

    def is_for(self, step: Step) -> bool:
        """Whether it happens at this step."""
        return self.at == step or (self.at == "store" and step in STORE)


class Stage:
    """The file between a test and its servers."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def name(self) -> str:
        """What STAGED_FILE is set to."""
        return str(self._path)

    def set(self, script: Script) -> None:
        """Tell the servers; the test calls this."""
        draft = self._path.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(script)), encoding="utf-8")
        draft.rename(self._path)

    def clear(self) -> None:
        """Let nothing happen any more."""
        self._path.unlink(missing_ok=True)

    @property
    def is_set(self) -> bool:
        """Whether something is still to happen."""
        return self._path.exists()

    async def reach(self, step: Step) -> None:
        """Do at this step what the file says; the server calls this.

        Raises:
            OutcomeUnknown, Conflict: as asked for.
        """
        script = self._script()
        if script is None or not script.is_for(step):
            return
        if not script.always:
            self.clear()
        match script.do:
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            case "shut down":
                os.kill(os.getpid(), signal.SIGTERM)
                await asyncio.sleep(SHUTDOWN_S)
                os.kill(os.getpid(), signal.SIGKILL)
            case "hang":
                await asyncio.sleep(FOREVER_S)
            case "dark":
                self.set(Script("hang", "store", always=True))
                await asyncio.sleep(FOREVER_S)
            case "outcome unknown":
                raise OutcomeUnknown("asked for by the test")
            case "conflict":
                raise Conflict("asked for by the test")

    def _script(self) -> Script | None:
        try:
            return Script(**json.loads(self._path.read_text(encoding="utf-8")))
        except (FileNotFoundError, NotADirectoryError):
            return None


class StagedLedger:
    """A ledger with steps around its calls, which give up in time as its own do."""

    def __init__(self, ledger: SummedLedger, stage: Stage) -> None:
        self._ledger = ledger
        self._stage = stage

    async def read(self, user: str, timeout_s: float) -> Reading:
        async with _gives_up(timeout_s):
            await self._stage.reach("after-auth")
            reading = await self._ledger.read(user, timeout_s)
            await self._stage.reach("after-read")
            return reading

    async def write(
        self, user: str, usage: Usage, if_version: object | None, timeout_s: float
    ) -> None:
        async with _gives_up(timeout_s):
            await self._stage.reach("before-write")
            await self._ledger.write(user, usage, if_version, timeout_s)
            await self._stage.reach("after-write")

    async def spent(self, day: str, timeout_s: float) -> int:
        return await self._ledger.spent(day, timeout_s)


@asynccontextmanager
async def _gives_up(timeout_s: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(timeout_s):
            yield
    except TimeoutError as error:
        raise OutcomeUnknown("no answer in time") from error


class StagedMint(Mint):
    """A mint with a step before and after."""

    stage: Stage

    async def mint(self, order: Order) -> Token:
        await self.stage.reach("before-mint")
        token = await super().mint(order)
        await self.stage.reach("after-mint")
        return token


class NaiveLedger:
    """The fault that the harness must see: it writes whatever anybody has written since."""

    def __init__(self, ledger: SummedLedger) -> None:
        self._ledger = ledger

    async def read(self, user: str, timeout_s: float) -> Reading:
        return await self._ledger.read(user, timeout_s)

    async def write(
        self, user: str, usage: Usage, if_version: object | None, timeout_s: float
    ) -> None:
        while True:
            newest = await self._ledger.read(user, timeout_s)
            with suppress(Conflict):
                return await self._ledger.write(user, usage, newest.version, timeout_s)

    async def spent(self, day: str, timeout_s: float) -> int:
        return await self._ledger.spent(day, timeout_s)
