"""Secrets by their shape, in everything that was ever committed."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator

from tools.supply_chain.locks import ROOT

SHAPES = {
    "Google API key": re.compile(r"\bAIza[\w\-]{35}\b"),
    "Gemini API key": re.compile(r"\bAQ\.[\w\-]{30,}"),
    "Google OAuth secret": re.compile(r"\bGOCSPX-[\w\-]{20,}"),
    "Google access token": re.compile(r"\bya29\.[\w\-]{20,}"),
    "live token": re.compile(r"\bauth_tokens/(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{64}\b"),
    "private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    "ID token": re.compile(r"\beyJ[\w\-]{20,}\.eyJ[\w\-]{20,}\.[\w\-]{40,}"),
    "AWS key": re.compile(r"\bA(?:KIA|SIA)[0-9A-Z]{16}\b"),
    "GitHub token": re.compile(r"\b(?:gh[pousr]_\w{36,}|github_pat_\w{60,})"),
    "package registry token": re.compile(r"\b(?:npm_\w{36}|pypi-AgEI[\w\-]{50,})"),
    "Slack token": re.compile(r"\bxox[abprs]-[\w\-]{10,}"),
    "password in a URL": re.compile(r"\b[a-z]+://[^\s/:@\"'<>{}$]+:[^\s/:@\"'<>{}$]{6,}@[\w.\-]+"),
}
KNOWN = (
    "0c1dcf19081b4edbd48249ca202563920e9e35fcbbd6d428cdcd02723f2ebb44",  # the README's, emulated
    "canary-of-",
    "exampleexample",
    "-of-this-rehearsal",
    "//u:secret@",
)
"""Made up for documentation and tests."""


def found(lines: Iterable[str]) -> Iterator[str]:
    """Say what was found and where, never the secret itself."""
    commit = path = ""
    for line in lines:
        if line.startswith("commit "):
            commit = line.split()[1][:12]
        elif line.startswith("+++ "):
            path = line[6:].strip()
        elif line.startswith("+"):
            for name, shape in SHAPES.items():
                if (hit := shape.search(line)) and not any(known in hit[0] for known in KNOWN):
                    yield f"{name}: {commit} {path}"


def history() -> list[str]:
    """Return every line that was ever added, commit by commit."""
    log = ["git", "log", "--all", "-p", "--no-color", "--no-ext-diff", "--unified=0"]
    out = subprocess.run(log, cwd=ROOT, capture_output=True, check=True).stdout
    return out.decode("utf-8", errors="replace").splitlines()


def is_whole() -> bool:
    """Tell whether the history is here, all of it: a shallow clone has its end alone."""
    asked = ["git", "rev-parse", "--is-shallow-repository"]
    told = subprocess.run(asked, cwd=ROOT, capture_output=True, check=False).stdout
    return told.strip() == b"false"
