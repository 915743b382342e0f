"""Operators' answers are true, about the right person, and contain no personal data."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from support.fakes.memory import NOON, USER, Clock, MemoryDocuments, MemoryLedger
from support.requests.promised import as_promised
from vending.audit.event import AuditEvent, Trace
from vending.audit.reader import AuditTrail, Entries, Entry, NoTrail, Query
from vending.clock import DAY_MS, day_of
from vending.errors import AuditUnavailable, InvalidRequest, StoreUnavailable
from vending.guard.budget import Budget
from vending.guard.budget_check import SPENDING_COLLECTION
from vending.guard.networks import UNKNOWN
from vending.guard.ruling import ALL, Ruling, RulingsSnapshot
from vending.guard.ruling_store import Rulings, RulingStore
from vending.http.request import Answer, ApiRequest
from vending.http.router import Router
from vending.identity.authenticate import Caller
from vending.limits.usage import Session, Usage
from vending.operations.admin import MOST_LINES_COUNTED, Admin
from vending.operations.admin_rulings import RulingOperations
from vending.operations.dispatch import Dispatch, handlers_of
from vending.operations.table import OPERATIONS
from vending.policy import Limits

MINUTE_MS = 60_000
NO_BUDGET = Budget()
TODAY = datetime.fromtimestamp(NOON / 1000, UTC).date().isoformat()
MONTH = TODAY[:7].replace("-", "")
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


class Operator:
    """Someone who asks an `Admin`, and tells it what to do."""

    def __init__(
        self, trail: AuditTrail | None = None, budget: Budget = NO_BUDGET, *always: Ruling
    ) -> None:
        self.clock = Clock()
        self.ledger = MemoryLedger(self.clock)
        self.documents = MemoryDocuments(self.clock)
        self.audit = AuditEvent("r", "GET", Trace())
        self.body = b""
        tiers = {"default": Limits(), "gold": Limits(mints_per_hour=99)}
        rulings = Rulings(RulingStore(self.documents), *always, clocks=self.clocks)
        admin = Admin(
            ledger=self.ledger,
            documents=self.documents,
            trail=trail or MemoryTrail(),
            budget=budget,
            tiers=tiers,
            rulings=rulings,
            clock=lambda: self.clock.ms / 1000,
        )
        operations = [each for each in OPERATIONS if each.access == "admin"]
        handlers = handlers_of(operations, admin, RulingOperations(rulings, tiers))
        nothing = cast(Any, None)
        self.dispatch = Dispatch(
            handlers={},
            admin_handlers=lambda: handlers,
            app_check=nothing,
            tiers=tiers,
            ledger=self.ledger,
            writes=nothing,
            guard=nothing,
            session_ids=nothing,
            reads=nothing,
        )

    def clocks(self) -> tuple[float, float]:
        return self.clock.ms / 1000, self.clock.ms / 1000

    async def tell(self, operation: str, subject: str = "", **asked: object) -> dict[str, Any]:
        """Ask with a body."""
        self.body = json.dumps(asked).encode()
        answer = await self.answer(operation, subject)
        return dict(json.loads(answer.content or "{}"))

    async def snapshot(self) -> RulingsSnapshot:
        """What another instance knows of it."""
        return await Rulings(RulingStore(self.documents), clocks=self.clocks).current()

    async def stream(self) -> AsyncIterator[bytes]:
        yield self.body

    async def ask(self, operation: str, subject: str = "", **query: str) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(
            (await self.answer(operation, subject, **query)).content or "{}"
        )
        return told

    async def answer(self, operation: str, subject: str = "", **query: str) -> Answer:
        request = ApiRequest(
            caller=ADMIN,
            prefix="",
            subject=subject,
            headers={"content-type": "application/json"},
            query=(*query.items(),),
            stream=self.stream,
            audit=self.audit,
            response_headers={},
        )
        (asked,) = (each for each in OPERATIONS if each.name == operation)
        answer = await self.dispatch.serve(asked, request)
        as_promised(operation, answer.content)
        return answer


def minted(at: int, user: str = USER, **more: object) -> Entry:
    entry = Entry(at, "TOKEN_CREATED", "mint", 201, user=user, tier="gold", session="5e" * 12)
    told = {"expires": at + 30 * MINUTE_MS, "model": "gemini-3.8-live", "total_ms": 80.0, **more}
    return replace(entry, **told)  # type: ignore[arg-type]


async def test_overview_tells_the_day() -> None:
    refusal = Entry(NOON, "TOKEN_REFUSED", "mint", 429, "quota-exceeded", ("hour",), user=USER)
    operator = Operator(MemoryTrail(minted(NOON - 1), minted(NOON - 2, total_ms=120.0), refusal))

    told = await operator.ask("admin_overview")

    assert len(told["hours"]) == 24
    assert told["hours"][-1]["minted"] == 2
    assert told["hours"][-1]["refused"] == {"hour": 1}
    assert told["latency"] == {"p50Ms": 80.0, "p95Ms": 120.0}
    assert told["live"] == 1
    assert told["liveSessions"][0]["user"] == USER
    assert told["busiest"] == [{"user": USER, "tokens": 2, "refused": 1}]
    assert (told["cut"], told["since"]) == (False, told["hours"][0]["start"])


async def test_block_of_networks_that_cannot_be_told_is_lifted_by_its_name() -> None:
    operator = Operator()
    block = Ruling("block", f"prefix:{UNKNOWN}", NOON, NOON + MINUTE_MS, "guard", "guest")
    await RulingStore(operator.documents).put(block, 1)

    (told,) = (await operator.ask("admin_blocks"))["blocks"]
    path = Router(OPERATIONS).match(f"/api/v1/admin/blocks/{told['subject']}")
    await operator.tell(path.operation("DELETE").name, path.subject)

    assert (await operator.snapshot()).block_of_prefix(UNKNOWN) is None


async def test_lifted_block_of_a_network_is_that_of_its_unsigned_tokens_too() -> None:
    operator, network = Operator(), "ab" * 8
    for of in ("prefix", "unsigned"):
        block = Ruling("block", f"{of}:{network}", NOON, NOON + MINUTE_MS, "guard", "x")
        await RulingStore(operator.documents).put(block, 1)

    told = (await operator.ask("admin_blocks"))["blocks"]
    await operator.tell("admin_unblock", network)

    assert {each["of"] for each in told} == {"prefix", "unsigned"}
    assert (await operator.snapshot()).block_of_unsigned(network) is None


async def test_overview_that_is_cut_says_since_when_it_tells() -> None:
    operator = Operator(MemoryTrail(*(minted(NOON - n) for n in range(MOST_LINES_COUNTED + 1))))

    told = await operator.ask("admin_overview")

    assert told["cut"] is True
    assert told["hours"][-1]["minted"] == MOST_LINES_COUNTED
    assert told["since"] > told["hours"][0]["start"]


async def test_day_without_a_line_is_told_too() -> None:
    told = await Operator().ask("admin_overview")

    assert told["live"] == 0
    assert told["latency"] == {"p50Ms": None, "p95Ms": None}
    assert told["cut"] is False


async def test_concurrent_overviews_cost_one_reading() -> None:
    trail = MemoryTrail(minted(NOON))
    operator = Operator(trail)

    for _ in range(5):
        await operator.ask("admin_overview")
        operator.clock.forward(s=1)
    assert len(trail.asked) == 1
    operator.clock.forward(s=6)
    await operator.ask("admin_overview")

    assert len(trail.asked) == 2


# --- what was spent -------------------------------------------------------------------------------


def spent(operator: Operator, micros: int, **days: int) -> None:
    """What one user spent today, and what the month's book has of its days."""
    operator.ledger.put(USER, Usage(last=NOON).spending(NOON, micros))
    operator.documents.put(
        SPENDING_COLLECTION, MONTH, {"days": days, "told": {}, "looked": NOON - 60_000}
    )


