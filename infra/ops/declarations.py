"""The functions of an app's own, read as the token function will read them when it starts.

`python -m ops.declarations FILE` says what is wrong with a file. It needs the libraries of the
function, so that doctor, which needs none, starts it with the Python that has them.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from ops.command import read, run
from ops.environment import INFRA, ROOT, Environment

PYTHON = ROOT / ".venv" / "bin" / "python"


def problems(env: Environment) -> Iterator[str]:
    """What the function would refuse to start with."""
    path = _file(env)
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    if not path.is_file():
        yield f"{shown}, the tools_file of {env.name}, is not there"
    elif path.read_text().split() != ["[]"]:
        run("make", "--silent", "--no-print-directory", "-C", str(ROOT), ".venv/runs")
        paths = f"{ROOT / 'functions'}:{INFRA}"
        told = read(str(PYTHON), "-m", "ops.declarations", str(path), environ={"PYTHONPATH": paths})
        yield from (f"{shown}: {problem}" for problem in told.splitlines())


def _file(env: Environment) -> Path:
    found = re.search(r'^tools_file\s*=\s*"([^"]+)"', env.tfvars.read_text(), re.MULTILINE)
    return (INFRA / (found[1] if found else "tools.json")).resolve()


def found_in(raw: bytes) -> str:
    """What is wrong with a file, or nothing. Its size is that of what Terraform makes of it, which
    escapes some characters: developer.hashicorp.com/terraform/language/functions/jsonencode.
    """
    from vending import strict_json  # noqa: PLC0415 - in .venv alone
    from vending.settings.values import functions  # noqa: PLC0415

    try:
        value = strict_json.parse(raw, max_depth=16)
        written = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        functions(re.sub("[<>&\u2028\u2029]", lambda found: f"\\u{ord(found[0]):04x}", written))
    except ValueError as error:
        return str(error)
    return ""


if __name__ == "__main__":
    sys.stdout.write(found_in(Path(sys.argv[1]).read_bytes()))
