"""Keys are fetched when possible, kept when not, and never fetched too often."""

from __future__ import annotations

import asyncio
import gzip
import json
import math
from collections.abc import Callable, Coroutine, Mapping

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import RSAAlgorithm

from emulator.local_issuer import LocalIssuer, base64url
from support.fakes.network import NOW, Answer, Clock, Network, Page, page
from vending.errors import IdentityUnavailable, LivepassError, NotSigned, Unauthenticated
from vending.identity.fetch_keys import MAX_DOCUMENT_BYTES, FetchFailed, fetch_keys
from vending.identity.id_token import Trusted, signed_claims
from vending.identity.jwks import Keys
from vending.identity.key_waits import MOST_AWAITED
from vending.identity.signature import KeySet, read_keys

ISSUER = "https://issuer.example"
JWKS_URI = "https://keys.example/jwks.json"
DISCOVERY = f"{ISSUER}/.well-known/openid-configuration"
FIRST = LocalIssuer(ISSUER)
SECOND = LocalIssuer(ISSUER)
CURVED = LocalIssuer(ISSUER, key=ec.generate_private_key(ec.SECP256R1()))
EDWARDS = LocalIssuer(ISSUER, key=ed25519.Ed25519PrivateKey.generate())
GOOD = FIRST.jwks()["keys"][0]

FAILURES: dict[str, Answer] = {
    "no connection": httpx2.ConnectError("refused"),
    "a slow server": httpx2.ReadTimeout("slow"),
    "a broken connection": OSError("reset"),
    "500": Page(json.dumps(FIRST.jwks()).encode(), 500),
    "404": Page(json.dumps(FIRST.jwks()).encode(), 404),
    "a redirect": Page(b"", 302, {"Location": "https://elsewhere.example/"}),
    "HTML": Page(b"<html>be back soon</html>"),
    "nothing": Page(b""),
    "no UTF-8": Page(b"\xff\xfe\xfd"),
    "an empty set": page({"keys": []}),
    "a list": page([]),
    "keys that are no list": page({"keys": {"kid": "1"}}),
    "only unusable keys": page({"keys": [{**GOOD, "use": "enc"}]}),
    "a deep document": Page(b"[" * 100_000),
    "a large document": page({**FIRST.jwks(), "padding": "x" * MAX_DOCUMENT_BYTES}),
    "a compressed document": Page(
        gzip.compress(json.dumps(FIRST.jwks()).encode()), 200, {"Content-Encoding": "gzip"}
    ),
}


def kept_by(network: Network, clock: Clock) -> Keys:
    return Keys(ISSUER, JWKS_URI, monotonic=clock, pause=clock.pause, http=network.http)


async def keys_of_first() -> tuple[Network, Clock, Keys]:
    """Keys that were fetched when the clock was at 0."""
    network, clock = Network(), Clock(0)
    network.publish(JWKS_URI, FIRST.jwks())
    keys = kept_by(network, clock)
    assert await keys.find(FIRST.kid, "RS256")
    return network, clock, keys


async def settle() -> None:
    """Let what runs in the background come to its end."""
    while background := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(background)


@pytest.mark.parametrize(
    ("issuer", "jwks_uri"),
    [
        (ISSUER, JWKS_URI),
        (f"{ISSUER}/", JWKS_URI),
        ("http://127.0.0.1:8080/local", "http://127.0.0.1:8080/local/jwks"),
    ],
)
async def test_first_caller_finds_a_key_through_discovery(issuer: str, jwks_uri: str) -> None:
    network, document = Network(), f"{issuer.rstrip('/')}/.well-known/openid-configuration"
    network.publish(document, {"issuer": issuer, "jwks_uri": jwks_uri})
    network.publish(jwks_uri, FIRST.jwks())

    key = await Keys(issuer, http=network.http).find(FIRST.kid, "RS256")

    assert key is not None
    assert network.fetched == [document, jwks_uri]


