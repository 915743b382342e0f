"""`make run` on a free port, with a ledger of its own, and how a newcomer calls it."""

from __future__ import annotations

import os
import re
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2

from emulator import lan
from support.servers.fleet import ROOT, clean_environment, wait_until_it_answers
from support.stores.firestore_emulator import free_port


def wait_until_it_says(printed: Path, words: str, process: subprocess.Popen[bytes]) -> None:
    """Wait for words among what it prints."""
    while words not in printed.read_text():
        assert process.poll() is None, printed.read_text()
        time.sleep(0.05)


@dataclass(frozen=True, slots=True)
class LocalRun:
    """The process that was started, and what it printed."""

    url: str
    process: subprocess.Popen[bytes]
    printed: Path

    def mint(self) -> httpx2.Response:
        """Sign in and mint, over TLS where that is all there is."""
        found = re.search(r"export SSL_CERT_FILE=(\S+)", self.printed.read_text())
        trusting = ssl.create_default_context(cafile=found[1] if found else None)
        with httpx2.Client(base_url=self.url, verify=trusting) as http:
            token = http.post("/local/identity/token", json={"user": "alice"}).json()["idToken"]
            return http.post("/api/v1/live-token", headers={"Authorization": f"Bearer {token}"})


@contextmanager
def local_run(folder: Path, *options: str, port: int = 0, **settings: str) -> Iterator[LocalRun]:
    """Run it until the end of the block; HTTPS is with the option `--https`."""
    port, printed = port or free_port(), folder / "printed"
    secure = "--https" in options
    url = f"https://{lan.own_address()}:{port}" if secure else f"http://127.0.0.1:{port}"
    environ = {
        **clean_environment(),
        "PYTHONPATH": "functions:tests",
        "LIVE_API_LEDGER": f"sqlite:///{folder}/livepass.sqlite3",
        **settings,
    }
    command = [sys.executable, "-m", "emulator.run", "--port", str(port), *options]
    with (
        printed.open("wb") as out,
        subprocess.Popen(
            command, cwd=ROOT, env=environ, stdout=out, stderr=out, start_new_session=True
        ) as process,
    ):
        try:
            if secure:
                wait_until_it_says(printed, "Livepass is up", process)
            else:
                wait_until_it_answers(url, process)
            yield LocalRun(url, process, printed)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
