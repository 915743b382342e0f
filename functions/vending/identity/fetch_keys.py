"""Fetches an issuer's JSON Web Key Set, found by discovery unless its address is configured.

The addresses come from our settings and the issuer's own discovery document, never from a token
(OpenID Connect Discovery 1.0 sections 4.1 and 4.3).
"""

from __future__ import annotations

import asyncio
import json
from urllib.parse import urlsplit

from vending.identity.signature import TAKEN, UNLABELLED_RSA, KeySet, read_keys
from vending.outbound.http_messages import Http, HttpRequest
from vending.patterns import LOOPBACK_HOSTS

KEYS_DEADLINE_S = 5
MAX_DOCUMENT_BYTES = 256 * 1024
# Fetches are seconds apart, about as long as servers keep idle connections (Node: 5 s). Reusing one
# that the server is closing would fail the fetch, and delay a new key until the next.
_HEADERS = {"Accept": "application/json", "Connection": "close"}


class FetchFailed(Exception):
    """The keys could not be fetched: no answer, not in time, or not a key set."""


class NoUsableKeys(FetchFailed):
    """The issuer answered, but we accept none of its keys."""


async def fetch_keys(
    issuer: str,
    jwks_uri: str | None,
    http: Http | None = None,
    *,
    deadline_s: float = KEYS_DEADLINE_S,
) -> KeySet:
    """Fetch the issuer's usable keys, at least one, within one deadline for all requests.

    Redirects are not followed, and no document is read past 256 KiB. `http` defaults to the
    process's shared client.

    Raises:
        NoUsableKeys: there are keys, but none that we accept.
        FetchFailed: any other failure; the message names it.
    """
    if http is None:
        from vending.outbound.http_client import shared_client  # noqa: PLC0415 - aiohttp, if keys are fetched

        http = shared_client()
    try:
        async with asyncio.timeout(deadline_s):
            keys = await _fetch(http, issuer, jwks_uri)
    except (OSError, ValueError, RecursionError) as error:
        raise FetchFailed(f"{type(error).__name__}: {error}") from error
    if not keys.keys:
        skipped = f" (skipped: {', '.join(keys.skipped)})" if keys.skipped else ""
        raise NoUsableKeys(f"there is no usable key in the set{skipped}; taken are {TAKEN}")
    return keys


async def _fetch(http: Http, issuer: str, jwks_uri: str | None) -> KeySet:
    if jwks_uri:
        return read_keys(await _get(http, jwks_uri))
    uri, signs_by = await _discover(http, issuer)
    unlabelled_rsa = {*UNLABELLED_RSA, *({"PS256"} & signs_by)}
    return read_keys(await _get(http, uri), unlabelled_rsa)


async def _discover(http: Http, issuer: str) -> tuple[str, set[str]]:
    """Find the keys' address, and the algorithms that the issuer says it signs ID tokens with."""
    document = await _get(http, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if not isinstance(document, dict) or document.get("issuer") != issuer:
        raise ValueError("the discovery document is not this issuer's")
    uri = document.get("jwks_uri")
    if not isinstance(uri, str) or not _may_fetch(uri, issuer):
        raise ValueError("jwks_uri in the discovery document is no https URL")
    named = document.get("id_token_signing_alg_values_supported")
    return uri, {each for each in named if isinstance(each, str)} if isinstance(
        named, list
    ) else set()


def _may_fetch(uri: str, issuer: str) -> bool:
    """Allow https; plain http only on this machine, and only for an issuer that is there too."""
    parts, home = urlsplit(uri), urlsplit(issuer)
    if parts.username is not None or not parts.hostname:
        return False
    local = {parts.hostname, home.hostname} <= set(LOOPBACK_HOSTS)
    return parts.scheme == "https" or (local and parts.scheme == home.scheme == "http")


async def _get(http: Http, url: str) -> object:
    answer = await http.send(
        HttpRequest("GET", url, _HEADERS, max_bytes=MAX_DOCUMENT_BYTES, trust_env=True)
    )
    if answer.status != 200:  # noqa: PLR2004  OK, and nothing but OK
        raise ValueError(f"{url} answered {answer.status}")
    document: object = json.loads(answer.content)
    return document
