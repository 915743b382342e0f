"""The budget check over its stores: pauses, records and alerts, despite concurrent writers."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from support.fakes.budget import BudgetStage
from support.fakes.memory import NOON, USER
from vending.app import build_budget_check, build_store
from vending.audit.log import AuditLog
from vending.clock import DAY_MS, day_of
from vending.errors import StoreUnavailable
from vending.guard.budget import Budget
from vending.guard.budget_check import read_so_far
from vending.guard.ruling import ALL, Ruling
from vending.http.budget_job import BudgetGuard
from vending.limits.usage import Usage
from vending.settings import Settings
from vending.store.retry import OutcomeUnknown

MINUTE_MS = 60_000
DAY_ENDS = (NOON // DAY_MS + 1) * DAY_MS
OPERATOR = Ruling("pause", ALL, NOON, DAY_ENDS + DAY_MS, f"operator:{USER}", "by hand")


def stage(spent: int = 0) -> BudgetStage:
    """A budget of 1,000 a day, of which so much was spent."""
    opened = BudgetStage(NOON, Budget(day=1000))
    opened.spend(spent)
    return opened


async def test_used_up_budget_pauses_new_instances_too() -> None:
    here = stage(1000)

    await here.run_check()

    paused = (await here.rulings().current()).paused
    assert paused is not None
    assert (paused.by, paused.until) == ("budget", DAY_ENDS)
    assert paused.reason == "the budget of the day is used up"


async def test_pause_ends_with_the_day() -> None:
    here = stage(1000)
    await here.run_check()

    here.clock.ms = DAY_ENDS

    assert (await here.rulings().current()).paused is None
    assert (await here.run_check()).used_up == ()


async def test_minting_resumed_by_hand_is_paused_again_by_the_next_check() -> None:
    here = stage(1000)
    await here.run_check()
    await here.rulings().lift("pause", ALL)

    here.clock.forward(minutes=1)
    again = await here.run_check()

    assert again.alerts == ()
    assert (await here.rulings().current()).paused is not None


async def test_raised_budget_lifts_the_pause() -> None:
    here = stage(1000)
    await here.run_check()

    here.budget = Budget(day=5000)
    here.clock.forward(minutes=1)
    await here.run_check()

    assert (await here.rulings().current()).paused is None


async def test_pause_that_another_budget_prolongs_began_when_it_began() -> None:
    here = stage()
    here.budget = Budget(day=1000, month=5000)
    here.spend(1000)
    await here.run_check()

    here.clock.forward(minutes=1)
    here.spend(5000)
    await here.run_check()

    paused = (await here.rulings().current()).paused
    assert paused is not None
    assert paused.until > DAY_ENDS
    assert paused.since == NOON


async def test_raised_month_leaves_the_pause_of_the_day() -> None:
    here = stage()
    here.budget = Budget(day=1000, month=1000)
    here.spend(1000)
    await here.run_check()

    here.budget = Budget(day=1000, month=9000)
    here.clock.forward(minutes=1)
    await here.run_check()

    paused = (await here.rulings().current()).paused
    assert paused is not None
    assert paused.until == DAY_ENDS


@pytest.mark.parametrize("micros", [0, 1000])
async def test_operators_pause_is_left_alone(micros: int) -> None:
    here = stage(micros)
    await here.rulings().put(OPERATOR)

    await here.run_check()

    assert (await here.rulings().current()).paused == OPERATOR


async def test_raised_budget_leaves_what_an_operator_paused_meanwhile() -> None:
    here = stage(1000)
    by_hand = replace(OPERATOR, until=NOON + 120 * MINUTE_MS)
    await here.rulings().put(by_hand)
    await here.run_check()

    here.budget = Budget(day=5000)
    here.clock.forward(minutes=1)
    await here.run_check()

    assert (await here.rulings().current()).paused == by_hand


async def test_used_up_budget_goes_on_where_the_operators_pause_ends() -> None:
    here = stage(1000)
    await here.rulings().put(replace(OPERATOR, until=NOON + 10 * MINUTE_MS))

    paused = []
    for _ in range(20):
        await here.run_check()
        paused.append((await here.rulings().current()).paused)
        here.clock.forward(minutes=1)

    assert [ruling and ruling.by[:6] for ruling in paused] == ["operat"] * 8 + ["budget"] * 12


async def test_yesterday_is_counted_to_its_end_and_kept() -> None:
    here = BudgetStage(DAY_ENDS - MINUTE_MS, Budget())
    here.spend(5)
    await here.run_check()
    here.spend(2)  # after the last check of the day
    here.clock.ms = DAY_ENDS + MINUTE_MS

    await here.run_check()

    book = await read_so_far(here.sums, here.documents, here.clock.ms)
    assert (book.days[day_of(NOON)], book.days[day_of(DAY_ENDS)]) == (7, 0)


async def test_two_checks_at_once_warn_once() -> None:
    here = stage(600)
    one, two = here.check(), here.check()

    warned = [*(await one.run()).alerts, *(await two.run()).alerts]

    assert [each.percent for each in warned] == [50]


async def test_write_of_unknown_outcome_warns_once() -> None:
    here = stage(600)
    write, outcomes = here.documents.write, [OutcomeUnknown("scripted")]

    async def lost(*args: object, **more: object) -> None:
        await write(*args, **more)  # type: ignore[arg-type]
        if outcomes:
            raise outcomes.pop()

    here.documents.write = lost  # type: ignore[method-assign]
    decision = await here.run_check()
    here.clock.forward(minutes=1)

    assert [each.percent for each in decision.alerts] == [50]
    assert (await here.run_check()).alerts == ()


async def test_each_check_is_a_line_and_each_warning_one_more() -> None:
    here, stream = stage(), io.StringIO()
    guard = BudgetGuard(AuditLog("", stream), here.check)
    here.spend(950)

    answer = await guard.answer("POST", {})

    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert answer.status_code == 204
    assert [line["event"] for line in lines] == ["BUDGET_WARNED"] * 2 + ["BUDGET_CHECKED"]
    assert [line.get("percent") for line in lines] == [50, 90, None]
    assert {line["severity"] for line in lines[:2]} == {"WARNING"}
    assert lines[0]["period"] == "day"


async def test_check_without_a_store_is_a_failure_the_scheduler_sees() -> None:
    here, stream = stage(), io.StringIO()
    here.documents.down = StoreUnavailable("scripted", retry_after_s=5)

    answer = await BudgetGuard(AuditLog("", stream), here.check).answer("POST", {})

    line = json.loads(stream.getvalue())
    assert (answer.status_code, line["event"], line["severity"]) == (503, "STORE_FAILED", "WARNING")


async def test_wired_guard_sums_the_ledgers_users_up(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    ledger, documents = build_store(url)
    now = (await ledger.read("someone", 5)).now
    for user, micros in (("a", 3_000_000), ("b", 2_000_000)):
        await ledger.write(user, Usage(last=now).spending(now, micros), None, 5)
    settings = Settings(gemini_api_key="", issuers=(), ledger=url, tiers={}, budget_day=5_000_000)

    decision = await build_budget_check(settings).run()

    assert decision.used_up == ("day",)
    assert decision.month.days[day_of(now)] == 5_000_000
    kept, _ = await documents.lasting("live_token_rulings", 10, 5)
    assert [ruling["by"] for ruling in kept] == ["budget"]