async def test_an_address_that_is_set_needs_no_discovery() -> None:
    network = Network()
    network.publish(JWKS_URI, FIRST.jwks())

    key = await kept_by(network, Clock(0)).find(FIRST.kid, "RS256")

    assert key is not None
    assert network.fetched == [JWKS_URI]


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({"issuer": f"{ISSUER}/", "jwks_uri": JWKS_URI}, id="one slash more"),
        pytest.param({"issuer": "https://other.example", "jwks_uri": JWKS_URI}, id="another"),
        pytest.param({"jwks_uri": JWKS_URI}, id="no issuer"),
        pytest.param({"issuer": ISSUER}, id="no jwks_uri"),
        pytest.param({"issuer": ISSUER, "jwks_uri": 7}, id="a number"),
        pytest.param({"issuer": ISSUER, "jwks_uri": "http://keys.example/jwks.json"}, id="http"),
        pytest.param({"issuer": ISSUER, "jwks_uri": "http://127.0.0.1/jwks"}, id="to loopback"),
        pytest.param({"issuer": ISSUER, "jwks_uri": "file:///etc/passwd"}, id="a file"),
        pytest.param({"issuer": ISSUER, "jwks_uri": "https:///jwks"}, id="no host"),
        pytest.param({"issuer": ISSUER, "jwks_uri": "https://a:b@keys.example/"}, id="a password"),
        pytest.param({"issuer": ISSUER, "jwks_uri": "https://[bad/"}, id="no URL"),
        pytest.param([], id="a list"),
    ],
)
async def test_discovery_document_of_another_kind_is_not_followed(document: object) -> None:
    network = Network()
    network.publish(DISCOVERY, document)

    with pytest.raises(IdentityUnavailable):
        await Keys(ISSUER, http=network.http).find(FIRST.kid, "RS256")

    assert network.fetched == [DISCOVERY]


async def test_issuer_on_this_machine_sends_nobody_elsewhere_in_the_clear() -> None:
    here, elsewhere = "http://127.0.0.1:8080", "http://keys.example/jwks.json"
    network = Network()
    network.publish(
        f"{here}/.well-known/openid-configuration", {"issuer": here, "jwks_uri": elsewhere}
    )
    network.publish(elsewhere, FIRST.jwks())

    with pytest.raises(IdentityUnavailable):
        await Keys(here, http=network.http).find(FIRST.kid, "RS256")


async def test_unknown_kid_waits_for_a_refresh_under_way_and_starts_no_other() -> None:
    network, clock, keys = await keys_of_first()

    network.publish(JWKS_URI, SECOND.jwks())
    clock.seconds = 3600
    await keys.find(FIRST.kid, "RS256")

    assert await keys.find(SECOND.kid, "RS256")
    assert network.fetched == [JWKS_URI] * 2


async def test_thirty_two_callers_share_one_fetch() -> None:
    network, asked = Network(), asyncio.Event()
    answer = asyncio.Event()

    async def slow() -> Page:
        asked.set()
        await answer.wait()
        return page(FIRST.jwks())

    network.answers[JWKS_URI] = slow
    keys = kept_by(network, Clock(0))

    callers = [asyncio.create_task(keys.find(FIRST.kid, "RS256")) for _ in range(32)]
    await asked.wait()
    callers[0].cancel()  # and the one who started it goes away
    answer.set()
    found = await asyncio.gather(*callers, return_exceptions=True)

    assert isinstance(found[0], asyncio.CancelledError)
    assert len(set(found[1:])) == 1
    assert None not in found
    assert network.fetched == [JWKS_URI]


async def test_known_key_needs_no_network_for_an_hour() -> None:
    network, clock, keys = await keys_of_first()

    clock.seconds = 3599
    await keys.find(FIRST.kid, "RS256")
    await settle()

    assert network.fetched == [JWKS_URI]


