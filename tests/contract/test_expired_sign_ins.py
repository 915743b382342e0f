"""What an expired sign-in may still end and report, on each ledger."""

from __future__ import annotations

import time

import pytest

from support.fakes.memory import FakeMinter
from support.fakes.vend_requests import NO_COOLDOWN, mint, vending
from support.stores.ledgers import Kept, account
from vending.errors import TokenExpired
from vending.gemini.pricing import Tokens
from vending.tokens.token_request import TokenRequest

USED = Tokens(audio_in=5_000_000)


async def test_what_began_before_is_reported_and_ended(kept: Kept, user: str) -> None:
    vend, of_user = vending(FakeMinter()), account(kept.ledger(), user)
    await vend.vend(TokenRequest(of_user, NO_COOLDOWN, mint(), None))
    good_until = int(time.time() * 1000) + 1000

    await vend.report(of_user, "s1", USED, expired_ms=good_until)  # of a talk of no length
    ended = await vend.end(of_user, "s1", expired_ms=good_until)

    assert ended.usage.sessions[0].ended


async def test_what_began_later_or_never_is_left_alone(kept: Kept, user: str) -> None:
    vend, of_user = vending(FakeMinter()), account(kept.ledger(), user)
    await vend.vend(TokenRequest(of_user, NO_COOLDOWN, mint(), None))
    good_until = int(time.time() * 1000) - 60_000

    for session in ("s1", "none"):
        with pytest.raises(TokenExpired):
            await vend.end(of_user, session, expired_ms=good_until)
        with pytest.raises(TokenExpired):
            await vend.report(of_user, session, USED, expired_ms=good_until)

    assert not (await of_user.read()).usage.sessions[0].ended
