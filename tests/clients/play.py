"""A client's program, case by case, against `make run`: what it heard, and what Gemini saw of it.

The program is started once, with nothing but a token of each case and the authority to trust.
"""

from __future__ import annotations

import json
import re
import ssl
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import Any

import httpx2

from support.servers.fleet import clean_environment
from support.servers.local_run import LocalRun, local_run

CASES = ("text", "speech", "function", "interruption", "cut", "goAway", "resume", "history")
HEARD = "good morning"
OWN = '[{"name": "open_door", "description": "Opens the front door."}]'
SPEED = 2
PATIENCE_S = 60
REMEMBERED = "You said: my name is Ada"
SAID = {
    "text": "You wrote: hello",
    "speech": HEARD,
    "function": "open_door says: opened",
    "history": REMEMBERED,
}
RESUMED = ("cut", "goAway", "resume")
FAULTS = {
    "cut": {"on": "open", "do": "cut"},
    "go_away": {"on": "open", "do": "go_away", "time_left_s": 2},
}


@dataclass(slots=True)
class Heard:
    """What a program told of one case."""

    said: str = ""
    called: list[str] = field(default_factory=list)
    interrupted: bool = False
    failed: str = ""
    trace: str = ""


class Stage:
    """A `make run` with its emulator, where clients talk over TLS."""

    def __init__(self, run: LocalRun) -> None:
        printed = run.printed.read_text()
        self.authority = _found(r"export SSL_CERT_FILE=(\S+)", printed)
        trusting = ssl.create_default_context(cafile=self.authority)
        address = _found(r"https://127\.0\.0\.1:\d+", printed)
        self._http = httpx2.Client(base_url=address, verify=trusting, timeout=30)

    def mint(self, **wish: object) -> dict[str, Any]:
        """Vend a token to somebody new."""
        token = self._http.post("/local/identity/token", json={"user": "ada"}).json()["idToken"]
        bearer = {"Authorization": f"Bearer {token}"}
        answer = self._http.post("/api/v1/live-token", headers=bearer, json=wish)
        answer.raise_for_status()
        return dict(answer.json())

    def control(self, method: str, path: str, body: object = None) -> Any:
        """Ask the emulator's control API."""
        answer = self._http.request(method, f"/local/gemini/_emulator/{path}", json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def reset(self) -> None:
        """Forget every talk, and hear the same words in the next."""
        self.control("POST", "reset")
        self.control("PATCH", "settings", {"speed": SPEED, "recognised": [HEARD]})

    def close(self) -> None:
        """Close what was opened."""
        self._http.close()


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """Run everything, with a function of the operator's."""
    with local_run(folder, "--dev", LIVE_API_TOOLS=OWN) as run:
        opened = Stage(run)
        try:
            yield opened
        finally:
            opened.close()


def play(
    stage: Stage, command: Sequence[str], folder: Path, cases: Sequence[str]
) -> dict[str, str]:
    """Play the cases; say by case what is wrong, or nothing."""
    environ = {
        **clean_environment(),
        "SSL_CERT_FILE": stage.authority,
        "NODE_EXTRA_CA_CERTS": stage.authority,
    }
    found: dict[str, str] = {}
    while rest := [case for case in cases if case not in found]:
        with subprocess.Popen(
            command,
            cwd=folder,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as program:
            found.update(_played(stage, program, rest))
            program.kill()
    return found


def _played(stage: Stage, program: subprocess.Popen[str], cases: Sequence[str]) -> dict[str, str]:
    """Play cases for as long as the program lives; at least one."""
    found = {}
    for case in cases:
        stage.reset()
        minted = stage.mint(**({"tools": ["open_door"]} if case == "function" else {}))
        watchdog = Timer(PATIENCE_S, program.kill)
        watchdog.start()
        heard = _listen(stage, program, {"case": case, "minted": minted})
        watchdog.cancel()
        found[case] = problem(case, heard, stage)
        if heard.failed:
            break
    return found


def _listen(stage: Stage, program: subprocess.Popen[str], asked: object) -> Heard:
    heard = Heard(failed="the program ended")
    assert program.stdin is not None
    assert program.stdout is not None
    program.stdin.write(json.dumps(asked) + "\n")
    program.stdin.flush()
    for line in program.stdout:
        told = json.loads(line) if line.startswith("{") else {}
        heard.said += told.get("said", "")
        heard.called += [told["called"]] if "called" in told else []
        heard.interrupted |= "interrupted" in told
        if "now" in told:
            stage.control("POST", "faults", FAULTS[told["now"]])
        if "done" in told or "failed" in told:
            heard.failed, heard.trace = told.get("failed", ""), told.get("trace", "")
            break
    return heard


def problem(case: str, heard: Heard, stage: Stage) -> str:
    """Say what is wrong with a case, by what the client heard and what Gemini saw; or nothing."""
    if heard.failed:
        return heard.failed
    said = " ".join(heard.said.split())
    sockets, sessions = (stage.control("GET", f"journal?kind={k}") for k in ("socket", "session"))
    holds = {
        "talked on more than the token": all(socket["constrained"] for socket in sockets),
        f"said: {said}": said == SAID[case] if case in SAID else True,
        f"called: {heard.called}": heard.called == ["open_door"] or case != "function",
        "was not interrupted": heard.interrupted or case != "interruption",
        f"forgot: {said}": said.endswith(REMEMBERED) or case not in RESUMED,
        "began anew": sessions[-1]["resumed"] or case not in RESUMED,
    }
    return next((what for what, right in holds.items() if not right), "")


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found is not None, pattern
    return found[found.lastindex or 0]
