"""An Idempotency-Key yields no other user's token, no free tokens, and no growing database."""

from __future__ import annotations

import json

import pytest

from support.fakes.livepass import Livepass, id_token, tokens
from support.runs.rounds import report
from vending.limits.retention import KEYS_KEPT
from vending.policy import Limits

ALICE, MALLORY = id_token("alice"), id_token("mallory")
KEY = "8e03978e-40d5-43e8-bc93-6894a57f9324"
ROOMY = Limits(0, 0, 0, 0, 0, 0, 0)


async def book(livepass: Livepass, who: str) -> str:
    return str((await livepass.get("/usage", who)).body["user"])


async def test_key_of_another_user_is_a_key_like_any_other() -> None:
    livepass = Livepass()
    hers = await livepass.mint(ALICE, key=KEY)

    his = await livepass.mint(MALLORY, key=KEY)

    assert (hers.status, his.status) == (201, 201)
    assert hers.body["token"] != his.body["token"]
    assert "idempotent-replayed" not in his.headers
    assert tokens(livepass.ledger.usage(await book(livepass, MALLORY))) == 1


async def test_record_copied_into_another_account_opens_nothing() -> None:
    """As an attacker could who writes to the database."""
    livepass = Livepass()
    await livepass.mint(ALICE, key=KEY)
    alice, mallory = await book(livepass, ALICE), await book(livepass, MALLORY)
    livepass.ledger.put(mallory, livepass.ledger.usage(alice))

    stolen = await livepass.mint(MALLORY, key=KEY)

    assert stolen.body.get("token") != livepass.gemini.minted[0]
    assert "idempotent-replayed" not in stolen.headers


VARIANTS = (
    f'"{KEY}', f'{KEY}"', f"{KEY},{KEY}", f"{KEY}, {KEY}", f" {KEY}\t", KEY.upper(), f"{KEY}=",
    KEY[:-1], f"{KEY}0", KEY.replace("-", "\u2010").encode().decode("latin-1"), "\xa0" * 20,
    "x" * 15, "x" * 65, "", '""', "*" * 16, "a b" * 8, "\x7f" * 20, f'"{KEY}";q=1', f"W/{KEY}",
)  # fmt: skip


async def test_key_that_is_not_quite_the_same_never_replays() -> None:
    livepass = Livepass(ROOMY)
    first = (await livepass.mint(ALICE, key=KEY)).body["token"]

    for variant in VARIANTS:
        answer = await livepass.mint(ALICE, key=variant)

        assert answer.status in (201, 400), variant
        assert "idempotent-replayed" not in answer.headers
        assert answer.status == 400 or answer.body["token"] != first
    report("keys not quite the same", len(VARIANTS), len(VARIANTS), "no replay")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"voice": "Puck"}, {"voice": "Kore"}),
        ({}, {"durationMinutes": 31}),
        ({"tools": ["get_weather"]}, {"tools": []}),
        ({"temperature": 1}, {"temperature": 1.5}),
    ],
)
async def test_key_brings_no_other_body_past_the_catalogue(first: object, second: object) -> None:
    livepass = Livepass()
    await livepass.mint(ALICE, first, key=KEY)

    answer = await livepass.mint(ALICE, second, key=KEY)

    assert (answer.status, answer.code) == (422, "idempotency-key-reused")
    assert len(livepass.gemini.minted) == 1


async def test_key_of_a_mint_refreshes_nothing_and_the_other_way_round() -> None:
    livepass = Livepass()
    session = (await livepass.mint(ALICE, key=KEY)).body["session"]["id"]
    await livepass.refresh(ALICE, session, key="y" * 36)

    crossed = [
        await livepass.refresh(ALICE, session, key=KEY),
        await livepass.mint(ALICE, key="y" * 36),
    ]

    assert [answer.status for answer in crossed] == [422, 422]


async def test_flood_of_replays_is_free_and_yields_the_one_token() -> None:
    livepass = Livepass()
    first = await livepass.mint(ALICE, key=KEY)
    user = await book(livepass, ALICE)
    writes = livepass.ledger.writes

    again = [await livepass.mint(ALICE, key=KEY) for _ in range(300)]

    assert {answer.body["token"] for answer in again} == {first.body["token"]}
    assert tokens(livepass.ledger.usage(user)) == 1
    assert livepass.ledger.writes == writes
    assert len(livepass.gemini.minted) == 1


async def test_flood_of_new_keys_is_held_by_the_limits_and_grows_no_document() -> None:
    livepass = Livepass()
    user = await book(livepass, ALICE)

    answers = [await livepass.mint(ALICE, key=f"{n:032d}") for n in range(200)]

    admitted = [answer for answer in answers if answer.status == 201]
    assert len(admitted) == 3  # live sessions
    assert tokens(livepass.ledger.usage(user)) == 3
    assert len(json.dumps(livepass.ledger.document(user))) < 4_000


@pytest.mark.parametrize("count", [9, KEYS_KEPT])
async def test_no_key_is_pushed_out_by_others_while_its_token_lives(count: int) -> None:
    livepass = Livepass(Limits(0, 0, 0, 0, 0, 0, 0))
    user = await book(livepass, ALICE)
    keys = [f"{n:032d}" for n in range(count)]
    first = [await livepass.mint(ALICE, key=key) for key in keys]
    livepass.clock.forward(minutes=29)

    again = [await livepass.mint(ALICE, key=key) for key in keys]

    assert [a.body["token"] for a in again] == [a.body["token"] for a in first]
    assert {a.headers["idempotent-replayed"] for a in again} == {"true"}
    assert tokens(livepass.ledger.usage(user)) == len(livepass.gemini.minted) == count


async def test_one_key_too_many_is_refused_before_minting_and_told_for_how_long() -> None:
    livepass = Livepass(Limits(0, 0, 0, 0, 0, 0, 0))
    for n in range(KEYS_KEPT):
        await livepass.mint(ALICE, key=f"{n:032d}")
        livepass.clock.forward(s=1)

    refused = await livepass.mint(ALICE, key=KEY)

    assert (refused.status, refused.body["violated"]) == (429, ["keys"])
    assert refused.headers["retry-after"] == str(30 * 60 - KEYS_KEPT)
    assert len(livepass.gemini.minted) == KEYS_KEPT
    assert (await livepass.mint(ALICE)).status == 201
    livepass.clock.forward(s=30 * 60 - KEYS_KEPT)
    assert (await livepass.mint(ALICE, key=KEY)).status == 201


async def test_mint_can_be_repeated_after_its_refreshes() -> None:
    livepass = Livepass(Limits(0, 0, 0, 0, 0, 0, 0))
    first = await livepass.mint(ALICE, key=KEY)
    for n in range(8):
        await livepass.refresh(ALICE, first.body["session"]["id"], key=f"{n:032d}")

    assert (await livepass.mint(ALICE, key=KEY)).body["token"] == first.body["token"]


async def test_key_of_a_refused_request_is_not_spent() -> None:
    livepass = Livepass(Limits(cooldown_minutes=5))
    await livepass.mint(ALICE)
    refused = await livepass.mint(ALICE, key=KEY)
    livepass.clock.forward(minutes=5)

    admitted = await livepass.mint(ALICE, key=KEY)

    assert (refused.status, admitted.status) == (429, 201)
    assert "idempotent-replayed" not in admitted.headers
