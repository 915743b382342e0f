"""README's programs: cut out as they stand there, given a token, and run until they have heard."""

from __future__ import annotations

import re
import subprocess
import textwrap
from collections.abc import Mapping
from pathlib import Path

from support.servers.fleet import ROOT, clean_environment

README = (ROOT / "README.md").read_text()
SAID = "wrote"  # the emulator's words for what was typed, piece by piece
OVER = "turn_?[cC]omplete|response-done|LLMFullResponseEndFrame|hello'?\\]"


def snippet(language: str, needle: str) -> str:
    """Return the one block of that language that has the needle."""
    blocks: list[str] = re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    (block,) = [each for each in blocks if needle in each]
    return block


def in_python(body: str) -> str:
    """Return a program of the lines, which may await, and have `minted`."""
    before = "import asyncio, json, os\nminted = json.loads(os.environ['MINTED'])\n"
    return f"{before}async def main():\n{textwrap.indent(body, '    ')}\nasyncio.run(main())\n"


def in_node(body: str) -> str:
    """Return a module of the lines, which has `minted`, and sockets in any Node."""
    sockets = 'import ws from "ws";\nglobalThis.WebSocket ??= ws;\n'
    return f"{sockets}const minted = JSON.parse(process.env.MINTED);\n{body}"


def said(
    command: list[str],
    source: str,
    environ: Mapping[str, str],
    folder: Path = ROOT,
    until: str = OVER,
) -> str:
    """Run a program until it prints that, and give what it printed."""
    with subprocess.Popen(
        [*command, "-"],
        cwd=folder,
        env={**clean_environment(), **environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(source)
        process.stdin.close()
        printed = ""
        for line in process.stdout:
            printed += line
            if re.search(until, line):
                break
        process.kill()
    return printed
