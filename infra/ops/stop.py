"""How a command ends when it cannot continue: a sentence that says what to do, and exit 1."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable


class Stop(Exception):
    """Why it cannot go on, and what to do about it."""


def make_command(main: Callable[[], None]) -> Callable[[], None]:
    """End with the sentence of a Stop, without a traceback."""

    @functools.wraps(main)
    def run() -> None:
        try:
            main()
        except Stop as stop:
            sys.exit(f"\n{stop}")
        except KeyboardInterrupt:
            sys.exit("\nInterrupted. Run it again: it keeps what is done and does the rest.")

    return run
