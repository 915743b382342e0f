"""The lock files: what is installed, exactly, and how that is made sure of."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
TOOLS = "tests/tools/supply_chain/requirements.txt"
PIPS = ("debian-12", "python-3.11", "newest")
CLIENTS = (
    *("google-genai-oldest", "google-genai-newest", "google-adk"),
    *("livekit-plugins-google", "pipecat-ai"),
)
PYTHON = (
    "functions/requirements.txt",  # first: others are held to its versions
    "tests/emulator/requirements.txt",
    "tests/requirements.txt",
    "tests/tools/install/requirements.txt",
    "tests/tools/generators/requirements.txt",
    TOOLS,
    *(f"tests/tools/supply_chain/pips/{pip}/requirements.txt" for pip in PIPS),
    "infra/checks/requirements.txt",
    *(f"tests/clients/python/{client}/requirements.txt" for client in CLIENTS),
)
"""Each lock is made from the requirements.in beside it, in this order."""
NODE = (
    "web/package-lock.json",
    "tests/package-lock.json",
    "tests/clients/package-lock.json",
    "tests/bench/baselines/node/package-lock.json",
)
_PIN = re.compile(r"([A-Za-z0-9][\w.\-]*)(?:\[[\w,\- ]+\])?==([^\s;]+)(?: ;[^\\\n]*)?")
_WITH_EXTRA = re.compile(r"([\w.\-]+)\[[\w,\- ]+\](==.*)")
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def pins(text: str) -> dict[str, str]:
    """Return name and version of each requirement of a Python lock."""
    return dict(_PIN.findall(text.replace("\\\n", "")))


def without_extras(text: str) -> str:
    """Return a lock with each package once."""
    pins_ = re.split(r"^(?=\w)", text, flags=re.MULTILINE)
    return "".join(pin for pin in pins_ if not _WITH_EXTRA.match(pin))


def python_problems(text: str) -> Iterator[str]:
    """Say what is not pinned, with its extra and without, has no hash, or another source."""
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line[:1] not in ("", "#")]
    requirements = {line.split(" --hash=")[0].strip() for line in lines}
    for line in lines:
        requirement, *hashes = line.split(" --hash=")
        extra = _WITH_EXTRA.fullmatch(requirement.strip())
        if extra and extra[1] + extra[2] not in requirements:
            yield f"without: {requirement}"
        if not _PIN.fullmatch(requirement.strip()):
            yield f"not pinned: {requirement}"
        if not hashes or not all(_HASH.fullmatch(f"--hash={h.strip()}") for h in hashes):
            yield f"without sha256: {requirement}"


def node_problems(text: str) -> Iterator[str]:
    """Say what has no integrity, or an address of its own."""
    for path, package in packages(text):
        if package.get("link") or not path.rpartition("node_modules/")[1]:
            continue  # our own
        if not str(package.get("integrity", "")).startswith("sha512-"):
            yield f"without sha512: {path}"
        if "resolved" in package:
            yield f"an address: {path}"


def packages(text: str) -> list[tuple[str, dict[str, object]]]:
    """Return each package of a Node lock, by its path, without the root."""
    return [(path, package) for path, package in json.loads(text)["packages"].items() if path]
