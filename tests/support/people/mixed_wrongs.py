"""What must hold of one user's answers and of what was counted, in whatever order the servers took
the requests.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from support.people.callers import Answer
from support.people.mixed_requests import MINUTES, Sent
from support.servers.fleet import TIERS
from vending.gemini.pricing import expected_micros, worst_micros
from vending.limits.usage import Usage

TIGHT = TIERS["tight"]
LIMITS = ("mints_per_hour", "refreshes_per_hour", "tokens_per_session", "sessions")
MAY_BE = {
    "mint": {201, 429},
    "refresh": {201, 429, 409},
    "end": {204},
    "report": {204},
    "usage": {200},
    "sessions": {200},
}


def wrongs(sent: Sequence[Sent], usage: Usage) -> Iterator[str]:
    """Say what does not hold."""
    for one in sent:
        if one.answer.status not in MAY_BE[one.request.kind]:
            yield f"a {one.request.kind} was answered {one.answer.status} {one.answer.code}"
    yield from _of_tokens(sent, usage)
    yield from _of_keys(sent)
    yield from _of_refusals(sent, usage)
    yield from _of_ends(sent, usage)
    yield from _of_costs(usage)


def _of_tokens(sent: Sequence[Sent], usage: Usage) -> Iterator[str]:
    """What was given was counted, what was counted was given, and no limit was passed."""
    given = [(one.request.kind, each) for one in sent for each in one.given]
    kinds: Counter[str] = Counter(kind for kind, _ in given)
    per_session = Counter(each["session"]["id"] for _, each in given)
    if len({each["token"] for _, each in given}) != len(given):
        yield "a token was given twice"
    counted = Counter({s.id: len(s.tokens) for s in usage.sessions})
    for kind, log in (("mint", usage.mints), ("refresh", usage.refreshes)):
        unknown = [o for o in sent if o.request.kind == kind and o.answer.status == 503]
        open_outcomes = sum(o.request.count for o in unknown)
        if not 0 <= len(log) - kinds[kind] <= open_outcomes:
            yield f"given {kinds[kind]}, counted {len(log)} of {kind}"
    if per_session - counted or counted.total() != len(usage.mints) + len(usage.refreshes):
        yield "a session has other tokens than were given"
    most = max(per_session.values(), default=0)
    reached = (len(usage.mints), len(usage.refreshes), most, _slots(usage))
    if any(n > TIGHT[limit] for n, limit in zip(reached, LIMITS, strict=True)):
        yield f"a limit was passed: {reached}"


def _slots(usage: Usage) -> int:
    """What could be talked with: nothing expires meanwhile, and no token is near its end, so that
    each is a talk; those of ended sessions are free, up to as many as there are slots.
    """
    live = sum(len(s.tokens) for s in usage.sessions if not s.ended)
    ended = sum(len(s.tokens) for s in usage.sessions if s.ended)
    return live + max(ended - TIGHT["sessions"], 0)


def _of_keys(sent: Sequence[Sent]) -> Iterator[str]:
    """One key is one token, new to one of those who sent it."""
    by_key: dict[str, list[Answer]] = defaultdict(list)
    for one in sent:
        if one.request.key and one.answer.status == 201:
            by_key[one.request.key].append(one.answer)
    for answers in by_key.values():
        if (
            len({tuple(a.tokens) for a in answers}) != 1
            or sum(not a.replayed for a in answers) != 1
        ):
            yield "one key, several tokens"


def _of_refusals(sent: Sequence[Sent], usage: Usage) -> Iterator[str]:
    """A limit that refused was reached: within the hour what is used only grows."""
    full = {s.id for s in usage.sessions if len(s.tokens) >= TIGHT["tokens_per_session"]}
    for one in sent:
        minted = len(usage.mints) + one.request.count  # a batch is refused as a whole
        reached = {
            "hour": minted > TIGHT["mints_per_hour"],
            "refreshHour": len(usage.refreshes) >= TIGHT["refreshes_per_hour"],
            "sessions": minted + len(usage.refreshes) > TIGHT["sessions"],
        }
        for name in one.answer.body.get("violated", ()):
            if not reached.get(name, one.request.session in full):
                yield f"refused by {name}, which was not reached"


def _of_ends(sent: Sequence[Sent], usage: Usage) -> Iterator[str]:
    """What was ended stays so: no token after it, and no refusal without it."""
    ended: dict[str, int] = {}
    for one in sent:
        if one.request.kind == "end":
            ended[one.request.session] = min(one.wave, ended.get(one.request.session, one.wave))
    for session in ended:
        stored = usage.session(session)
        if stored is None or not stored.ended:
            yield "an ended session goes on"
    for one in sent:
        if one.request.kind != "refresh":
            continue
        if one.answer.status == 409 and one.request.session not in ended:
            yield "a session was ended by nobody"
        if one.given and ended.get(one.request.session, one.wave) < one.wave:
            yield "a token for a session that had been ended"


def reported(usage: Usage) -> int:
    """What the reports added to what was expected of the tokens, in millionths of a dollar."""
    expected = (expected_micros(s.model, MINUTES) * len(s.tokens) for s in usage.sessions)
    return sum(usage.spent.values()) - sum(expected)


def _of_costs(usage: Usage) -> Iterator[str]:
    """What was spent is what its sessions cost, of which no report takes or adds too much."""
    if sum(usage.spent.values()) != sum(s.micros for s in usage.sessions):
        yield "other costs than those of the sessions"
    most = sum(worst_micros(s.model, MINUTES) * len(s.tokens) for s in usage.sessions)
    if not 0 <= reported(usage) <= most:
        yield f"reports added {reported(usage)} micros"
