"""Only the repeated request itself opens its sealed token."""

from __future__ import annotations

import base64
import json
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.fakes.memory import NOON, USER
from vending.errors import (
    FieldError,
    IdempotencyKeyReused,
    InvalidRequest,
    QuotaExceeded,
    ReplayExpired,
)
from vending.limits.admit import admit
from vending.limits.grant import Grant
from vending.limits.retention import KEYS_KEPT, OLD_KEYS_KEPT, pruned
from vending.limits.usage import Replay, Session, Usage
from vending.policy import Limits
from vending.tokens.idempotency import RequestKey

RAW = "8e03978e-40d5-43e8-bc93-6894a57f9324"
TOKEN = f"auth_tokens/{'5c' * 32}"
REQUEST = b'mint {"voice":"Puck"}'
UNTIL = NOON + 120_000
EXPIRES = NOON + 1_800_000
DAY_MS = 86_400_000


def key(raw: str = RAW, user: str = USER, request: bytes = REQUEST) -> RequestKey:
    return RequestKey.of(raw, user, request)


def sealed(by: RequestKey | None = None) -> Replay:
    return (by or key()).seal(TOKEN, "session", "charge", UNTIL)


def kept(*replays: Replay) -> Usage:
    """What is kept of answers whose token lives until EXPIRES."""
    begun = Session("session", "a model", NOON, NOON, {"charge": EXPIRES})
    return Usage(sessions=(begun,), replays=replays or (sealed(),))


# --- the header -----------------------------------------------------------------------------------


@pytest.mark.parametrize("raw", ["x" * 16, "x" * 64, RAW, "!#$%&'()*+,-./:;<=>?@[]^_`{|}~"])
def test_visible_ascii_of_16_to_64_is_a_key(raw: str) -> None:
    assert key(raw).open(sealed(key(raw))) == TOKEN


def test_quoted_key_is_the_same_as_without_quotes() -> None:
    assert key(f'"{RAW}"') == key(RAW)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        '"',
        '""',
        "x" * 15,
        "x" * 65,
        f'"{"x" * 15}"',
        f'"{"x" * 65}"',
        f'"{RAW}',
        f'{RAW}"',
        f'"{RAW}"; p=1',
        f"{RAW} {RAW}",
        f"{RAW}, x",
        f"{RAW}\n",
        f"{RAW}\x00",
        f"{RAW[:20]}\\{RAW[20:]}",
        f"{RAW[:20]}é{RAW[20:]}",
        "\uff11" * 16,
    ],
    ids=repr,
)
def test_anything_else_is_an_invalid_header(raw: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        key(raw)

    must = "must be 16 to 64 visible ASCII characters, such as a UUID"
    assert refused.value.errors == (FieldError("Idempotency-Key", must),)
    assert raw.strip('"') == "" or raw not in str(refused.value)


# --- the seal -------------------------------------------------------------------------------------


def test_same_request_opens_its_seal() -> None:
    usage = kept()

    found = key().find(usage, NOON)

    assert found == usage.replays[0]
    assert key().open(found) == TOKEN


def test_nothing_in_the_record_tells_the_token_or_the_key() -> None:
    record = sealed()

    kept = json.dumps(record.document()) + base64.b64decode(record.sealed).decode("latin-1")

    assert TOKEN not in kept
    assert TOKEN.removeprefix("auth_tokens/") not in kept
    assert RAW not in kept
    assert key().secret.hex() not in kept


def test_nothing_in_the_record_opens_it() -> None:
    record = sealed()
    known = [getattr(record, field.name) for field in fields(record)]
    guesses = [str(value) for value in known] + [USER, REQUEST.decode()]

    for guess in guesses:
        secret = guess.encode()[:32].ljust(32, b"\0")
        with pytest.raises(ReplayExpired):
            RequestKey(USER, record.key, record.fingerprint, secret).open(record)


@pytest.mark.parametrize(
    "other",
    [key(RAW[:-1] + "5"), key(user="4e" * 20), key(request=b"mint {}")],
    ids=["another key", "another user", "another request"],
)
def test_other_key_user_or_request_opens_nothing(other: RequestKey) -> None:
    with pytest.raises(ReplayExpired):
        other.open(sealed())


@pytest.mark.parametrize(
    "moved",
    [
        {"session_id": "another"},
        {"charge_id": "another"},
        {"start_before": UNTIL + 1},
        {"session_id": "session|charge", "charge_id": ""},
    ],
    ids=str,
)
def test_record_that_was_changed_opens_no_more(moved: dict[str, Any]) -> None:
    with pytest.raises(ReplayExpired):
        key().open(replace(sealed(), **moved))


def test_every_flipped_bit_of_a_seal_is_noticed() -> None:
    record = sealed()
    raw = base64.b64decode(record.sealed)

    for at in range(len(raw)):
        flipped = bytes([*raw[:at], raw[at] ^ 1, *raw[at + 1 :]])
        with pytest.raises(ReplayExpired):
            key().open(replace(record, sealed=base64.b64encode(flipped).decode()))


SEALED = sealed().sealed


@pytest.mark.parametrize(
    "text",
    [
        *(SEALED[:8] + stray + SEALED[8:] for stray in "\n !-"),
        *("", "no base64!", "AAAA", "A" * 16, "=" * 8, "é"),
    ],
)
def test_seal_that_is_none_is_lost(text: str) -> None:
    with pytest.raises(ReplayExpired):
        key().open(replace(sealed(), sealed=text))


def test_seal_is_a_nonce_of_96_bits_the_token_and_a_tag_of_128() -> None:
    assert len(base64.b64decode(sealed().sealed)) == 12 + len(TOKEN) + 16


def test_request_is_known_by_128_bits() -> None:
    assert len(bytes.fromhex(key().fingerprint)) == 16


def test_no_two_seals_are_the_same() -> None:
    assert len({sealed().sealed for _ in range(100)}) == 100


def test_name_and_secret_are_no_part_of_each_other() -> None:
    name, secret = bytes.fromhex(key().name), key().secret

    assert (len(name), len(secret)) == (16, 32)  # all that is derived, so that none is in both
    assert name not in secret
    assert key(user="4e" * 20).name != key().name


def test_secret_never_prints() -> None:
    assert str(key().secret) not in repr(key())
    assert sealed().sealed not in repr(sealed())


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters='"\\'),
               min_size=16, max_size=64), st.binary(max_size=40))  # fmt: skip