async def test_known_key_is_answered_at_once_while_a_refresh_hangs() -> None:
    network, clock, never = Network(), Clock(0), asyncio.Event()
    network.publish(JWKS_URI, FIRST.jwks())
    keys = kept_by(network, clock)
    await keys.find(FIRST.kid, "RS256")

    async def hang() -> Page:
        await never.wait()
        raise OSError("gone")

    network.answers[JWKS_URI] = hang
    clock.seconds = 3600
    found = [await asyncio.wait_for(keys.find(FIRST.kid, "RS256"), 10) for _ in range(8)]
    await asyncio.sleep(0)
    never.set()
    await settle()

    assert None not in found
    assert network.fetched == [JWKS_URI] * 2


async def test_refresh_brings_new_keys_and_drops_withdrawn_ones() -> None:
    network, clock, keys = await keys_of_first()

    network.publish(JWKS_URI, SECOND.jwks())
    clock.seconds = 3600
    await keys.find(FIRST.kid, "RS256")
    await settle()

    assert await keys.find(FIRST.kid, "RS256") is None
    assert await keys.find(SECOND.kid, "RS256")


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
async def test_failed_refresh_keeps_the_keys_for_ever(failure: Answer) -> None:
    network, clock, keys = await keys_of_first()

    network.answers[JWKS_URI] = failure
    for day in range(1, 8):
        clock.seconds = day * 86400
        assert await keys.find(FIRST.kid, "RS256")
        await settle()

    assert network.fetched == [JWKS_URI] * 8


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
async def test_without_keys_a_failure_is_ours_and_not_the_callers(failure: Answer) -> None:
    network = Network()
    network.answers[JWKS_URI] = failure

    with pytest.raises(IdentityUnavailable) as refusal:
        await kept_by(network, Clock(0)).find(FIRST.kid, "RS256")

    assert refusal.value.status == 503
    assert refusal.value.retry_after_s == 5
    assert network.fetched == [JWKS_URI]


async def test_without_keys_the_issuer_is_asked_every_five_seconds_and_heals() -> None:
    network, clock = Network(), Clock(0)
    keys = kept_by(network, clock)

    for clock.seconds in (0, 1, 2.5, 4.9):
        with pytest.raises(IdentityUnavailable) as refusal:
            await keys.find(FIRST.kid, "RS256")
        assert refusal.value.retry_after_s == math.ceil(5 - clock.seconds)
    network.publish(JWKS_URI, FIRST.jwks())
    clock.seconds = 5

    assert await keys.find(FIRST.kid, "RS256")
    assert network.fetched == [JWKS_URI] * 2


async def test_failing_refresh_is_tried_once_a_minute() -> None:
    network, clock, keys = await keys_of_first()

    network.answers.clear()
    for second in range(3600, 3720):
        clock.seconds = second
        await keys.find(FIRST.kid, "RS256")
        await settle()

    assert network.fetched == [JWKS_URI] * 3  # at 0, 3600 and 3660


async def test_however_many_kids_are_made_up_the_issuer_is_asked_12_times_a_minute() -> None:
    network, clock, keys = await keys_of_first()
    asked_at = [0.0]

    while clock.seconds < 600:
        before = len(network.fetched)
        assert await keys.find(f"unknown-{clock.seconds}", "RS256") is None
        asked_at += [clock.seconds] * (len(network.fetched) - before)
        clock.seconds += 0.5

    in_a_minute = [sum(began <= at <= began + 60 for at in asked_at) for began in asked_at]
    assert max(in_a_minute) <= 12
    assert len(asked_at) > 90  # and that is used


async def test_one_unknown_kid_is_asked_for_once_in_a_while() -> None:
    network, clock, keys = await keys_of_first()

    for second in range(60):
        clock.seconds = second
        assert await keys.find("unknown", "RS256") is None

    assert network.fetched == [JWKS_URI] * 5  # the first; at 0, 15, 30 and 45


