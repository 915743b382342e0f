"""Retry-After is exact: the request is admitted then, and not a second earlier."""

from __future__ import annotations

import asyncio
import time

import pytest

from support.people.callers import Callers
from support.runs.margin import TRIES
from support.servers.fleet import Fleet
from support.stores.aging import aged
from vending.limits.usage import Usage
from vending.tokens.refusal_cache import REFUSALS_KEPT_S

MINUTE_MS = 60_000


@pytest.mark.parametrize(("violated", "tier"), [("cooldown", "patient"), ("hour", None)])
async def test_request_is_admitted_when_retry_after_is_over_and_not_a_second_before(
    both: Fleet, callers: Callers, violated: str, tier: str | None
) -> None:
    person, now = both.person(tier), time.time_ns() // 1_000_000
    used = 9 if violated == "hour" else 0
    mints = tuple(now - MINUTE_MS * 50 + i for i in range(used))
    both.books.seed(person.alias, Usage(last=now - MINUTE_MS * 49, mints=mints))
    assert (await callers.mint(person.id_token)).status == 201

    refused = await callers.mint(person.id_token)
    counted, told_s = both.usage(person).document(), int(refused.headers["retry-after"])
    for _ in range(TRIES):  # on a busy machine that second passes, too
        both.books.seed(person.alias, aged(counted, told_s - 1 - int(REFUSALS_KEPT_S)))
        await asyncio.sleep(REFUSALS_KEPT_S)  # what an operator changes is seen by then
        early = await callers.mint(person.id_token)
        if early.status == 429:
            break
    both.books.seed(person.alias, aged(counted, told_s))
    await asyncio.sleep(REFUSALS_KEPT_S)
    in_time = await callers.mint(person.id_token)

    assert (refused.status, refused.body["violated"]) == (429, [violated])
    assert (early.status, early.headers["retry-after"]) == (429, "1")
    assert in_time.status == 201
