"""Token -> claims that one of our issuers signed and that hold now; or a refusal.

What ID tokens and App Check tokens have in common (RFC 7519 section 7.2, RFC 8725). Everything read
before the signature is called unverified. No header field is ever followed: `jku`, `x5u`, `jwk` and
`x5c` may say what they like. The details of a refusal never quote the token.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

from vending import strict_json
from vending.errors import NotSigned, TokenExpired, Unauthenticated
from vending.identity.bearer import MAX_TOKEN_BYTES
from vending.identity.jwks import Keys
from vending.identity.signature import ALGORITHMS, verified_claims

LEEWAY_S = 10  # clocks of issuers and instances differ by a few seconds
MAX_SUBJECT_CHARS = 128
MAX_KEY_ID_CHARS = 256
MAX_TOKEN_DEPTH = 8
LAST_SECOND = 253_402_300_799  # of the year 9999, the last that RFC 3339 can write
_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)", re.ASCII)

Claims = dict[str, object]


@dataclass(frozen=True, slots=True)
class Trusted:
    """An issuer that we believe. `audience` is all that `aud` may be; None: the caller looks."""

    keys: Keys
    audience: str | None


async def signed_claims(
    token: str,
    trusted: Mapping[str, Trusted],
    *,
    now: float,
    algorithms: Collection[str] = ALGORITHMS,
) -> Claims:
    """Verify a token of one of the trusted issuers and return its claims.

    `sub`, `exp` and `iat` are there and of the right kind. `now` is in seconds since 1970.

    Raises:
        TokenExpired: signed by the issuer, and over for more than 10 s.
        NotSigned: no issuer of ours has signed it.
        Unauthenticated: anything else that is wrong with it.
        IdentityUnavailable: the issuer's keys cannot be had.
    """
    header_segment, unverified_claims = _parts(token)
    kid, algorithm = _key_name(header_segment, tuple(algorithms))
    issuer = unverified_claims.get("iss")
    believed = trusted.get(issuer) if isinstance(issuer, str) else None
    if believed is None:
        raise NotSigned("iss is not an issuer of ours")
    key = await believed.keys.find(kid, algorithm)
    if key is None and not believed.keys.are_known:
        raise Unauthenticated("no key of this kid and alg is kept, and the issuer cannot be asked")
    if key is None:
        raise NotSigned("the issuer has no key of this kid and alg")
    claims = verified_claims(token, key, issuer=str(issuer), audience=believed.audience)
    _check_subject(claims)
    _check_times(claims, now)
    return claims


def _parts(token: str) -> tuple[str, Claims]:
    """Split, and read the payload without believing it; PyJWT reads what is no base64url, too, and
    objects that have a name twice.
    """
    segments = _COMPACT.fullmatch(token) if len(token) <= MAX_TOKEN_BYTES else None
    if segments is None:
        raise NotSigned("not three base64url segments of at most 8 KiB together")
    try:
        _decoded(segments[3])
    except ValueError as error:
        raise NotSigned(f"signature: {error}") from None
    return segments[1], _object("payload", segments[2])


def _object(part: str, segment: str) -> Claims:
    try:
        value = strict_json.parse(_decoded(segment), max_depth=MAX_TOKEN_DEPTH)
    except ValueError as error:
        raise NotSigned(f"{part}: {error}") from None
    if not isinstance(value, dict):
        raise NotSigned(f"{part}: not an object")
    return value


def _decoded(segment: str) -> bytes:
    """Decode base64url as there is one way to write it: without padding, its last bits zero."""
    raw = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    if base64.urlsafe_b64encode(raw).rstrip(b"=") != segment.encode():
        raise ValueError("not the one base64url of its bytes")
    return raw


@lru_cache(maxsize=64)  # all tokens that a key signs have the same few
def _key_name(segment: str, algorithms: tuple[str, ...]) -> tuple[str, str]:
    """Check the header and take the name of the key out of it (RFC 7515 section 4.1)."""
    header = _object("header", segment)
    kid, algorithm, kind = header.get("kid"), header.get("alg"), header.get("typ", "JWT")
    if not isinstance(algorithm, str) or algorithm not in algorithms:
        raise NotSigned(f"alg is none of {', '.join(algorithms)}")
    if not isinstance(kind, str) or kind.upper() != "JWT":
        raise NotSigned("typ is not JWT")
    for name in ("crit", "b64", "cty"):
        if name in header:
            raise NotSigned(f"header has {name}")
    if not isinstance(kid, str) or not 1 <= len(kid) <= MAX_KEY_ID_CHARS:
        raise NotSigned(f"kid is not a string of 1 to {MAX_KEY_ID_CHARS} characters")
    return kid, algorithm


def _check_subject(claims: Claims) -> None:
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 1 <= len(subject) <= MAX_SUBJECT_CHARS:
        raise Unauthenticated(f"sub is not a string of 1 to {MAX_SUBJECT_CHARS} characters")
    if not subject.isprintable():
        raise Unauthenticated("sub has characters that do not print")


def _check_times(claims: Claims, now: float) -> None:
    """Check exp, iat, nbf and auth_time: whole seconds since 1970 (RFC 7519 section 4.1)."""
    for name in ("iat", "nbf", "auth_time"):
        if (name == "iat" or name in claims) and _moment(claims, name) > now + LEEWAY_S:
            raise Unauthenticated(f"{name} is in the future")
    if _moment(claims, "exp") <= now - LEEWAY_S:
        raise TokenExpired("exp has passed")


def _moment(claims: Claims, name: str) -> int:
    value = claims.get(name)
    if type(value) is not int or not 0 <= value <= LAST_SECOND:  # a bool is an int, too
        raise Unauthenticated(f"{name} is not a whole number of seconds")
    return value