async def test_overview_tells_what_was_spent_against_the_budgets() -> None:
    operator = Operator(budget=Budget(day=10_000_000, month=200_000_000))
    spent(operator, 2_500_000, **{day_of(NOON): 2_000_000, day_of(NOON - DAY_MS): 4_000_000})

    told = (await operator.ask("admin_overview"))["spending"]

    assert told["today"] == {"spentUsd": 2.5, "budgetUsd": 10.0}
    assert told["month"] == {"spentUsd": 6.5, "budgetUsd": 200.0}
    assert told["unavailable"] is None
    assert [day["usd"] for day in told["days"]][-3:] == [0.0, 4.0, 2.5]
    assert told["days"][0]["day"] == f"{TODAY[:8]}01"
    assert told["days"][-1]["day"] == TODAY
    assert len(told["days"]) == int(TODAY[8:])


async def test_day_costs_no_less_than_was_told_before() -> None:
    operator = Operator()
    spent(operator, 1_000_000, **{day_of(NOON): 3_000_000})

    told = (await operator.ask("admin_overview"))["spending"]

    assert (told["today"]["spentUsd"], told["month"]["spentUsd"]) == (3.0, 3.0)


async def test_budget_that_is_none_is_told_as_none() -> None:
    told = (await Operator().ask("admin_overview"))["spending"]

    assert told["today"] == {"spentUsd": 0.0, "budgetUsd": None}
    assert told["month"] == {"spentUsd": 0.0, "budgetUsd": None}


