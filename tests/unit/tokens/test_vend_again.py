"""A repeated request gets the same token, is counted once, and asks Gemini once."""

from __future__ import annotations

import asyncio

import pytest

from support.fakes.memory import NOON, USER, FakeMinter, MemoryLedger
from support.fakes.vend_requests import (
    GEMINI_DOWN,
    OFF,
    ask,
    key,
    mint,
    refresh,
    total,
    vending,
)
from vending.errors import (
    IdempotencyKeyReused,
    ReplayExpired,
    SessionEnded,
    UpstreamUnavailable,
)
from vending.limits.admit import end
from vending.limits.usage import Usage
from vending.policy import Limits


async def test_repeated_request_gets_the_same_token_and_is_not_counted_again() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    vend = vending(minter)

    first = await vend.vend(ask(ledger, mint("s1"), Limits(), key()))
    again = await vend.vend(ask(ledger, mint("s2"), Limits(), key()))

    assert again.token == first.token
    assert (first.replayed, again.replayed) == (False, True)
    assert again.session == first.session
    assert (again.charge_id, again.start_before) == (first.charge_id, first.start_before)
    assert total(ledger.usage()) == 1
    assert len(minter.orders) == 1


async def test_repeated_request_in_two_instances_at_once_is_one_charge_and_one_token() -> None:
    ledger, gate = MemoryLedger(), asyncio.Event()
    minters = [FakeMinter(), FakeMinter()]
    for minter in minters:
        minter.gate = gate
    requests = [ask(ledger, mint(f"s{n}"), Limits(), key()) for n in range(2)]
    both = [
        asyncio.create_task(vending(minter).vend(request))
        for minter, request in zip(minters, requests, strict=True)
    ]
    await asyncio.gather(*(minter.reached.wait() for minter in minters))

    gate.set()
    first, second = await asyncio.gather(*both)

    assert first.token == second.token
    assert first.session.id == second.session.id
    assert sorted((first.replayed, second.replayed)) == [False, True]
    assert total(ledger.usage()) == 1


async def test_key_of_another_request_is_refused_and_costs_nothing() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    vend = vending(minter)
    await vend.vend(ask(ledger, mint("s1"), key=key()))

    with pytest.raises(IdempotencyKeyReused):
        await vend.vend(ask(ledger, mint("s2"), key=key(request=b'mint {"voice":"Kore"}')))

    assert len(minter.orders) == 1
    assert ledger.writes == 1


async def test_repetition_gets_the_same_token_as_long_as_it_lives_and_is_not_counted() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    vend = vending(minter)
    vended = await vend.vend(ask(ledger, mint("s1"), key=key()))
    ledger.clock.ms = vended.session.expires - 1

    again = await vend.vend(ask(ledger, mint("s2"), key=key()))

    assert (again.token, again.replayed) == (vended.token, True)
    assert again.start_before == vended.start_before < ledger.clock.ms
    ledger.clock.forward(ms=1)
    with pytest.raises(ReplayExpired):
        await vend.vend(ask(ledger, mint("s2"), key=key()))

    assert total(ledger.usage()) == 1
    assert len(minter.orders) == 1


async def test_token_of_a_session_that_was_ended_is_not_given_again() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    vend = vending(minter)
    await vend.vend(ask(ledger, mint("s1"), key=key()))
    await vend.vend(ask(ledger, refresh(), key=key("b" * 16)))
    await vend.end(ask(ledger, mint()).account, "s1")

    for grant, name in ((mint("s2"), "a-key-of-sixteen-characters"), (refresh(), "b" * 16)):
        with pytest.raises(SessionEnded):
            await vend.vend(ask(ledger, grant, key=key(name)))

    ledger.clock.forward(minutes=30)
    with pytest.raises(ReplayExpired):
        await vend.vend(ask(ledger, mint("s2"), key=key()))
    assert (len(minter.orders), total(ledger.usage())) == (2, 2)


async def test_key_that_another_instance_answered_for_a_session_ended_since_gets_nothing() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    await vending(minter).vend(ask(ledger, mint("s1"), key=key()))
    answered = ledger.usage()
    ledger.put(USER, Usage())
    ledger.rivals.append(lambda _usage, now: end(answered, now, "s1"))

    with pytest.raises(SessionEnded):
        await vending(minter).vend(ask(ledger, mint("s2"), key=key()))

    assert ledger.usage().holds("s1", "c-s1")
    assert total(ledger.usage()) == 1


async def test_repeated_refresh_gets_the_same_token() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    vend, request = vending(minter), b"refresh s1"
    await vend.vend(ask(ledger, mint("s1")))

    first = await vend.vend(ask(ledger, refresh("s1", "r1"), key=key(request=request)))
    again = await vend.vend(ask(ledger, refresh("s1", "r2"), key=key(request=request)))

    assert again.token == first.token
    assert ledger.usage().refreshes == (NOON,)


async def test_replay_of_a_session_that_was_forgotten_is_expired() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    vend = vending(minter)
    await vend.vend(ask(ledger, mint("s1", minutes=1190), OFF))
    ledger.clock.forward(hours=13)
    await vend.vend(ask(ledger, refresh("s1", "r1", 1190), OFF))
    ledger.clock.forward(hours=13)
    await vend.vend(ask(ledger, refresh("s1", "r2", 1190), OFF, key()))
    await vend.end(ask(ledger, refresh()).account, "s1")
    ledger.clock.forward(hours=20)

    with pytest.raises(ReplayExpired):
        await vend.vend(ask(ledger, refresh("s1", "r3", 1190), OFF, key()))

    assert len(minter.orders) == 3


async def test_failed_request_leaves_its_key_free() -> None:
    ledger, minter = MemoryLedger(), FakeMinter([GEMINI_DOWN])
    vend = vending(minter)
    with pytest.raises(UpstreamUnavailable):
        await vend.vend(ask(ledger, mint("s1"), key=key()))

    vended = await vend.vend(ask(ledger, mint("s2"), key=key()))

    assert not vended.replayed
    assert total(ledger.usage()) == 1
