"""What the operator sees and is asked."""

from __future__ import annotations

import argparse
import os
import sys

from ops.environment import Environment
from ops.stop import Stop


def environment_asked(prog: str, description: str | None) -> Environment:
    """Read the command line: which environment."""
    parser = argparse.ArgumentParser(prog=f"make {prog} ENV=...", description=description)
    parser.add_argument("environment", nargs="?", default="", help="dev for infra/envs/dev.tfvars")
    return Environment.named(parser.parse_args().environment)


def say(line: str) -> None:
    """Tell what happens next."""
    print(f"\n\033[1m{line}\033[0m" if sys.stdout.isatty() else f"\n{line}", flush=True)


def confirm(question: str, answer: str = "yes") -> None:
    """Continue if the answer is given, or if CONFIRM has it already. Raises Stop."""
    if os.environ.get("CONFIRM") == answer:
        return
    if not sys.stdin.isatty() and "CONFIRM" not in os.environ:
        raise Stop(f"There is no terminal to ask. To skip the question: CONFIRM={answer}")
    if "CONFIRM" in os.environ or input(f"\n{question} Type {answer} to continue: ") != answer:
        raise Stop("Stopped, because you did not agree. Nothing was changed.")
