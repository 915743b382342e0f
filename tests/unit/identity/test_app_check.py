"""App Check tokens say which app is calling; the operator's mode decides what follows."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from emulator.local_issuer import LocalIssuer
from support.fakes.network import NOW, Clock, Network
from support.identity.app_tokens import BAD, GOOD_CLAIMS, GOOGLE, app_token, google
from vending.errors import AppCheckFailed, IdentityUnavailable
from vending.identity.app_check import JWKS_URI, AppCheck
from vending.policy import Mode


def app_check(mode: Mode, network: Network | None = None) -> AppCheck:
    return AppCheck(mode, "123456", keys_of=(network or google()).keys, now=Clock(NOW))


every_bad = pytest.mark.parametrize("headers", BAD.values(), ids=BAD.keys())


@pytest.mark.parametrize("mode", ["monitor", "enforce"])
async def test_token_of_our_project_is_good(mode: Mode) -> None:
    assert await app_check(mode).check([app_token()]) == "ok"


@pytest.mark.parametrize("headers", [(), ("x",), (app_token(),)])
async def test_switched_off_it_looks_at_nothing(headers: tuple[str, ...]) -> None:
    network = google()

    assert await app_check("off", network).check(headers) == "off"
    assert network.fetched == []


@every_bad
async def test_monitored_a_bad_token_is_noted_and_passes(headers: tuple[str, ...]) -> None:
    assert await app_check("monitor").check(headers) == "invalid"


@every_bad
async def test_enforced_a_bad_token_is_refused(headers: tuple[str, ...]) -> None:
    with pytest.raises(AppCheckFailed) as refusal:
        await app_check("enforce").check(headers)

    assert refusal.value.status == 403
    assert "eyJ" not in str(refusal.value)


async def test_missing_token_is_noted_or_refused() -> None:
    assert await app_check("monitor").check([]) == "missing"

    with pytest.raises(AppCheckFailed):
        await app_check("enforce").check([])


async def test_without_keys_monitoring_lets_pass_and_enforcement_does_not() -> None:
    assert await app_check("monitor", Network()).check([app_token()]) == "unavailable"

    with pytest.raises(IdentityUnavailable):
        await app_check("enforce", Network()).check([app_token()])


async def test_only_rs256_is_believed_even_if_another_key_is_published() -> None:
    curved = LocalIssuer(GOOGLE.issuer, key=ec.generate_private_key(ec.SECP256R1()))
    network = google()
    network.publish(JWKS_URI, {"keys": [*GOOGLE.jwks()["keys"], *curved.jwks()["keys"]]})
    token = curved.sign(GOOD_CLAIMS)

    assert await app_check("monitor", network).check([token]) == "invalid"
