"""JSON Web Keys and signatures: the only module that knows PyJWT.

RS256 with RSA keys of 2048 bits or more and ES256 with P-256, nothing else, and each key is bound
to its algorithm when it is read, so a token cannot choose how it is verified (RFC 8725 sections
2.1 and 3.1).
"""

from __future__ import annotations

from collections.abc import Mapping

import jwt
from cryptography.exceptions import UnsupportedAlgorithm

ALGORITHMS = ("RS256", "ES256")
RSA_BITS = range(2048, 8192 + 1)  # below: too weak (NIST SP 800-131A); above: slow to verify
_PUBLIC_MEMBERS = {"RSA": ("n", "e"), "EC": ("crv", "x", "y")}
_ALGORITHM_OF = {"RSA": "RS256", "EC": "ES256"}

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


def is_signed(message: bytes, signature: bytes, key: Key) -> bool:
    """Tell whether a message is signed by exactly this key, with the algorithm it is bound to.

    Not PyJWT's `decode`: it takes a token apart once more, character by character, which is a
    fifth of a mint's CPU.
    """
    verified: bool = key.Algorithm.verify(message, key.key, signature)
    return verified


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
