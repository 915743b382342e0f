"""An instance that was frozen answers when it thaws: between requests Cloud Run gives it no CPU.

The framework sets gunicorn's timeout to the function's, from a variable of the platform
(functions_framework/_http/gunicorn.py in 3.10.2; GoogleCloudPlatform/functions-framework-python
issue 328 has the platform set it). Once a worker has been silent for longer, the master kills it,
and with it the requests that have just arrived. A frozen worker is silent.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx2
import pytest

from support.servers.fleet import PRODUCTION, ROOT, clean_environment
from support.stores.firestore_emulator import free_port

TIMEOUT_S = 2
WAKE_UPS = int(os.environ.get("LIVEPASS_WAKE_UPS", "4"))
AT_ONCE = 5
ASKS = {"token_api": "/api/v1/live-token/health", "budget_guard": "/"}


@pytest.fixture(scope="module")
def functions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[str, int]]]:
    """Both functions as the platform runs them: the address and the group of processes of each."""
    folder = tmp_path_factory.mktemp("frozen")
    with ExitStack() as stack:
        running = {name: stack.enter_context(_function(name, folder)) for name in ASKS}
        for name, (url, _) in running.items():
            _wait_for(f"{url}{ASKS[name]}")
        yield running


async def test_callers_who_wake_an_instance_are_answered(
    functions: dict[str, tuple[str, int]],
) -> None:
    slowest_ms, broken = 0.0, []
    for _ in range(WAKE_UPS):
        for _, group in functions.values():
            os.killpg(group, signal.SIGSTOP)
        await asyncio.sleep(TIMEOUT_S + 0.3)
        urls = [f"{url}{ASKS[name]}" for name, (url, _) in functions.items()]
        async with httpx2.AsyncClient(timeout=30) as client:
            asked = [asyncio.create_task(client.get(url)) for url in urls * AT_ONCE]
            await asyncio.sleep(0.05)  # they are waiting when it wakes
            for _, group in functions.values():
                os.killpg(group, signal.SIGCONT)
            began = time.monotonic()
            answers = await asyncio.gather(*asked, return_exceptions=True)
            slowest_ms = max(slowest_ms, 1000 * (time.monotonic() - began))
            await asyncio.sleep(1.2)  # the master looks after its worker once a second
            answers += [await _ask(client, url) for url in urls]
        broken += [repr(each) for each in answers if isinstance(each, Exception)]

    print(f"{WAKE_UPS} wake-ups of both functions, the slowest answers after {slowest_ms:.0f} ms")
    assert broken == []


async def _ask(client: httpx2.AsyncClient, url: str) -> httpx2.Response | Exception:
    try:
        return await client.get(url)
    except httpx2.HTTPError as error:
        return error


@contextmanager
def _function(name: str, folder: Path) -> Iterator[tuple[str, int]]:
    port = free_port()
    command = [sys.executable, "-m", "functions_framework", "--target", name]
    command += ["--source", str(PRODUCTION), "--host", "127.0.0.1", "--port", str(port)]
    environ = {
        **clean_environment(),
        "CLOUD_RUN_TIMEOUT_SECONDS": str(TIMEOUT_S),
        "FUNCTION_TARGET": name,
        "GEMINI_API_KEY": "a-key-of-a-test",
        "LIVE_API_ISSUERS": '[{"issuer": "https://id.example.com", "audience": "livepass"}]',
        "LIVE_API_LEDGER": f"sqlite:///{folder}/{name}.sqlite3",
    }
    with (
        (folder / f"{name}.log").open("wb") as log,
        subprocess.Popen(
            command, env=environ, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
        ) as process,
    ):
        try:
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            httpx2.get(url, timeout=10)
        except httpx2.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"{url} does not answer")
