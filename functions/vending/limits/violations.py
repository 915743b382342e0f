"""Each limit that refuses a grant, and when it resets if nothing else happens.

A row of the limits says what it counts; what refuses a grant by that is found here in one table.
Nothing here reads a clock or a store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import inf

from vending.clock import MINUTE_MS
from vending.limits.counts import (
    cooldown_ends,
    frees,
    in_window,
    left_ms,
    slots_free_at,
    slots_used,
)
from vending.limits.grant import Grant
from vending.limits.retention import KEYS_KEPT, SESSIONS_KEPT
from vending.limits.session import Session, handover_from
from vending.limits.usage import Usage
from vending.policy import QUOTAS, Counted, Limits, Quota, Violation

TOKENS_KEPT = 100
LEAST_TOKEN_MS = 10_000  # Gemini may refuse an expiry that is all but over
Refusal = tuple[Violation, float]  # a limit, and when it resets
_CHARGED: Mapping[str, Sequence[Counted]] = {
    "mint": ("mints", "tokens"),
    "refresh": ("refreshes", "tokens"),
}


@dataclass(frozen=True)  # without slots, because cached properties need a `__dict__`
class Case:
    """What is decided: a grant for `session`, by all that its caller has used at `now`.

    `held_until` is when the token expires that is in hand already, 0 without one.
    """

    usage: Usage
    now: int
    session: Session
    grant: Grant
    limits: Limits
    held_until: int = 0

    @cached_property
    def predecessor(self) -> str:
        """The charge id of the token whose talk a handover continues; empty: another talk."""
        session = self.session
        since = None if self.grant.kind == "mint" else handover_from(session, self.limits)
        if since is None or self.now < since:
            return ""
        outlives = self.expires_if_counted_from(session.expires) > session.expires
        return session.head if outlives else ""

    @cached_property
    def counted_from(self) -> int:
        """From when its minutes count."""
        return self.session.tokens[self.predecessor] if self.predecessor else self.now

    @property
    def expires(self) -> int:
        """When the token may expire; several of a batch expire together."""
        return self.expires_if_counted_from(self.counted_from)

    def expires_if_counted_from(self, counted_from: int) -> int:
        """When it may, were its minutes counted from a moment."""
        if self.held_until:
            return self.held_until
        expires = self.now + self.grant.minutes * MINUTE_MS
        if self.limits.session_minutes:
            oldest = self.session.started + self.limits.session_minutes * MINUTE_MS
            expires = min(expires, oldest)
        if self.limits.minutes_per_day:
            left = left_ms(self.usage, self.now, self.limits) // self.grant.talks
            expires = min(expires, counted_from + left)
        return expires


def refusals(case: Case) -> tuple[Refusal, ...]:
    """List each limit that refuses, and when it would not."""
    refused = [(quota.name, _REFUSED_UNTIL[quota.counts](case, quota)) for quota in QUOTAS]
    refused.append(("keys", _no_room_for_its_key(case)))
    return tuple((name, until) for name, until in refused if until is not None)


def wait_s(case: Case, refused: Sequence[Refusal]) -> int | None:
    """Tell in how many seconds nothing will refuse any more; None: never, or the session is over by
    then.

    A refresh that needs a slot now may be a handover before there is one.
    """
    clears, ends = max(moment for _, moment in refused), inf
    if case.grant.kind == "refresh":
        ends = session_ends(case.session, case.limits)
        earlier = {_handover_at(case), *(moment for _, moment in refused)}
        moments = [int(m) for m in sorted(earlier) if case.now < m < min(clears, ends)]
        later = (replace(case, now=m, held_until=0) for m in moments)
        clears = next((each.now for each in later if not refusals(each)), clears)
    if clears >= ends:
        return None
    seconds = -(-(int(clears) - case.now) // 1000)
    return None if case.now + seconds * 1000 >= ends else seconds  # over within that very second


def session_ends(session: Session, limits: Limits) -> int:
    """Tell when a session can be refreshed no more: its last token's end, or its greatest age."""
    if not limits.session_minutes:
        return session.expires
    oldest = session.started + limits.session_minutes * MINUTE_MS
    return min(session.expires, oldest - LEAST_TOKEN_MS)


