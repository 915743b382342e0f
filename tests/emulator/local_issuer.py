"""Signs tokens as an OpenID issuer does: real keys, real signatures, and whatever claims one likes.

Its tokens carry an e-mail address, as real ones do; it must turn up nowhere else.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm, RSAPSSAlgorithm

TOKEN_LIFETIME_S = 3600

PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey
_ALGORITHMS = {
    "RS256": RSAAlgorithm(RSAAlgorithm.SHA256),
    "PS256": RSAPSSAlgorithm(RSAPSSAlgorithm.SHA256),
    "ES256": ECAlgorithm(ECAlgorithm.SHA256),
    "EdDSA": OKPAlgorithm(),
}


class LocalIssuer:
    """Signs tokens with one key and publishes it.

    Args:
        issuer: its identifier, an URL.
        audience: whom `id_token` is for.
        key: None makes a new RSA key of 2048 bits.
        algorithm: None is what the key is for: RSA signs RS256, P-256 ES256, Ed25519 EdDSA.
        now: seconds since 1970.
    """

    def __init__(
        self,
        issuer: str,
        *,
        audience: str = "livepass",
        key: PrivateKey | None = None,
        algorithm: str | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.issuer = issuer
        self.audience = audience
        self.key = key or generate_private_key(public_exponent=65537, key_size=2048)
        self.now = now
        self.algorithm = algorithm or _usual(self.key)
        self.kid = _thumbprint(self.jwk())

    def jwk(self) -> dict[str, str]:
        """The public key as a JSON Web Key (RFC 7517), without a name."""
        jwk = _ALGORITHMS[self.algorithm].to_jwk(self.key.public_key(), as_dict=True)
        return {name: jwk[name] for name in ("kty", "crv", "e", "n", "x", "y") if name in jwk}

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The document that verifiers fetch."""
        named = {"kid": self.kid, "use": "sig", "alg": self.algorithm}
        return {"keys": [{**self.jwk(), **named}]}

    def discovery(self) -> dict[str, object]:
        """What OpenID Connect Discovery 1.0 section 3 asks for, as far as it means anything."""
        return {
            "issuer": self.issuer,
            "jwks_uri": f"{self.issuer}/jwks.json",
            "token_endpoint": f"{self.issuer}/token",
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [self.algorithm],
        }

    def claims(self, user: str, tier: str | None = None) -> dict[str, object]:
        """The claims of a user who signed in just now; `tier` is left out when None."""
        now = int(self.now())
        claims: dict[str, object] = {
            "iss": self.issuer,
            "aud": self.audience,
            "sub": user,
            "iat": now,
            "exp": now + TOKEN_LIFETIME_S,
            "auth_time": now,
            "email": f"{user}@example.com",
        }
        return claims if tier is None else {**claims, "tier": tier}

    def id_token(self, user: str, tier: str | None = None) -> str:
        """An ID token of this user, good for an hour."""
        return self.sign(self.claims(user, tier))

    def sign(self, claims: Mapping[str, object], **headers: object) -> str:
        """Sign any claims, true or not; `headers` change the usual header, None takes one out."""
        header = {"alg": self.algorithm, "kid": self.kid, "typ": "JWT", **headers}
        given = {name: value for name, value in header.items() if value is not None}
        return self.sign_bytes(json.dumps(given).encode(), json.dumps(claims).encode())

    def sign_bytes(self, header: bytes, payload: bytes) -> str:
        """Sign header and payload as they are, be they JSON or not."""
        message = f"{base64url(header)}.{base64url(payload)}".encode()
        signature = _ALGORITHMS[self.algorithm].sign(message, self.key)
        return f"{message.decode()}.{base64url(signature)}"


def _usual(key: PrivateKey) -> str:
    if isinstance(key, RSAPrivateKey):
        return "RS256"
    return "ES256" if isinstance(key, EllipticCurvePrivateKey) else "EdDSA"


def kept_key(key_file: Path) -> RSAPrivateKey:
    """Read the key, or make it: for our eyes only, whole or not at all, the first one wins."""
    if not key_file.exists():
        key_file.parent.mkdir(parents=True, exist_ok=True)
        key = generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with tempfile.NamedTemporaryFile(dir=key_file.parent) as draft:  # mode 0600
            draft.write(pem)
            draft.flush()
            with contextlib.suppress(FileExistsError):  # another process was first
                os.link(draft.name, key_file)
    kept = load_pem_private_key(key_file.read_bytes(), password=None)
    if not isinstance(kept, RSAPrivateKey):
        raise ValueError(f"{key_file} holds no RSA key")
    return kept


def base64url(raw: bytes) -> str:
    """Encode without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _thumbprint(jwk: Mapping[str, object]) -> str:
    """The name a key gives itself (RFC 7638)."""
    canonical = json.dumps(jwk, sort_keys=True, separators=(",", ":")).encode()
    return base64url(hashlib.sha256(canonical).digest())
