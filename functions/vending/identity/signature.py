"""JSON Web Keys and signatures: the only module that knows PyJWT.

RS256 with RSA keys of 2048 bits or more and ES256 with P-256, nothing else, and each key is bound
to its algorithm when it is read, so a token cannot choose how it is verified (RFC 8725 sections
2.1 and 3.1).
"""

from __future__ import annotations

from collections.abc import Mapping

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from jwt.types import Options

from vending.errors import NotSigned, Unauthenticated

ALGORITHMS = ("RS256", "ES256")
RSA_BITS = range(2048, 8192 + 1)  # below: too weak (NIST SP 800-131A); above: slow to verify
_PUBLIC_MEMBERS = {"RSA": ("n", "e"), "EC": ("crv", "x", "y")}
_ALGORITHM_OF = {"RSA": "RS256", "EC": "ES256"}

_OPTIONS: Options = {
    "require": ["iss", "sub", "iat", "exp"],
    "strict_aud": True,
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "verify_jti": False,  # which we do not read
}

Key = jwt.PyJWK
KeyName = tuple[str, str]  # key id and algorithm


def read_keys(jwks: object) -> dict[KeyName, Key]:
    """Read the usable keys of a JSON Web Key Set (RFC 7517 section 5).

    Entries of another kind, use, algorithm or shape are skipped, never fatal: an issuer may add
    what we do not know. Of two keys with one name the first counts. Nothing usable gives an empty
    dict.
    """
    entries = jwks.get("keys") if isinstance(jwks, dict) else None
    keys: dict[KeyName, Key] = {}
    for entry in entries if isinstance(entries, list) else ():
        key = _read_key(entry) if isinstance(entry, dict) else None
        if key is not None:
            keys.setdefault((entry["kid"], key.algorithm_name), key)
    return keys


def verified_claims(
    token: str, key: Key, *, issuer: str, audience: str | None
) -> dict[str, object]:
    """Verify a token by exactly this key, with the algorithm it is bound to; return its claims.

    `iss` and `aud` are these and no list, `sub` is a text, and there are times, which are the
    caller's to check: PyJWT takes no clock but the machine's, and "17", 17.5 and true for moments.
    With None for an audience that is the caller's, too.

    Raises:
        NotSigned: the key has not signed it.
        Unauthenticated: it has, and a claim is missing or not as it must be.
    """
    options: Options = {**_OPTIONS, "verify_aud": audience is not None}
    try:
        return jwt.decode(
            token,
            key,
            algorithms=[key.algorithm_name],
            issuer=issuer,
            audience=audience,
            options=options,
        )
    except (jwt.DecodeError, jwt.InvalidAlgorithmError):
        raise NotSigned("the signature does not fit") from None
    except jwt.PyJWTError as error:  # whose words may be the token's
        raise Unauthenticated(f"claims: {type(error).__name__}") from None


def _read_key(entry: Mapping[str, object]) -> Key | None:
    kty, kid = entry.get("kty"), entry.get("kid")
    if not isinstance(kty, str) or kty not in _ALGORITHM_OF or not isinstance(kid, str):
        return None
    algorithm, operations = _ALGORITHM_OF[kty], entry.get("key_ops", ["verify"])
    if entry.get("alg", algorithm) != algorithm or entry.get("use", "sig") != "sig":
        return None
    if not isinstance(operations, list) or "verify" not in operations:
        return None
    # Public members only: with a private one among them PyJWT would build a private key.
    public = {name: entry[name] for name in _PUBLIC_MEMBERS[kty] if name in entry}
    try:
        key = Key({"kty": kty, **public}, algorithm)
    except (jwt.PyJWTError, UnsupportedAlgorithm, ValueError, TypeError):
        return None
    return key if _is_strong(key) else None


def _is_strong(key: Key) -> bool:
    if key.algorithm_name == "RS256":
        return key.key.key_size in RSA_BITS
    return bool(key.key.curve.name == "secp256r1")
