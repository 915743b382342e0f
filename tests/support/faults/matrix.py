"""The matrix: one cell for each fault, what must come of it, and what came."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from support.people.callers import Answer
from support.runs import tables
from support.runs.margin import MARGIN_S
from support.servers.canaries import Evidence

WHOLE = os.environ.get("LIVEPASS_FAULTS") == "all"
AT_ONCE = 8
TITLE = "Fault matrix (make faults runs it whole)"
HEADS = ("dependency", "cases", "passed", "worst", "its limit", "upstream calls", "seed")


@dataclass(slots=True)
class Outcome:
    """What came of a cell; `wrong` says what should not have been so."""

    cell: str
    wrong: list[str] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    calls: int = 0

    def expect(self, what: str, came: object, must: object) -> None:
        """Note a difference."""
        if came != must:
            self.wrong.append(f"{what}: {came!r}, not {must!r}")

    def in_time(self, answer: Answer, limit_s: float) -> None:
        """Note an answer that took too long, or a refusal that does not say when to come back."""
        if answer.seconds > limit_s + MARGIN_S:
            self.wrong.append(f"took {answer.seconds:.2f} s, limit {limit_s:g} s")
        told = "retry-after" in answer.headers
        self.expect("Retry-After", told, answer.status == 503)
        kind = answer.headers.get("content-type", "")
        self.expect("content type", kind.startswith("application/problem+json"), bool(answer.code))


def path_of(request: bytes) -> str:
    """Tell requests apart by their path."""
    return request.split(b" ", 2)[1].decode()


def temperature_of(request: bytes) -> str:
    """Tell mints apart by the temperature that they ask for."""
    found = re.search(rb'"temperature":\s*([0-9.]+)', request)
    return found[1].decode() if found else ""


async def run(
    cells: Sequence[Callable[[], Awaitable[Outcome]]], at_once: int = AT_ONCE
) -> list[Outcome]:
    """Run cells, several at once."""
    places = asyncio.Semaphore(at_once)

    async def one(cell: Callable[[], Awaitable[Outcome]]) -> Outcome:
        async with places:
            return await cell()

    return await asyncio.gather(*(one(cell) for cell in cells))


def judge(dependency: str, outcomes: Sequence[Outcome], limit_s: float, evidence: Evidence) -> None:
    """Check the audit lines of all cells, print the row, and fail with every wrong cell."""
    lines = audit_lines(evidence)
    for outcome in outcomes:
        for answer in outcome.answers:
            count = lines[answer.headers["x-request-id"]]
            outcome.expect(f"audit lines of a {answer.status}", count, 1)
    wrong = [f"{o.cell}: {'; '.join(o.wrong)}" for o in outcomes if o.wrong]
    slowest = max(a.seconds for o in outcomes for a in o.answers)
    passed, calls = len(outcomes) - len(wrong), sum(o.calls for o in outcomes)
    limit = f"{limit_s:g} s + {MARGIN_S:g} s"
    row = (dependency, len(outcomes), passed, f"{slowest:.2f} s", limit, calls, "none")
    tables.add(TITLE, HEADS, row)
    assert not wrong, "\n".join(["", *wrong])


def audit_lines(evidence: Evidence) -> Counter[str]:
    """Count the audit lines of each request, by its id, in the logs of all servers."""
    counts: Counter[str] = Counter()
    for path in evidence.folder.glob("server-*.log"):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith('{"message"'):
                counts[json.loads(line)["requestId"]] += 1
    return counts
