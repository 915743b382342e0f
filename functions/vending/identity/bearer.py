"""Authorization header -> bearer token, unverified (RFC 6750 section 2.1).

Imports nothing heavy, so that a 401 costs next to nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from vending.errors import Unauthenticated

MAX_TOKEN_BYTES = 16 * 1024  # an ID token with 200 groups, each a GUID, is about 11 KiB
_TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*", re.ASCII)


def bearer(authorization: Sequence[str]) -> str:
    """Take the token from the Authorization headers, of which there must be exactly one.

    Raises:
        Unauthenticated: no header, several, another scheme, or not a b64token of at most 16 KiB.
    """
    if not authorization:
        raise Unauthenticated("no Authorization header", challenge=None)
    if len(authorization) > 1:
        raise Unauthenticated(
            f"{len(authorization)} Authorization headers", challenge="invalid_request"
        )
    scheme, _, token = authorization[0].partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated("not the Bearer scheme", challenge=None)
    if len(token) > MAX_TOKEN_BYTES or not _TOKEN.fullmatch(token):
        raise Unauthenticated("not a bearer token")
    return token
