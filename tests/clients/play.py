"""A client's program, case by case, against `make run`: what it heard, and what Gemini saw of it.

The program is started once, with nothing but a token of each case and the authority to trust.
"""

from __future__ import annotations

import json
import re
import ssl
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import Any

import httpx2

from support.servers.fleet import clean_environment
from support.servers.local_run import LocalRun, local_run

CASES = (
    *("text", "speech", "function", "parameters"),
    *("interruption", "cut", "goAway", "resume", "history"),
)
ON_OTHER_MODELS = ("on_3_1", "on_extended")
"""For the clients that leave the messages to the program."""
HEARD = "good morning"
OWN = [
    {"name": "open_door", "description": "Opens the front door."},
    {
        "name": "set_scene",
        "description": "Sets the lamps of a room.",
        "parameters": {
            "type": "OBJECT",
            "properties": {
                "room": {"type": "STRING"},
                "mood": {"type": "STRING", "enum": ["warm", "cold"]},
                "level": {"type": "NUMBER", "minimum": 0, "maximum": 1},
                "at": {
                    "type": "OBJECT",
                    "properties": {"hour": {"type": "INTEGER"}, "daily": {"type": "BOOLEAN"}},
                },
                "lamps": {"type": "ARRAY", "items": {"type": "STRING"}, "maxItems": 4},
            },
            "required": ["room", "mood", "level", "at", "lamps"],
        },
    },
]
SCENE = {
    "room": "the hall",
    "mood": "warm",
    "level": 1,
    "at": {"hour": 1, "daily": True},
    "lamps": ["the hall"],
}
WISHES: Mapping[str, Mapping[str, object]] = {
    "function": {"tools": ["open_door"]},
    "parameters": {"tools": ["set_scene"]},
    "on_3_1": {"tools": ["set_scene"], "model": "gemini-3.1-flash-live-preview"},
    "on_extended": {"tools": ["set_scene"], "model": "gemini-3.8-live-extended-thinking"},
}
PLAYED_AS = {"on_3_1": "parameters", "on_extended": "parameters"}
"""Cases that are another one for a program, with a token of another model."""
CALLED: Mapping[str, Sequence[tuple[str, object]]] = {
    "function": [("open_door", {})],
    "parameters": [("set_scene", SCENE)],
    "on_3_1": [("set_scene", SCENE)],
    "on_extended": [("set_scene", SCENE)],
}
SPEED = 2
PATIENCE_S = 60
REMEMBERED = "You said: my name is Ada"
SAID = {
    "text": "You wrote: hello",
    "speech": HEARD,
    "function": "open_door says: opened",
    **dict.fromkeys(("parameters", *PLAYED_AS), "set_scene says: arranged"),
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
    called: list[tuple[str, object]] = field(default_factory=list)
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

    def mint(self, **requested: object) -> dict[str, Any]:
        """Vend a token to somebody new."""
        token = self._http.post("/local/identity/token", json={"user": "ada"}).json()["idToken"]
        bearer = {"Authorization": f"Bearer {token}"}
        answer = self._http.post("/api/v1/live-token", headers=bearer, json=requested)
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
    """Run everything, with functions of the operator's."""
    with local_run(folder, "--dev", LIVE_API_TOOLS=json.dumps(OWN)) as run:
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
        minted = stage.mint(**WISHES.get(case, {}))
        watchdog = Timer(PATIENCE_S, program.kill)
        watchdog.start()
        heard = _listen(stage, program, {"case": PLAYED_AS.get(case, case), "minted": minted})
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
        heard.called += [(told["called"], told["args"])] if "called" in told else []
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
        f"said: {said}": _is_right(case, said),
        f"called: {heard.called}": heard.called == CALLED.get(case, []),
        "was not interrupted": heard.interrupted or case != "interruption",
        f"forgot: {said}": said.endswith(REMEMBERED) or case not in RESUMED,
        "began anew": sessions[-1]["resumed"] or case not in RESUMED,
    }
    return next((what for what, right in holds.items() if not right), "")


def _is_right(case: str, said: str) -> bool:
    """Whether what was said is what it should be; before a function answers, the model may say
    that it takes a moment.
    """
    expected = SAID.get(case, "")
    return said.endswith(expected) if case in CALLED else expected in ("", said)


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found is not None, pattern
    return found[found.lastindex or 0]
