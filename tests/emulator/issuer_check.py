"""Look at an OpenID provider from outside, and say what will not work with Livepass:
`make doctor ISSUER=https://...`, with `ORIGIN=https://...` for the address of your page.

Nothing is sent but requests for what providers publish; nobody signs in.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx2

from vending.identity.fetch_keys import FetchFailed, fetch_keys
from vending.identity.signature import SPELLINGS, TAKEN
from vending.outbound.http_client import HttpClient

Line = tuple[str, str]  # ok, WARN or FAIL, and what was seen
Discovery = Mapping[str, Any]


def _names(discovery: Discovery, name: str) -> set[str]:
    listed = discovery.get(name)
    return {each for each in listed if isinstance(each, str)} if isinstance(listed, list) else set()


def judge(issuer: str, discovery: Discovery) -> Iterator[Line]:
    """What the discovery document says (OpenID Connect Discovery 1.0 section 3)."""
    if discovery.get("issuer") == issuer:
        yield "ok", f"the discovery document is {issuer}'s"
    else:
        said = str(discovery.get("issuer"))[:200]
        yield "FAIL", f"discovery says that the issuer is {said}: give it exactly so, slash and all"
    signs_by = _names(discovery, "id_token_signing_alg_values_supported")
    if taken := signs_by & SPELLINGS.keys():
        yield "ok", f"ID tokens are signed by {', '.join(sorted(taken))}"
    else:
        yield "FAIL", f"ID tokens are signed by {', '.join(sorted(signs_by))}; taken are {TAKEN}"
    for name in ("authorization_endpoint", "token_endpoint"):
        address = str(discovery.get(name) or "")
        good = bool(urlsplit(address).hostname)
        yield ("ok" if good else "FAIL"), f"{name}: {address[:200] or 'none: no page can sign in'}"
    if str(discovery.get("token_endpoint")).startswith("http:"):
        yield "WARN", "the token endpoint is not https: programs can sign in, but the page cannot"
    if "S256" in _names(discovery, "code_challenge_methods_supported"):
        yield "ok", "PKCE with S256"
    else:
        yield "WARN", "PKCE with S256 is not announced; the page always uses it"
    # client_secret_basic is what holds when nothing is said.
    if "none" in _names(discovery, "token_endpoint_auth_methods_supported"):
        yield "ok", "clients without a secret"
    else:
        yield "WARN", "clients without a secret are not announced; the page is one: make it public"
    if "offline_access" in _names(discovery, "scopes_supported"):
        yield "ok", "offline_access: a visit may outlast an ID token"
    else:
        yield "WARN", "no offline_access: leave it out of the page's scope"
    ends = "end_session_endpoint" in discovery
    yield ("ok" if ends else "WARN"), f"{'' if ends else 'no '}sign-out at the provider"


async def keys_of(issuer: str) -> Line:
    """Whether there are keys that the functions take, as they fetch them."""
    http = HttpClient()
    try:
        found = await fetch_keys(issuer, None, http)
    except FetchFailed as error:
        return "FAIL", f"keys: {error}"
    finally:
        await http.close()
    skipped = f"; skipped {', '.join(found.skipped)}" if found.skipped else ""
    kinds = ", ".join(sorted({key.algorithm_name for _, key in found.keys}))
    return "ok", f"{len(found.keys)} keys for {kinds}{skipped}"


# TokenEndpoint.java adds the header after its checkClient, which takes a client's request.
CLIENT_FIRST = "; Keycloak, for one, allows it only once it knows the client, so try it there"


def cors_of(http: httpx2.Client, name: str, url: str, origin: str, unless: str = "") -> Line:
    """Whether a page may read what is there (Fetch standard, CORS check)."""
    try:
        answer = http.get(url, headers={"Origin": origin})
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        return "FAIL", f"{name} does not answer: {type(error).__name__}"
    if answer.headers.get("access-control-allow-origin") in ("*", origin):
        return "ok", f"pages of {origin} may read {name}"
    told = f"{name} allows no page of {origin} to read it (CORS): allow that origin there{unless}"
    return "WARN", told


def look(issuer: str, origin: str) -> list[Line]:
    """All that is seen of an issuer."""
    url = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
    with httpx2.Client(timeout=10) as http:
        try:
            discovery = http.get(url).raise_for_status().json()
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
            return [("FAIL", f"{url}: {type(error).__name__}: {error}"[:400])]
        if not isinstance(discovery, dict):
            return [("FAIL", f"{url} is no JSON object")]
        lines = [*judge(issuer, discovery), asyncio.run(keys_of(issuer))]
        lines.append(cors_of(http, "the discovery document", url, origin))
        if urlsplit(str(discovery.get("token_endpoint", ""))).hostname:
            token_url = str(discovery["token_endpoint"])
            lines.append(cors_of(http, "the token endpoint", token_url, origin, CLIENT_FIRST))
        return lines


def main() -> None:
    """Print what was seen; 1 if something will not work."""
    issuer = os.environ.get("ISSUER", "")
    lines = look(issuer, os.environ.get("ORIGIN") or "http://127.0.0.1:8080")
    for verdict, told in lines:
        print(f"  {verdict:4} {told}")
    sys.exit(any(verdict == "FAIL" for verdict, _ in lines))


if __name__ == "__main__":
    main()
