"""Health tells whether tokens can be vended, costs little, and gives nothing away."""

from __future__ import annotations

import asyncio
from typing import cast

from pydantic_core import to_json

from unit.fakes import MemoryLedger, Seconds
from unit.promised import as_promised
from vending.authenticate import Authenticator
from vending.errors import IdentityUnavailable
from vending.health import KEPT_S, Health
from vending.mint import Mint


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


async def test_gemini_that_was_not_asked_yet_is_unknown_and_no_failure() -> None:
    health = await Checked().health.check()

    assert (health["status"], health["checks"]["gemini"]) == ("ok", "unknown")


async def test_failing_identity_degrades() -> None:
    checked = Checked()
    checked.identity.down = True

    health = await checked.health.check()

    assert (health["status"], health["checks"]["identity"]) == ("degraded", "failing")


async def test_failing_ledger_degrades() -> None:
    checked = Checked()
    checked.ledger.read_faults.append("down")

    health = await checked.health.check()

    assert (health["status"], health["checks"]["ledger"]) == ("degraded", "failing")


async def test_failed_mint_degrades() -> None:
    checked = Checked()
    checked.gemini.state = "failing"

    health = await checked.health.check()

    assert (health["status"], health["checks"]["gemini"]) == ("degraded", "failing")


async def test_answer_is_kept_for_ten_seconds() -> None:
    checked = Checked()
    before = await checked.health.check()
    checked.identity.down = True

    checked.clock.now = KEPT_S - 0.001
    kept = await checked.health.check()
    checked.clock.now = KEPT_S
    fresh = await checked.health.check()

    assert kept == before
    assert fresh["status"] == "degraded"
    assert KEPT_S == 10


async def test_crowd_of_askers_is_one_check() -> None:
    checked = Checked()

    answers = await asyncio.gather(*(checked.health.check() for _ in range(50)))

    assert (checked.identity.checks, checked.ledger.reads) == (1, 1)
    assert {answer["status"] for answer in answers} == {"ok"}


async def test_asker_who_goes_away_leaves_the_others_their_answer() -> None:
    checked = Checked()
    asking = [asyncio.create_task(checked.health.check()) for _ in range(3)]
    await asyncio.sleep(0)

    asking[0].cancel()
    answers = await asyncio.gather(*asking[1:])

    assert [answer["status"] for answer in answers] == ["ok", "ok"]


async def test_nothing_is_told_of_why() -> None:
    checked = Checked()
    checked.identity.down = True

    health = await checked.health.check()

    assert "issuer.internal" not in str(health)


async def test_nothing_is_written() -> None:
    checked = Checked()

    await checked.health.check()

    assert checked.ledger.writes == 0