@pytest.mark.parametrize("since_s", [0, 1, 27, 59, 61])
async def test_rotated_key_is_found_however_lately_keys_were_fetched(since_s: float) -> None:
    network, clock, keys = await keys_of_first()

    network.publish(JWKS_URI, {"keys": [GOOD, *SECOND.jwks()["keys"]]})
    clock.seconds = since_s

    assert await keys.find(SECOND.kid, "RS256")
    assert await keys.find(FIRST.kid, "RS256")
    assert clock.seconds == since_s  # nobody has waited


async def test_rotated_key_is_found_within_six_seconds_beside_an_attack() -> None:
    network, clock, keys = await keys_of_first()
    for made_up in range(20):
        assert await keys.find(f"unknown-{made_up}", "RS256") is None
    began = clock.seconds

    network.publish(JWKS_URI, {"keys": [GOOD, *SECOND.jwks()["keys"]]})
    several = await asyncio.gather(
        *(keys.find(f"more-{n}", "RS256") for n in range(MOST_AWAITED - 1)),
        *(keys.find(SECOND.kid, "RS256") for _ in range(300)),
    )

    assert None not in several[MOST_AWAITED - 1 :]
    assert clock.seconds - began <= 6


async def test_too_many_made_up_kids_at_once_are_told_to_come_again_and_leave_room() -> None:
    network, clock, keys = await keys_of_first()
    crowd = [keys.find(f"unknown-{n}", "RS256") for n in range(MOST_AWAITED + 8)]

    told = await asyncio.gather(*crowd, return_exceptions=True)

    refused = [answer for answer in told if answer is not None]
    assert len(refused) == 8
    assert {type(answer) for answer in refused} == {IdentityUnavailable}
    assert network.fetched == [JWKS_URI] * 2
    network.publish(JWKS_URI, SECOND.jwks())
    clock.seconds += 6
    assert await keys.find(SECOND.kid, "RS256")


CROWDS = {
    "somebody with many connections": ("there", lambda _: "elsewhere"),
    "somebody in the same office": ("there", lambda _: "there"),
    "many networks at once": ("there", str),
}


@pytest.mark.parametrize(("office", "network_of"), CROWDS.values(), ids=CROWDS.keys())
async def test_those_who_make_up_keys_never_take_the_place_of_a_new_one(
    office: str, network_of: Callable[[int], str]
) -> None:
    network, _, keys = await keys_of_first()
    assert await keys.find("unknown", "RS256") is None
    assert await keys.find("another", "RS256") is None  # so that the next have to wait
    network.publish(JWKS_URI, {"keys": [GOOD, *SECOND.jwks()["keys"]]})

    def crowd(name: str) -> list[Coroutine[None, None, object]]:
        numbers = range(2 * MOST_AWAITED)
        return [keys.find(f"{name}-{n}", "RS256", network=network_of(n)) for n in numbers]

    people = [keys.find(SECOND.kid, "RS256", network=office) for _ in range(2)]
    told = await asyncio.gather(*crowd("a"), *people, *crowd("b"), return_exceptions=True)

    found = told[2 * MOST_AWAITED : 2 * MOST_AWAITED + 2]
    assert None not in found
    assert not [key for key in found if isinstance(key, Exception)]
    refused = [answer for answer in told if isinstance(answer, IdentityUnavailable)]
    assert len(refused) == 3 * MOST_AWAITED + 1
    assert {error.retry_after_s for error in refused} <= set(range(1, 7))


@pytest.mark.parametrize("network_of", [lambda _: "there", str], ids=["in the office", "networks"])
async def test_whoever_gives_way_to_made_up_keys_with_more_callers_is_let_in_by_the_next_fetch(
    network_of: Callable[[int], str],
) -> None:
    network, clock, keys = await keys_of_first()
    assert await keys.find("unknown", "RS256") is None
    assert await keys.find("another", "RS256") is None  # so that the next have to wait
    network.publish(JWKS_URI, {"keys": [GOOD, *SECOND.jwks()["keys"]]})
    began, three = clock.seconds, range(3)
    crowd = [
        keys.find(f"made-up-{n}", "RS256", network=network_of(n))
        for n in range(MOST_AWAITED)
        for _ in three
    ]

    person = keys.find(SECOND.kid, "RS256", network="there")
    told, *_ = await asyncio.gather(person, *crowd, return_exceptions=True)

    assert isinstance(told, IdentityUnavailable)
    assert clock.seconds - began <= 6
    assert await keys.find(SECOND.kid, "RS256", network="there")


