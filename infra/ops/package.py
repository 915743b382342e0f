"""`python -m ops.package`: the function's sources as a zip that is the same wherever it is made.

Fixed times, modes and order, and stored, since a compressor's version shows in its bytes. Named by
its content's hash, so that a function is rebuilt when its code changed and only then.

With it go the modules compiled, if the Python at hand is the runtime's: they are not compiled by
the build, and each cold start would do so (40 ms of a fast core, more of a busy one).
"""

from __future__ import annotations

import argparse
import hashlib
import io
import py_compile
import re
import sys
from importlib.util import cache_from_source
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from ops.stop import Stop, make_command

ROOT = Path(__file__).parents[2]
BEGINNING = (1980, 1, 1, 0, 0, 0)  # the first moment a zip can tell


def package(functions: Path, folder: Path, *, compiled: bool) -> Path:
    """Write functions-HASH.zip into a folder, and return its path."""
    files = _sources(functions)
    if compiled:
        files |= _compiled(functions, files)
    content = _zip(files)
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / f"functions-{hashlib.sha256(content).hexdigest()[:16]}.zip"
    archive.write_bytes(content)
    return archive


def runtime_is_here(root: Path = ROOT) -> bool:
    """Whether this Python compiles as the function's runtime does."""
    told = re.search(r'runtime\s*=\s*"python(\d)(\d+)"', (root / "infra/function.tf").read_text())
    if told is None:
        raise Stop("infra/function.tf names no Python runtime")
    return (int(told[1]), int(told[2])) == sys.version_info[:2]


def _sources(functions: Path) -> dict[str, bytes]:
    found = {path.relative_to(functions).as_posix(): path for path in functions.rglob("*.py")}
    if "main.py" not in found:
        raise Stop(f"there is no main.py in {functions}")
    found["requirements.txt"] = functions / "requirements.txt"
    return {name: path.read_bytes() for name, path in found.items()}


def _compiled(functions: Path, sources: dict[str, bytes]) -> dict[str, bytes]:
    """Compile without a look at the source's time, which a zip does not keep to the second."""
    compiled = {}
    with TemporaryDirectory() as folder:
        for name in sources:
            if name.endswith(".py"):
                py_compile.compile(
                    str(functions / name),
                    cfile=(cfile := f"{folder}/module.pyc"),
                    dfile=name,
                    doraise=True,
                    invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
                )
                compiled[cache_from_source(name)] = Path(cfile).read_bytes()
    return compiled


def _zip(files: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with ZipFile(written, "w", ZIP_STORED) as archive:
        for name in sorted(files):
            entry = ZipInfo(name, BEGINNING)
            entry.create_system = 3  # Unix, wherever this is
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])
    return written.getvalue()


@make_command
def main() -> None:
    """Package the function, and print where the zip is."""
    parser = argparse.ArgumentParser(prog="python -m ops.package", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / ".local", help="the folder to put it in")
    asked = parser.parse_args()
    print(package(ROOT / "functions", asked.out, compiled=runtime_is_here()))


if __name__ == "__main__":
    main()
