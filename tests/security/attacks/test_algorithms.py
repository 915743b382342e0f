"""Algorithm and key confusion: every algorithm with every key; only honest pairs are accepted."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from itertools import product

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization import PublicFormat as Public

from emulator.local_issuer import LocalIssuer, base64url
from support.fakes.network import Network
from support.identity.hostile_tokens import AUDIENCE, ISSUER, JWKS_URI, claims, now
from support.runs.rounds import report
from vending.errors import Unauthenticated
from vending.identity.authenticate import Authenticator
from vending.policy import Issuer

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PSS = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CURVES = {
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "ES384": ec.generate_private_key(ec.SECP384R1()),
    "ES512": ec.generate_private_key(ec.SECP521R1()),
    "ES256K": ec.generate_private_key(ec.SECP256K1()),
}
EDWARDS = ed25519.Ed25519PrivateKey.generate()
OURS = {
    "RS256": LocalIssuer(ISSUER, audience=AUDIENCE, key=RSA, now=now),
    "ES256": LocalIssuer(ISSUER, audience=AUDIENCE, key=CURVES["ES256"], now=now),
    "PS256": LocalIssuer(ISSUER, audience=AUDIENCE, key=PSS, algorithm="PS256", now=now),
    "EdDSA": LocalIssuer(ISSUER, audience=AUDIENCE, key=EDWARDS, now=now),
}
ONE_KID = "one-kid-for-all"
SHARED = b"a secret of 32 bytes, which is published"
PUBLIC = {
    f"{name} {kind}": key.public_key().public_bytes(encoding, form)
    for name, key in (("RSA", RSA), ("EC", CURVES["ES256"]))
    for kind, encoding, form in (
        ("PEM", Encoding.PEM, Public.SubjectPublicKeyInfo),
        ("DER", Encoding.DER, Public.SubjectPublicKeyInfo),
    )
}
SECRETS: Mapping[str, bytes] = {
    **PUBLIC,
    "JWK": json.dumps(OURS["RS256"].jwk()).encode(),
    "kid": ONE_KID.encode(),
    "oct": SHARED,
    "private": RSA.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    "nothing": b"",
}


def published(kid: str | None) -> dict[str, object]:
    """A key set with everything in it that can be published, under one kid or each its own."""
    oct_key = {"kty": "oct", "k": base64url(SHARED)}
    foreign = [
        json.loads(jwt.algorithms.ECAlgorithm.to_jwk(CURVES[name].public_key()))
        for name in ("ES384", "ES512", "ES256K")
    ]
    keys = [oct_key, *foreign, *(issuer.jwks()["keys"][0] for issuer in OURS.values())]
    return {"keys": [{**key, "kid": kid or f"kid-{n}"} for n, key in enumerate(keys)]}


def gate(kid: str | None) -> Authenticator:
    network = Network()
    network.publish(JWKS_URI, published(kid))
    issuers = [Issuer(ISSUER, AUDIENCE, JWKS_URI)]
    return Authenticator(issuers, {"default"}, keys_of=network.keys, now=now)


def signatures() -> dict[tuple[str, str], Callable[[bytes], bytes]]:
    """Signers by algorithm and key; the header may name any other algorithm."""
    by: dict[tuple[str, str], Callable[[bytes], bytes]] = {}
    for bits in ("256", "384", "512"):
        algorithms = jwt.algorithms.get_default_algorithms()
        for family, name in product(("RS", "PS"), ("RSA", "PSS")):
            algorithm, key = algorithms[f"{family}{bits}"], {"RSA": RSA, "PSS": PSS}[name]
            by[f"{family}{bits}", name] = lambda m, a=algorithm, k=key: a.sign(m, k)  # type: ignore[misc]
        for name, secret in SECRETS.items():
            by[f"HS{bits}", name] = lambda m, s=secret, b=bits: hmac.digest(s, m, f"sha{b}")  # type: ignore[misc]
    for name, curve in CURVES.items():
        algorithm = jwt.algorithms.get_default_algorithms()[name]
        by[name, name] = lambda m, a=algorithm, k=curve: a.sign(m, k)  # type: ignore[misc]
    by["EdDSA", "Ed25519"] = EDWARDS.sign
    by["none", "nothing"] = lambda _: b""
    by["none", "a digest"] = lambda m: hashlib.sha256(m).digest()
    return by


def token(algorithm: str, kid: str, sign: Callable[[bytes], bytes]) -> str:
    header = {"alg": algorithm, "kid": kid, "typ": "JWT"}
    parts = (json.dumps(part).encode() for part in (header, claims()))
    message = ".".join(base64url(part) for part in parts)
    return f"{message}.{base64url(sign(message.encode()))}"


async def accepts(verifier: Authenticator, hostile: str) -> bool:
    try:
        await verifier.authenticate(hostile)
    except Unauthenticated:
        return False
    return True


async def test_only_the_honest_pairs_of_algorithm_and_key_are_believed() -> None:
    """The header says any algorithm, whoever signed; all keys are published under one kid, or each
    under its own.
    """
    said = sorted({"Ed25519", "Ed448"} | {algorithm for algorithm, _ in signatures()})
    accepted, tried = set(), 0
    for kids in ([ONE_KID], [f"kid-{n}" for n in range(8)]):
        verifier = gate(ONE_KID if kids == [ONE_KID] else None)
        for kid in kids:
            for (signed_with, key), sign in signatures().items():
                for algorithm in said:
                    tried += 1
                    if await accepts(verifier, token(algorithm, kid, sign)):
                        accepted.add((algorithm, signed_with, key))

    assert accepted == {
        ("RS256", "RS256", "RSA"),
        ("PS256", "PS256", "PSS"),
        ("ES256", "ES256", "ES256"),
        ("EdDSA", "EdDSA", "Ed25519"),
        ("Ed25519", "EdDSA", "Ed25519"),
    }
    report("algorithm and key confusion", tried, tried, f"{len(accepted)} pairs pass")
