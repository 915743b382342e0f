"""`make clients`: each client in an environment of its own, every case, README's snippets, and the
table. It fails where a client does not do what the catalogue says, be it better or worse.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from clients import table
from clients.catalog import CLIENTS, HERE, INSTALLED, LOCKS, Client
from clients.play import CASES, ON_OTHER_MODELS, Stage, play, stage
from support.sdks.snippets import SAID, in_node, in_python, said, snippet

PROGRAMS = HERE / "programs"
VENV = HERE.parent / "tools/install/venv.sh"


def main() -> None:
    """Install, play, write the table, and say what differs."""
    chosen = [client for client in CLIENTS if not sys.argv[1:] or client.name in sys.argv[1:]]
    differs: list[str] = []
    results: dict[str, Mapping[str, str]] = {}
    for client in chosen:
        install(client)
        with tempfile.TemporaryDirectory() as folder, stage(Path(folder)) as stage_:
            cases = (*CASES, *(ON_OTHER_MODELS if client.on_other_models else ()))
            results[client.name] = play(stage_, client.command(), PROGRAMS, cases)
            differs += [*unexpected(client, results[client.name])]
            differs += [*snippet_problems(client, stage_)]
        print(client.name, *(f"\n  {c}: {w or 'yes'}" for c, w in results[client.name].items()))
    if len(chosen) == len(CLIENTS):
        table.write(results)
    sys.exit("\n".join(differs) or 0)


def install(client: Client) -> None:
    """Put a client's lock in place, anew when it changed."""
    if not client.lock:
        return  # make did
    lock = LOCKS / client.lock / "requirements.txt"
    subprocess.run([VENV, INSTALLED / client.lock, lock], check=True)


def unexpected(client: Client, results: Mapping[str, str]) -> list[str]:
    """Say which cases did not go as the catalogue says."""
    return [
        f"{client.name}, {case}: " + (problem or "works by now; the catalogue says it does not")
        for case, problem in results.items()
        if bool(problem) != (case in client.cannot)
    ]


def snippet_problems(client: Client, stage_: Stage) -> list[str]:
    """Run the client's snippet as README has it."""
    if not client.needle:
        return []
    environ = {
        "MINTED": json.dumps(stage_.mint()),
        "SSL_CERT_FILE": stage_.authority,
        "NODE_EXTRA_CA_CERTS": stage_.authority,
    }
    if client.lock:
        source, command = in_python(snippet("python", client.needle)), [client.runtime(), "-u"]
    else:
        source, command = in_node(snippet("js", client.needle)), ["node", "--input-type=module"]
    printed = said(command, source, environ, PROGRAMS)
    return [] if SAID in printed else [f"{client.name}, README's snippet: {printed[-2000:]}"]


if __name__ == "__main__":
    main()
