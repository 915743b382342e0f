"""The grant is *admitted* against what the caller has used: one pure decision, exact, all limits
together.

Windows are half-open: a charge counts in (now - window, now], so an entry exactly one window old is
free. Nothing here reads a clock or a store.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from typing import Literal

from vending.errors import NotFound, QuotaExceeded, SessionEnded, SessionExpired
from vending.minutes import MINUTE_MS, frees, left_ms
from vending.policy import Limits
from vending.prices import expected_micros
from vending.usage import DAY_MS, HOUR_MS, Document, Session, Usage

TOKENS_KEPT = 100
LEAST_TOKEN_MS = 10_000  # Gemini may refuse an expiry that is all but over
Violation = Literal[
    "hour", "day", "cooldown", "sessions", "refreshHour", "refreshesPerSession", "minutes"
]


@dataclass(frozen=True, slots=True)
class Grant:
    """What is asked for: a mint, which starts `session`, or a refresh of it.

    `charge` is unique to the request and made before anything is tried, so that a charge can be
    recognised when the outcome of writing it is in doubt. `others` are mints that are admitted and
    charged together with this one, or not at all.
    """

    kind: Literal["mint", "refresh"]
    session: str
    charge: str
    minutes: int
    uses: int = 1
    model: str = ""
    wish: Document = field(default_factory=dict)
    others: tuple[Grant, ...] = ()

    @property
    def all(self) -> tuple[Grant, ...]:
        """This one, and the others of its batch."""
        return (self, *self.others)

    @property
    def talks(self) -> int:
        """How many talks it may start, which are alike."""
        return len(self.all) * self.uses


def admit(usage: Usage, now: int, grant: Grant, limits: Limits, held_until: int = 0) -> Session:
    """Decide, and give the session as it would stand with the new token in it.

    Args:
        usage: all the caller has used.
        now: milliseconds, from `Reading.now`.
        grant: what is asked for.
        limits: those of the caller's tier; 0 is off.
        held_until: when the token expires that is in hand already; it is not made shorter.

    Raises:
        NotFound, SessionEnded, SessionExpired: there is nothing to refresh.
        QuotaExceeded: naming every limit that refuses, and when the last of them lets go; never, if
            the session to be refreshed is over by then.
    """
    session = _begun(now, grant) if grant.kind == "mint" else _found(usage, now, grant, limits)
    refused = (
        *_refusals(usage, now, session, grant, limits),
        *_too_long(usage, now, grant, limits, held_until - _counted_until(now, session)),
    )
    if refused:
        clears = max(moment for _, moment in refused)
        ends = inf if grant.kind == "mint" else _end(session, limits)
        wait_s = _seconds(int(clears) - now) if clears < ends else None
        if wait_s is not None and now + wait_s * 1000 >= ends:  # over within that very second
            wait_s = None
        raise QuotaExceeded(tuple(name for name, _ in refused), wait_s)
    return _with_token(session, now, grant, _expiry(usage, now, session, grant, limits))


def begin(now: int, grant: Grant, expires: int) -> Session:
    """Make the session that a mint starts, with its token in it."""
    return _with_token(_begun(now, grant), now, grant, expires)


def charge(usage: Usage, now: int, grant: Grant, session: Session, limits: Limits) -> Usage:
    """Count a grant that was admitted at `now` and whose token is in `session`, and what talking
    until that token expires is expected to cost; its minutes, where they are limited.
    """
    expires = session.tokens[grant.charge]
    if limits.minutes_per_day:
        until = _counted_until(now, usage.session(grant.session))
        usage = usage.granting(now, (expires - until) * grant.uses)
    minutes = -(-(expires - now) // MINUTE_MS)
    micros = grant.uses * expected_micros(session.model, max(minutes, 0))
    counted = replace(session, micros=session.micros + micros)
    if grant.kind == "mint":
        charged = usage.with_session(counted, last=now, mints=(*usage.mints, now))
    else:
        charged = usage.with_session(counted, last=now, refreshes=(*usage.refreshes, now))
    return charged.spending(now, micros).pruned(now)


def end(usage: Usage, now: int, session_id: str) -> Usage:
    """End a session: it takes no more tokens, and its slot is free. Charges stay.

    Raises:
        NotFound: the caller has no such session.
    """
    session = usage.session(session_id)
    if session is None:
        raise NotFound(f"no session {session_id}")
    if not session.is_live(now):
        return usage
    return usage.with_session(replace(session, ended=True), last=now).pruned(now)


def in_window(log: Sequence[int], window: int, now: int) -> Sequence[int]:
    """Take the charges that count at `now` out of an ascending log; one exactly `window` old does
    not.
    """
    return log[bisect_right(log, now - window) :]


def _begun(now: int, grant: Grant) -> Session:
    return Session(grant.session, grant.model, now, now, tokens={}, wish=grant.wish)


def _found(usage: Usage, now: int, grant: Grant, limits: Limits) -> Session:
    session = usage.session(grant.session)
    if session is None:
        raise NotFound(f"no session {grant.session}", public="You have no such session.")
    if session.ended:
        raise SessionEnded(f"session {session.id} was ended")
    if now >= _end(session, limits):
        raise SessionExpired(f"session {session.id} has expired")
    return session


def _expiry(usage: Usage, now: int, session: Session, grant: Grant, limits: Limits) -> int:
    """When the token may expire; several of a batch expire together."""
    expires = now + grant.minutes * MINUTE_MS
    if limits.session_minutes:
        expires = min(expires, session.started + limits.session_minutes * MINUTE_MS)
    if limits.minutes_per_day:
        left = left_ms(usage, now, limits) // grant.talks
        expires = min(expires, _counted_until(now, session) + left)
    return expires


def _counted_until(now: int, session: Session | None) -> int:
    """Until when a session's minutes are counted already: a refresh counts what it prolongs."""
    return max([now, *session.tokens.values()]) if session else now