async def test_key_that_was_not_there_is_found_as_soon_as_another_fetch_brings_it() -> None:
    network, clock, keys = await keys_of_first()
    assert await keys.find(SECOND.kid, "RS256") is None  # signed before it was published

    network.publish(JWKS_URI, {"keys": [GOOD, *SECOND.jwks()["keys"]]})
    clock.seconds = 15

    assert await keys.find(SECOND.kid, "RS256")


async def test_unknown_key_waits_for_a_fetch_that_begins_after_it_came() -> None:
    """One under way may have been answered before the key was published."""
    network, clock, keys = await keys_of_first()
    asked, answer = asyncio.Event(), asyncio.Event()

    async def slow() -> Page:
        asked.set()
        await answer.wait()
        network.publish(JWKS_URI, {"keys": [GOOD, *SECOND.jwks()["keys"]]})
        return page(FIRST.jwks())

    network.answers[JWKS_URI] = slow
    clock.seconds = 20
    first = asyncio.create_task(keys.find("unknown", "RS256"))
    await asked.wait()
    second = asyncio.create_task(keys.find(SECOND.kid, "RS256"))
    await asyncio.sleep(0)
    answer.set()

    assert await second
    assert await first is None


async def test_while_the_issuer_cannot_be_asked_an_unknown_key_is_nobodys_fault() -> None:
    network, clock, keys = await keys_of_first()
    network.answers[JWKS_URI] = httpx2.ConnectError("refused")
    clock.seconds = 30

    waits = []
    for _ in range(3):
        with pytest.raises(IdentityUnavailable) as refusal:
            await keys.find(SECOND.kid, "RS256")
        waits.append(refusal.value.retry_after_s)

    assert waits == [5, 5, 5]
    assert await keys.find(FIRST.kid, "RS256")
    assert network.fetched == [JWKS_URI] * 2


async def test_keys_of_kinds_that_are_not_taken_are_told_apart_from_no_answer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    network, clock, keys = await keys_of_first()
    network.publish(JWKS_URI, {"keys": [{**GOOD, "alg": "RS512"}, GARBAGE["Ed448"]]})
    clock.seconds = 30

    with pytest.raises(IdentityUnavailable):
        await keys.find(SECOND.kid, "RS256")

    assert state_of(keys) == "unusable"
    assert "skipped: RSA/RS512, OKP/Ed448" in caplog.text
    assert "taken are RS256, PS256, ES256 and EdDSA (Ed25519)" in caplog.text
    with pytest.raises(IdentityUnavailable, match="none that we take"):
        await keys.check()
    assert await keys.find(FIRST.kid, "RS256")  # which goes on

    network.publish(JWKS_URI, SECOND.jwks())
    clock.seconds = 95
    await settle_check(keys)
    assert state_of(keys) == "ok"


def state_of(keys: Keys) -> str:
    """How they are now; what it was before is no matter."""
    return keys.state


async def settle_check(keys: Keys) -> None:
    """Look after the keys as health does, which starts what is due."""
    with pytest.raises(IdentityUnavailable):
        await keys.check()
    await settle()
    await keys.check()


async def test_skipped_keys_are_told_once_while_they_stay_the_same(
    caplog: pytest.LogCaptureFixture,
) -> None:
    network, clock = Network(), Clock(0)
    network.publish(JWKS_URI, {"keys": [GOOD, {**GOOD, "use": "enc", "alg": "RSA-OAEP"}]})
    keys = kept_by(network, clock)

    for clock.seconds in (0, 100, 200):
        await keys.find(f"unknown-{clock.seconds}", "RS256")

    assert caplog.text.count("skipped RSA/RSA-OAEP") == 1


