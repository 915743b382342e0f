"""`python -m ops.package`: the function's sources as a zip that is the same wherever it is made.

Fixed times, modes and order, and stored, since a compressor's version shows in its bytes. Named by
its content's hash, so that a function is rebuilt when its code changed and only then.

No compiled modules go with it: the build compiles all of them itself, whatever is there (`python3
-m compileall -f` in GoogleCloudPlatform/buildpacks, cmd/python/functions_framework).
"""

from __future__ import annotations

import argparse
import hashlib
import io
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from ops.stop import Stop, make_command

ROOT = Path(__file__).parents[2]
BEGINNING = (1980, 1, 1, 0, 0, 0)  # the first moment a zip can tell


def package(functions: Path, folder: Path) -> Path:
    """Write functions-HASH.zip into a folder, and return its path."""
    content = _zip(_sources(functions))
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / f"functions-{hashlib.sha256(content).hexdigest()[:16]}.zip"
    archive.write_bytes(content)
    return archive


def _sources(functions: Path) -> dict[str, bytes]:
    found = {path.relative_to(functions).as_posix(): path for path in functions.rglob("*.py")}
    if "main.py" not in found:
        raise Stop(f"there is no main.py in {functions}")
    found["requirements.txt"] = functions / "requirements.txt"
    return {name: path.read_bytes() for name, path in found.items()}


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
    print(package(ROOT / "functions", asked.out))


if __name__ == "__main__":
    main()
