"""A valid token becomes one caller with one alias and one tier, and nothing else is kept of it."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from emulator.local_issuer import LocalIssuer
from support.fakes.network import NOW, Clock, Network
from vending.errors import (
    Forbidden,
    IdentityUnavailable,
    NotSigned,
    TokenExpired,
    Unauthenticated,
)
from vending.identity.authenticate import Authenticator, Caller, Lifetimes
from vending.policy import Issuer

TIERS = {"default", "guest", "gold"}


def issuer(name: str = "https://one.example", *, curved: bool = False) -> LocalIssuer:
    key = ec.generate_private_key(ec.SECP256R1()) if curved else None
    return LocalIssuer(name, key=key, now=Clock(NOW))


ONE, TWO = issuer(), issuer("https://two.example", curved=True)


def gate(
    *issuers: Issuer,
    now: float = NOW,
    allow_anonymous: bool = False,
    tier_claim: str = "tier",
    lifetimes: Lifetimes = Lifetimes(),  # noqa: B008 - frozen
) -> Authenticator:
    """Knows both issuers unless told otherwise."""
    network = Network()
    for local in (ONE, TWO):
        network.publish(f"{local.issuer}/jwks.json", local.jwks())
        network.publish(f"{local.issuer}/.well-known/openid-configuration", local.discovery())
    known = [Issuer(local.issuer, "livepass", tier_claim=tier_claim) for local in (ONE, TWO)]
    return Authenticator(
        issuers or known,
        TIERS,
        allow_anonymous=allow_anonymous,
        lifetimes=lifetimes,
        keys_of=network.keys,
        now=Clock(now),
    )


def firebase(**claim: object) -> dict[str, object]:
    return {**ONE.claims("alice"), "firebase": claim}


async def test_caller_is_the_hash_of_issuer_and_subject() -> None:
    caller = await gate().authenticate(ONE.id_token("alice"))

    digest = hashlib.sha256(b"https://one.example|alice").hexdigest()
    assert caller == Caller(user=digest[:40], tier="default")


async def test_caller_tells_nothing_of_who_it_is() -> None:
    caller = await gate().authenticate(ONE.id_token("alice"))

    assert "alice" not in repr(caller)
    assert "example" not in repr(caller)
    assert not hasattr(caller, "__dict__")


async def test_one_person_is_one_caller_whatever_else_the_token_says() -> None:
    at_the_gate = gate()

    first = await at_the_gate.authenticate(ONE.id_token("alice"))
    later = await at_the_gate.authenticate(
        ONE.sign({**ONE.claims("alice"), "email": "new@example.com", "iat": NOW - 60})
    )

    assert first == later


@pytest.mark.parametrize("then", [1_500_000_000, 4_000_000_000], ids=["2017", "2096"])
async def test_times_are_those_of_the_clock_we_are_given_and_of_no_other(then: int) -> None:
    claims = {**ONE.claims("alice"), "iat": then - 60, "exp": then + 60, "auth_time": then - 60}

    assert await gate(now=then).authenticate(ONE.sign({**claims, "nbf": then - 60}))


async def test_claim_that_is_not_read_may_be_anything() -> None:
    assert await gate().authenticate(ONE.sign({**ONE.claims("alice"), "jti": 7}))


@pytest.mark.parametrize(
    ("name", "said"),
    [*((name, "MissingRequiredClaimError") for name in ("sub", "iat", "exp")), ("aud", "aud is")],
)
async def test_claim_that_must_be_there_is_missed(name: str, said: str) -> None:
    claims = {key: value for key, value in ONE.claims("alice").items() if key != name}

    with pytest.raises(Unauthenticated, match=said):
        await gate().authenticate(ONE.sign(claims))


async def test_one_subject_of_two_issuers_is_two_callers() -> None:
    at_the_gate = gate()

    one = await at_the_gate.authenticate(ONE.id_token("alice"))
    two = await at_the_gate.authenticate(TWO.id_token("alice"))

    assert one.user != two.user


async def test_one_issuer_cannot_sign_for_another() -> None:
    forged = TWO.sign(ONE.claims("alice"))

    with pytest.raises(Unauthenticated):
        await gate().authenticate(forged)


async def test_each_issuer_has_its_own_audience() -> None:
    at_the_gate = gate(Issuer(ONE.issuer, "app-one"), Issuer(TWO.issuer, "app-two"))

    assert await at_the_gate.authenticate(ONE.sign({**ONE.claims("alice"), "aud": "app-one"}))
    with pytest.raises(Unauthenticated):
        await at_the_gate.authenticate(ONE.sign({**ONE.claims("alice"), "aud": "app-two"}))


async def test_token_lives_a_minute_longer_than_it_says() -> None:
    token = ONE.sign({**ONE.claims("alice"), "exp": NOW})

    assert await gate(now=NOW + 59.9).authenticate(token)
    with pytest.raises(TokenExpired) as refusal:
        await gate(now=NOW + 60).authenticate(token)
    assert (refusal.value.status, refusal.value.code) == (401, "token-expired")


async def test_expired_token_of_somebody_else_is_not_called_expired() -> None:
    other = LocalIssuer(ONE.issuer, now=Clock(NOW))
    token = other.sign({**ONE.claims("alice"), "exp": NOW - 600}, kid=ONE.kid)

    with pytest.raises(Unauthenticated) as refusal:
        await gate().authenticate(token)

    assert not isinstance(refusal.value, TokenExpired)


async def test_issuer_whose_clock_is_a_minute_ahead_is_believed() -> None:
    token = ONE.id_token("alice")

    assert await gate(now=NOW - 60).authenticate(token)
    with pytest.raises(Unauthenticated):
        await gate(now=NOW - 60.5).authenticate(token)


@pytest.mark.parametrize(
    ("claim", "tier"),
    [
        ("gold", "gold"),
        ("guest", "guest"),
        ("default", "default"),
        ("platinum", "default"),
        ("Gold", "default"),
        ("", "default"),
        (None, "default"),
        (["gold"], "default"),
        ({"gold": True}, "default"),
        (1, "default"),
    ],
)
async def test_tier_is_a_configured_one_or_the_default(claim: object, tier: str) -> None:
    caller = await gate().authenticate(ONE.sign({**ONE.claims("alice"), "tier": claim}))

    assert caller.tier == tier


async def test_tier_is_read_from_the_claim_that_the_settings_name() -> None:
    token = ONE.sign({**ONE.claims("alice"), "tier": "guest", "plan": "gold"})

    caller = await gate(tier_claim="plan").authenticate(token)

    assert caller.tier == "gold"


@pytest.mark.parametrize(
    "claims",
    [
        firebase(sign_in_provider="anonymous"),
        {**ONE.claims("alice"), "provider_id": "anonymous"},
        {**firebase(sign_in_provider="anonymous"), "tier": "gold"},
    ],
)
async def test_anonymous_user_is_a_guest_where_guests_are_allowed(
    claims: dict[str, object],
) -> None:
    token = ONE.sign(claims)

    caller = await gate(allow_anonymous=True).authenticate(token)
    with pytest.raises(Forbidden) as refusal:
        await gate().authenticate(token)

    assert caller.tier == "guest"
    assert refusal.value.status == 403


@pytest.mark.parametrize("odd", ["anonymous", ["anonymous"], None, 1, {}])
async def test_odd_firebase_claim_is_nobodys_error(odd: object) -> None:
    caller = await gate().authenticate(ONE.sign({**ONE.claims("alice"), "firebase": odd}))

    assert caller.tier == "default"


async def test_user_of_a_tenant_is_not_mistaken_for_one_of_the_project() -> None:
    with pytest.raises(Forbidden):
        await gate(allow_anonymous=True).authenticate(ONE.sign(firebase(tenant="acme-1")))


async def test_one_issuer_that_is_down_does_not_lock_out_the_others() -> None:
    network = Network()
    network.publish(f"{ONE.issuer}/jwks.json", ONE.jwks())
    issuers = [Issuer(i.issuer, "livepass", f"{i.issuer}/jwks.json") for i in (ONE, TWO)]
    half = Authenticator(issuers, TIERS, keys_of=network.keys, now=Clock(NOW))

    assert await half.authenticate(ONE.id_token("alice"))
    with pytest.raises(IdentityUnavailable):
        await half.authenticate(TWO.id_token("alice"))


async def test_check_has_the_keys_early_and_asks_for_them_once() -> None:
    network = Network()
    network.publish(f"{ONE.issuer}/jwks.json", ONE.jwks())
    issuers = [Issuer(ONE.issuer, "livepass", f"{ONE.issuer}/jwks.json")]
    early = Authenticator(issuers, TIERS, keys_of=network.keys, now=Clock(NOW))

    for _ in range(3):
        await early.check()
    await early.authenticate(ONE.id_token("alice"))

    assert network.fetched == [f"{ONE.issuer}/jwks.json"]


async def test_check_fails_when_an_issuer_has_no_keys_and_is_not_retried() -> None:
    network = Network()
    nowhere = Authenticator(
        [Issuer(ONE.issuer, "livepass", f"{ONE.issuer}/jwks.json")], TIERS, keys_of=network.keys
    )

    for _ in range(3):
        with pytest.raises(IdentityUnavailable):
            await nowhere.check()

    assert network.fetched == [f"{ONE.issuer}/jwks.json"]


@pytest.mark.parametrize(
    "audience", ["web", "ios", ["web"], ["ios"], ["web", "ios"], ["ios", "web"]]
)
async def test_page_and_app_of_one_issuer_are_both_let_in_as_one_person(audience: object) -> None:
    at_the_gate = gate(Issuer(ONE.issuer, "web", other_audiences=("ios",)))

    caller = await at_the_gate.authenticate(ONE.sign({**ONE.claims("alice"), "aud": audience}))

    assert caller == await gate().authenticate(ONE.id_token("alice"))


@pytest.mark.parametrize("party", ["web", "ios"])
async def test_others_in_aud_are_borne_with_in_a_token_that_was_made_for_us(party: str) -> None:
    at_the_gate = gate(Issuer(ONE.issuer, "web", other_audiences=("ios",)))
    shared = {**ONE.claims("alice"), "aud": ["web", "https://api.example"]}

    assert await at_the_gate.authenticate(ONE.sign({**shared, "azp": party}))
    with pytest.raises(Unauthenticated, match="aud has 1 others"):
        await at_the_gate.authenticate(ONE.sign(shared))


async def test_google_s_azp_of_a_phone_app_changes_nothing() -> None:
    """An Android app asks for a token for the server: `aud` is the server, `azp` the app
    (https://developers.google.com/identity/sign-in/android/backend-auth).
    """
    token = ONE.sign({**ONE.claims("alice"), "azp": "android.apps.example"})

    assert await gate().authenticate(token)


KEYS = {
    "RS256": None,
    "PS256": None,
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}


@pytest.mark.parametrize("algorithm", KEYS)
@pytest.mark.parametrize("labelled", [True, False])
async def test_each_algorithm_is_as_good_as_the_others(algorithm: str, labelled: bool) -> None:
    signer = LocalIssuer(ONE.issuer, key=KEYS[algorithm], algorithm=algorithm, now=Clock(NOW))
    network, (key,) = Network(), signer.jwks()["keys"]
    network.publish(f"{ONE.issuer}/.well-known/openid-configuration", signer.discovery())
    published = key if labelled else {n: v for n, v in key.items() if n != "alg"}
    network.publish(f"{ONE.issuer}/jwks.json", {"keys": [published]})
    issuers = [Issuer(ONE.issuer, "livepass")]
    verifier = Authenticator(issuers, TIERS, keys_of=network.keys, now=Clock(NOW))

    assert await verifier.authenticate(signer.id_token("alice"))
    assert await verifier.authenticate(signer.sign(signer.claims("alice"), kid=None))
    if algorithm == "EdDSA":  # RFC 9864's name for it
        assert await verifier.authenticate(signer.sign(signer.claims("alice"), alg="Ed25519"))


@pytest.mark.parametrize(
    ("algorithm", "is_forged"),
    [("RS512", False), ("PS384", False), ("ES384", False), ("HS256", True), ("none", True)],
)
async def test_algorithm_that_is_not_taken_makes_nobody_a_forger_if_issuers_sign_by_it(
    algorithm: str, is_forged: bool
) -> None:
    token = ONE.sign(ONE.claims("alice"), alg=algorithm)

    with pytest.raises(Unauthenticated, match=f"alg {algorithm} is none of RS256") as refusal:
        await gate().authenticate(token)

    assert isinstance(refusal.value, NotSigned) is is_forged


async def test_times_may_have_fractions() -> None:
    times = {"iat": NOW - 0.25, "exp": NOW + 3599.75, "auth_time": NOW - 1.5, "nbf": NOW - 0.25}

    assert await gate().authenticate(ONE.sign({**ONE.claims("alice"), **times}))


async def test_leeway_is_what_is_set() -> None:
    token = ONE.sign({**ONE.claims("alice"), "exp": NOW})
    strict = gate(now=NOW + 5, lifetimes=Lifetimes(leeway_s=5))

    with pytest.raises(TokenExpired, match="5 s ago"):
        await strict.authenticate(token)
    assert await gate(now=NOW + 5, lifetimes=Lifetimes(leeway_s=6)).authenticate(token)


async def test_token_that_lives_too_long_is_refused_and_the_log_says_why() -> None:
    month = ONE.sign({**ONE.claims("alice"), "exp": NOW + 30 * 86400, "admin": True})

    with pytest.raises(Unauthenticated, match="lives for 43200 min; at most 1440 min are taken"):
        await gate().authenticate(month)
    longer = Lifetimes(longest_s=30 * 86400)
    assert await gate(lifetimes=longer).authenticate(month)


async def test_admin_is_one_for_an_hour_after_signing_in() -> None:
    token = ONE.sign({**ONE.claims("alice"), "exp": NOW + 36_000, "admin": True})

    early = await gate(now=NOW + 3660).authenticate(token)
    late = await gate(now=NOW + 3661).authenticate(token)

    assert (early.is_admin, early.was_admin) == (True, False)
    assert (late.is_admin, late.was_admin) == (False, True)
    assert early.user == late.user
    other = ONE.sign({**ONE.claims("alice"), "exp": NOW + 36_000})
    assert not (await gate(now=NOW + 3661).authenticate(other)).was_admin


async def test_expired_token_can_end_a_session_for_a_while() -> None:
    token = ONE.sign({**ONE.claims("alice"), "exp": NOW})
    lifetimes = Lifetimes(leeway_s=60, late_s=300)

    early = await gate(now=NOW + 59, lifetimes=lifetimes).authenticate(token, late=True)
    late = await gate(now=NOW + 359, lifetimes=lifetimes).authenticate(token, late=True)

    assert early.expired_ms is None
    assert late.expired_ms == (NOW + 60) * 1000
    assert early.user == late.user
    with pytest.raises(TokenExpired):
        await gate(now=NOW + 360, lifetimes=lifetimes).authenticate(token, late=True)
    with pytest.raises(TokenExpired):
        await gate(now=NOW + 60, lifetimes=lifetimes).authenticate(token)
