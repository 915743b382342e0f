"""Health reports whether tokens can be vended, costs little, and reveals nothing."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from types import SimpleNamespace
from typing import Literal, cast

import pytest
from pydantic_core import to_json

from support.fakes.memory import USER, Fault, MemoryLedger, Seconds
from support.requests.promised import as_promised
from vending.clock import Stopwatch
from vending.contract.public import ConfigAnswer
from vending.errors import IdentityUnavailable, StoreUnavailable
from vending.gemini.auth_tokens import Mint
from vending.guard.ruling_store import Rulings
from vending.http.request import ApiRequest
from vending.identity.authenticate import Authenticator
from vending.operations.public import EACH_S, IDENTITY_KEPT_S, QUIET_S, Health, Public
from vending.store.ledger import Account


class Identity:
    """An authenticator whose keys are there, or not."""

    def __init__(self) -> None:
        self.down = False
        self.checks = 0

    async def check(self) -> None:
        self.checks += 1
        await asyncio.sleep(0)
        if self.down:
            raise IdentityUnavailable("https://issuer.internal/ does not answer")

    def key_states(self) -> dict[str, str]:
        return {"https://issuer.example": "unusable" if self.down else "ok"}


class Gemini:
    """A mint, of which only the state counts."""

    state = "unknown"


class Checked:
    """Health, and all it looks at."""

    def __init__(self) -> None:
        self.clock = Seconds()
        self.identity = Identity()
        self.ledger = MemoryLedger()
        self.gemini = Gemini()
        authenticator, mint = cast(Authenticator, self.identity), cast(Mint, self.gemini)
        self.health = Health(authenticator, self.ledger, mint, self.clock)


async def test_everything_works() -> None:
    checked = Checked()
    checked.gemini.state = "ok"

    health = await checked.health.check()

    as_promised("health", to_json(health))
    assert health["status"] == "ok"
    assert health["checks"] == {"identity": "ok", "ledger": "ok", "gemini": "ok"}


async def test_source_is_told_where_it_is_known() -> None:
    rulings = cast(Rulings, None)
    offer = cast(ConfigAnswer, {})
    told = [
        await Public(offer=offer, rulings=rulings, checks=Checked().health, source=source).health(
            cast(ApiRequest, SimpleNamespace(status=None))
        )
        for source in ("", "0123456789abcdef")
    ]

    assert [each.get("source") for each in told] == [None, "0123456789abcdef"]
    as_promised("health", to_json(told[1]))


async def test_gemini_that_was_not_asked_yet_is_unknown_and_no_failure() -> None:
    health = await Checked().health.check()

    assert (health["status"], health["checks"]["gemini"]) == ("ok", "unknown")


async def test_failing_identity_degrades() -> None:
    checked = Checked()
    checked.identity.down = True

    health = await checked.health.check()

    assert (health["status"], health["checks"]["identity"]) == ("degraded", "failing")
    assert health["issuers"] == [{"issuer": "https://issuer.example", "keys": "unusable"}]
    assert "issuer.internal" not in str(health)
    as_promised("health", to_json(health))


@pytest.mark.parametrize("fails", ["ledger", "gemini"])
async def test_failing_ledger_or_mint_degrades(fails: Literal["ledger", "gemini"]) -> None:
    checked = Checked()
    if fails == "ledger":
        checked.ledger.read_faults.append("down")
    else:
        checked.gemini.state = "failing"

    health = await checked.health.check()

    assert (health["status"], health["checks"][fails]) == ("degraded", "failing")


async def test_answer_is_kept_for_a_second_and_the_issuers_for_ten() -> None:
    checked = Checked()
    before = await checked.health.check()
    checked.identity.down = True
    checked.gemini.state = "failing"

    told = []
    for checked.clock.now in (0.999, 1, 8.9, 10):
        told.append((await checked.health.check())["checks"])

    assert told[0] == before["checks"]
    assert [(each["gemini"], each["identity"]) for each in told[1:]] == [
        ("failing", "ok"),
        ("failing", "ok"),
        ("failing", "failing"),
    ]
    assert (EACH_S, IDENTITY_KEPT_S) == (1, 10)


async def charged(checked: Checked, *faults: Fault) -> None:
    """A request that changes a user's usage."""
    checked.ledger.write_faults.extend(faults)
    account = Account(checked.ledger, USER, Stopwatch(), 0.05, writes=checked.health.writes)
    with suppress(StoreUnavailable):
        reading = await account.read()
        await account.change(reading, lambda newest: replace(newest.usage, last=newest.now))


async def ledger_at(checked: Checked, now: float) -> str:
    checked.clock.now = now
    return (await checked.health.check())["checks"]["ledger"]


async def test_where_requests_write_nothing_else_is_read_or_written() -> None:
    checked = Checked()

    for second in range(10):
        checked.clock.now = second
        await charged(checked)
        assert await ledger_at(checked, second) == "ok"

    assert (checked.ledger.reads, checked.ledger.writes) == (10, 10)


async def test_quiet_instance_writes_a_document_of_its_own_every_five_seconds() -> None:
    checked = Checked()
    told = [await ledger_at(checked, tenth / 10) for tenth in range(100)]

    assert set(told) == {"ok"}
    assert checked.ledger.writes == 2
    assert checked.ledger.usage().last == 0  # nobody's
    assert QUIET_S == 5


async def test_charge_that_was_given_up_shows_for_five_seconds() -> None:
    checked = Checked()
    await charged(checked)
    assert await ledger_at(checked, 0) == "ok"
    checked.clock.now = 1
    await charged(checked, "down")

    told = {now: await ledger_at(checked, now) for now in (1.0, 3.0, 5.9, 6.9)}

    assert told == {1.0: "failing", 3.0: "failing", 5.9: "failing", 6.9: "ok"}
    assert checked.ledger.writes == 3  # the last one to see that it is over


async def test_charge_that_succeeds_clears_at_once() -> None:
    checked = Checked()
    await charged(checked, "down")
    assert await ledger_at(checked, 0) == "failing"

    checked.clock.now = 0.5
    await charged(checked)

    assert await ledger_at(checked, 1) == "ok"


async def test_charge_that_was_tried_twice_is_no_failure() -> None:
    checked = Checked()

    await charged(checked, "outcome unknown", "conflict")

    assert await ledger_at(checked, 0) == "ok"


async def test_while_writing_fails_it_is_tried_once_a_second_and_clears_with_the_first() -> None:
    checked = Checked()
    checked.ledger.write_faults.extend(["down"] * 3)

    told = [await ledger_at(checked, tenth / 10) for tenth in range(40)]

    assert told == ["failing"] * 30 + ["ok"] * 10
    assert checked.ledger.writes == 4


async def test_instances_write_documents_of_their_own() -> None:
    checked, other = Checked(), Checked()
    other.ledger = checked.ledger
    other.health = Health(
        cast(Authenticator, other.identity), checked.ledger, cast(Mint, other.gemini), other.clock
    )

    await asyncio.gather(checked.health.check(), other.health.check())

    assert (checked.ledger.reads, checked.ledger.writes) == (2, 2)


async def test_crowd_of_askers_is_one_check() -> None:
    checked = Checked()

    answers = await asyncio.gather(*(checked.health.check() for _ in range(50)))

    assert (checked.identity.checks, checked.ledger.reads, checked.ledger.writes) == (1, 1, 1)
    assert {answer["status"] for answer in answers} == {"ok"}
