"""`python -m emulator`: Gemini Live on this machine."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

from emulator.gemini import create_app
from emulator.owner import ForOwner, readable
from emulator.serve import ending_by_any_signal, listening_socket, serve
from emulator.settings import EmulatorSettings
from emulator.throwaway_ca import ServerFiles, issue


def main(arguments: list[str] | None = None) -> None:
    """Run the emulator until Ctrl-C.

    The first line printed is its URL; with --tls the second is the path of the authority to trust.
    """
    chosen = _parser().parse_args(arguments)
    made = EmulatorSettings.kind if chosen.kind else EmulatorSettings
    settings = made(
        speed=chosen.speed,
        mint_latency_s=chosen.mint_latency,
        recognised=tuple(chosen.recognise),
        speech="tone" if chosen.tone else "auto",
    )
    bound = listening_socket(chosen.port)
    if chosen.until_eof:
        Thread(target=_stop_at_eof, daemon=True).start()
    with ending_by_any_signal(), ExitStack() as stack:
        files: ServerFiles | None = None
        if chosen.tls:
            files = issue(Path(stack.enter_context(TemporaryDirectory(prefix="emulator-"))))
        url = f"http{'s' if files else ''}://127.0.0.1:{bound.getsockname()[1]}"
        print(url, flush=True)
        if files:
            print(files.authority, flush=True)
        # Guess: Google's APIs can be called from any page; the real headers were not compared.
        serve(ForOwner(readable(create_app(settings)), url), bound, files)


def _stop_at_eof() -> None:
    """Let whoever holds the other end of standard input take us along when they die."""
    while os.read(sys.stdin.fileno(), 1024):  # nothing of Python's is held when it ends
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m emulator",
        description="Gemini Live, emulated: mints tokens, listens and speaks, with no key and no"
        " cloud. The first line it prints is the base URL to give to a client.",
        epilog="Any API key is good but an empty one and 'bad-key'. Faults, the journal, the clock"
        " and all settings are under /_emulator/ of the same URL.",
    )
    add = parser.add_argument
    add("--port", type=int, default=8090, help="0 takes a free one (default: 8090)")
    add(
        "--speed",
        type=float,
        default=1.0,
        help="emulated seconds in a real one: at 600, ten minutes pass in a second (default: 1)",
    )
    add("--kind", action="store_true", help="have none of the manners that hurt (manners.py)")
    add("--tls", action="store_true", help="serve TLS, and print the path of a throw-away CA")
    add("--mint-latency", type=float, default=0.0, metavar="S", help="real seconds a mint takes")
    add(
        "--recognise",
        action="append",
        default=[],
        metavar="TEXT",
        help="what the scripted recogniser hears; may be given several times, one an utterance",
    )
    add("--until-eof", action="store_true", help="stop when standard input ends")
    add("--tone", action="store_true", help="speak by a tone even where there is a synthesiser")
    return parser


if __name__ == "__main__":
    main()