def test_every_key_opens_its_own_seal(raw: str, request: bytes) -> None:
    mine = key(raw, request=request)

    assert key(f'"{raw}"', request=request).open(sealed(mine)) == TOKEN


# --- finding --------------------------------------------------------------------------------------


def test_key_that_was_not_used_finds_nothing() -> None:
    assert key().find(Usage(), NOON) is None
    assert key("another-key-of-this-user").find(Usage(replays=(sealed(),)), NOON) is None


def test_another_request_under_the_same_key_is_refused() -> None:
    usage = Usage(replays=(sealed(),))

    with pytest.raises(IdempotencyKeyReused):
        key(request=b"mint {}").find(usage, NOON)


def test_another_request_is_refused_after_its_token_too() -> None:
    with pytest.raises(IdempotencyKeyReused):
        key(request=b"mint {}").find(kept(), EXPIRES)


@pytest.mark.parametrize("then", [UNTIL, EXPIRES - 1])
def test_seal_is_good_as_long_as_its_token_lives(then: int) -> None:
    usage = Usage.of(pruned(kept(), then).document())

    found = key().find(usage, then)

    assert found
    assert key().open(found) == TOKEN
    with pytest.raises(ReplayExpired):
        key().find(usage, EXPIRES)


def test_key_whose_token_lives_is_never_forgotten_but_a_new_one_refused() -> None:
    keys = [key(f"key-number-{n:010}") for n in range(KEYS_KEPT)]
    usage = pruned(kept(*map(sealed, keys)), EXPIRES - 1)
    grant, off = Grant("mint", "another", "charge 2", 30), Limits(0, 0, 0, 0, 0, 0, 0)

    with pytest.raises(QuotaExceeded) as refused:
        admit(usage, EXPIRES - 1, replace(grant, keyed=True), off)

    assert (refused.value.violated, refused.value.retry_after_s) == (("keys",), 1)
    assert all(k.find(usage, EXPIRES - 1) for k in keys)
    assert admit(usage, EXPIRES - 1, grant, off)
    assert admit(usage, EXPIRES, replace(grant, keyed=True), off)


def test_of_keys_whose_token_has_expired_the_eight_newest_are_kept_without_it() -> None:
    keys = [key(f"key-number-{n:010}") for n in range(OLD_KEYS_KEPT + 2)]
    usage = pruned(kept(*map(sealed, keys)), EXPIRES)

    assert [r.key for r in usage.replays] == [k.name for k in keys[2:]]
    assert {r.sealed for r in usage.replays} == {""}
    assert keys[0].find(usage, EXPIRES) is None
    with pytest.raises(ReplayExpired):
        keys[2].find(usage, EXPIRES)


def test_outcome_is_kept_a_day_beyond_the_window() -> None:
    assert len(pruned(kept(), UNTIL + DAY_MS - 1).replays) == 1
    assert pruned(kept(), UNTIL + DAY_MS).replays == ()