@pytest.mark.parametrize(
    ("supported", "taken"),
    [
        (["RS256", "PS256"], ["PS256", "RS256"]),
        (["RS256"], ["RS256"]),
        (None, ["RS256"]),
        ("PS256", ["RS256"]),
        ([7, "none", "HS256"], ["RS256"]),
    ],
)
async def test_rsa_key_without_alg_is_for_what_the_issuer_says_it_signs_by(
    supported: object, taken: list[str]
) -> None:
    network, clock = Network(), Clock(0)
    said = {"issuer": ISSUER, "jwks_uri": JWKS_URI}
    network.publish(DISCOVERY, {**said, "id_token_signing_alg_values_supported": supported})
    network.publish(JWKS_URI, {"keys": [{**FIRST.jwk(), "kid": "plain"}]})
    keys = Keys(ISSUER, monotonic=clock, pause=clock.pause, http=network.http)

    found = [name for name in ("PS256", "RS256") if await keys.find("plain", name)]

    assert found == taken


async def test_without_a_kid_the_only_key_that_fits_is_taken() -> None:
    network, clock = Network(), Clock(0)
    nameless = {**FIRST.jwk(), "alg": "RS256"}
    network.publish(JWKS_URI, {"keys": [nameless, CURVED.jwks()["keys"][0]]})
    keys = kept_by(network, clock)

    assert await keys.find(None, "RS256", token="a")
    assert await keys.find(None, "ES256", token="a")
    network.publish(JWKS_URI, {"keys": [nameless, SECOND.jwks()["keys"][0]]})
    clock.seconds = 20
    await keys.find("unknown", "RS256")
    assert await keys.find(None, "RS256", token="a") is None


async def test_key_of_another_algorithm_is_not_found() -> None:
    network = Network()
    network.publish(JWKS_URI, FIRST.jwks())
    keys = kept_by(network, Clock(0))

    assert await keys.find(FIRST.kid, "ES256") is None
    assert await keys.find(FIRST.kid, "HS256") is None


async def test_fetch_ends_within_its_deadline() -> None:
    network = Network()

    async def never() -> Page:
        await asyncio.Event().wait()
        raise AssertionError

    network.answers[JWKS_URI] = never

    with pytest.raises(FetchFailed, match="TimeoutError"):
        await fetch_keys(ISSUER, JWKS_URI, network.http, deadline_s=0.01)


