"""What must not be read in a log is taken out: tokens, keys, e-mails and addresses."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

MAX_DETAIL = 500
_LONGEST = 64 * 1024  # of a text that is searched
_H = "[0-9a-fA-F]{1,4}"
_BEFORE, _AFTER = (
    r"(?<!\w)(?<![0-9a-fA-F:]:)",
    r"(?!\w|:[\w:])",
)  # a sentence's colon may stand there
_SECRETS = re.compile(
    r"auth_tokens(?:/|%2[Ff])[\w\-%]*|eyJ[\w\-.=]+|AIza[\w\-]+|\bAQ\.[\w\-]{10,}|Bearer\s+[\w\-.~+/=]{12,}"
    r"|[\w.+\-]{1,64}@[\w.\-]*"  # cut off, too; bounded: each start of a word is tried
    r"|\b\d{1,3}(?:\.\d{1,3}){3}\b"
    rf"|{_BEFORE}(?:{_H}(?::{_H}){{0,6}})?::(?:{_H}(?::{_H}){{0,6}})?(?:\.\d{{1,3}}){{0,3}}{_AFTER}"
    rf"|{_BEFORE}(?:{_H}:){{3,7}}{_H}(?:\.\d{{1,3}}){{0,3}}{_AFTER}"
)


def token_digest(token: str) -> str:
    """Name a token in the log: the first 16 hex digits of its SHA-256."""
    return hashlib.sha256(token.encode()).hexdigest()[:16]


def scrub(text: str, limit: int = MAX_DETAIL) -> str:
    """Take out whatever looks like a token, a key, an e-mail or an address."""
    return _SECRETS.sub("[redacted]", text[:_LONGEST])[:limit]


scrubbed = lru_cache(256)(scrub)  # most details are the same few sentences
