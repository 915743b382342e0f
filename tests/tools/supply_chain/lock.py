"""`make lock`: every requirements.in becomes the requirements.txt beside it, pinned and hashed.

A lock has to install with any pip, whatever was published since. pip before 23.3 takes `a[x]` and
`a` for two packages: where it meets one of them unpinned, as some package's dependency, it fetches
the newest and stops, since a hash is missing. So each package that is needed with an extra is
pinned twice, as `a[x]==1` and as `a==1`; newer pips and uv read the two as one.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.supply_chain.locks import PYTHON, ROOT

COMPILE = (
    *("pip", "compile", "--quiet", "--universal", "--python-version", "3.11"),
    *("--generate-hashes", "--no-strip-extras"),
    *("--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"),
)
UV = ROOT / "tests/tools/install/uv.sh"
_WITH_EXTRA = re.compile(r"(?P<name>[\w.\-]+)\[[\w,\- ]+\](?P<pin>==.*)", re.DOTALL)
_START_OF_PIN = re.compile(r"^(?=\w)", re.MULTILINE)


def main() -> None:
    """Write every lock; `--keep` keeps the versions that are locked and still allowed."""
    upgrade = () if "--keep" in sys.argv[1:] else ("--upgrade",)
    for lock in map(Path, PYTHON):
        compiled = lock.with_suffix(".in")
        asked = (*COMPILE, *upgrade, str(compiled), "--output-file", str(lock))
        subprocess.run([UV, *asked], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        text = (ROOT / lock).read_text()
        (ROOT / lock).write_text("".join(pinned_twice(text)))


def pinned_twice(text: str) -> Iterator[str]:
    """Yield a lock's pins, before each that has an extra the same one without."""
    for pin in _START_OF_PIN.split(text):
        if with_extra := _WITH_EXTRA.match(pin):
            yield with_extra["name"] + with_extra["pin"]
        yield pin


if __name__ == "__main__":
    main()
