"""What a client says a session's talks have used: counted where it is more than was expected, and
never for more than talks can cost as long as its tokens could be used.

Nobody can check a report, and whoever lies gains nothing: it can only raise what is counted.
"""

from __future__ import annotations

from dataclasses import replace

from vending.clock import MINUTE_MS
from vending.errors import NotFound
from vending.gemini.pricing import Tokens, reported_micros, worst_micros
from vending.limits.usage import Usage

PAUSE_MS = 10_000  # between two writes for a session; totals lose nothing by being told again


def report(usage: Usage, now: int, session_id: str, tokens: Tokens) -> Usage:
    """Raise what is counted for a session to what all its `tokens` so far cost.

    The same usage means that there is nothing to write: no more than was counted, too soon after
    the session's last report (the next tells it again), or a session that is over and put away.

    Raises:
        NotFound: the caller has no such session.
    """
    session = usage.session(session_id)
    if session is None:
        raise NotFound(f"no session {session_id}", public="You have no such session.")
    most = worst_micros(session.model, -(-session.talked_ms(now) // MINUTE_MS))
    more = min(reported_micros(session.model, tokens), most) - session.micros
    if session not in usage.sessions or more <= 0 or now - session.reported < PAUSE_MS:
        return usage
    raised = replace(session, micros=session.micros + more, reported=now)
    return usage.with_session(raised, last=now).spending(now, more).pruned(now)