WEAK = LocalIssuer(ISSUER, key=rsa.generate_private_key(public_exponent=65537, key_size=1024))
P384 = LocalIssuer(ISSUER, key=ec.generate_private_key(ec.SECP384R1()))
GARBAGE: dict[str, object] = {
    "null": None,
    "a string": "key",
    "an empty object": {},
    "a number as kid": {**GOOD, "kid": 1},
    "a list as kty": {**GOOD, "kty": ["RSA"]},
    "a secret": {"kty": "oct", "k": "c2VjcmV0", "kid": "bad", "alg": "HS256"},
    "Ed25519, too short": {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg"},
    "Ed25519 of small order": {"kty": "OKP", "crv": "Ed25519", "x": base64url(bytes(32))},
    "Ed25519 of small order, negative": {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": base64url(b"\x01" + bytes(30) + b"\x80"),
    },
    "Ed25519 for RS256": {**EDWARDS.jwk(), "alg": "RS256"},
    "Ed25519 for ES256": {**EDWARDS.jwk(), "alg": "ES256"},
    "Ed25519 for agreement": {**EDWARDS.jwk(), "use": "enc"},
    "Ed448": {"kty": "OKP", "crv": "Ed448", "x": base64url(bytes(57)), "kid": "bad"},
    "X25519": {**EDWARDS.jwk(), "crv": "X25519"},
    "OKP without a curve": {"kty": "OKP", "x": EDWARDS.jwk()["x"]},
    "P-256 for EdDSA": {**CURVED.jwk(), "alg": "EdDSA"},
    "PS384": {**GOOD, "alg": "PS384"},
    "an alg that is a list": {**GOOD, "alg": ["RS256"]},
    "an alg that is null": {**GOOD, "alg": None},
    "for encryption": {**GOOD, "use": "enc"},
    "for signing": {**GOOD, "key_ops": ["sign"]},
    "operations that are no list": {**GOOD, "key_ops": "verify"},
    "RS512": {**GOOD, "alg": "RS512"},
    "HS256 by an RSA key": {**GOOD, "alg": "HS256"},
    "ES256 by an RSA key": {**GOOD, "alg": "ES256"},
    "RSA of 1024 bits": WEAK.jwks()["keys"][0],
    "P-384": {**P384.jwk(), "kid": "bad"},
    "P-384 named P-256": {**P384.jwk(), "kid": "bad", "crv": "P-256"},
    "a point off the curve": {**CURVED.jwk(), "kid": "bad", "y": CURVED.jwk()["x"]},
    "no modulus": {name: GOOD[name] for name in GOOD if name != "n"},
    "a number as modulus": {**GOOD, "n": 3},
    "an empty modulus": {**GOOD, "n": ""},
    "an exponent of 1": {**GOOD, "e": "AQ"},
    "not base64": {**GOOD, "n": "ä ö"},
}


@pytest.mark.parametrize("entry", GARBAGE.values(), ids=GARBAGE.keys())
def test_unusable_entry_is_skipped_and_breaks_no_good_one(entry: object) -> None:
    alone, beside = read_keys({"keys": [entry]}), read_keys({"keys": [entry, GOOD, entry]})

    assert (alone.keys, len(alone.skipped)) == ((), 1)
    assert named(beside) == [(FIRST.kid, "RS256")]
    assert len(beside.skipped[0]) < 80


def named(keys: KeySet) -> list[tuple[str | None, str]]:
    """By kid and algorithm."""
    return [(kid, key.algorithm_name) for kid, key in keys.keys]


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists), st.data())
def test_no_entry_breaks_a_good_one(value: object, data: st.DataObject) -> None:
    names = st.sampled_from(["kty", "kid", "alg", "use", "key_ops", "n", "e", "crv", "x", "y"])
    base = data.draw(st.sampled_from([GOOD, CURVED.jwks()["keys"][0]]))
    entry = {**base, **dict.fromkeys(data.draw(st.sets(names)), value)}

    assert (SECOND.kid, "RS256") in named(read_keys({"keys": [entry, *SECOND.jwks()["keys"]]}))


def test_two_keys_of_one_kid_and_two_kinds_are_both_kept() -> None:
    keys = read_keys({"keys": [{**GOOD, "kid": "same"}, {**CURVED.jwk(), "kid": "same"}]})

    assert named(keys) == [("same", "RS256"), ("same", "ES256")]


def test_of_two_keys_of_one_name_the_first_counts() -> None:
    keys = read_keys({"keys": [{**GOOD, "kid": "same"}, {**SECOND.jwk(), "kid": "same"}]})

    found = keys.find("same", "RS256")
    assert found
    assert found.key == FIRST.key.public_key()


def test_published_private_key_is_read_as_the_public_one() -> None:
    assert isinstance(FIRST.key, rsa.RSAPrivateKey)
    private = RSAAlgorithm.to_jwk(FIRST.key, as_dict=True)
    blunder = {**private, "kid": "open", "key_ops": ["verify"]}

    key = read_keys({"keys": [blunder]}).find("open", "RS256")

    assert key
    assert isinstance(key.key, rsa.RSAPublicKey)


