"""One fetch of an issuer's JSON Web Key Set, found by discovery when its address is not set.

What is asked for depends on our settings and on the issuer's own discovery document, never on a
token (OpenID Connect Discovery 1.0 sections 4.1 and 4.3).
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from vending.signature import Key, KeyName, read_keys

if TYPE_CHECKING:
    from httpx2 import AsyncBaseTransport, AsyncClient

DEADLINE_S = 5
MAX_DOCUMENT_BYTES = 256 * 1024
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class FetchFailed(Exception):
    """The keys could not be had: no answer, not in time, or not a key set."""


async def fetch_keys(
    issuer: str,
    jwks_uri: str | None,
    transport: AsyncBaseTransport | None,
    *,
    deadline_s: float = DEADLINE_S,
) -> dict[KeyName, Key]:
    """Fetch the issuer's usable keys, at least one, within the deadline in all.

    No redirect is followed, and no document is read past 256 KiB.

    Raises:
        FetchFailed: for whatever reason; the message names it.
    """
    import httpx2  # noqa: PLC0415  80 ms, and most requests fetch nothing

    here = urlsplit(jwks_uri or issuer).hostname in _LOOPBACK
    try:
        async with (
            asyncio.timeout(deadline_s),
            # identity: a few compressed bytes cannot become gigabytes; no proxy to this machine
            httpx2.AsyncClient(
                transport=transport,
                timeout=deadline_s,
                trust_env=not here,
                headers={"Accept": "application/json", "Accept-Encoding": "identity"},
            ) as client,
        ):
            keys = read_keys(await _get(client, jwks_uri or await _discover(client, issuer)))
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError, RecursionError) as error:
        raise FetchFailed(f"{type(error).__name__}: {error}") from error
    if not keys:
        raise FetchFailed("there is no usable key in the set")
    return keys


async def _discover(client: AsyncClient, issuer: str) -> str:
    document = await _get(client, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if not isinstance(document, dict) or document.get("issuer") != issuer:
        raise ValueError("the discovery document is not this issuer's")
    uri = document.get("jwks_uri")
    if not isinstance(uri, str) or not _may_fetch(uri, issuer):
        raise ValueError("jwks_uri in the discovery document is no https URL")
    return uri


def _may_fetch(uri: str, issuer: str) -> bool:
    """Allow https; plain http only on this machine, and only to an issuer that is there too."""
    parts, home = urlsplit(uri), urlsplit(issuer)
    if parts.username is not None or not parts.hostname:
        return False
    local = {parts.hostname, home.hostname} <= set(_LOOPBACK)
    return parts.scheme == "https" or (local and parts.scheme == home.scheme == "http")


async def _get(client: AsyncClient, url: str) -> object:
    async with client.stream("GET", url) as response:
        if response.status_code != 200:  # noqa: PLR2004  OK, and nothing but OK
            raise ValueError(f"{url} answered {response.status_code}")
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > MAX_DOCUMENT_BYTES:
                raise ValueError(f"{url} answered more than {MAX_DOCUMENT_BYTES} bytes")
    document: object = json.loads(body)
    return document
