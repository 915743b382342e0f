"""Tokens that must open nothing: 66 named cases, each beside an honest twin that must pass.

A case has a number and words. Its twin is the nearest token that is good: the same thing one step
inside the bound, or the same claims and headers with an honest signature.

Of the list of 70 these are not here, because no token can show them:
59, 60 (revoked, disabled user): only Firebase's admin API knows; a token lives an hour at most.
68 (token in the query string): it never gets this far; nothing reads a query.
70 (App Check token used twice): not an ID token; see `security.attacks.test_app_tokens`.
The other half of 61 (no start with FIREBASE_AUTH_EMULATOR_HOST set) belongs to the settings.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import json
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from emulator.local_issuer import LocalIssuer, PrivateKey, base64url
from support.fakes.network import NOW, Network
from vending.errors import Forbidden, TokenExpired, Unauthenticated
from vending.identity.authenticate import Authenticator
from vending.policy import Issuer

ISSUER = "https://securetoken.google.com/livepass"
AUDIENCE = "livepass"
APP = "livepass-app"  # the other audience that is us
JWKS_URI = "https://www.googleapis.com/service_accounts/v1/jwk/securetoken"
EVIL = "https://evil.example/keys"
DAY_S = 24 * 3600


def now() -> float:
    """The moment of all tests."""
    return NOW


def _rsa(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def _issuer(key: PrivateKey, algorithm: str | None = None) -> LocalIssuer:
    return LocalIssuer(ISSUER, audience=AUDIENCE, key=key, algorithm=algorithm, now=now)


RSA_KEY = _rsa()
OURS = _issuer(RSA_KEY)
CURVED = _issuer(ec.generate_private_key(ec.SECP256R1()))
EDWARDS = _issuer(ed25519.Ed25519PrivateKey.generate())
PSS = _issuer(_rsa(), "PS256")
WEAK = _issuer(_rsa(1024))
ATTACKER = _issuer(_rsa())
IDENTITY = b"\x01" + bytes(31)  # the point of Edwards' curve that adds nothing
SMALL = {"kty": "OKP", "crv": "Ed25519", "kid": "small", "x": base64url(IDENTITY)}
KIDS = ("k", "k" * 256, "k" * 257, "")
PUBLISHED: dict[str, list[dict[str, str]]] = {
    "keys": [
        *(issuer.jwks()["keys"][0] for issuer in (OURS, CURVED, EDWARDS, PSS, WEAK)),
        *({**OURS.jwk(), "kid": kid} for kid in KIDS),
        SMALL,
    ]
}


def network(*more: Mapping[str, str]) -> Network:
    """A network where our issuer publishes its keys, and more, and the attacker theirs."""
    network = Network()
    network.publish(JWKS_URI, {"keys": [*PUBLISHED["keys"], *more]})
    network.publish(EVIL, ATTACKER.jwks())
    return network


def authenticator(network: Network) -> Authenticator:
    """The verifier as in production, but for its network and its clock."""
    return Authenticator(
        [Issuer(ISSUER, AUDIENCE, JWKS_URI, other_audiences=(APP,))],
        {"default", "guest", "gold"},
        keys_of=network.keys,
        now=now,
    )


def claims(**changed: object) -> dict[str, object]:
    """The claims of a Firebase user who signed in just now; None takes one out."""
    usual = OURS.claims("alice") | {
        "firebase": {
            "sign_in_provider": "password",
            "identities": {"email": ["alice@example.com"]},
        }
    }
    return {name: value for name, value in (usual | changed).items() if value is not None}


def signed(**changed: object) -> str:
    """An honestly signed token with some claims changed."""
    return OURS.sign(claims(**changed))


def headed(**headers: object) -> str:
    """An honestly signed token with some headers changed."""
    return OURS.sign(claims(), **headers)


HONEST = signed()
_HEADER = {"alg": "RS256", "kid": OURS.kid, "typ": "JWT"}


@dataclass(frozen=True, slots=True)
class Case:
    """One hostile token and its honest twin, each as the Authorization headers that bring it."""

    number: str
    words: str
    hostile: tuple[str, ...]
    twin: tuple[str, ...]
    error: type[Exception]

    def __str__(self) -> str:
        return f"{self.number} {self.words}"


def case(
    number: str,
    words: str,
    hostile: str | tuple[str, ...],
    twin: str | tuple[str, ...] = HONEST,
    error: type[Exception] = Unauthenticated,
) -> Case:
    """Build a case of two tokens, or of two tuples of headers."""
    return Case(number, words, _as_headers(hostile), _as_headers(twin), error)


def _as_headers(brought: str | tuple[str, ...]) -> tuple[str, ...]:
    return (f"Bearer {brought}",) if isinstance(brought, str) else brought


def compact(header: Mapping[str, object], sign: Callable[[bytes], bytes]) -> str:
    """A token of usual claims with any header and any signature."""
    head, payload = json.dumps(header).encode(), json.dumps(claims()).encode()
    message = f"{base64url(head)}.{base64url(payload)}"
    return f"{message}.{base64url(sign(message.encode()))}"


def cases() -> Iterator[Case]:
    """All of them, in the order of their numbers."""
    yield from _algorithms()
    yield from _unsigned()
    yield from _secrets_that_are_public()
    yield from _other_algorithms()
    yield from _key_ids()
    yield from _keys_brought_along()
    yield from _extensions()
    yield from _expiries()
    yield from _futures()
    yield from _audiences()
    yield from _issuers()
    yield from _subjects()
    yield from _other_signers()
    yield from _shapes()
    yield from _headers()
    yield from _guests()


def _algorithms() -> Iterator[Case]:
    signature = HONEST.rsplit(".", 1)[1]
    for number, algorithm in enumerate(("none", "None", "nOnE", ""), 1):
        unsigned = compact(_HEADER | {"alg": algorithm}, lambda _: b"")
        yield case(str(number), f"alg '{algorithm}', unsigned", unsigned)
        yield case(f"{number}b", f"alg '{algorithm}', old signature", unsigned + signature)
        yield case(f"{number}c", f"alg '{algorithm}', well signed", headed(alg=algorithm))
    yield case("5", "alg missing", headed(alg=None))
    yield case("6", "alg a list", headed(alg=["RS256"]))


def _unsigned() -> Iterator[Case]:
    header, payload, signature = HONEST.split(".")
    yield case("7", "empty signature", f"{header}.{payload}.")
    yield case("8", "signature cut off halfway", HONEST[: -len(signature) // 2])
    yield case("8b", "a signature of zeros", f"{header}.{payload}.{base64url(bytes(256))}")
    yield case("9", "two segments", f"{header}.{payload}")
    yield case("10", "a segment more", f"{HONEST}.{signature}")
    yield case("10b", "an empty segment more", f"{HONEST}.")
    yield case("10c", "an empty payload", f"{header}..{signature}")


def _certificate() -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "livepass")])
    start = datetime.datetime.fromtimestamp(NOW, datetime.UTC)
    unsigned = (
        x509.CertificateBuilder(name, name, RSA_KEY.public_key(), 1)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=30))
    )
    return unsigned.sign(RSA_KEY, hashes.SHA256()).public_bytes(Encoding.PEM)


def _secrets_that_are_public() -> Iterator[Case]:
    public = RSA_KEY.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    secrets = {
        "PEM": pem,
        "DER": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "PKCS#1": public.public_bytes(Encoding.PEM, PublicFormat.PKCS1),
        "JWK": json.dumps(OURS.jwks()["keys"][0]).encode(),
        "PEM without its last newline": pem.rstrip(b"\n"),
        "x5c certificate": _certificate(),
    }
    for number, (form, secret) in enumerate(secrets.items(), 11):
        for bits in (256, 384, 512):
            yield case(str(number), f"HS{bits} with our public key as {form}", _hmac(bits, secret))


def _hmac(bits: int, secret: bytes) -> str:
    return compact(
        _HEADER | {"alg": f"HS{bits}"},
        lambda message: hmac.digest(secret, message, f"sha{bits}"),
    )


def _other_algorithms() -> Iterator[Case]:
    pkcs1, twin = padding.PKCS1v15(), CURVED.sign(claims())
    others = {
        "RS384": lambda message: RSA_KEY.sign(message, pkcs1, hashes.SHA384()),
        "RS512": lambda message: RSA_KEY.sign(message, pkcs1, hashes.SHA512()),
        "PS256": lambda message: RSA_KEY.sign(
            message, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256()
        ),
    }
    for number, (algorithm, sign) in enumerate(others.items(), 17):
        yield case(str(number), algorithm, compact(_HEADER | {"alg": algorithm}, sign))
        yield case(f"{number}b", f"{algorithm} called RS256", compact(_HEADER, sign))
    curved = {"alg": "ES256", "kid": CURVED.kid}
    yield case("20", "ES256 with (r, s) = (0, 0)", compact(curved, lambda _: bytes(64)), twin)
    yield case("20b", "ES256 by the name of an RSA key", headed(alg="ES256"), twin)
    yield case("20c", "RS256 by the name of a P-256 key", headed(kid=CURVED.kid), twin)
    yield case("21", "a published RSA key of 1024 bits", WEAK.sign(claims()))


def _key_ids() -> Iterator[Case]:
    yield case("22", "kid missing", headed(kid=None))
    yield case("22b", "kid empty", headed(kid=""))
    yield case("23", "kid unknown", headed(kid="unknown"))
    yield case("24", "kid a number", headed(kid=1))
    yield case("24b", "kid a list", headed(kid=[OURS.kid]))
    yield case("24c", "kid an object", headed(kid={"kid": OURS.kid}))
    yield case("25", "kid of 10 kB", headed(kid="k" * 10_000))
    yield case("25b", "kid of 257 characters", headed(kid="k" * 257), headed(kid="k" * 256))
    yield case("26", "kid ../../dev/null", headed(kid="../../dev/null"))
    yield case("27", "kid of SQL", headed(kid="x' UNION SELECT 'key' --"))
    yield case("27b", "kid of CR LF", headed(kid=f"{OURS.kid}\r\nX-Admin: 1"))
    yield case("27c", "kid in other case", headed(kid=OURS.kid.swapcase()))


def _keys_brought_along() -> Iterator[Case]:
    key = {**ATTACKER.jwk(), "kid": ATTACKER.kid}
    thumbprint = base64url(hashlib.sha1(b"certificate", usedforsecurity=False).digest())
    brought: dict[str, object] = {
        "jku": EVIL,
        "x5u": EVIL,
        "jwk": key,
        "x5c": ["MIIB"],
        "x5t": thumbprint,
    }
    for number, (name, value) in enumerate(brought.items(), 28):
        twin = headed(**{name: value})  # from us it means nothing, either
        for words, kid in (("our kid", OURS.kid), ("their kid", ATTACKER.kid)):
            hostile = ATTACKER.sign(claims(), kid=kid, **{name: value})
            yield case(str(number), f"{name} of the attacker, {words}", hostile, twin)


def _extensions() -> Iterator[Case]:
    yield case("33", "crit unknown", headed(crit=["exp"], exp=NOW))
    yield case("33b", "crit empty", headed(crit=[]))
    yield case("34", "b64 false", headed(b64=False, crit=["b64"]))
    yield case("34b", "b64 false and not critical", headed(b64=False))
    yield case("34c", "b64 true", headed(b64=True))
    yield case("34d", "b64 true and critical", headed(b64=True, crit=["b64"]))
    for kind in ("at+jwt", "JWE", "", 1, ["JWT"]):
        yield case("35", f"typ {kind!r}", headed(typ=kind), headed(typ="jwt"))
    yield case("35b", "cty JWT: a token in a token", headed(cty="JWT"), headed(typ=None))


def _expiries() -> Iterator[Case]:
    twin = signed(exp=NOW - 59)
    yield case("36", "exp past", signed(exp=NOW - 60), twin, TokenExpired)
    yield case("37", "exp missing", signed(exp=None), twin)
    yield case("38", "exp a string", signed(exp=str(NOW + 3600)), twin)
    yield case("39", "exp NaN", signed(exp=float("nan")), twin)
    yield case("39b", "exp Infinity", signed(exp=float("inf")), twin)
    yield case("40", "exp 1e308", signed(exp=1e308), twin)
    yield case("40b", "exp 1e999", _with_exp("1e999"), _with_exp(str(NOW + 9)))
    yield case(
        "40c", "exp past the year 9999", _with_exp("253402300800"), _with_exp(str(NOW + DAY_S))
    )
    yield case("40d", "exp of 5,000 digits", _with_exp("9" * 5000), twin)
    yield case("40e", "exp past by a fraction", signed(exp=NOW - 60.5), twin, TokenExpired)
    yield case("41", "exp negative", signed(exp=-1), twin)
    yield case("41b", "exp true", signed(exp=True), twin)
    yield case("41c", "exp a list", signed(exp=[NOW + 3600]), twin)


def _with_exp(number: str) -> str:
    payload = json.dumps(claims(exp="here")).replace('"here"', number)
    return OURS.sign_bytes(json.dumps(_HEADER).encode(), payload.encode())


def _futures() -> Iterator[Case]:
    for number, name in (("42", "nbf"), ("43", "iat"), ("44", "auth_time")):
        twin = signed(**{name: NOW + 60})
        yield case(number, f"{name} in the future", signed(**{name: NOW + 61}), twin)
        yield case(f"{number}b", f"{name} a string", signed(**{name: str(NOW)}), twin)
        yield case(f"{number}c", f"{name} NaN", signed(**{name: float("nan")}), twin)
        yield case(f"{number}d", f"{name} negative", signed(**{name: -1}), twin)
        yield case(f"{number}e", f"{name} true", signed(**{name: True}), twin)
    yield case("43f", "iat missing", signed(iat=None))


def _audiences() -> Iterator[Case]:
    yield case("45", "aud another project", signed(aud="other"))
    yield case("46", "aud a list with ours", signed(aud=[AUDIENCE, "other"]))
    yield case("47", "aud a list of others only", signed(aud=["other"]), signed(aud=[AUDIENCE]))
    yield case("48", "aud missing", signed(aud=None))
    yield case("49", "aud a number", signed(aud=1))
    homoglyph = AUDIENCE.replace("a", "\N{CYRILLIC SMALL LETTER A}")
    for near in ("my-livepass", "livepass-2", "livepas", "Livepass", "livepass ", "", homoglyph):
        yield case("50", f"aud '{near}'", signed(aud=near))
    yield case("50b", "aud an object", signed(aud={AUDIENCE: True}))


def _issuers() -> Iterator[Case]:
    toolkit = "https://identitytoolkit.googleapis.com/google.identity.identitytoolkit.v1"
    yield case("51", "iss another project", signed(iss="https://securetoken.google.com/other"))
    yield case("51b", "iss missing", signed(iss=None))
    yield case("51c", "iss a list", signed(iss=[ISSUER]))
    yield case("51d", "iss an object", signed(iss={ISSUER: 1}))
    yield case("52", "iss with http:", signed(iss=ISSUER.replace("https:", "http:")))
    yield case("53", "iss with a slash more", signed(iss=f"{ISSUER}/"))
    cookie = ISSUER.replace("securetoken", "session.firebase")
    yield case("54", "iss of session cookies", signed(iss=cookie))
    account = "firebase-adminsdk@livepass.iam.gserviceaccount.com"
    custom = signed(iss=account, sub=account, aud=f"{toolkit}.IdentityToolkit", uid="alice")
    yield case("55", "a custom token", custom)
    yield case("55b", "aud of custom tokens", signed(aud=f"{toolkit}.IdentityToolkit"))


def _subjects() -> Iterator[Case]:
    twin = signed(sub="s" * 255)
    yield case("56", "sub missing", signed(sub=None), twin)
    for words, subject in {
        "empty": "",
        "of 256 characters": "s" * 256,
        "a number": 7,
        "a list": ["alice"],
        "with NUL": "alice\0",
        "with CR LF": "alice\r\nadmin",
        "with a lone surrogate": "alice\ud800",
        "turned from right to left": "alice\N{RIGHT-TO-LEFT OVERRIDE}",
    }.items():
        yield case("56", f"sub {words}", signed(sub=subject), twin)


def _other_signers() -> Iterator[Case]:
    google = LocalIssuer("https://accounts.google.com", audience=AUDIENCE, now=now)
    yield case("57", "wrong key, right kid", ATTACKER.sign(claims(), kid=OURS.kid))
    yield case("58", "an ID token of Google OAuth", google.id_token("alice"))
    yield case("58b", "signed by Google OAuth, our iss", google.sign(claims()))
    emulated = compact({"alg": "none", "typ": "JWT"}, lambda _: b"")
    yield case("61", "unsigned, as Firebase's emulator makes them", emulated)


def _shapes() -> Iterator[Case]:
    header, payload, signature = HONEST.split(".")
    head, body = json.dumps(_HEADER), json.dumps(claims())
    yield case("62", "1 MB", signed(padding="x" * 1_000_000), signed(padding="x" * 11_000))
    yield case("63", "100,000 dots", "." * 100_000)
    yield case("63b", "16,000 dots", "." * 16_000)
    yield case("64", "deep header", OURS.sign_bytes(_deep(head, 2500), body.encode()))
    yield case(
        "64b",
        "header of 9 levels",
        OURS.sign_bytes(_deep(head, 8), body.encode()),
        OURS.sign_bytes(_deep(head, 7), body.encode()),
    )
    yield case("64c", "deep payload", OURS.sign_bytes(head.encode(), _deep(body, 2500)))
    bodies: dict[str, str | bytes] = {
        "sub twice": body.replace("{", '{"sub": "admin", ', 1),
        "a name twice, deep down": body.replace('"identities": {', '"identities": {"email": [], '),
        "NaN where nobody looks": body.replace("{", '{"nobody": NaN, ', 1),
        "1e999 where nobody looks": body.replace("{", '{"nobody": 1e999, ', 1),
        "a lone surrogate where nobody looks": body.replace("{", r'{"nobody": "\ud800", ', 1),
        "an array": f"[{body}]",
        "a string": '"alice"',
        "not JSON": body[:-1],
        "nothing": " ",
        "two values": f"{body}{body}",
        "a byte order mark": f"\ufeff{body}",
        "UTF-16": body.encode("utf-16"),
        "Latin-1": body.replace("alice", "ali\xe7e").encode("latin-1"),
    }
    for words, hostile_body in bodies.items():
        raw = hostile_body if isinstance(hostile_body, bytes) else hostile_body.encode()
        yield case("65", f"payload: {words}", OURS.sign_bytes(head.encode(), raw))
    twice = head.replace("{", '{"alg": "none", ', 1)
    yield case("65b", "header: alg twice", OURS.sign_bytes(twice.encode(), body.encode()))
    yield case("65c", "header: an array", OURS.sign_bytes(f"[{head}]".encode(), body.encode()))
    for words, token in {
        "padding": f"{header}.{payload}.{signature}==",
        "padding inside": f"{header}=.{payload}.{signature}",
        "the other alphabet": f"{header}.{payload}.{signature[:-2]}+/",
        "an umlaut": f"{header}.{payload}.{signature[:-1]}ä",
        "a space inside": f"{header}. {payload}.{signature}",
        "a space behind": f"{HONEST} ",
        "a newline behind": f"{HONEST}\n",
        "a space before": f" {HONEST}",
        "a percent sign": f"{header}%2E{payload}.{signature}",
        "another last bit": HONEST[:-1] + _next(HONEST[-1]),
    }.items():
        yield case("66", f"not base64url: {words}", token)


def _deep(document: str, levels: int) -> bytes:
    """The object with an array of so many levels in it."""
    return document.replace("{", f'{{"deep": {"[" * levels}{"]" * levels}, ', 1).encode()


def _next(character: str) -> str:
    """The last character of 256 bytes has two bits that say nothing; set one of them."""
    alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    return alphabet[alphabet.index(character) + 1]


def _headers() -> Iterator[Case]:
    good, lower = f"Bearer {HONEST}", (f"bearer {HONEST}",)
    yield case("67", "Authorization twice", (good, good), lower)
    yield case("67b", "Authorization twice, one bad", (good, "Bearer x"), lower)
    yield case("67c", "two in one header", (f"{good}, {good}",), lower)
    yield case("67d", "tab after the scheme", (f"Bearer\t{HONEST}",), lower)
    yield case("67e", "two spaces after the scheme", (f"Bearer  {HONEST}",), lower)
    yield case("67f", "no scheme", (HONEST,), (f"BEARER {HONEST}",))
    yield case("67g", "scheme Basic", (f"Basic {HONEST}",), lower)
    yield case("67h", "scheme Token", (f"Token {HONEST}",), lower)
    yield case("67i", "no header", (), lower)
    yield case("67j", "an empty header", ("",), lower)
    yield case("67k", "the scheme alone", ("Bearer",), lower)
    yield case("67l", "the scheme and a space", ("Bearer ",), lower)


def _guests() -> Iterator[Case]:
    """Well signed, and known: these are forbidden (403), not unauthenticated."""
    for words, claim in {
        "anonymous": {"sign_in_provider": "anonymous", "identities": {}},
        "of a tenant": {"sign_in_provider": "password", "tenant": "other-abcde"},
    }.items():
        yield case("69", f"user {words}", signed(firebase=claim), HONEST, Forbidden)
    anonymous = signed(provider_id="anonymous")
    yield case("69b", "user anonymous, the other claim", anonymous, HONEST, Forbidden)


CASES = tuple(cases())
