"""Hostile variants of what OpenID Connect allows beyond one audience, two algorithms, a `kid` and
whole seconds: lists in `aud`, EdDSA and PS256, tokens without a `kid`, fractions, long subjects.

As in `hostile_tokens`, each stands beside an honest twin. Sources: OpenID Connect Core 1.0 sections
2, 3.1.3.7 and 10.1, RFC 7518 section 3.5, RFC 8032 sections 5.1.7 and 8.4, RFC 8725.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from emulator.local_issuer import LocalIssuer, base64url
from support.fakes.network import NOW
from support.identity.hostile_tokens import (
    APP,
    AUDIENCE,
    CURVED,
    DAY_S,
    EDWARDS,
    HONEST,
    IDENTITY,
    ISSUER,
    OURS,
    PSS,
    RSA_KEY,
    Case,
    case,
    claims,
    compact,
    now,
    signed,
)
from vending.errors import TokenExpired

SIGNERS = {issuer.algorithm: issuer for issuer in (OURS, PSS, CURVED, EDWARDS)}
LATE_S, AHEAD_S = 60, 60  # how far clocks may differ
ORDER = 2**252 + 27742317777372353535851937790883648493  # of Ed25519's group (RFC 8032 5.1)


def _stranger(key: Any, algorithm: str | None = None) -> LocalIssuer:
    return LocalIssuer(ISSUER, audience=AUDIENCE, key=key, algorithm=algorithm, now=now)


STRANGERS = {
    "RS256": _stranger(rsa.generate_private_key(public_exponent=65537, key_size=2048)),
    "PS256": _stranger(rsa.generate_private_key(public_exponent=65537, key_size=2048), "PS256"),
    "ES256": _stranger(ec.generate_private_key(ec.SECP256R1())),
    "EdDSA": _stranger(ed25519.Ed25519PrivateKey.generate()),
}


def cases() -> Iterator[Case]:
    """All of them, in the order of their numbers."""
    yield from _lists()
    yield from _parties()
    yield from _names_of_algorithms()
    yield from _edwards()
    yield from _pss()
    yield from _without_a_kid()
    yield from _fractions()
    yield from _lives()
    yield from _subjects()
    yield from _other_kinds()


LISTS: dict[str, object] = {
    "nobody": [],
    "an empty name": [""],
    "others": ["other", "another"],
    "others, twice": ["other", "other"],
    "us and another": [AUDIENCE, "other"],
    "another and us": ["other", AUDIENCE],
    "us, our app and another": [AUDIENCE, APP, "other"],
    "us and an empty name": [AUDIENCE, ""],
    "us and 300 others": [AUDIENCE, *(f"other-{n}" for n in range(300))],
    "us and a number": [AUDIENCE, 7],
    "us and true": [AUDIENCE, True],
    "us and null": [AUDIENCE, None],
    "us and an object": [AUDIENCE, {AUDIENCE: True}],
    "us in a list in a list": [[AUDIENCE]],
    "us and us in a list": [AUDIENCE, [AUDIENCE]],
    "us as an object": [{"aud": AUDIENCE}],
    "us in capitals": [AUDIENCE.upper()],
    "us with a space": [f"{AUDIENCE} "],
    "us with a NUL": [f"{AUDIENCE}\0"],
    "our letters": list(AUDIENCE),
    "both of us in one": [f"{AUDIENCE} {APP}"],
    "us with a comma": [f"{AUDIENCE},{APP}"],
    "a longer name": [f"{AUDIENCE}-2"],
    "part of us": [AUDIENCE[:-1]],
    "us in Cyrillic": [AUDIENCE.replace("a", "\N{CYRILLIC SMALL LETTER A}")],
}


def _lists() -> Iterator[Case]:
    for algorithm, issuer in SIGNERS.items():
        for words, audience in LISTS.items():
            hostile, twin = issuer.sign(claims(aud=audience)), issuer.sign(claims(aud=[AUDIENCE]))
            yield case("71", f"aud {words}, {algorithm}", hostile, twin)
    for words, text in {
        "as JSON": f'["{AUDIENCE}"]',
        "with a space between": f"{AUDIENCE} {APP}",
        "with a comma between": f"{AUDIENCE},{APP}",
    }.items():
        yield case("71b", f"aud a list in a text, {words}", signed(aud=text), signed(aud=APP))


def _parties() -> Iterator[Case]:
    """Others in `aud` are borne with only in a token that was made for us."""
    twin = signed(aud=[AUDIENCE, "other"], azp=AUDIENCE)
    for words, party in {
        "another": "other",
        "empty": "",
        "us in capitals": AUDIENCE.upper(),
        "us with a space": f" {AUDIENCE}",
        "a number": 7,
        "true": True,
        "a list of us": [AUDIENCE],
        "an object": {AUDIENCE: True},
        "both of us": f"{AUDIENCE} {APP}",
        "the issuer": ISSUER,
    }.items():
        yield case("72", f"azp {words}", signed(aud=[AUDIENCE, "other"], azp=party), twin)
        yield case("72b", f"azp {words}, first another", signed(aud=["x", APP], azp=party), twin)
    yield case("72c", "azp us, aud others", signed(aud=["other", "x"], azp=AUDIENCE), twin)
    yield case("72d", "azp us, aud another", signed(aud="other", azp=AUDIENCE), twin)
    yield case("72e", "azp us, aud missing", signed(aud=None, azp=AUDIENCE), twin)
    yield case("72f", "azp us, aud empty", signed(aud=[], azp=AUDIENCE), twin)


def _said(issuer: LocalIssuer, algorithm: str, **headers: object) -> str:
    return issuer.sign(claims(), alg=algorithm, **headers)


def _names_of_algorithms() -> Iterator[Case]:
    """The header says another algorithm than the key's, whoever signs."""
    honest = {**SIGNERS}
    for own, issuer in honest.items():
        twin = issuer.sign(claims())
        wrong = [name for name in honest if name != own]
        wrong += ["none", "None", "", "HS256", "RS384", "PS384", "PS512", "ES384", "Ed448"]
        wrong += ["eddsa", "ED25519", "ed25519", "ps256", "EdDSA ", "PS256\0", "ML-DSA-65"]
        wrong += ["Ed25519"] if own != "EdDSA" else []
        for said in wrong:
            yield case("73", f"{own} called {said!r}", _said(issuer, said), twin)
        for name, other in honest.items():
            if name != own:
                hostile = issuer.sign(claims(), kid=other.kid)
                yield case("73b", f"{own} with the kid of a key for {name}", hostile, twin)
                hostile = issuer.sign(claims(), kid=other.kid, alg=name)
                yield case("73c", f"{own} called {name}, with its kid", hostile, twin)
        forged = STRANGERS[own].sign(claims(), kid=issuer.kid)
        yield case("73d", f"{own} by another key of the kind", forged, twin)
        header, payload, signature = twin.split(".")
        for words, cut in {
            "empty": "",
            "half": signature[: len(signature) // 8 * 4],
            "twice": signature[: len(signature) // 4 * 4] * 2,
            "zeros": base64url(bytes(64 if own in ("ES256", "EdDSA") else 256)),
            "ones": base64url(b"\xff" * (64 if own in ("ES256", "EdDSA") else 256)),
        }.items():
            yield case("73e", f"{own}, signature {words}", f"{header}.{payload}.{cut}", twin)


def _mac(secret: bytes, message: bytes) -> bytes:
    return hmac.digest(secret, message, "sha256")


def _edwards() -> Iterator[Case]:
    twin = EDWARDS.sign(claims(), alg="Ed25519")
    key = EDWARDS.key
    assert isinstance(key, ed25519.Ed25519PrivateKey)
    verifying = key.public_key()
    public = {
        "raw": verifying.public_bytes(Encoding.Raw, PublicFormat.Raw),
        "PEM": verifying.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "DER": verifying.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "JWK": json.dumps(EDWARDS.jwk()).encode(),
    }
    for form, secret in public.items():
        for said in ("HS256", "EdDSA", "Ed25519"):
            header = {"alg": said, "kid": EDWARDS.kid}
            token = compact(header, partial(_mac, secret))
            yield case("74", f"{said} by a HMAC with our public key as {form}", token, twin)
    head, payload, _ = twin.split(".")
    signature = key.sign(f"{head}.{payload}".encode())
    point, scalar = signature[:32], int.from_bytes(signature[32:], "little")
    for words, forged in {
        "a scalar above the order": point + (scalar + ORDER).to_bytes(32, "little"),
        "point and scalar swapped": signature[32:] + point,
        "a point of small order": IDENTITY + bytes(32),
        "a byte more": signature + b"\0",
        "a byte less": signature[:-1],
    }.items():
        yield case("74b", f"EdDSA, {words}", f"{head}.{payload}.{base64url(forged)}", twin)
    other = ed448.Ed448PrivateKey.generate()
    for said in ("EdDSA", "Ed25519", "Ed448"):
        token = compact({"alg": said, "kid": EDWARDS.kid}, other.sign)
        yield case("74c", f"{said} by an Ed448 key", token, twin)
        small = {"alg": said, "kid": "small"}
        token = compact(small, lambda _: IDENTITY + bytes(32))
        yield case("74d", f"{said} by a key of small order", token, twin)


def _pss() -> Iterator[Case]:
    twin, sha = PSS.sign(claims()), hashes.SHA256()
    key, header = PSS.key, {"alg": "PS256", "kid": PSS.kid}
    assert isinstance(key, rsa.RSAPrivateKey)
    for salt in (0, 20, 31, 33, 48, 64, padding.PSS.MAX_LENGTH):
        scheme = padding.PSS(padding.MGF1(sha), salt)
        token = compact(header, partial(key.sign, padding=scheme, algorithm=sha))
        yield case("75", f"PS256, a salt of {salt}", token, twin)
    usual = padding.PSS(padding.MGF1(sha), 32)
    for words, sign in {
        "MGF1 by SHA-1": lambda m: key.sign(m, padding.PSS(padding.MGF1(hashes.SHA1()), 32), sha),
        "by SHA-384": lambda m: key.sign(m, usual, hashes.SHA384()),
        "PKCS#1 v1.5": lambda m: key.sign(m, padding.PKCS1v15(), sha),
        "by the key for RS256": lambda m: RSA_KEY.sign(m, usual, sha),
    }.items():
        yield case("75b", f"PS256, {words}", compact(header, sign), twin)
    for said in ("RS256", "PS256"):
        named = {"alg": said, "kid": OURS.kid}
        token = compact(named, lambda m: RSA_KEY.sign(m, usual, sha))
        yield case("75c", f"{said}, PSS by the key for RS256, its kid", token, twin)


def _without_a_kid() -> Iterator[Case]:
    """One key fits ES256, EdDSA and PS256; several fit RS256."""
    twin = CURVED.sign(claims(), kid=None)
    for algorithm, stranger in STRANGERS.items():
        forged = stranger.sign(claims(), kid=None)
        yield case("76", f"no kid, {algorithm} by another key", forged, twin)
        for said in ("none", "HS256", *STRANGERS):
            if said != algorithm:
                forged = stranger.sign(claims(), kid=None, alg=said)
                yield case("76b", f"no kid, {algorithm} called {said}", forged, twin)
    yield case("76c", "no kid, several keys fit", OURS.sign(claims(), kid=None), twin)
    body = json.dumps(claims()).encode()
    for words, kid in {"null": "null", "false": "false", "0": "0", "an empty text": '""'}.items():
        header = f'{{"alg": "ES256", "kid": {kid}}}'.encode()
        yield case("76d", f"kid {words}", CURVED.sign_bytes(header, body), twin)


def _fractions() -> Iterator[Case]:
    twin = signed(exp=NOW - LATE_S + 0.5, iat=NOW + AHEAD_S - 0.5)
    yield case("77", "exp past by a fraction", signed(exp=NOW - LATE_S - 0.5), twin, TokenExpired)
    for name in ("iat", "nbf", "auth_time"):
        ahead = signed(**{name: NOW + AHEAD_S + 0.5})
        yield case("77b", f"{name} ahead by a fraction", ahead, twin)
    for name in ("exp", "iat", "nbf", "auth_time"):
        for words, value in {
            "a fraction below zero": -0.5,
            "1e300": 1e300,
            "a text": f"{NOW}.5",
            "a text with an exponent": "1.8e9",
            "a list of a fraction": [NOW + 0.5],
            "an object": {"seconds": NOW + 0.5},
            "past the year 9999 by a fraction": 253402300799.5,
            "Infinity": float("inf"),
        }.items():
            yield case("77c", f"{name} {words}", signed(**{name: value}), twin)


def _lives() -> Iterator[Case]:
    twin = signed(iat=NOW, exp=NOW + DAY_S)
    for words, begins, ends in (
        ("a second more than a day", NOW, NOW + DAY_S + 1),
        ("half a second more than a day", NOW, NOW + DAY_S + 0.5),
        ("a day, since yesterday and a second", NOW - DAY_S - 1, NOW + 1),
        ("a month", NOW, NOW + 30 * DAY_S),
        ("until the year 9999", NOW, 253402300799),
        ("since 1970", 0, NOW + 3600),
        ("a year, about over", NOW - 365 * DAY_S, NOW + 1),
    ):
        yield case("78", f"a life of {words}", signed(iat=begins, exp=ends), twin)
        admin = signed(iat=begins, exp=ends, admin=True)
        yield case("78b", f"an admin's life of {words}", admin, signed(admin=True))


def _subjects() -> Iterator[Case]:
    twin = signed(sub="s" * 255)
    for words, subject in {
        "of 256 characters": "s" * 256,
        "of 4,000 characters": "s" * 4000,
        "of 256 astral characters": "\U00010348" * 256,
        "long, with NUL": "s" * 200 + "\0",
        "long, with a line separator": "s" * 200 + "\u2028",
        "long, with a zero-width joiner": "s" * 200 + "\u200d",
        "true": True,
        "a fraction": 1.5,
        "an object": {"sub": "alice"},
    }.items():
        yield case("79", f"sub {words}", signed(sub=subject), twin)


def _other_kinds() -> Iterator[Case]:
    """What an issuer signs for us, with the same keys, and is no ID token."""
    event: dict[str, object] = {"http://schemas.openid.net/event/backchannel-logout": {}}
    yield case("80", "a logout token", signed(events=event, sid="s", aud=[AUDIENCE]))
    yield case("80b", "a security event", signed(events={"urn:x": {"why": "unknown"}}))
    for kind in ("Bearer", "DPoP", "Refresh", "Offline", "Logout"):
        hostile, twin = signed(typ=kind, aud=[AUDIENCE]), signed(typ="ID", aud=[AUDIENCE])
        yield case("80c", f"Keycloak's {kind} token", hostile, twin)
    yield case("80d", "Cognito's access token", signed(token_use="access"), signed(token_use="id"))
    kinds = ("logout+jwt", "dpop+jwt", "secevent+jwt", "application/at+jwt", "oauth-authz-req+jwt")
    for kind in kinds:
        hostile = OURS.sign(claims(aud=[AUDIENCE]), typ=kind)
        yield case("80e", f"typ {kind}", hostile, HONEST)
    yield from _of_programs()


def _of_programs() -> Iterator[Case]:
    """What issuers sign for programs, or for APIs, with their `iss`, our `aud` and `typ` JWT.

    https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
    https://docs.cloud.google.com/docs/authentication/token-types: whoever asks chooses `aud`
    """
    for words, party in {"another app": "other", "our page": AUDIENCE, "our app": APP}.items():
        hostile, twin = signed(azp=party, azpacr="1", ver="2.0"), signed(azp=party, ver="2.0")
        yield case("80f", f"Entra's access token of {words}", hostile, twin)
    account = "112010400000000710080"
    hostile, twin = signed(sub=account, azp=account), signed(sub=account, azp="1-x.example")
    yield case("80g", "Google's ID token of a service account", hostile, twin)


NEW_CASES = tuple(cases())