@pytest.mark.parametrize("damage", ["down", "not ours"])
async def test_spending_that_cannot_be_read_hides_nothing_else(damage: str) -> None:
    operator = Operator(MemoryTrail(minted(NOON)), Budget(day=10_000_000))
    if damage == "down":
        operator.documents.down = StoreUnavailable("scripted", retry_after_s=5)
    else:
        operator.documents.put(SPENDING_COLLECTION, MONTH, {"days": {"d1": "much"}})

    told = await operator.ask("admin_overview")

    assert told["hours"][-1]["minted"] == 1
    assert told["spending"] == {
        "today": {"spentUsd": None, "budgetUsd": 10.0},
        "month": {"spentUsd": None, "budgetUsd": None},
        "days": [],
        "unavailable": "store-unavailable",
    }
    assert operator.audit.facts["spendingUnavailable"]


# --- a user, and the trail ------------------------------------------------------------------------


async def test_user_is_told_by_the_tier_of_their_last_request() -> None:
    operator = Operator(
        MemoryTrail(minted(NOON), minted(NOON - 5, "other"), minted(NOON + 1, "other"))
    )
    session = Session("5e" * 12, "gemini-3.8-live", NOON, NOON, {"c": NOON + MINUTE_MS})
    operator.ledger.put(USER, Usage(last=NOON, mints=(NOON,), sessions=(session,)))

    told = await operator.ask("admin_user", USER)

    assert (told["usage"]["user"], told["usage"]["tier"]) == (USER, "gold")
    assert told["usage"]["hour"] | {"resetsAt": None} == {
        "limit": 99, "used": 1, "remaining": 98, "resetsAt": None,
    }  # fmt: skip
    assert [each["id"] for each in told["sessions"]] == ["5e" * 12]
    assert operator.ledger.writes == 0


async def test_user_nobody_has_seen_has_used_nothing() -> None:
    told = await Operator().ask("admin_user", "0" * 40)

    assert (told["usage"]["tier"], told["usage"]["day"]["used"], told["sessions"]) == (
        "default",
        0,
        [],
    )


async def test_user_can_be_looked_at_without_a_trail() -> None:
    assert (await Operator(NoTrail()).ask("admin_user", USER))["usage"]["tier"] == "default"


async def test_user_cannot_be_looked_at_while_the_ledger_cannot_be_read() -> None:
    operator = Operator()
    operator.ledger.read_faults.append("down")

    with pytest.raises(StoreUnavailable):
        await operator.ask("admin_user", USER)


async def test_line_says_about_whom_it_was() -> None:
    operator = Operator()

    await operator.ask("admin_user", USER)

    assert operator.audit.facts["subject"] == USER


