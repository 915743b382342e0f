"""The built site, laid out as it is uploaded, with the config.json of its deployment."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from ops.command import run
from ops.environment import ROOT
from ops.stop import Stop

DIST = ROOT / "web" / "dist"


def build() -> None:
    """Build the site, and install what the smoke test needs, where they are not up to date."""
    run("make", "--no-print-directory", "-C", str(ROOT), ".venv/installed", "web/dist/index.html")


def stage(web_config: dict[str, Any], folder: Path, dist: Path = DIST) -> str:
    """Lay out assets/, files/ and index.html afresh, and return a name for what is in them."""
    shutil.rmtree(folder, ignore_errors=True)
    if not (dist / "index.html").is_file() or not (dist / "assets").is_dir():
        raise Stop(f"{dist} is not a built site: it has no index.html or no assets")
    shutil.copytree(dist / "assets", folder / "assets")
    (folder / "files").mkdir()
    for path in dist.iterdir():
        if path.is_dir() and path.name != "assets":
            raise Stop(
                f"{path} would not be uploaded: a site consists of assets/ and the files next to it"
            )
        if path.is_file():
            shutil.copy(path, folder / ("" if path.name == "index.html" else "files"))
    (folder / "files" / "config.json").write_text(json.dumps(web_config, indent=2) + "\n")
    return _digest(folder)


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(folder).as_posix()} {content}\n".encode())
    return digest.hexdigest()[:12]
