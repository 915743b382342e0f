"""One user's day, told to the millisecond: what is asked, what must come, and all that is answered.

`tell` gives back every answer with its times relative to the beginning, so that a story that begins
at another moment, in another zone, must read the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from support.fakes.livepass import Answer, Livepass, id_token
from support.runs import tables
from vending.policy import Limits

LIMITS = Limits(
    mints_per_hour=2,
    tokens_per_day=5,
    refreshes_per_hour=2,
    tokens_per_session=4,
    session_minutes=45,
    sessions=2,
)
ALICE = id_token("alice")
KEY = "8e03978e-40d5-43e8-bc93-6894a57f9324"
HOUR, DAY, COOLDOWN = 3_600_000, 86_400_000, 300_000
EDGES = (COOLDOWN, HOUR, DAY)
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def report(suite: str, cases: int, failed: int = 0) -> None:
    """Add a row to the table of time; what passed is right to the millisecond."""
    worst = "wrong" if failed else "0 ms off"
    row = (suite, cases, cases - failed, worst, "none")
    tables.add("Time", ("suite", "cases", "passed", "worst", "seed"), row)


@dataclass(frozen=True, slots=True)
class Step:
    """What is asked so many milliseconds after the beginning, and what must come of it."""

    ms: int
    ask: Literal["mint", "mint with key", "refresh", "state"]
    session: int
    status: int
    says: str = ""
    retry_after_s: int | None = None


STORY = (
    Step(0, "mint", 0, 201),
    Step(COOLDOWN - 1, "mint", 1, 429, "cooldown", 1),
    Step(COOLDOWN, "mint", 1, 201),
    Step(600_000, "mint", 2, 429, "hour sessions", 3000),
    Step(600_000, "refresh", 0, 429, "sessions", 1020),  # another talk, until 1,620,000
    Step(1_619_999, "refresh", 0, 429, "sessions", 1),
    Step(1_620_000, "refresh", 0, 201),  # a handover: until 2,700,000, its session's age
    Step(2_099_999, "refresh", 1, 201),  # its first token ends at 2,100,000
    Step(2_100_000, "refresh", 0, 429, "refreshHour sessions"),  # over before that lets go
    Step(2_689_999, "refresh", 0, 429, "refreshHour sessions"),
    Step(2_690_000, "refresh", 0, 409, "session-expired"),  # too old, less ten seconds
    Step(2_699_999, "state", 0, 200, "active"),
    Step(2_700_000, "state", 0, 200, "expired"),
    Step(2_989_999, "refresh", 1, 429, "refreshHour"),  # too old at 3,000,000, less ten seconds
    Step(2_990_000, "refresh", 1, 409, "session-expired"),
    Step(2_999_999, "state", 1, 200, "active"),
    Step(3_000_000, "state", 1, 200, "expired"),
    Step(HOUR - 1, "mint", 2, 429, "hour", 1),
    Step(HOUR, "mint", 2, 201),
    Step(HOUR + COOLDOWN - 1, "mint", 3, 429, "hour day cooldown", 82_501),
    Step(HOUR + COOLDOWN, "mint", 3, 429, "day", 82_500),
    Step(DAY - 1, "mint", 3, 429, "day", 1),
    Step(DAY, "mint", 3, 201),
    Step(DAY + COOLDOWN - 1, "mint", 4, 429, "day cooldown", 1),
    Step(DAY + COOLDOWN, "mint with key", 4, 201),
    Step(DAY + COOLDOWN + 1_799_999, "mint with key", 4, 201, "replayed"),
    Step(DAY + COOLDOWN + 1_800_000, "mint with key", 4, 409, "replay-expired"),
)


async def tell(livepass: Livepass, begin_ms: int) -> list[Mapping[str, Any]]:
    """Live the story from `begin_ms` of the store's clock; give all that was answered, relative."""
    sessions: dict[int, str] = {}
    told = []
    for step in STORY:
        livepass.clock.ms = begin_ms + step.ms
        answer = await _asked(livepass, step, sessions)
        if answer.status == 201:
            sessions.setdefault(step.session, answer.body["session"]["id"])
        assert (answer.status, _said(answer)) == (step.status, step.says), step
        assert answer.body.get("retryAfterSeconds") == step.retry_after_s, step
        told.append(_relative(answer, begin_ms))
    return told


async def _asked(livepass: Livepass, step: Step, sessions: Mapping[int, str]) -> Answer:
    if step.ask == "refresh":
        return await livepass.refresh(ALICE, sessions[step.session])
    if step.ask == "state":
        return await livepass.get(f"/sessions/{sessions[step.session]}", ALICE)
    return await livepass.mint(ALICE, key=KEY if step.ask == "mint with key" else None)


def _said(answer: Answer) -> str:
    if answer.status == 429:
        return " ".join(answer.body["violated"])
    if "idempotent-replayed" in answer.headers:
        return "replayed"
    return answer.code or str(answer.body.get("state", ""))


def _relative(answer: Answer, begin_ms: int) -> Mapping[str, Any]:
    """All of an answer but what is new each time; its moments in ms from the beginning."""
    new = {"requestId", "token", "id"}
    headers = {
        k: v for k, v in answer.headers.items() if k not in ("x-request-id", "content-length")
    }
    return {"status": answer.status, "headers": headers, **_moved(answer.body, begin_ms, new)}


def _moved(value: Any, begin_ms: int, new: set[str]) -> Any:
    if isinstance(value, Mapping):
        return {k: _moved(v, begin_ms, new) for k, v in value.items() if k not in new}
    if isinstance(value, str) and MOMENT.fullmatch(value):
        return round(datetime.fromisoformat(value).timestamp() * 1000) - begin_ms
    return value
