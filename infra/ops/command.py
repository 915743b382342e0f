"""Other programs: gcloud, terraform, make. What they say goes to the operator, or is read."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Container, Mapping

from ops.stop import Stop


class Failed(Stop):
    """A program said no. `complaint` is what it wrote to its standard error."""

    def __init__(
        self, argv: tuple[str, ...], status: int, complaint: str = "", *, shown: bool = False
    ) -> None:
        tell = complaint.strip() and not shown
        said = f":\n{complaint.strip()}" if tell else "; see its output above."
        super().__init__(f"`{shlex.join(argv)}` failed (exit status {status}){said}")
        self.status = status
        self.complaint = complaint


def run(*argv: str, environ: Mapping[str, str] | None = None) -> None:
    """Run it before the operator's eyes. Raises Failed."""
    status = _start(argv, environ).returncode
    if status:
        raise Failed(argv, status)


def watch(*argv: str, environ: Mapping[str, str] | None = None, fine: Container[int] = (0,)) -> int:
    """The same, and keep its complaint, which is shown as well. Raises Failed."""
    complaint = []
    with _open(argv, environ) as process:
        for line in process.stderr or ():
            sys.stderr.write(line)
            complaint.append(line)
    if process.returncode not in fine:
        raise Failed(argv, process.returncode, "".join(complaint), shown=True)
    return process.returncode


def status_of(*argv: str, environ: Mapping[str, str] | None = None) -> int:
    """The same, for programs whose exit status is an answer."""
    return _start(argv, environ).returncode


def read(*argv: str, stdin: str | None = None, environ: Mapping[str, str] | None = None) -> str:
    """What it answers. A secret goes in by `stdin`: everybody can read arguments. Raises Failed."""
    done = _start(argv, environ, stdin=stdin, capture=True)
    if done.returncode:
        raise Failed(argv, done.returncode, done.stderr)
    return done.stdout


def _open(argv: tuple[str, ...], environ: Mapping[str, str] | None) -> subprocess.Popen[str]:
    try:
        return subprocess.Popen(  # noqa: S603 - the commands are ours
            argv, env={**os.environ, **(environ or {})}, stderr=subprocess.PIPE, text=True
        )
    except FileNotFoundError:
        raise _missing(argv[0]) from None


def _missing(program: str) -> Stop:
    return Stop(f"{program} is not installed; `make doctor` lists everything that is missing.")


def _start(
    argv: tuple[str, ...],
    environ: Mapping[str, str] | None,
    *,
    stdin: str | None = None,
    capture: bool = False,
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603 - the commands are ours
            argv,
            env={**os.environ, **(environ or {})},
            input=stdin,
            capture_output=capture,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise _missing(argv[0]) from None