def _with_token(session: Session, now: int, grant: Grant, expires: int) -> Session:
    kept = dict([*session.tokens.items()][-TOKENS_KEPT:])  # bites only where no limit does
    return replace(session, active=now, tokens={**kept, grant.charge: expires})


def _end(session: Session, limits: Limits) -> int:
    """When a session can be refreshed no more: its newest token's end, or its greatest age."""
    if not limits.session_minutes:
        return session.expires
    oldest = session.started + limits.session_minutes * MINUTE_MS
    return min(session.expires, oldest - LEAST_TOKEN_MS)


def _refusals(
    usage: Usage, now: int, session: Session, grant: Grant, limits: Limits
) -> Iterator[tuple[Violation, float]]:
    """Each limit that refuses, and when it would not, if nothing else happened."""
    charges = sorted((*usage.mints, *usage.refreshes))
    cooldown = limits.cooldown_minutes * MINUTE_MS
    if grant.kind == "mint":
        count = len(grant.all)
        yield from _full("hour", usage.mints, HOUR_MS, now, limits.mints_per_hour, count=count)
        yield from _full("day", charges, DAY_MS, now, limits.tokens_per_day, count=count)
        if usage.mints and now - usage.mints[-1] < cooldown:
            yield "cooldown", usage.mints[-1] + cooldown
        ends = sorted(s.expires for s in usage.live_sessions(now))
        if limits.sessions and len(ends) + count > limits.sessions:
            yield "sessions", _nth(ends, len(ends) + count - limits.sessions)
    else:
        yield from _full("day", charges, DAY_MS, now, limits.tokens_per_day)
        yield from _full("refreshHour", usage.refreshes, HOUR_MS, now, limits.refreshes_per_hour)
        if limits.tokens_per_session and len(session.tokens) >= limits.tokens_per_session:
            yield "refreshesPerSession", inf


def _too_long(
    usage: Usage, now: int, grant: Grant, limits: Limits, held_ms: int
) -> Iterator[tuple[Violation, float]]:
    """The day's minutes, where they have no room: for a token worth making, or for the one in hand,
    in place of which a shorter one may be had at once.
    """
    if not limits.minutes_per_day:
        return
    least_ms = LEAST_TOKEN_MS * grant.talks
    if left_ms(usage, now, limits) < max(least_ms, held_ms * grant.talks):
        yield "minutes", max(frees(usage, now, limits, least_ms), now + 1)


def _full(
    name: Violation, log: Sequence[int], window: int, now: int, limit: int, *, count: int = 1
) -> Iterator[tuple[Violation, float]]:
    if limit:
        counted = in_window(log, window, now)
        if len(counted) + count > limit:
            yield name, _nth(counted, len(counted) + count - limit) + window


def _nth(moments: Sequence[int], nth: int) -> float:
    """The moment by which so many have passed; never, if there are not so many."""
    return moments[nth - 1] if nth <= len(moments) else inf


def _seconds(ms: int) -> int:
    return -(-ms // 1000)
