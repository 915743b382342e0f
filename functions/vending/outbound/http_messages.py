"""Requests to other services and their answers, independent of the client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

MAX_ANSWER_BYTES = 4 * 1024 * 1024


class NoAnswer(OSError):
    """It could not be reached, hung up, or what it said is no HTTP, or too much."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """The status of an answer, and its whole body."""

    status: int
    content: bytes


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What is sent, once, and how much of an answer is read.

    With `trust_env` the authorities of the environment count (SSL_CERT_FILE, SSL_CERT_DIR), and its
    proxies (HTTPS_PROXY and the like), but those not for this machine.
    """

    method: str
    url: str
    headers: Mapping[str, str] | None = None
    query: Mapping[str, str] | None = None
    content: bytes | None = None
    max_bytes: int = MAX_ANSWER_BYTES
    trust_env: bool = False


class Http(Protocol):
    """A client that sends a request and reads the whole answer."""

    async def send(self, request: HttpRequest) -> HttpAnswer:
        """Send it once; see `HttpClient.send`."""
        ...
