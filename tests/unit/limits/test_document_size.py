"""A user's document stays within 20 KB as Firestore counts, however they use up a day of the
default limits.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from support.fakes.memory import NOON, USER
from support.stores.document_size import MOST_BYTES, REQUESTED, stored_bytes
from vending.clock import DAY_MS
from vending.errors import QuotaExceeded, SessionExpired
from vending.gemini.models import catalog
from vending.limits.admit import admit, charge, end
from vending.limits.grant import Grant
from vending.limits.retention import pruned
from vending.limits.usage import Usage
from vending.policy import Limits
from vending.tokens.idempotency import RequestKey

LIMITS = Limits()
LONGEST_MODEL = max(catalog("gemini-3.8-live", ()), key=len)
LONGEST_MINUTES = 60
TOKEN = f"auth_tokens/{'0' * 64}"


def day(ends: float, refreshes: float) -> Iterator[Usage]:
    """Mint as soon as the limits allow, with a key each; end and refresh with these odds."""
    dice, usage, now = random.Random(7), Usage(), NOON
    while now < NOON + DAY_MS + DAY_MS // 24:
        live = usage.live_sessions(now)
        grant = mint(dice)
        if live and dice.random() < refreshes:
            grant = replace(grant, kind="refresh", session_id=live[0].id)
        try:
            session = admit(usage, now, grant, LIMITS)
        except (QuotaExceeded, SessionExpired):
            now += 30_000
            continue
        key = RequestKey.of(f"{dice.getrandbits(128):032x}", USER, b"mint {}")
        sealed = key.seal(TOKEN, grant.session_id, grant.charge_id, now + 120_000)
        usage = charge(usage, now, grant, session, LIMITS)
        usage = pruned(replace(usage, replays=(*usage.replays, sealed)), now)
        yield usage
        if dice.random() < ends:
            usage = end(usage, now + 1, grant.session_id)
            yield usage
        now += 1000


def mint(dice: random.Random) -> Grant:
    return Grant(
        kind="mint",
        session_id=f"{dice.getrandbits(96):024x}",
        charge_id=f"{dice.getrandbits(48):012x}",
        minutes=LONGEST_MINUTES,
        model=LONGEST_MODEL,
        requested=REQUESTED,
    )


@pytest.mark.parametrize("ends", [0, 0.5, 1])
@pytest.mark.parametrize("refreshes", [0, 0.3, 0.9])
def test_document_stays_within_20_kb_through_the_busiest_day(ends: float, refreshes: float) -> None:
    usages = list(day(ends, refreshes))

    sizes = [stored_bytes(usage) for usage in usages]

    assert len(usages[-1].mints) + len(usages[-1].refreshes) >= 60
    assert max(sizes) <= MOST_BYTES
