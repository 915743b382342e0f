"""App Check tokens, good and bad, and the keys that Google publishes for them."""

from __future__ import annotations

from emulator.local_issuer import LocalIssuer
from support.fakes.network import NOW, Clock, Network
from vending.identity.app_check import JWKS_URI

GOOGLE = LocalIssuer("https://firebaseappcheck.googleapis.com/123456", now=Clock(NOW))
OTHER = LocalIssuer(GOOGLE.issuer, now=Clock(NOW))


GOOD_CLAIMS: dict[str, object] = {
    "iss": GOOGLE.issuer,
    "aud": ["projects/123456", "projects/livepass"],
    "sub": "1:123456:web:abcdef",
    "iat": NOW,
    "exp": NOW + 3600,
}


def app_token(**changed: object) -> str:
    claims = {**GOOD_CLAIMS, **changed}
    return GOOGLE.sign({name: value for name, value in claims.items() if value is not None})


def google() -> Network:
    network = Network()
    network.publish(JWKS_URI, GOOGLE.jwks())
    return network


BAD = {
    "nonsense": ("x",),
    "an empty header": ("",),
    "two headers": (app_token(), app_token()),
    "two in one header": (f"{app_token()}, {app_token()}",),
    "another project's issuer": (app_token(iss="https://firebaseappcheck.googleapis.com/654321"),),
    "another project's audience": (app_token(aud=["projects/654321", "projects/other"]),),
    "an audience that is no list": (app_token(aud="projects/123456"),),
    "an audience of objects": (app_token(aud=[{"projects/123456": 1}]),),
    "no audience": (app_token(aud=None),),
    "no subject": (app_token(sub=None),),
    "expired": (app_token(exp=NOW - 10),),
    "another's signature": (OTHER.sign(GOOD_CLAIMS, kid=GOOGLE.kid),),
    "an access token's typ": (GOOGLE.sign(GOOD_CLAIMS, typ="at+jwt"),),
    "too long": (app_token(padding="x" * 16_384),),
}