async def test_trail_is_told_the_newest_first_and_asked_for_what_is_asked() -> None:
    trail = MemoryTrail(minted(NOON), minted(NOON + 2), minted(NOON + 1, "4e" * 20))
    operator = Operator(trail)

    told = await operator.ask("admin_audit", user=USER, event="TOKEN_CREATED")

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
        await Operator(trail).ask("admin_audit", **{name: value})

    assert [error.field for error in refused.value.errors] == [name]
    assert trail.asked == []


async def test_without_a_trail_the_spending_is_shown_and_the_rest_is_empty() -> None:
    budget = Budget(day=2_000_000, month=0)
    operator = Operator(NoTrail(), budget)
    operator.ledger.put(USER, Usage(last=NOON, spent={day_of(NOON): 1_500_000}))

    told = await operator.ask("admin_overview")

    assert told["trailMissing"] is True
    assert told["spending"]["today"] == {"spentUsd": 1.5, "budgetUsd": 2.0}
    assert (told["live"], told["liveSessions"], told["busiest"]) == (0, [], [])


async def test_without_a_trail_there_are_no_lines_which_is_no_failure() -> None:
    assert await Operator(NoTrail()).ask("admin_audit") == {
        "cut": False,
        "entries": [],
        "trailMissing": True,
    }


async def test_trail_that_cannot_be_read_is_still_a_failure() -> None:
    class Broken:
        async def entries(self, query: Query) -> Entries:
            raise AuditUnavailable("down")

    operations: tuple[str, ...] = ("admin_overview", "admin_audit")
    for operation in operations:
        with pytest.raises(AuditUnavailable):
            await Operator(Broken()).ask(operation)


# --- what is decided ------------------------------------------------------------------------------

PREFIX = "0a" * 8
HOUR = {"minutes": 60, "reason": "hammers"}


async def test_block_of_a_user_holds_everywhere_and_says_who_decided_and_why() -> None:
    operator = Operator()

    told = await operator.tell("admin_block", USER, **HOUR)

    snapshot = await operator.snapshot()
    block = snapshot.block_of(USER)
    assert block == Ruling(
        "block", f"user:{USER}", NOON, NOON + 60 * MINUTE_MS, f"operator:{ADMIN.user}", "hammers"
    )
    assert (told["of"], told["subject"], told["by"]) == ("user", USER, "operator")
    assert (told["operator"], told["reason"]) == (ADMIN.user, "hammers")
    assert operator.audit.facts == {
        "subject": USER,
        "change": "block for 60 min",
        "reason": "hammers",
    }


async def test_block_of_a_prefix_blocks_no_user() -> None:
    operator = Operator()

    await operator.tell("admin_block", PREFIX, **HOUR)

    snapshot = await operator.snapshot()
    assert snapshot.block_of_prefix(PREFIX)
    assert snapshot.block_of(PREFIX) is None


async def test_block_is_lifted_and_ends_by_itself() -> None:
    operator = Operator()
    await operator.tell("admin_block", USER, **HOUR)
    await operator.tell("admin_block", PREFIX, **HOUR)

    await operator.tell("admin_unblock", USER)

    assert (await operator.snapshot()).block_of(USER) is None
    assert [b["subject"] for b in (await operator.ask("admin_blocks"))["blocks"]] == [PREFIX]
    assert operator.audit.facts["change"] == "lift block"
    operator.clock.forward(hours=1)
    assert (await operator.ask("admin_blocks"))["blocks"] == []


async def test_pause_and_resume() -> None:
    operator = Operator()

    told = await operator.tell("admin_pause", minutes=30, reason="a bill that grows")

    assert (told["of"], told["subject"]) == ("all", None)
    assert (await operator.snapshot()).paused
    assert (await operator.ask("admin_blocks"))["paused"]["reason"] == "a bill that grows"
    await operator.tell("admin_resume")
    assert (await operator.snapshot()).paused is None
    assert (await operator.ask("admin_blocks"))["paused"] is None


