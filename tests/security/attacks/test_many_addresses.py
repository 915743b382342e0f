"""A user who changes the address is still the same user: no limit can be evaded by it."""

from __future__ import annotations

import itertools

import pytest

from support.fakes.livepass import BASE, Answer, Livepass, bearer, id_token
from support.runs.rounds import report
from vending.policy import Limits

ALICE = id_token("alice")
LIMITS = Limits(mints_per_hour=3, cooldown_minutes=0, refreshes_per_hour=2, sessions=0)
NAMES = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "CF-Connecting-IP", "True-Client-IP")
ROUNDS = 10


def addresses(number: int) -> list[str]:
    """Other ones each time, alone and behind one another."""
    v4, v6 = f"203.0.{number}.{number + 7}", f"2001:db8:{number:x}::{number:x}"
    return [v4, v6, f"{v4}, {v6}", f"{v6}, {v4}", f"for={v4}"]


async def ask(livepass: Livepass, path: str, body: bytes, address: str, name: str) -> Answer:
    headers = [bearer(ALICE), ("Content-Type", "application/json"), (name, address)]
    return await livepass.ask("POST", BASE + path, headers, body)


@pytest.mark.parametrize("hops", [0, 1, 2])
async def test_limit_holds_whatever_the_address(hops: int) -> None:
    livepass = Livepass(LIMITS, trusted_proxy_hops=hops)
    froms = [
        (address, name)
        for number, name in itertools.product(range(ROUNDS), NAMES)
        for address in addresses(number)
    ]

    mints = [await ask(livepass, "", b"{}", *each) for each in froms]
    session = str(mints[0].body["session"]["id"])
    body = b'{"sessionId": "%s"}' % session.encode()
    refreshes = [await ask(livepass, "/refresh", body, *each) for each in froms]

    assert [answer.status for answer in mints] == [201] * 3 + [429] * (len(froms) - 3)
    assert [answer.status for answer in refreshes] == [201] * 2 + [429] * (len(froms) - 2)
    assert len(livepass.gemini.minted) == 5
    assert len({answer.line["user"] for answer in (*mints, *refreshes)}) == 1
    prefixes = {answer.line["prefix"] for answer in (*mints, *refreshes)}
    assert len(prefixes) > ROUNDS if hops else len(prefixes) == 1  # it did come from elsewhere
    tried = len(mints) + len(refreshes)
    report(f"other addresses, {hops} proxies", tried, tried, "5 tokens")
