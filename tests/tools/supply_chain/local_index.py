"""An index of our own, in a folder: every locked package as it is, and a newer release of each.

A package here is a wheel with no code: name, version and what it requires are those of the real
one, which is installed here, so that a resolver meets what it meets at the real index. Hashes are
therefore others; a copy of the lock gets them, and is the real lock else.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import Distribution, distributions
from pathlib import Path
from zipfile import ZipFile, ZipInfo

from packaging.utils import canonicalize_name

from tools.supply_chain.locks import pins

NEWER = ".1"
"""Newer than the locked release, and within every range that has it."""
_HASHES = re.compile(r"( \\\n *--hash=sha256:[0-9a-f]{64})+")
_KEPT = ("Requires-Dist", "Requires-Python", "Provides-Extra")


@dataclass(slots=True)
class LocalIndex:
    """A folder that pip and uv take for an index."""

    folder: Path
    hashes: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where pip and uv are told to look."""
        return (self.folder / "simple").as_uri()

    def publish(self, name: str, version: str, requires: Iterable[str], **files: bytes) -> str:
        """Add a release, and return its hash."""
        wheel = _wheel(self.folder, name, version, requires, files)
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        page = self.folder / "simple" / canonicalize_name(name) / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        link = f'<a href="{wheel.as_uri()}#sha256={digest}">{wheel.name}</a>\n'
        page.write_text((page.read_text() if page.exists() else "<!doctype html>\n") + link)
        return digest

    def publish_installed(self, lock: str) -> None:
        """Add what a lock pins as it is installed here, and a newer release of each."""
        here = {canonicalize_name(found.name): found for found in distributions()}
        for name, version in pins(lock).items():
            found = here.get(canonicalize_name(name))
            if name in self.hashes or found is None:
                continue  # there already, or for another system than this
            told = list(_told(found))
            self.hashes[name] = self.publish(name, version, told)
            self.publish(name, version + NEWER, told)

    def with_our_hashes(self, lock: str) -> str:
        """Return the lock with the hashes of this index, else as it is."""
        return _rehashed(lock, self.hashes)


def _told(found: Distribution) -> Iterator[str]:
    for name in _KEPT:
        yield from (f"{name}: {value}" for value in found.metadata.get_all(name, []))


def _rehashed(lock: str, hashes: Mapping[str, str]) -> str:
    def ours(pin: re.Match[str]) -> str:
        digest = hashes.get(pin["name"], "0" * 64)  # what is for another system is never fetched
        return f"{pin['before']} \\\n    --hash=sha256:{digest}"

    return re.sub(
        rf"(?m)^(?P<before>(?P<name>[\w.\-]+)\S*==[^\\\n]*?){_HASHES.pattern}", ours, lock
    )


def _wheel(
    folder: Path, name: str, version: str, told: Iterable[str], files: Mapping[str, bytes]
) -> Path:
    stem = f"{re.sub(r'[-_.]+', '_', name)}-{version}"
    info = f"{stem}.dist-info"
    metadata = "\n".join(["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *told])
    content = {
        **{f"{stem}.data/scripts/{script}": data for script, data in files.items()},
        f"{info}/METADATA": metadata.encode() + b"\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in [*content, f"{info}/RECORD"])
    path = folder / f"{stem}-py3-none-any.whl"
    with ZipFile(path, "w") as archive:
        for member, data in {**content, f"{info}/RECORD": record.encode()}.items():
            entry = ZipInfo(member)
            entry.external_attr = 0o100755 << 16  # pip makes a script of a regular file only
            archive.writestr(entry, data)
    return path
