"""Real server processes of the functions: functions-framework's own command, with gunicorn,
uvicorn, uvloop and httptools, as in production.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from uuid import uuid4

import httpx2

from support.identity.issuer import People
from support.servers.canaries import API_KEY, Evidence
from support.stores.books import Books
from support.stores.firestore_emulator import free_port
from vending.limits.usage import Usage

ROOT = Path(__file__).parents[3]
PRODUCTION = ROOT / "functions" / "main.py"
STAGED = Path(__file__).with_name("staged_main.py")
ROOMY = Path(__file__).with_name("roomy_main.py")
READY_S = 30
OURS = ("LIVE_API_", "GEMINI_", "GOOGLE_", "FIRESTORE_", "FIREBASE_", "PYTHONPATH", "K_SERVICE")
TIERS = {
    "patient": {"cooldown_minutes": 5},
    "tight": {
        "mints_per_hour": 4,
        "refreshes_per_hour": 4,
        "tokens_per_session": 3,
        "sessions": 2,
        "batch": 2,
    },
}
LIMITS = {
    "LIVE_API_COOLDOWN_PERIOD_MINUTES": "0",
    "LIVE_API_MAX_SESSIONS": "0",
    "LIVE_API_TIERS": json.dumps(TIERS),
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody new, signed in; `alias` is what the ledger knows them by."""

    id_token: str
    alias: str


@dataclass(frozen=True, slots=True)
class Fleet:
    """Servers that share one ledger."""

    urls: tuple[str, ...]
    books: Books
    people: People
    evidence: Evidence
    masters: tuple[int, ...] = ()
    """Process ids of gunicorn's masters, each with one worker."""

    def person(self, tier: str | None = None) -> Person:
        """Sign in somebody new."""
        name = uuid4().hex[:12]
        return Person(self.people.sign_in(name, tier), self.people.alias(name))

    def usage(self, person: Person) -> Usage:
        """Return what was counted."""
        row = self.books.row(person.alias)
        return Usage() if row is None else Usage.of(row[1])

    def counted(self, person: Person) -> int:
        """Return how many mints were counted, each of which has its session with one token."""
        usage = self.usage(person)
        assert [len(session.tokens) for session in usage.sessions] == [1] * len(usage.mints)
        return len(usage.mints)


RunFleet = Callable[..., AbstractContextManager[Fleet]]
"""What runs servers, given settings."""


def clean_environment() -> dict[str, str]:
    """Return this process's environment without any setting of the functions."""
    return {name: value for name, value in os.environ.items() if not name.startswith(OURS)}


@contextmanager
def fleet(
    size: int,
    books: Books,
    gemini_url: str,
    people: People,
    evidence: Evidence,
    *,
    source: Path = PRODUCTION,
    stdout: IO[bytes] | None = None,
    **settings: str | None,
) -> Iterator[Fleet]:
    """Run `size` servers until the end of the block, their ledger dumped.

    `stdout` takes their audit lines in place of the evidence; a setting of None is left out.
    """
    issuer = {"issuer": people.issuer.issuer, "audience": people.issuer.audience}
    chosen = {
        **clean_environment(),
        "GEMINI_API_KEY": API_KEY,
        "GOOGLE_GEMINI_BASE_URL": gemini_url,
        "LIVE_API_ISSUERS": json.dumps([issuer]),
        "LIVE_API_LEDGER": books.url,
        "LIVE_API_ABUSE": "off",  # races are what an honest client never does
        **LIMITS,
        **books.environ,
        **settings,
    }
    environ = {name: value for name, value in chosen.items() if value is not None}
    with ExitStack() as stack:
        servers = [_server(source, environ, evidence, stdout) for _ in range(size)]
        running = [stack.enter_context(server) for server in servers]
        urls = tuple(url for url, _ in running)
        for url, process in running:
            wait_until_it_answers(url, process)
        yield Fleet(urls, books, people, evidence, tuple(process.pid for _, process in running))
        books.hand_in(evidence)


@contextmanager
def _server(
    source: Path, environ: dict[str, str], evidence: Evidence, stdout: IO[bytes] | None
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    port = free_port()
    command = [sys.executable, "-m", "functions_framework", "--target", "token_api"]
    command += ["--source", str(source), "--host", "127.0.0.1", "--port", str(port)]
    with (
        evidence.log_of("server").open("wb") as log,
        subprocess.Popen(
            command,
            env=environ,
            cwd=ROOT,
            stdout=stdout or log,
            stderr=log,
            start_new_session=True,
        ) as process,
    ):
        try:
            yield f"http://127.0.0.1:{port}", process
        finally:
            _stop(process)


def wait_until_it_answers(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until it answers, everything behind its edge built."""
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(httpx2.HTTPError):
            httpx2.get(f"{url}/api/v1/live-token/config", timeout=10).raise_for_status()
            return
        time.sleep(0.05)
    raise RuntimeError(f"the server did not start (exit status {process.poll()})")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Kill gunicorn's master and its worker: they are made for it, and it takes no time."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