def _window(case: Case, quota: Quota) -> float | None:
    """A sliding window that has no room for the charges of the grant."""
    limit: int = getattr(case.limits, quota.limit)
    if not limit or quota.counts not in _CHARGED[case.grant.kind]:
        return None
    counted = in_window(case.usage.charged_at(quota.counts), quota.length_ms, case.now)
    over = len(counted) + len(case.grant.all) - limit
    return _nth(counted, over) + quota.length_ms if over > 0 else None


def _cooldown(case: Case, _: Quota) -> float | None:
    """The cooldown, for a mint."""
    if case.grant.kind != "mint":
        return None
    ends = cooldown_ends(case.usage, case.limits)
    return ends if case.now < ends else None


def _session(case: Case, _: Quota) -> float | None:
    """The tokens of a session, for a refresh; and whatever the limit, no more than are kept."""
    most, tokens = case.limits.tokens_per_session, case.session.tokens
    if case.grant.kind == "mint":
        return None
    if most and len(tokens) >= most:
        return inf
    return _room_at(tokens.values(), case.now, TOKENS_KEPT)


def _talks(case: Case, _: Quota) -> float | None:
    """No slot for another talk; and whatever the limit, no more sessions than are kept."""
    usage, now, most, needed = case.usage, case.now, case.limits.sessions, case.grant.talks
    if case.predecessor:
        return None
    until: list[float | None] = []
    if most and slots_used(usage, now, most) + needed > most:
        until.append(slots_free_at(usage, now, most, needed))
    if case.grant.kind == "mint":
        ends = [session.expires for session in usage.sessions]
        until.append(_room_at(ends, now, SESSIONS_KEPT, len(case.grant.all)))
    return max((moment for moment in until if moment is not None), default=None)


def _minutes(case: Case, _: Quota) -> float | None:
    """The day's minutes, where they have no room: for a token worth making, or for the one in hand,
    in place of which a shorter one may be had at once.
    """
    usage, now, limits, talks = case.usage, case.now, case.limits, case.grant.talks
    if not limits.minutes_per_day:
        return None
    least_ms = LEAST_TOKEN_MS * talks
    held_ms = case.held_until - case.counted_from
    if left_ms(usage, now, limits) >= max(least_ms, held_ms * talks):
        return None
    return max(frees(usage, now, limits, least_ms), now + 1)


_REFUSED_UNTIL: Mapping[Counted, Callable[[Case, Quota], float | None]] = {  # None: it does not
    "mints": _window,
    "refreshes": _window,
    "tokens": _window,
    "cooldown": _cooldown,
    "session": _session,
    "talks": _talks,
    "minutes": _minutes,
}


def _no_room_for_its_key(case: Case) -> float | None:
    """No room for an answer that is to be given again."""
    ends = case.usage.keys_until(case.now) if case.grant.keyed else ()
    return _room_at(ends, case.now, KEYS_KEPT)


def _handover_at(case: Case) -> float:
    """When the refresh would be a handover, if it ever is: it must outlive the head."""
    since = handover_from(case.session, case.limits)
    outlives = case.session.expires - case.grant.minutes * MINUTE_MS + 1
    return inf if since is None else max(since, outlives)


def _room_at(ends: Iterable[int], now: int, most: int, needed: int = 1) -> float | None:
    """When there is room for more beside what ends later than `now`; None: there is."""
    living = sorted(end for end in ends if end > now)
    over = len(living) + needed - most
    return _nth(living, over) if over > 0 else None


def _nth(moments: Sequence[int], nth: int) -> float:
    """The moment by which so many have passed; never, if there are not so many."""
    return moments[nth - 1] if nth <= len(moments) else inf
