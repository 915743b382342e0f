"""Other programs: gcloud, terraform, make. What they say goes to the operator, or is read."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping

from ops.stop import Stop


class Failed(Stop):
    """A program said no. `complaint` is what it wrote to its standard error."""

    def __init__(self, argv: tuple[str, ...], status: int, complaint: str = "") -> None:
        said = f":\n{complaint.strip()}" if complaint.strip() else "; see its output above."
        super().__init__(f"`{shlex.join(argv)}` failed (exit status {status}){said}")
        self.status = status
        self.complaint = complaint


def run(*argv: str, environ: Mapping[str, str] | None = None) -> None:
    """Run it before the operator's eyes. Raises Failed."""
    status = _start(argv, environ).returncode
    if status:
        raise Failed(argv, status)


def status_of(*argv: str, environ: Mapping[str, str] | None = None) -> int:
    """The same, for programs whose exit status is an answer."""
    return _start(argv, environ).returncode


def read(*argv: str, stdin: str | None = None, environ: Mapping[str, str] | None = None) -> str:
    """What it answers. A secret goes in by `stdin`: everybody can read arguments. Raises Failed."""
    done = _start(argv, environ, stdin=stdin, capture=True)
    if done.returncode:
        raise Failed(argv, done.returncode, done.stderr)
    return done.stdout


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
        raise Stop(
            f"{argv[0]} is not installed; `make doctor` lists everything that is missing."
        ) from None
