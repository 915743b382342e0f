"""A server under test: a process group of its own, and what it costs."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from support.servers.fleet import ROOT, clean_environment
from support.stores.firestore_emulator import free_port

READY_S = 30
UNCOMPILED = "PYTHONDONTWRITEBYTECODE"  # a deployed image has its modules compiled
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, by the group its processes are in."""

    url: str
    group: int

    def cpu_ms(self) -> float:
        """What its processes have used."""
        return sum(process_cpu_ms(pid) for pid in self._pids())

    def memory_mb(self) -> float:
        """The proportional set size of its processes together."""
        return sum(_smaps_kb(pid, "Pss") for pid in self._pids()) / 1024

    def anonymous_mb(self) -> float:
        """The part of it that is of no file. A library's pages count for less the more processes
        of the machine map them, and for more when another server ends.
        """
        return sum(_smaps_kb(pid, "Pss_Anon") for pid in self._pids()) / 1024

    def stop(self) -> None:
        """Give its processes no CPU until they may go on; returns when the last has stopped."""
        os.killpg(self.group, signal.SIGSTOP)
        while not all(_is_stopped(pid) for pid in self._pids()):
            time.sleep(0.0005)

    def go_on(self) -> None:
        """Let its processes run again."""
        os.killpg(self.group, signal.SIGCONT)

    def _pids(self) -> Iterator[int]:
        for entry in Path("/proc").iterdir():
            with suppress(OSError, ValueError):
                if os.getpgid(int(entry.name)) == self.group:
                    yield int(entry.name)


def functions_framework(source: Path, target: str) -> Sequence[str]:
    """The command Cloud Functions runs a source with."""
    command = (sys.executable, "-m", "functions_framework", "--host", "127.0.0.1")
    return (*command, "--source", str(source), "--target", target)


@contextmanager
def server(command: Sequence[str], environ: Mapping[str, str]) -> Iterator[Server]:
    """Run a server until the end of the block; PORT tells it where.

    Raises:
        RuntimeError: it does not listen within 30 s; says what it said.
    """
    port = free_port()
    inherited = {name: v for name, v in clean_environment().items() if name != UNCOMPILED}
    environ = {**inherited, **environ, "PORT": str(port)}
    nowhere = subprocess.DEVNULL
    with (
        TemporaryFile() as said,
        subprocess.Popen(
            command, env=environ, cwd=ROOT, stdout=nowhere, stderr=said, start_new_session=True
        ) as process,
    ):
        try:
            if not _listens(port, process):
                said.seek(0)
                raise RuntimeError(f"{' '.join(command)}: {said.read().decode()[-2000:]}")
            yield Server(f"http://127.0.0.1:{port}", process.pid)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _listens(port: int, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        time.sleep(0.002)
    return False


def _is_stopped(pid: int) -> bool:
    """Whether none of its threads runs, or it is gone."""
    with suppress(OSError):
        tasks = list(Path(f"/proc/{pid}/task").glob("*/stat"))
        return all(
            task.read_text(encoding="utf-8").rpartition(")")[2].split()[0] in "TZX"
            for task in tasks
        )
    return True


def process_cpu_ms(pid: int) -> float:
    """What a process has used; 0 if there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) * 1000 / _TICKS


def _smaps_kb(pid: int, name: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), 0)
