"""Requests of one user run one after another; users never wait for each other."""

from __future__ import annotations

import asyncio

import pytest

from vending.errors import StoreUnavailable, UpstreamTimedOut, UpstreamUnavailable
from vending.tokens.user_queue import UserQueue


async def test_requests_of_one_user_take_turns_in_their_order() -> None:
    turns, seen, inside = UserQueue(), list[int](), list[int]()

    async def request(number: int) -> None:
        async with turns.of("alice"):
            inside.append(number)
            await asyncio.sleep(0)
            assert inside == [number]
            inside.clear()
            seen.append(number)

    await asyncio.gather(*(request(n) for n in range(20)))

    assert seen == list(range(20))


async def test_users_do_not_wait_for_each_other() -> None:
    turns = UserQueue()

    async with asyncio.timeout(10), turns.of("alice"), turns.of("bob"):
        reached = True

    assert reached


async def test_request_that_waits_too_long_is_told_so() -> None:
    turns = UserQueue(longest_wait_s=0.01)

    async with turns.of("alice"):
        with pytest.raises(UpstreamUnavailable) as refused:
            async with turns.of("alice"):
                pass

    assert refused.value.retry_after_s == 5


async def test_cancelled_request_leaves_the_queue() -> None:
    turns = UserQueue()

    async def request() -> None:
        async with turns.of("alice"):
            await asyncio.sleep(0)

    async with turns.of("alice"):
        waiting = [asyncio.create_task(request()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        waiting[1].cancel()
    done = await asyncio.gather(*waiting, return_exceptions=True)

    assert [type(result) for result in done] == [asyncio.CancelledError] * 2 + [type(None)]


async def test_request_that_fails_gives_its_turn_back() -> None:
    turns = UserQueue()
    with pytest.raises(ValueError, match="ours"):
        async with turns.of("alice"):
            raise ValueError("ours")

    async with asyncio.timeout(10), turns.of("alice"):
        reached = True

    assert reached


async def test_nothing_is_remembered_of_users_who_left() -> None:
    turns = UserQueue(longest_wait_s=0.01)
    for n in range(10):
        async with turns.of(f"user {n}"):
            with pytest.raises(UpstreamUnavailable):
                async with turns.of(f"user {n}"):
                    pass

    assert turns._queues == {}


@pytest.mark.parametrize("failure", [StoreUnavailable, UpstreamTimedOut])
async def test_failure_of_one_fails_those_waiting_and_none_later(
    failure: type[StoreUnavailable | UpstreamTimedOut],
) -> None:
    turns, tried = UserQueue(), list[str]()

    async def request(name: str) -> None:
        async with turns.of("alice"):
            tried.append(name)
            await asyncio.sleep(0.01)
            if name == "first":
                raise failure("down")

    crowd = await asyncio.gather(
        *(request(name) for name in ("first", "second", "third")), return_exceptions=True
    )
    await request("later")

    assert [type(outcome) for outcome in crowd] == [failure] * 3
    assert tried == ["first", "later"]
