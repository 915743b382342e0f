"""`make run` on a free port, with a ledger of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from support.servers.fleet import ROOT, clean_environment, wait_until_it_answers
from support.stores.firestore_emulator import free_port


@dataclass(frozen=True, slots=True)
class LocalRun:
    """The process that was started, and what it printed."""

    url: str
    process: subprocess.Popen[bytes]
    printed: Path


@contextmanager
def local_run(folder: Path, *options: str, **settings: str) -> Iterator[LocalRun]:
    """Run it until the end of the block."""
    port, printed = free_port(), folder / "printed"
    url = f"http://127.0.0.1:{port}"
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
            wait_until_it_answers(url, process)
            yield LocalRun(url, process, printed)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
