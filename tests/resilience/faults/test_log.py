"""The reader of the audit lines is gone, stuck or slow: counted tokens are still answered in time,
and lost lines are reported as soon as somebody reads again.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import IO

import pytest

from emulator.process import EmulatedGemini
from support.faults.matrix import HEADS, TITLE
from support.identity.issuer import People
from support.people.callers import Answer, Callers
from support.proxies.http_proxy import http_proxy
from support.runs import tables
from support.servers.canaries import Evidence
from support.servers.fleet import Person, fleet
from support.stores.books import SqliteBooks

LIMIT_S = 2.0
SLOW_S = 2.0  # between two lines that a slow reader takes
SMALLEST_PIPE = 4096  # which is full as long as there is a line in it
WAYS = ("stuck", "full", "gone", "slow")
MINTS = 2
STATUSES = [201, 201, 200, 429, 401, 204]


@dataclass(slots=True)
class Reader:
    """What a server's standard output leads to. `lines` are those it has read."""

    stdout: IO[bytes]
    source: IO[bytes] | None
    lines: list[bytes] = field(default_factory=list)
    slow: bool = False

    def fail(self, way: str) -> None:
        """Go away, or read no more, or little."""
        if way == "gone" and self.source:
            self.source.close()
        if way == "stuck":
            os.set_blocking(self.stdout.fileno(), False)
            while _write(self.stdout.fileno(), b"-" * 99 + b"\n"):
                pass
            os.set_blocking(self.stdout.fileno(), True)
        self.slow = way == "slow"

    def read(self) -> None:
        """Read all that comes, from now on."""
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.source
        with suppress(OSError, ValueError):  # closed at the end
            for line in self.source:
                self.lines.append(line)
                time.sleep(SLOW_S * self.slow)


def _write(fd: int, data: bytes) -> int:
    try:
        return os.write(fd, data)
    except BlockingIOError:
        return 0


@contextmanager
def reader(way: str) -> Iterator[Reader]:
    """Open what a server's standard output leads to."""
    if way == "full":
        with open("/dev/full", "wb") as device:  # noqa: PTH123 - a device
            yield Reader(device, None)
        return
    source, sink = os.pipe()
    if way == "slow":
        fcntl.fcntl(sink, fcntl.F_SETPIPE_SZ, SMALLEST_PIPE)
    with os.fdopen(sink, "wb", buffering=0) as stdout, os.fdopen(source, "rb") as incoming:
        log = Reader(stdout, incoming)
        if way == "slow":
            log.read()  # from the first line on, so that none is lost before it is slow
        yield log


async def everything(callers: Callers, person: Person) -> list[Answer]:
    """Mint, refresh, ask, be refused twice, and end."""
    minted = await callers.mint(person.id_token)
    session = minted.body["session"]["id"]
    return [
        minted,
        await callers.call("POST", "/refresh", person.id_token, body={"sessionId": session}),
        await callers.call("GET", "/usage", person.id_token),
        await callers.mint(person.id_token),
        await callers.mint("nobody"),
        await callers.call("DELETE", f"/sessions/{session}", person.id_token),
    ]


@pytest.mark.parametrize("way", WAYS)
async def test_log_that_fails_keeps_nobody_waiting(
    gemini_process: EmulatedGemini,
    people: People,
    evidence: Evidence,
    tmp_path_factory: pytest.TempPathFactory,
    way: str,
) -> None:
    books = SqliteBooks(tmp_path_factory.mktemp("ledger") / "livepass.sqlite3")
    with reader(way) as log, http_proxy(gemini_process.url, lambda _: "") as proxy:
        with fleet(1, books, proxy.url, people, evidence, stdout=log.stdout) as running:
            person = running.person("patient")
            async with Callers(running) as callers:
                log.fail(way)
                answers = await everything(callers, person)
                last = answers[-1]
                if way in ("stuck", "slow"):
                    log.slow = False
                    if way == "stuck":
                        log.read()
                    wait(lambda: bool(log.lines) and is_idle(log))
                    last = await callers.mint("nobody")
            counted = running.usage(person)
        log.stdout.close()
        if way in ("stuck", "slow"):
            wait(lambda: bool(audits(log)) and audits(log)[-1]["requestId"] == id_of(last))
    evidence.log_of("reader").write_bytes(b"".join(log.lines))

    wrong = [a for a, due in zip(answers, STATUSES, strict=True) if a.status != due]
    late = [answer for answer in answers if answer.seconds >= LIMIT_S]
    slowest, calls = max(answer.seconds for answer in answers), proxy.seen[""]
    row = (len(answers), len(answers) - len(wrong) - len(late), f"{slowest:.2f} s")
    tables.add(TITLE, HEADS, (f"log, {way}", *row, f"{LIMIT_S:g} s", calls, "none"))
    assert not wrong
    assert not late
    assert calls == MINTS
    assert (len(counted.mints), len(counted.refreshes)) == (1, 1)
    assert [(len(each.tokens), each.ended) for each in counted.sessions] == [(MINTS, True)]
    ours = [id_of(answer) for answer in (*answers, last)]
    told = [line["requestId"] for line in audits(log) if line["requestId"] in ours]
    lost = sum(int(str(line.get("linesLost", 0))) for line in audits(log))
    if way == "slow":
        assert lost > 0, "it was not slow enough"
        assert len(told) + lost == len(answers) + 1
        assert told == [each for each in ours if each in told]
    if way == "stuck":
        assert (told, lost) == ([id_of(last)], len(answers))


def audits(log: Reader) -> list[dict[str, object]]:
    """Return the audit lines that were read."""
    return [json.loads(line) for line in log.lines if line.startswith(b'{"message"')]


def is_idle(log: Reader) -> bool:
    """Tell whether nothing waits to be read."""
    assert log.source
    return not select.select([log.source], [], [], 0)[0]


def id_of(answer: Answer) -> str:
    """Return the request id that an answer carries."""
    return answer.headers["x-request-id"]


def wait(for_it: Callable[[], bool]) -> None:
    """Wait for what a thread does."""
    deadline = time.monotonic() + 10
    while not for_it() and time.monotonic() < deadline:
        time.sleep(0.05)
