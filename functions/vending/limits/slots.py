"""How many talks a user's tokens could hold, and which refresh only continues one.

A token can hold `uses` talks until it expires, and only time ends it, so what takes a slot is a
living token, whatever became of its talk. A *handover* is a refresh near the end of a session's
longest token: the talk moves to the new token, so that the two hold one talk between them. All
other refreshes start what could be another talk.

Tokens of sessions that were ended take no slot, up to as many as there are slots: so a talk can be
ended and another begun, and no more talks than twice the slots can be open, but for handovers.
"""

from __future__ import annotations

from math import inf

from vending.clock import MINUTE_MS
from vending.limits.session import Session
from vending.limits.usage import Usage
from vending.policy import Limits

LIFE_SHARE = 5  # of a token's life, at most, two tokens of a handover may overlap: a fifth


def slots_used(usage: Usage, now: int, most: int) -> int:
    """Count the slots in use at `now`, of `most` there are; 0 is no limit."""
    live = sum(s.talks(now) for s in usage.sessions if not s.ended)
    ended = sum(s.talks(now) for s in usage.sessions if s.ended)
    return live + max(ended - most, 0) if most else live


def slots_free_at(usage: Usage, now: int, most: int, needed: int) -> float:
    """Tell when so many slots will be free, if nothing else happened; or never."""
    if needed > most:
        return inf
    ends = {moment for s in usage.sessions for moment in s.tokens.values() if moment > now}
    moments = (now, *sorted(ends))
    return next(m for m in moments if slots_used(usage, m, most) + needed <= most)


def handover_from(session: Session, limits: Limits) -> int | None:
    """Tell from which moment, until its last token expires, a refresh is a handover; None: never.

    Two tokens of one handover overlap for a fifth of the first one's life at most, and never three,
    so that the minutes that could be talked are at most 5/4 of those that are counted.
    """
    issued = session.issued.get(session.head)
    if not limits.handover_minutes or issued is None or _is_oldest(session, limits):
        return None
    overlap = min(limits.handover_minutes * MINUTE_MS, (session.expires - issued) // LIFE_SHARE)
    predecessor = session.handovers.get(session.head, "")
    return max(session.expires - overlap, session.tokens.get(predecessor, 0))


def _is_oldest(session: Session, limits: Limits) -> bool:
    """Whether no token can outlive the session's last, for its greatest age."""
    oldest = session.started + limits.session_minutes * MINUTE_MS
    return bool(limits.session_minutes) and session.expires >= oldest