async def test_pause_that_is_put_again_began_when_it_began_until_it_is_lifted() -> None:
    operator, since = Operator(), list[str]()
    for lifted in (False, False, True):
        if lifted:
            await operator.tell("admin_resume")
        since.append((await operator.tell("admin_pause", minutes=30, reason="a test"))["since"])
        operator.clock.forward(minutes=1)

    assert since[0] == since[1] < since[2]


async def test_pause_of_the_settings_is_told_and_stays() -> None:
    always = Ruling("pause", ALL, 0, NOON * 2, "settings", "LIVE_API_MINTING_PAUSED")
    operator = Operator(None, NO_BUDGET, always)

    await operator.tell("admin_resume")

    paused = (await operator.ask("admin_blocks"))["paused"]
    assert (paused["by"], paused["since"], paused["operator"]) == ("settings", None, None)


async def test_tier_for_a_time_is_what_the_user_is_told_with() -> None:
    operator = Operator()

    await operator.tell("admin_set_tier", USER, tier="gold", **HOUR)

    told = await operator.ask("admin_user", USER)
    assert (told["usage"]["tier"], told["usage"]["hour"]["limit"]) == ("gold", 99)
    assert (told["tier"]["tier"], told["block"]) == ("gold", None)
    await operator.tell("admin_reset_tier", USER)
    told = await operator.ask("admin_user", USER)
    assert (told["usage"]["tier"], told["tier"]) == ("default", None)


async def test_tier_that_is_none_is_refused() -> None:
    operator = Operator()

    with pytest.raises(InvalidRequest, match="tier: must be one of default, gold"):
        await operator.tell("admin_set_tier", USER, tier="platinum", **HOUR)

    assert (await operator.snapshot()).tier_of(USER) is None


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"minutes": 60},
        {"reason": "why"},
        {"minutes": 0, "reason": "why"},
        {"minutes": 31 * 24 * 60 + 1, "reason": "why"},
        {"minutes": 1.5, "reason": "why"},
        {"minutes": "60", "reason": "why"},
        {"minutes": 60, "reason": "  "},
        {"minutes": 60, "reason": "x" * 201},
        {"minutes": 60, "reason": "why", "for": "ever"},
    ],
)
async def test_decision_without_a_time_or_a_reason_is_none(asked: dict[str, object]) -> None:
    operator = Operator()

    with pytest.raises(InvalidRequest):
        await operator.tell("admin_block", USER, **asked)

    assert (await operator.snapshot()).block_of(USER) is None
    assert "change" not in operator.audit.facts


async def test_reason_with_an_address_in_it_is_kept_without() -> None:
    operator = Operator()

    told = await operator.tell(
        "admin_block", USER, minutes=5, reason="alice@example.com from 192.0.2.7"
    )

    assert told["reason"] == "[redacted] from [redacted]"
    assert "alice" not in f"{operator.audit.facts}{await operator.snapshot()}"


async def test_guard_s_block_is_told_with_its_level() -> None:
    operator = Operator()
    until = NOON + 15 * MINUTE_MS
    block = Ruling("block", f"prefix:{PREFIX}", NOON, until, "guard", "bad signatures", level=1)
    await Rulings(RulingStore(operator.documents), clocks=operator.clocks).put(block)

    (told,) = (await operator.ask("admin_blocks"))["blocks"]

    assert (told["of"], told["subject"], told["level"]) == ("prefix", PREFIX, 1)
    assert (told["by"], told["operator"]) == ("guard", None)


async def test_admin_who_is_blocked_can_lift_it() -> None:
    operator = Operator()
    await operator.tell("admin_block", ADMIN.user, **HOUR)

    await operator.tell("admin_unblock", ADMIN.user)

    assert (await operator.snapshot()).block_of(ADMIN.user) is None


async def test_what_talks_of_the_day_cost_is_told() -> None:
    operator = Operator()
    operator.ledger.put(USER, Usage(last=NOON).spending(NOON, 1_250_000))

    assert (await operator.ask("admin_user", USER))["spentUsd"] == 1.25
