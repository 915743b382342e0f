"""Secrets that are planted all through the suite, and the search for them where they must not be.

Whatever is written during the suite lands in one folder: the logs of every server, every answer but
for its token, and dumps of the ledgers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

API_KEY = "AIzaCanary-key-of-gemini-1ZWdVjLq0"
ADDRESS = "203.0.113.77"
FORWARDED = f"{ADDRESS}, 2001:db8:beef:cafe::77"
MAIL = "canary.mail"
SUBJECT = "canary-person"
REQUEST_KEY = "canary-request-key"
INSTRUCTION = "canary-instruction"

PLANTED = {
    "API key": re.escape(API_KEY),
    "e-mail": re.escape(MAIL),
    "subject": re.escape(SUBJECT),
    "IP": rf"{re.escape(ADDRESS)}|2001:db8:beef:cafe",
    "ID token": r"eyJ[\w-]{8,}\.[\w-]+",  # with its dot: a sealed token may hold any letters
    "live token": r"auth_tokens/",
    "live token's digits": r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])",
    "Idempotency-Key": re.escape(REQUEST_KEY),
}
IN_LOGS = {**PLANTED, "body": re.escape(INSTRUCTION)}


def request_key() -> str:
    """Make an Idempotency-Key."""
    return f"{REQUEST_KEY}-{uuid4()}"


def mail(user: str) -> str:
    """Give a user an e-mail address, for the claims of an ID token."""
    return f"{MAIL}.{user}@example.com"


class Evidence:
    """The folder of all that was written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._answers = (folder / "answers.log").open("a", encoding="utf-8")

    def log_of(self, name: str) -> Path:
        """Return a new file for a server's output."""
        return self.folder / f"{name}-{uuid4().hex[:8]}.log"

    def answered(self, status: int, headers: Mapping[str, str], body: Any) -> None:
        """Keep an answer, but for the one field where a token belongs, of each of a batch."""
        told = _without_token(body)
        if isinstance(told, dict) and isinstance(batch := told.get("tokens"), list):
            told["tokens"] = [_without_token(each) for each in batch]
        line = json.dumps([status, dict(headers), told], ensure_ascii=False)
        self._answers.write(line + "\n")

    def keep(self, name: str, content: str | bytes) -> None:
        """Keep a dump of a ledger."""
        raw = content if isinstance(content, bytes) else content.encode()
        (self.folder / f"{name}-{uuid4().hex[:8]}.dump").write_bytes(raw)

    def found(self) -> list[str]:
        """Search everything; name each canary and the file it was in, never the canary itself."""
        self._answers.flush()
        return [hit for path in sorted(self.folder.iterdir()) for hit in _hits(path)]

    def sizes(self) -> dict[str, int]:
        """Tell how many bytes of each kind of file there are to search."""
        self._answers.flush()
        sizes = {"answers.log": 0, ".log": 0, ".dump": 0}
        for path in self.folder.iterdir():
            kind = path.name if path.name in sizes else path.suffix
            sizes[kind] += path.stat().st_size
        return sizes

    def close(self) -> None:
        """Close the file of answers."""
        self._answers.close()


def _without_token(body: Any) -> Any:
    return {k: v for k, v in body.items() if k != "token"} if isinstance(body, dict) else body


def _hits(path: Path) -> Iterator[str]:
    text = path.read_bytes().decode("utf-8", errors="replace")
    planted = PLANTED if path.suffix == ".dump" else IN_LOGS
    for name, pattern in planted.items():
        if times := len(re.findall(pattern, text)):
            yield f"{name}: {times} in {path.name}"
