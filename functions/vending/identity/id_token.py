"""Token -> claims that one of our issuers signed and that are valid now; or a refusal.

Shared by ID tokens and App Check tokens (RFC 7519 section 7.2, RFC 8725). Whatever is read before
the signature is verified is called unverified. Headers that point to keys (`jku`, `x5u`, `jwk`,
`x5c`) are ignored. The details of a refusal never quote the token.
"""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial

from vending import strict_json
from vending.errors import NotSigned, TokenExpired, Unauthenticated
from vending.identity.bearer import MAX_TOKEN_BYTES
from vending.identity.jwks import Keys
from vending.identity.signature import ALGORITHMS, SPELLINGS, verified_claims

LEEWAY_S = 10  # between clocks of the same operator
MAX_SUBJECT_CHARS = 255  # OpenID Connect Core 1.0 section 2
MAX_KEY_ID_CHARS = 256
MAX_TOKEN_DEPTH = 8
LAST_SECOND = 253_402_300_799  # of the year 9999, the last that RFC 3339 can write
# Algorithms that we do not accept, but may name in a refusal; issuers do sign with the first.
_OTHER_SIGNATURES = frozenset(
    f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in (256, 384, 512)
) | {"ES256K", "Ed448", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87"}
_NO_SIGNATURES = frozenset({"none", "HS256", "HS384", "HS512"})
# Keycloak's `typ` claim in tokens that are not ID tokens (TokenUtil.java).
_OTHER_KINDS = frozenset({"Bearer", "DPoP", "Refresh", "Offline", "Logout"})
_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)", re.ASCII)

Claims = dict[str, object]


@dataclass(frozen=True, slots=True)
class Trusted:
    """An issuer that we trust, and what its tokens must satisfy.

    Attributes:
        keys: its signing keys.
        audiences: the only ones that `aud` may name, unless `azp` says that the token was made for
            us; empty if the caller checks `aud`.
        leeway_s: how far its clock may differ from ours.
        longest_s: the longest lifetime of its tokens; None for no bound.
        algorithms: those it may sign with.
    """

    keys: Keys
    audiences: frozenset[str] = frozenset()
    leeway_s: float = LEEWAY_S
    longest_s: float | None = None
    algorithms: tuple[str, ...] = ALGORITHMS


async def signed_claims(
    token: str,
    trusted: Mapping[str, Trusted],
    *,
    now: float,
    late_s: float = 0,
    network: str = "",
) -> Claims:
    """Verify a token of one of the trusted issuers and return its claims.

    `sub`, `exp` and `iat` are present and well-formed. `now` is in seconds since 1970. The token
    may have expired up to `late_s` ago, plus the leeway. `network` sent it.

    Raises:
        TokenExpired: signed by the issuer, but expired for longer than that.
        NotSigned: none of our issuers has signed it.
        Unauthenticated: anything else is wrong with it.
        IdentityUnavailable: the issuer's keys cannot be fetched.
    """
    header_segment, unverified_claims = _parts(token)
    kid, algorithm = _key_name(header_segment)
    issuer = unverified_claims.get("iss")
    believed = trusted.get(issuer) if isinstance(issuer, str) else None
    if believed is None:
        raise NotSigned("iss is not an issuer of ours")
    if algorithm not in believed.algorithms:
        raise NotSigned(f"alg {algorithm} is none of {', '.join(believed.algorithms)}")
    claims = await _verified(token, believed.keys, (kid, algorithm), str(issuer), network)
    _check_kind(claims)
    if believed.audiences:
        _check_audience(claims, believed.audiences)
    _check_subject(claims)
    _check_times(claims, now, believed, late_s)
    return claims


async def _verified(
    token: str, keys: Keys, named: tuple[str | None, str], issuer: str, network: str
) -> Claims:
    """Verify with the key that the token names. If the signature does not match, look for a newer
    key of that name, or, if the token names none, for a newer one of its algorithm.
    """
    kid, algorithm = named
    digest = "" if kid else hashlib.sha256(token.encode()).hexdigest()
    find = partial(keys.find, kid, algorithm, token=digest, network=network)
    key = await find()
    if key is None:
        raise Unauthenticated(_no_key(keys, kid, algorithm))
    try:
        return verified_claims(token, key, issuer=issuer)
    except NotSigned:
        if kid is None:
            newer = await find(not_this=key)
        else:
            newer = await keys.replaced(kid, algorithm, key)
        if newer is None:
            raise
        return verified_claims(token, newer, issuer=issuer)


def _no_key(keys: Keys, kid: str | None, algorithm: str) -> str:
    """Say in the log why there is no key: the sender may be honest, and their key new."""
    fitting = keys.fitting(algorithm)
    if kid is None and fitting > 1:
        return f"kid is missing, and the issuer has {fitting} keys for {algorithm}"
    return f"the issuer has no key of this kid for {algorithm}, and {fitting} others"


