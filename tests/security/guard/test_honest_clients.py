"""Honest apps at default settings are never refused, and the guard never blocks them: talks of
hours, starts that fail, reloads, two tabs, phones that sleep.

A client here does what the web app does: it asks for a new token in the middle of the time in which
that continues its talk, resumes with the one it has whenever Gemini says goAway, and repeats a
request whose answer it missed under the same key.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from support.fakes.livepass import Answer, Livepass, id_token
from vending.policy import Limits

MINUTE_MS = 60_000


@dataclass(slots=True)
class Client:
    """A page or an app of one person, with the token of its talk."""

    livepass: Livepass
    who: str = field(default_factory=lambda: id_token("alice"))
    given: dict[str, Any] = field(default_factory=dict)
    key: str = ""
    resumed: int = 0

    async def begin(self) -> None:
        """Mint, to start a talk."""
        self.key = str(uuid4())
        self._had(await self.livepass.mint(self.who, key=self.key))

    async def begin_again(self) -> Answer:
        """Repeat the mint: after a reload, or for want of an answer."""
        answer = await self.livepass.mint(self.who, key=self.key)
        self._had(answer)
        return answer

    async def refresh(self) -> Answer:
        """Ask for another token of the talk."""
        return await self.livepass.refresh(self.who, self.session, key=str(uuid4()))

    async def talk(self, minutes: float) -> None:
        """Go on for so long: resume at each goAway, and have a new token before one is over."""
        until = self._now + int(minutes * MINUTE_MS)
        go_away = self._now + 9 * MINUTE_MS
        while (then := min(until, go_away, self._refresh_at)) < until:
            self.sleep_until(then)
            if then == go_away:
                assert then < _ms(self.given["expiresAt"]), "it has no token to resume with"
                self.resumed += 1
                go_away += 10 * MINUTE_MS
            else:
                self._had(await self.refresh())
        self.sleep_until(until)
        assert until <= _ms(self.given["expiresAt"])

    async def end(self) -> None:
        """Hang up."""
        assert (await self.livepass.end(self.session, self.who)).status == 204

    async def used(self) -> dict[str, Any]:
        """Ask what was counted."""
        answer = await self.livepass.get("/usage", self.who)
        assert answer.status == 200
        return dict(answer.body)

    def sleep_until(self, moment: int) -> None:
        self.livepass.clock.ms = max(moment, self._now)

    def forward(self, minutes: float) -> None:
        self.sleep_until(self._now + int(minutes * MINUTE_MS))

    @property
    def session(self) -> str:
        return str(self.given["session"]["id"])

    @property
    def _now(self) -> int:
        return self.livepass.clock.ms

    @property
    def _refresh_at(self) -> int:
        """Half of the time in which it is a handover; never, where the session's age ends first."""
        session = self.given["session"]
        ends = _ms(session["expiresAt"])
        return (_ms(session["handoverAt"]) + ends) // 2 if session["handoverAt"] else ends + 1

    def _had(self, answer: Answer) -> None:
        assert answer.status == 201, answer.content
        self.given = dict(answer.body)


def _ms(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp() * 1000)


@pytest.fixture
def livepass() -> Livepass:
    return Livepass(Limits(), abuse="enforce")


@pytest.fixture
def client(livepass: Livepass) -> Client:
    return Client(livepass)


@pytest.fixture(autouse=True)
def _nobody_is_struck(livepass: Livepass) -> Any:
    """Not one point was counted against anybody, far less a block."""
    yield
    assert livepass.guard.offences.pending == {}


async def test_talk_of_two_hours_with_a_go_away_every_ten_minutes(client: Client) -> None:
    await client.begin()

    await client.talk(119.9)

    used = await client.used()
    assert client.resumed == 12
    assert (used["day"]["used"], used["sessions"]["active"]) == (5, 1)
    (session,) = client.livepass.ledger.usage(used["user"]).sessions
    assert len(session.handovers) == 4
    assert sum(client.livepass.ledger.usage(used["user"]).spent.values()) == session.micros


async def test_start_whose_answer_was_lost_is_repeated(client: Client) -> None:
    await client.begin()
    first = client.given["token"]

    for _ in range(3):
        client.forward(0.1)
        answer = await client.begin_again()
        assert (answer.body["token"], answer.headers["idempotent-replayed"]) == (first, "true")

    assert (await client.used())["day"]["used"] == 1
    await client.talk(60)


async def test_token_that_can_start_no_talk_any_more_is_replaced(client: Client) -> None:
    await client.begin()
    client.forward(2.5)  # its start window is over, and the cooldown is not

    client._had(await client.refresh())

    await client.talk(60)


async def test_token_that_gemini_refused_once_is_replaced(client: Client) -> None:
    await client.begin()

    client._had(await client.refresh())

    await client.talk(60)
    assert (await client.used())["sessions"]["active"] == 1


async def test_three_reloads_get_the_same_token_at_no_cost(client: Client) -> None:
    await client.begin()
    await client.talk(10)
    before, minted = await client.used(), client.given["token"]

    for _ in range(3):
        client.forward(5)
        answer = await client.begin_again()
        assert answer.body["token"] == minted

    used = await client.used()
    assert used["day"]["used"] == before["day"]["used"] == 1
    assert used["sessions"] == before["sessions"]
    await client.talk(60)


async def test_two_tabs_talk_beside_each_other_and_a_copy_of_one_costs_nothing(
    client: Client,
) -> None:
    await client.begin()
    copy = Client(client.livepass, client.who, key=client.key)
    await copy.begin_again()
    client.forward(5)
    other = Client(client.livepass, client.who)
    await other.begin()

    for _ in range(3):
        for tab in (client, other):
            tab.sleep_until(tab._refresh_at)
            tab._had(await tab.refresh())

    used = await client.used()
    assert used["sessions"]["active"] == 2
    assert used["day"]["used"] == 2 + 3 + 3


async def test_phone_that_slept_for_40_minutes_mints_and_goes_on(client: Client) -> None:
    await client.begin()
    client.forward(40)

    late = await client.refresh()
    await client.begin()

    assert (late.status, late.code) == (409, "session-expired")
    await client.talk(60)


async def test_six_talks_of_five_minutes_each_ended(client: Client) -> None:
    for _ in range(6):
        await client.begin()
        client.forward(5)
        await client.end()

    assert (await client.used())["hour"]["used"] == 6


async def test_six_talks_of_five_minutes_each_left_and_never_ended_are_three(
    client: Client,
) -> None:
    """For comparison: what holds a slot is the token, until it is ended or expires."""
    for _ in range(3):
        await client.begin()
        client.forward(5)

    refused = await client.livepass.mint(client.who)

    assert refused.body["violated"] == ["sessions"]
    assert refused.headers["retry-after"] == str(15 * 60)
    client.forward(15)
    await client.begin()
