"""What a client says a session's talks have used: counted where it is more than was expected, and
never for more than talks can cost as long as its tokens could be used.

A report cannot be checked, but lying gains nothing: it can only raise what is counted.
"""

from __future__ import annotations

from dataclasses import replace

from vending.clock import MINUTE_MS
from vending.errors import QuotaExceeded, SessionExpired, TokenExpired
from vending.gemini.pricing import Tokens, reported_micros, worst_micros
from vending.limits.retention import pruned
from vending.limits.usage import Usage

PAUSE_MS = 10_000  # between two writes for a session
AT_ONCE = 3  # that may come sooner: of a timer, a connection that ends, and the talk's end


def report(usage: Usage, now: int, session_id: str, tokens: Tokens) -> Usage:
    """Raise what is counted for a session to what all its `tokens` so far cost.

    The same usage means that there is nothing to write: it is no more than was counted.

    Raises:
        NoSuchSession: the caller has none of this id.
        SessionExpired: it is over and archived.
        QuotaExceeded: too soon after others that counted; sent again later, it counts in full.
    """
    session = usage.required_session(session_id)
    if session not in usage.sessions:
        raise SessionExpired(f"session {session.id} was archived")
    most = worst_micros(session.model, -(-session.talked_ms(now) // MINUTE_MS))
    more = min(reported_micros(session.model, tokens), most) - session.micros
    if more <= 0:
        return usage
    paid = max(session.reported, now - AT_ONCE * PAUSE_MS) + PAUSE_MS
    if paid > now:
        raise QuotaExceeded(("reads",), -(-(paid - now) // 1000))
    raised = replace(session, micros=session.micros + more, reported=paid)
    return pruned(usage.with_session(raised, last=now).spending(now, more), now)


def began_in_time(usage: Usage, session_id: str, expired_ms: int | None) -> Usage:
    """Let a sign-in that expired at `expired_ms` end, and report of, what began before that, and
    tell it of nothing else; None is one that has not expired.

    Raises:
        TokenExpired: the caller has no session of this id, or it began later.
    """
    session = None if expired_ms is None else usage.session(session_id)
    if expired_ms is not None and (session is None or session.started >= expired_ms):
        raise TokenExpired("no session of this id began while the token was good")
    return usage