@pytest.mark.parametrize(("bits", "usable"), [(2047, 0), (2048, 1), (8192, 1), (8193, 0)])
def test_rsa_key_has_2048_to_8192_bits(bits: int, usable: int) -> None:
    modulus = (1 << bits - 1) + 1
    number = base64url(modulus.to_bytes(-(-bits // 8)))

    keys = read_keys({"keys": [{"kty": "RSA", "kid": "k", "n": number, "e": "AQAB"}]})

    assert len(keys.keys) == usable


async def refused_as(token: str, trusted: Mapping[str, Trusted]) -> type[LivepassError]:
    with pytest.raises(LivepassError) as refusal:
        await signed_claims(token, trusted, now=0)
    return type(refusal.value)


async def test_token_of_a_key_that_is_not_known_is_no_forgery() -> None:
    network, clock = Network(), Clock(0)
    network.publish(JWKS_URI, FIRST.jwks())
    trusted = {ISSUER: Trusted(kept_by(network, clock))}
    await trusted[ISSUER].keys.find(FIRST.kid, "RS256")
    token = SECOND.id_token("alice")

    network.answers[JWKS_URI] = httpx2.ConnectError("refused")
    away = await refused_as(token, trusted)
    network.publish(JWKS_URI, FIRST.jwks())
    clock.seconds = 5
    looked_up = await refused_as(token, trusted)
    remembered = await refused_as(token, trusted)
    forged = await refused_as(SECOND.sign(SECOND.claims("alice"), kid=FIRST.kid), trusted)

    assert [away, looked_up, remembered] == [IdentityUnavailable, *[Unauthenticated] * 2]
    assert forged is NotSigned


async def test_tokens_without_a_kid_are_found_a_new_key_for_and_forgeries_are_not() -> None:
    network, clock = Network(), Clock(NOW)
    network.publish(JWKS_URI, FIRST.jwks())
    keys = kept_by(network, clock)
    trusted = {ISSUER: Trusted(keys)}
    await keys.find(FIRST.kid, "RS256")
    strangers = LocalIssuer(ISSUER)
    forged = strangers.sign(claims_at(strangers, NOW), kid=None)

    assert await refused_as(forged, trusted) is NotSigned
    assert await refused_as(forged, trusted) is NotSigned
    assert len(network.fetched) == 2  # looked up once
    network.publish(JWKS_URI, SECOND.jwks())
    clock.seconds += 6
    honest = SECOND.sign(claims_at(SECOND, NOW), kid=None)

    assert (await signed_claims(honest, trusted, now=NOW))["sub"] == "alice"


def claims_at(issuer: LocalIssuer, now: int) -> dict[str, object]:
    return {**issuer.claims("alice"), "iat": now, "exp": now + 60, "auth_time": now}


async def test_key_that_was_replaced_under_its_name_is_found_a_minute_after_the_last_fetch() -> (
    None
):
    network, clock = Network(), Clock(NOW)
    network.publish(JWKS_URI, FIRST.jwks())
    keys = kept_by(network, clock)
    trusted = {ISSUER: Trusted(keys)}
    await keys.find(FIRST.kid, "RS256")
    network.publish(JWKS_URI, {"keys": [{**SECOND.jwk(), "kid": FIRST.kid}]})
    token = SECOND.sign(claims_at(SECOND, NOW), kid=FIRST.kid)

    clock.seconds += 59
    assert await refused_as(token, trusted) is NotSigned
    clock.seconds += 1
    crowd = await asyncio.gather(*(signed_claims(token, trusted, now=NOW) for _ in range(8)))

    assert {claims["sub"] for claims in crowd} == {"alice"}
    assert network.fetched == [JWKS_URI] * 2


async def test_forgers_of_a_known_key_have_the_issuer_asked_once_a_minute() -> None:
    network, clock, keys = await keys_of_first()
    trusted = {ISSUER: Trusted(keys)}
    forged = SECOND.sign(SECOND.claims("alice"), kid=FIRST.kid)

    for _ in range(600):
        clock.seconds += 1
        assert await refused_as(forged, trusted) is NotSigned
        assert await keys.find(FIRST.kid, "RS256")

    assert len(network.fetched) == 1 + 10
