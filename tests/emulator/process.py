"""The emulator in a process of its own, and its control API as methods."""

from __future__ import annotations

import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import httpx2

from emulator.settings import KIND

TESTS = Path(__file__).parents[1]


class EmulatedGemini:
    """A running emulator, as a test sees it."""

    def __init__(self, url: str, pid: int, authority: str = "") -> None:
        self.pid = pid
        self.url = url
        """Where it listens: what a client takes for its base URL."""
        self.authority = authority
        """With TLS: the file of the authority to trust."""
        tls = ssl.create_default_context(cafile=authority) if authority else True
        self._http = httpx2.Client(base_url=url, timeout=10, verify=tls)

    def fail_next_mints(self, status: int = 503, times: int = 1, **more: Any) -> None:
        """Answer the next mints with an error of that status."""
        self.fault(on="mint", do="status", status=status, times=times, **more)

    def hang(self, times: int = 1) -> None:
        """Never answer the next mints."""
        self.fault(on="mint", do="hang", times=times)

    def reset_mints(self, times: int = 1) -> None:
        """Drop the connection of the next mints with no answer."""
        self.fault(on="mint", do="reset", times=times)

    def nonsense(self, times: int = 1) -> None:
        """Answer the next mints with 200 and a page of HTML."""
        self.fault(on="mint", do="nonsense", times=times)

    def fault(self, **fault: Any) -> None:
        """Ask for any fault (`emulator.faults.Fault`)."""
        self._control("POST", "/faults", fault)

    def set(self, **settings: Any) -> None:
        """Change any of `EmulatorSettings`, by name."""
        self._control("PATCH", "/settings", settings)

    def be_kind(self) -> None:
        """Drop every manner of `emulator.manners`, until the next reset."""
        self.set(**KIND)

    def advance(self, seconds: float) -> None:
        """Push the emulated time forward."""
        self._control("POST", "/clock", {"advance_s": seconds})

    def run_at(self, speed: float) -> None:
        """Let the emulated time run at another speed."""
        self._control("POST", "/clock", {"speed": speed})

    def talks(self) -> list[dict[str, Any]]:
        """Return every conversation, with all that was said."""
        return list(self._control("GET", "/talks"))

    def settings(self) -> dict[str, Any]:
        """Return `EmulatorSettings`, as they are now."""
        return dict(self._control("GET", "")["settings"])

    def now(self) -> float:
        """Return the emulated moment, in seconds."""
        return float(self._control("GET", "")["now"])

    def open_sockets(self) -> int:
        """Return how many sockets are set up and open."""
        return int(self._control("GET", "")["open_sockets"])

    def wait_until_left(self, patience_s: float = 5) -> None:
        """Wait until no socket is open. Raises TimeoutError."""
        give_up_at = time.monotonic() + patience_s
        while self.open_sockets():
            if time.monotonic() > give_up_at:
                raise TimeoutError("sockets are still open")
            time.sleep(0.01)

    def journal(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Return what it received and did, oldest first."""
        return list(self._control("GET", f"/journal?kind={kind}" if kind else "/journal"))

    def counts(self) -> dict[str, int]:
        """Return how often each thing happened: `mint` are mints received, `token` tokens made."""
        return dict(self._control("GET", "")["counts"])

    def reset(self) -> None:
        """Forget tokens, faults, journal and settings."""
        self._control("POST", "/reset")

    def close(self) -> None:
        """Close this client of the control API."""
        self._http.close()

    def _control(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self._http.request(method, f"/_emulator{path}", json=body)
        if answer.is_error:
            raise ValueError(answer.text)
        return answer.json() if answer.content else None


@contextmanager
def emulator_process(*arguments: str) -> Iterator[EmulatedGemini]:
    """Run `python -m emulator` on a free port, and stop it at the end, or when this process dies.

    Raises AssertionError at the end if it wrote to its standard error: it never should.
    """
    command = [sys.executable, "-m", "emulator", "--port", "0", "--until-eof", *arguments]
    pipe = subprocess.PIPE
    with (
        TemporaryFile("w+") as errors,
        subprocess.Popen(
            command, cwd=TESTS, stdin=pipe, stdout=pipe, stderr=errors, text=True
        ) as process,
    ):
        emulated = _started(process)
        try:
            yield emulated
        finally:
            emulated.close()
            process.terminate()
            process.wait(timeout=10)
        errors.seek(0)
        complaint = errors.read()
        assert not complaint, f"the emulator complained:\n{complaint}"


def _started(process: subprocess.Popen[str]) -> EmulatedGemini:
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    assert url, "the emulator did not start"
    authority = process.stdout.readline().strip() if url.startswith("https") else ""
    return EmulatedGemini(url, process.pid, authority)
