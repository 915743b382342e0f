"""JSON Web Keys and signatures: the only module that knows PyJWT.

RS256 and PS256 with RSA keys of 2048 bits or more, ES256 with P-256 and EdDSA with Ed25519, nothing
else. Each key is bound to its algorithm when it is read, so a token cannot choose how it is
verified (RFC 8725 sections 2.1 and 3.1).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from jwt.algorithms import OKPAlgorithm
from jwt.types import Options

from vending.errors import NotSigned, Unauthenticated

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
TAKEN = "RS256, PS256, ES256 and EdDSA (Ed25519)"
# RFC 9864 calls EdDSA with Ed25519 by the curve's name; both are one algorithm with one key.
SPELLINGS = {name: name for name in ALGORITHMS} | {"Ed25519": "EdDSA"}
RSA_BITS = range(2048, 8192 + 1)  # below: too weak (NIST SP 800-131A); above: slow to verify
# OpenID Connect Core 1.0 section 2: the default algorithm.
UNLABELLED_RSA = ("RS256",)
_PUBLIC_MEMBERS = {"RSA": ("n", "e"), "EC": ("crv", "x", "y"), "OKP": ("crv", "x")}
_ALGORITHMS_OF = {"RSA": ("RS256", "PS256"), "EC": ("ES256",), "OKP": ("EdDSA",)}
_CURVES = {"EC": "P-256", "OKP": "Ed25519"}
# Points of small order: with one of these as a key, anybody can sign anything (RFC 8032 section
# 8.4; the list is libsodium's, ge25519_has_small_order).
_SMALL_ORDER = frozenset(
    bytes.fromhex(point)
    for point in (
        "00" * 32,
        "01" + "00" * 31,
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ec" + "ff" * 30 + "7f",
        "ed" + "ff" * 30 + "7f",
        "ee" + "ff" * 30 + "7f",
    )
)
_MOST_SHOWN = 8  # skipped keys in the log
_PLAIN = re.compile(r"[A-Za-z0-9+\-]{1,20}", re.ASCII)

_OPTIONS: Options = {
    "require": ["iss", "sub", "iat", "exp"],
    "verify_aud": False,
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "verify_jti": False,  # we do not read it
}

Key = jwt.PyJWK
jwt.register_algorithm("Ed25519", OKPAlgorithm())  # PyJWT 2.15 lacks this name for it


@dataclass(frozen=True, slots=True)
class KeySet:
    """The usable keys of an issuer, and why the others were skipped."""

    keys: tuple[tuple[str | None, Key], ...] = ()
    skipped: tuple[str, ...] = ()

    def find(self, kid: str | None, algorithm: str) -> Key | None:
        """Find the first key of this name and algorithm; without a name, the only one that fits
        (OpenID Connect Core 1.0 section 10.1: with several, the token must name one).
        """
        fitting = [
            key
            for name, key in self.keys
            if key.algorithm_name == algorithm and kid in (None, name)
        ]
        return fitting[0] if fitting and (kid is not None or len(fitting) == 1) else None

    def fitting(self, algorithm: str) -> int:
        """Return how many keys are of this algorithm."""
        return sum(key.algorithm_name == algorithm for _, key in self.keys)


class _Unusable(Exception):
    """A key that we do not accept; the message says why, and quotes only plain names."""


def read_keys(jwks: object, unlabelled_rsa: Collection[str] = UNLABELLED_RSA) -> KeySet:
    """Read the usable keys of a JSON Web Key Set (RFC 7517 section 5).

    Entries of another kind, use, algorithm or shape are skipped: an issuer may add kinds that we do
    not know. Of two keys with one name, the first counts. An RSA key without `alg` is for RS256, or
    for the algorithms that the issuer says it signs with.
    """
    entries = jwks.get("keys") if isinstance(jwks, dict) else None
    keys: list[tuple[str | None, Key]] = []
    skipped: list[str] = []
    for entry in entries if isinstance(entries, list) else ():
        try:
            keys += _read_key(entry, unlabelled_rsa)
        except _Unusable as reason:
            skipped.append(str(reason))
    shown = skipped[:_MOST_SHOWN] + (["..."] if len(skipped) > _MOST_SHOWN else [])
    return KeySet(tuple(keys), tuple(shown))


def verified_claims(token: str, key: Key, *, issuer: str) -> dict[str, object]:
    """Verify a token with exactly this key and its algorithm; return the claims.

    `iss` is this issuer and `sub` is a string. The caller checks the times, since PyJWT has no
    clock but the machine's, and `aud`, since PyJWT accepts any list that includes us.

    Raises:
        NotSigned: the key has not signed it.
        Unauthenticated: the key has signed it, but a claim is missing or malformed.
    """
    spellings = [said for said, name in SPELLINGS.items() if name == key.algorithm_name]
    # A PyJWK accepts only one of the two spellings.
    by = key.key if key.algorithm_name == "EdDSA" else key
    try:
        return jwt.decode(token, by, algorithms=spellings, issuer=issuer, options=_OPTIONS)
    except (jwt.DecodeError, jwt.InvalidAlgorithmError):
        raise NotSigned("the signature does not fit") from None
    except jwt.PyJWTError as error:  # whose words may be the token's
        raise Unauthenticated(f"claims: {type(error).__name__}") from None


def _read_key(entry: object, unlabelled_rsa: Collection[str]) -> list[tuple[str | None, Key]]:
    """Read a key, once for each of its algorithms."""
    if not isinstance(entry, dict):
        raise _Unusable("no object")
    kty, kid, operations = entry.get("kty"), entry.get("kid"), entry.get("key_ops", ["verify"])
    if not isinstance(kty, str) or kty not in _ALGORITHMS_OF:
        raise _Unusable(_described(entry))
    if entry.get("use", "sig") != "sig":
        raise _Unusable(f"{_described(entry)} not for signatures")
    if not isinstance(operations, list) or "verify" not in operations:
        raise _Unusable(f"{_described(entry)} not for verifying")
    if not isinstance(kid, str | None):
        raise _Unusable(f"{_described(entry)} with a kid that is no string")
    return [(kid, _built(entry, kty, name)) for name in _bound_to(entry, kty, unlabelled_rsa)]


def _bound_to(entry: Mapping[str, object], kty: str, unlabelled_rsa: Collection[str]) -> list[str]:
    """Return the algorithms of a key: the one that it names, or those of its type."""
    if "alg" not in entry:
        return [a for a in _ALGORITHMS_OF[kty] if kty != "RSA" or a in unlabelled_rsa]
    named = entry["alg"]
    algorithm = SPELLINGS.get(named) if isinstance(named, str) else None
    if algorithm not in _ALGORITHMS_OF[kty]:
        raise _Unusable(_described(entry))
    return [algorithm]


def _built(entry: Mapping[str, object], kty: str, algorithm: str) -> Key:
    if kty in _CURVES and entry.get("crv") != _CURVES[kty]:
        raise _Unusable(_described(entry))
    # Public members only: PyJWT would build a private key if there were a private one.
    public = {name: entry[name] for name in _PUBLIC_MEMBERS[kty] if name in entry}
    try:
        key = Key({"kty": kty, **public}, algorithm)
    except (jwt.PyJWTError, UnsupportedAlgorithm, ValueError, TypeError):
        raise _Unusable(f"{_described(entry)} that cannot be read") from None
    if kty == "RSA" and key.key.key_size not in RSA_BITS:
        raise _Unusable(f"{_described(entry)} of {key.key.key_size} bits")
    if kty == "OKP" and _is_of_small_order(key.key.public_bytes_raw()):
        raise _Unusable(f"{_described(entry)} of small order")
    return key


def _is_of_small_order(point: bytes) -> bool:
    return point[:31] + bytes([point[31] & 0x7F]) in _SMALL_ORDER  # whatever the sign


def _described(entry: Mapping[str, object]) -> str:
    """Return the type, curve and algorithm of a key, as far as they are plain names."""
    parts = (entry.get(name) for name in ("kty", "crv", "alg"))
    shown = [p if isinstance(p, str) and _PLAIN.fullmatch(p) else "?" for p in parts if p]
    return "/".join(shown) or "no kty"