def _parts(token: str) -> tuple[str, Claims]:
    """Split a token and read its unverified payload. PyJWT would accept malformed base64url and
    objects that have a name twice.
    """
    segments = _COMPACT.fullmatch(token) if len(token) <= MAX_TOKEN_BYTES else None
    if segments is None:
        raise NotSigned("not three base64url segments of at most 16 KiB together")
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
    """Decode base64url in its canonical form only: no padding, unused bits zero."""
    raw = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    if base64.urlsafe_b64encode(raw).rstrip(b"=") != segment.encode():
        raise ValueError("not the one base64url of its bytes")
    return raw


@lru_cache(maxsize=64)  # the tokens of a key share their header
def _key_name(segment: str) -> tuple[str | None, str]:
    """Check the header and return the key's name and algorithm (RFC 7515 section 4.1)."""
    header = _object("header", segment)
    kind = header.get("typ", "JWT")
    algorithm = _algorithm(header)
    if not isinstance(kind, str) or kind.upper() != "JWT":
        raise NotSigned("typ is not JWT")
    for name in ("crit", "b64", "cty"):
        if name in header:
            raise NotSigned(f"header has {name}")
    if "kid" not in header:
        return None, algorithm
    kid = header["kid"]
    if not isinstance(kid, str) or not 1 <= len(kid) <= MAX_KEY_ID_CHARS:
        raise NotSigned(f"kid is not a string of 1 to {MAX_KEY_ID_CHARS} characters")
    return kid, algorithm


def _algorithm(header: Claims) -> str:
    named = header.get("alg")
    if isinstance(named, str) and named in SPELLINGS:
        return SPELLINGS[named]
    taken = ", ".join(ALGORITHMS)
    if isinstance(named, str) and named in _OTHER_SIGNATURES:
        raise Unauthenticated(f"alg {named} is none of {taken}")
    shown = f" {named}" if isinstance(named, str) and named in _NO_SIGNATURES else ""
    raise NotSigned(f"alg{shown} is none of {taken}")


def _check_kind(claims: Claims) -> None:
    """Refuse other tokens that an issuer signs with the same keys (RFC 8725 section 2.8): logout
    and security events, the access tokens of Keycloak, Cognito and Entra (`azpacr`), and Google's
    ID tokens of service accounts, for which anybody can have any audience put in.
    """
    if "events" in claims:
        raise Unauthenticated("a security event, not an ID token")
    kind = claims.get("typ")
    is_access = claims.get("token_use") == "access" or "azpacr" in claims
    if is_access or (isinstance(kind, str) and kind in _OTHER_KINDS):
        raise Unauthenticated("another kind of token, not an ID token")
    if "azp" in claims and claims["azp"] == claims.get("sub"):
        raise Unauthenticated("azp is sub: a program's token, not a person's")


def _check_audience(claims: Claims, audiences: Collection[str]) -> None:
    """Check that `aud` names us, and nobody else unless `azp` says that the token was made for us
    (OpenID Connect Core 1.0 section 3.1.3.7, steps 3 to 5).
    """
    named, party = claims.get("aud"), claims.get("azp")
    listed = named if isinstance(named, list) else [named]
    if not all(isinstance(each, str) for each in listed):
        raise Unauthenticated("aud is neither a string nor a list of strings")
    if not isinstance(party, str | None):
        raise Unauthenticated("azp is not a string")
    others = sum(each not in audiences for each in listed)
    if others == len(listed):
        raise Unauthenticated("aud is not us")
    if others and party not in audiences:
        raise Unauthenticated(f"aud has {others} others, which are not trusted, and azp is not us")


def _check_subject(claims: Claims) -> None:
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 1 <= len(subject) <= MAX_SUBJECT_CHARS:
        raise Unauthenticated(f"sub is not a string of 1 to {MAX_SUBJECT_CHARS} characters")
    if not subject.isprintable():
        raise Unauthenticated("sub has characters that do not print")


def _check_times(claims: Claims, now: float, rule: Trusted, late_s: float) -> None:
    """Check exp, iat, nbf and auth_time: seconds since 1970 (RFC 7519 section 4.1)."""
    for name in ("iat", "nbf", "auth_time"):
        if name == "iat" or name in claims:
            ahead_s = numeric_date(claims, name) - now
            if ahead_s > rule.leeway_s:
                shown = f"{ahead_s:.0f} s in the future; clocks may differ by {rule.leeway_s:g} s"
                raise Unauthenticated(f"{name} is {shown}")
    ends, begins = numeric_date(claims, "exp"), numeric_date(claims, "iat")
    if rule.longest_s is not None and ends - begins > rule.longest_s:
        lives, most = (ends - begins) / 60, rule.longest_s / 60
        raise Unauthenticated(f"it lives for {lives:.0f} min; at most {most:.0f} min are taken")
    if ends <= now - rule.leeway_s - late_s:
        raise TokenExpired(f"exp has passed {now - ends:.0f} s ago")


def numeric_date(claims: Claims, name: str) -> float:
    """Read a time from the claims: seconds since 1970, possibly with a fraction."""
    value = claims.get(name)
    if type(value) not in (int, float):  # a bool is an int, too
        raise Unauthenticated(f"{name} is not a number of seconds")
    seconds = float(value)  # type: ignore[arg-type]
    if not math.isfinite(seconds) or not 0 <= seconds <= LAST_SECOND:
        raise Unauthenticated(f"{name} is not a number of seconds")
    return seconds
