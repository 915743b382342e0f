"""What an operator is told: true, of the right person, and nothing personal."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from unit.fakes import NOON, USER, Clock, MemoryLedger
from vending.admin import MOST_COUNTED, Admin, NoTrail
from vending.audit import Trace, Trail
from vending.audit_trail import AuditTrail, Entries, Entry, Query
from vending.authenticate import Caller
from vending.call import Answer, Call
from vending.errors import AuditUnavailable, InvalidRequest, StoreUnavailable
from vending.policy import Limits
from vending.routes import Operation
from vending.usage import Session, Usage

MINUTE_MS = 60_000
ADMIN = Caller("ad" * 20, "default", is_admin=True)


class MemoryTrail:
    """An `AuditTrail` of these entries; keeps what it was asked."""

    def __init__(self, *entries: Entry) -> None:
        self.stored = [*entries]
        self.asked: list[Query] = []

    async def entries(self, query: Query) -> Entries:
        self.asked.append(query)
        found = [e for e in self.stored if e.at > query.since and query.user in ("", e.user)]
        newest = sorted(found, key=lambda entry: -entry.at)
        return Entries(tuple(newest[: query.most]), cut=len(newest) > query.most)


class Desk:
    """An operator before an `Admin`."""

    def __init__(self, trail: AuditTrail | None = None) -> None:
        self.clock = Clock()
        self.ledger = MemoryLedger(self.clock)
        self.trail = Trail("r", "GET", Trace())
        tiers = {"default": Limits(), "gold": Limits(mints_per_hour=99)}
        self.admin = Admin(
            ledger=self.ledger,
            trail=trail or MemoryTrail(),
            tiers=tiers,
            clock=lambda: self.clock.ms / 1000,
        )

    async def ask(self, operation: Operation, subject: str = "", **query: str) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(
            (await self.answer(operation, subject, **query)).content or "{}"
        )
        return told

    async def answer(self, operation: Operation, subject: str = "", **query: str) -> Answer:
        call = Call(
            caller=ADMIN,
            prefix="",
            session_id="",
            subject=subject,
            headers={},
            query=(*query.items(),),
            stream=nothing,
            trail=self.trail,
            tell={},
        )
        return await self.admin.serve(operation, call)


async def nothing() -> AsyncIterator[bytes]:
    for piece in [b""]:
        yield piece


def minted(at: int, user: str = USER, **more: object) -> Entry:
    entry = Entry(at, "TOKEN_CREATED", "mint", 201, user=user, tier="gold", session="5e" * 12)
    told = {"expires": at + 30 * MINUTE_MS, "model": "gemini-3.8-live", "total_ms": 80.0, **more}
    return replace(entry, **told)  # type: ignore[arg-type]


async def test_overview_tells_the_day() -> None:
    refusal = Entry(NOON, "TOKEN_REFUSED", "mint", 429, "quota-exceeded", ("hour",), user=USER)
    desk = Desk(MemoryTrail(minted(NOON - 1), minted(NOON - 2, total_ms=120.0), refusal))

    told = await desk.ask("admin_overview")

    assert len(told["hours"]) == 24
    assert told["hours"][-1]["minted"] == 2
    assert told["hours"][-1]["refused"] == {"hour": 1}
    assert told["latency"] == {"p50Ms": 80.0, "p95Ms": 120.0}
    assert told["live"] == 1
    assert told["liveSessions"][0]["user"] == USER
    assert told["busiest"] == [{"user": USER, "tokens": 2, "refused": 1}]
    assert (told["cut"], told["since"]) == (False, told["hours"][0]["start"])


async def test_overview_that_is_cut_says_since_when_it_tells() -> None:
    desk = Desk(MemoryTrail(*(minted(NOON - n) for n in range(MOST_COUNTED + 1))))

    told = await desk.ask("admin_overview")

    assert told["cut"] is True
    assert told["hours"][-1]["minted"] == MOST_COUNTED
    assert told["since"] > told["hours"][0]["start"]


async def test_day_without_a_line_is_told_too() -> None:
    told = await Desk().ask("admin_overview")

    assert told["live"] == 0
    assert told["latency"] == {"p50Ms": None, "p95Ms": None}
    assert told["cut"] is False


async def test_many_who_look_cost_one_reading() -> None:
    trail = MemoryTrail(minted(NOON))
    desk = Desk(trail)

    for _ in range(5):
        await desk.ask("admin_overview")
        desk.clock.forward(s=1)
    assert len(trail.asked) == 1
    desk.clock.forward(s=6)
    await desk.ask("admin_overview")

    assert len(trail.asked) == 2


async def test_user_is_told_by_the_tier_of_their_last_request() -> None:
    desk = Desk(MemoryTrail(minted(NOON), minted(NOON - 5, "other"), minted(NOON + 1, "other")))
    session = Session("5e" * 12, "gemini-3.8-live", NOON, NOON, {"c": NOON + MINUTE_MS})
    desk.ledger.put(USER, Usage(last=NOON, mints=(NOON,), sessions=(session,)))

    told = await desk.ask("admin_user", USER)

    assert (told["usage"]["user"], told["usage"]["tier"]) == (USER, "gold")
    assert told["usage"]["hour"] | {"resetsAt": None} == {
        "limit": 99, "used": 1, "remaining": 98, "resetsAt": None,
    }  # fmt: skip
    assert [each["id"] for each in told["sessions"]] == ["5e" * 12]
    assert desk.ledger.writes == 0


async def test_user_nobody_has_seen_has_used_nothing() -> None:
    told = await Desk().ask("admin_user", "0" * 40)

    assert (told["usage"]["tier"], told["usage"]["day"]["used"], told["sessions"]) == (
        "default",
        0,
        [],
    )


async def test_user_can_be_looked_at_while_the_trail_cannot_be_read() -> None:
    assert (await Desk(NoTrail()).ask("admin_user", USER))["usage"]["tier"] == "default"


async def test_user_cannot_be_looked_at_while_the_ledger_cannot_be_read() -> None:
    desk = Desk()
    desk.ledger.read_faults.append("down")

    with pytest.raises(StoreUnavailable):
        await desk.ask("admin_user", USER)


async def test_line_says_about_whom_it_was() -> None:
    desk = Desk()

    await desk.ask("admin_user", USER)

    assert desk.trail.facts["subject"] == USER


async def test_trail_is_told_the_newest_first_and_asked_for_what_is_asked() -> None:
    trail = MemoryTrail(minted(NOON), minted(NOON + 2), minted(NOON + 1, "4e" * 20))
    desk = Desk(trail)

    told = await desk.ask("admin_audit", user=USER, event="TOKEN_CREATED")

    assert [entry["totalMs"] for entry in told["entries"]] == [80.0, 80.0]
    assert told["entries"][0]["at"] > told["entries"][1]["at"]
    assert told["entries"][0]["code"] is None
    assert (trail.asked[0].user, trail.asked[0].event) == (USER, "TOKEN_CREATED")


@pytest.mark.parametrize(
    ("name", "value"),
    [("user", "3f"), ("user", "alice@example.com"), ("event", 'X" OR "1'), ("event", "x")],
)
async def test_filter_that_is_none_is_refused_by_name(name: str, value: str) -> None:
    trail = MemoryTrail()

    with pytest.raises(InvalidRequest) as refused:
        await Desk(trail).ask("admin_audit", **{name: value})

    assert [error.field for error in refused.value.errors] == [name]
    assert trail.asked == []


async def test_trail_that_nobody_set_up_is_said_to_be_none() -> None:
    operations: tuple[Operation, ...] = ("admin_overview", "admin_audit")
    for operation in operations:
        with pytest.raises(AuditUnavailable) as refused:
            await Desk(NoTrail()).ask(operation)
        assert refused.value.public == "No audit trail is set up here."
