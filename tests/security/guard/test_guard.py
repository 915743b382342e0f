"""What a block refuses, what it costs, and what happens while the store is down."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from support.fakes.memory import NOON
from support.people.lives import farmer, forger, hammerer, talker
from support.people.town import INSTANCES, NAMES, Ask, Town, alias
from vending.errors import Blocked, QuotaExceeded, StoreUnavailable
from vending.guard.abuse import REPLAYS_FREE
from vending.guard.networks import UNKNOWN
from vending.guard.offences import FLUSH_POINTS, MOST_BLOCKS, MOST_SUBJECTS_KEPT
from vending.guard.ruling import Ruling
from vending.guard.ruling_store import RulingStore
from vending.guard.strikes import POINTS
from vending.policy import Mode

HERE = "203.0.113.7"
QUARTER_S = 15 * 60


async def everywhere(town: Town, ask: Ask) -> list[int]:
    return [(await town.ask(ask, instance)).status for instance in range(INSTANCES)]


async def test_honest_mint_costs_not_one_operation_more() -> None:
    town = Town()
    for instance in range(INSTANCES):
        await town.ask(Ask(f"first-{instance}", HERE, key="a-key-of-sixteen-characters"), instance)
    reads, writes, before = town.ledger.reads, town.ledger.writes, town.documents.calls.copy()

    for n in range(300):
        assert (await town.ask(Ask(f"user-{n}", f"11.0.{n % 256}.7"))).status == 201

    assert (town.ledger.reads - reads, town.ledger.writes - writes) == (300, 300)
    assert town.documents.calls == before
    assert before == {"lasting": INSTANCES}


async def test_user_s_block_refuses_all_of_that_user_without_an_operation() -> None:
    town = Town()
    await town.live([("h", 0, hammerer(HERE, 200))])
    town.clock.forward(s=30)
    await everywhere(town, Ask("hammerer", HERE))
    reads, calls = town.ledger.reads, town.documents.calls.copy()

    for path in ("/usage", "/sessions"):
        assert await everywhere(town, Ask("hammerer", HERE, "GET", path)) == [403] * INSTANCES
    refused = await town.ask(Ask("hammerer", HERE))

    assert refused.blocked
    assert 0 < refused.retry_after_s <= QUARTER_S
    assert (town.ledger.reads, town.documents.calls) == (reads, calls)
    assert await everywhere(town, Ask("somebody-else", HERE)) == [201, 429, 429]


async def test_block_ends_and_the_next_lasts_longer() -> None:
    town = Town()
    await town.live([("h", 0, hammerer(HERE, 200))])
    town.clock.forward(s=QUARTER_S)
    after = await everywhere(town, Ask("hammerer", HERE))
    await town.live([("h", 0, hammerer(HERE, 300))])

    assert 403 not in after
    assert [event["seconds"] for event in town.events()] == [QUARTER_S, 3600]
    changes = [event["change"] for event in town.events()]
    assert changes == ["block for 15 min", "block for 60 min"]


async def test_blocked_network_refuses_newcomers_and_nobody_who_is_known() -> None:
    town = Town()
    assert (await town.ask(Ask("known", "198.51.6.9"))).status == 201
    await town.live([("f", 600, farmer("guest", "198.51.6", 150))])
    town.clock.forward(s=30)

    newcomer = [await town.ask(Ask("newcomer", "198.51.6.8"), n) for n in range(INSTANCES)]
    known = await town.ask(Ask("known", "198.51.6.9"))
    elsewhere = await town.ask(Ask("newcomer", HERE))
    now_known = await town.ask(Ask("newcomer", "198.51.6.8", "GET", "/usage"))

    assert all(answer.blocked for answer in newcomer)
    assert 0 < newcomer[0].retry_after_s <= QUARTER_S
    assert (known.status, elsewhere.status, now_known.status) == (201, 201, 200)


async def test_unsigned_tokens_of_a_blocked_network_are_told_so_and_expired_ones_renewed() -> None:
    town = Town()
    for instance in range(INSTANCES):
        await town.ask(Ask(f"first-{instance}", HERE), instance)
    await town.live([("f", 0, forger("198.51.5", 400, town.dice))])

    await town.ask(Ask("forged-one", "198.51.5.1"), 0)  # the reading is begun beside it
    forged = await town.ask(Ask("forged-one", "198.51.5.1"), 0)
    expired = await town.ask(Ask("expired-one", "198.51.5.1"), 0)
    elsewhere = await town.ask(Ask("forged-one", HERE), 0)

    assert (forged.status, forged.body["code"]) == (403, "blocked")
    assert (expired.status, expired.body["code"]) == (401, "token-expired")
    assert (elsewhere.status, elsewhere.body["code"]) == (401, "unauthenticated")


async def test_forger_without_an_account_keeps_no_newcomer_of_its_network_out() -> None:
    town = Town()
    for instance in range(INSTANCES):
        await town.ask(Ask(f"first-{instance}", HERE), instance)
    await town.live([("f", 0, forger("198.51.5", 400, town.dice))])
    town.clock.forward(s=30)

    minted = await everywhere(town, Ask("newcomer", "198.51.5.9"))

    assert town.seen["f"].blocked > 0
    assert minted == [201, 429, 429]


async def test_expired_and_missing_tokens_are_never_counted() -> None:
    town = Town()
    await town.ask(Ask("first", HERE), 0)

    for n in range(1000):
        await town.ask(Ask(f"expired-{n}", HERE), 0)
        await town.ask(Ask("", HERE), 0)

    assert town.documents.calls.keys() == {"lasting"}
    assert town.events() == []


async def test_headers_that_cannot_be_right_share_one_bucket() -> None:
    town = Town()
    for n in range(60):
        await town.ask(Ask(f"guest-{n}", f"nonsense {n}"))
    town.clock.forward(s=30)

    assert [event["prefix"] for event in town.events()] == [UNKNOWN]
    assert [event["subject"] for event in town.events()] == [UNKNOWN]
    assert (await town.ask(Ask("newcomer", "other nonsense"))).blocked
    assert (await town.ask(Ask("newcomer", HERE))).status == 201


async def test_slow_body_of_a_bad_network_is_no_offence() -> None:
    from vending.errors import FieldError, InvalidRequest  # noqa: PLC0415 - only here

    town, slow = Town(), InvalidRequest(FieldError("body", "did not arrive"), late=True)

    for _ in range(1000):
        town.guards[0].refused("user", "mint", slow)
    await town.guards[0].offences.settled()

    assert town.documents.calls == {}


@pytest.mark.parametrize(("mode", "told"), [("monitor", [False]), ("off", [])])
async def test_monitor_says_what_it_would_do_and_off_says_nothing(
    mode: Mode, told: list[bool]
) -> None:
    town = Town(mode)
    await town.live([("h", 0, hammerer(HERE, 200))])

    assert [event["enforced"] for event in town.events()] == told
    assert {event["change"] for event in town.events()} <= {"would block for 15 min"}
    assert town.seen["h"].blocked == 0
    assert (town.documents.calls["write"] > 0) == (mode == "monitor")


@pytest.mark.parametrize("mode", ["off", "monitor", "enforce"])
async def test_operator_s_block_holds_in_every_mode_and_the_guard_s_only_when_enforced(
    mode: Mode,
) -> None:
    town = Town(mode)
    block = Ruling("block", f"user:{alias('one')}", NOON, NOON + 60_000, "guard", "too many")
    operator = replace(block, subject=f"user:{alias('other')}", by="operator:ab")
    for ruling in (block, operator):
        await RulingStore(town.documents).put(ruling, 1)

    by_guard = (await town.ask(Ask("one", HERE))).blocked
    by_operator = (await town.ask(Ask("other", HERE))).blocked

    assert (by_guard, by_operator) == (mode == "enforce", True)


async def test_store_that_cannot_write_lets_the_answers_be() -> None:
    town = Town()
    assert await everywhere(town, Ask("hammerer", HERE)) == [201, 429, 429]
    town.documents.down = StoreUnavailable("scripted")

    statuses = {(await town.ask(Ask("hammerer", HERE), 0)).status for _ in range(100)}

    assert statuses == {429}
    assert town.events() == []


async def test_guard_leaves_room_for_what_operators_rule() -> None:
    town = Town()
    for n in range(MOST_BLOCKS):
        block = Ruling("block", f"user:{n}", NOON, NOON + 3_600_000, "guard", "too many")
        await RulingStore(town.documents).put(block, 1)

    await town.live([("h", 0, hammerer(HERE, 120))])

    assert town.seen["h"].blocked == 0
    assert {event["enforced"] for event in town.events()} == {False}


async def test_log_and_store_have_the_network_s_name_and_no_address() -> None:
    town = Town()
    await town.live([("f", 0, farmer("guest", "198.51.6", 100))])
    await town.live([("t", 0, talker("alice", "198.51.6.1", town.dice))])

    everything = town._log.getvalue() + json.dumps([*town.documents._stored.items()])

    assert "198.51" not in everything
    assert NAMES.name(["198.51.6.1"], "") in everything
    assert "alice" not in everything


@pytest.mark.parametrize(
    ("others", "is_remembered"), [(MOST_SUBJECTS_KEPT - 1, True), (MOST_SUBJECTS_KEPT, False)]
)
async def test_memory_is_bounded(others: int, is_remembered: bool) -> None:
    """So many users later it is not known any more how often one was answered again."""
    town = Town()
    guard, enough = town.guards[0], round(FLUSH_POINTS / POINTS["replayed"])

    for _ in range(REPLAYS_FREE):
        guard.replayed("one", "a key")
    for n in range(others):
        guard.replayed(f"{n}", "a key")
    for _ in range(enough):
        guard.replayed("one", "a key")

    await guard.offences.settled()
    assert (town.documents.calls["write"] > 0) == is_remembered


async def test_user_who_goes_on_after_a_lifted_block_is_blocked_again() -> None:
    town = Town()
    await town.live([("h", 0, hammerer(HERE, 200))])
    await town.guards[0].rulings.lift("block", f"user:{alias('hammerer')}")
    town.clock.forward(s=60)
    for status in await everywhere(town, Ask("hammerer", HERE, "GET", "/usage")):
        assert status == 200
    refused = town.seen["h"].blocked

    await town.live([("h", 0, hammerer(HERE, 300))])

    assert town.seen["h"].blocked > refused
    assert [event["level"] for event in town.events()] == [1, 2]


async def test_phone_that_repeats_its_key_each_second_until_it_can_start_is_not_blocked() -> None:
    town, phone = Town(), Ask("phone", HERE, key="a-key-of-sixteen-characters")

    statuses = []
    for _ in range(120):  # the two minutes in which its token can start, to one instance
        statuses.append((await town.ask(phone, 0)).status)
        town.clock.forward(s=1)

    assert statuses == [201] * 120


async def test_asking_again_for_what_no_waiting_helps_is_hammering() -> None:
    town, never = Town(), QuotaExceeded(("sessions",), None)  # a batch larger than a limit

    for _ in range(70):
        town.guards[0].refused("user", "mint", never)
        await town.guards[0].offences.settled()

    assert [event["reason"] for event in town.events()] == ["hammering"]


async def test_flood_from_one_network_writes_one_document_at_a_time_and_none_once_blocked() -> None:
    town = Town()
    guard = town.guards[0]
    town.documents.gate = asyncio.Event()
    for _ in range(1000):
        guard.refuse_unsigned("ab" * 8)
    await asyncio.sleep(0)
    waiting = len(guard.offences.flushes)
    town.documents.gate.set()
    await guard.offences.settled()
    await town.guards[1].rulings.current()
    guard.refuse_unsigned("ab" * 8)
    await guard.offences.settled()
    with pytest.raises(Blocked):
        guard.refuse_unsigned("ab" * 8)
    writes = town.documents.calls["write"]

    for _ in range(100):  # by an instance that does not know yet
        town.guards[1].offences.strike(f"unsigned:{'ab' * 8}", "unsigned")
        await town.guards[1].offences.settled()

    assert waiting == 1
    assert len(town.events()) == 1
    assert (writes, town.documents.calls["write"]) == (3, 3)
