"""What is kept of a caller's usage, and for how long: whatever a limit or an answer still needs.

What is kept bounds the document: see `limits.violations` for what is refused so that nothing has to
be forgotten early.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from vending.clock import DAY_MS, MINUTE_MS
from vending.limits.finished import can_finish, lines_of, newest
from vending.limits.session import Session
from vending.limits.usage import Replay, Usage

KEYS_KEPT = 64  # whose token lives
OLD_KEYS_KEPT = 8  # of others, for a day: what is repeated then is told so
SESSIONS_KEPT = 100
CHARGES_KEPT = 1000
LATE_MS = 5 * MINUTE_MS  # what is over is kept whole for so long: for the last report of its talk


def pruned(usage: Usage, now: int) -> Usage:
    """Forget what no limit and no answer needs: what is older than a day, and more than is kept."""
    recent = now - DAY_MS
    over = [s for s in usage.sessions if can_finish(s, now - LATE_MS)]
    rest = [s for s in usage.sessions if s not in over]
    kept = _kept_sessions(rest, now)
    finished, room = usage.finished + lines_of(over), SESSIONS_KEPT - len(kept)
    if over or finished.count("\n") > room:
        finished = newest(finished, recent, room)
    return replace(
        usage,
        mints=_since(usage.mints, recent),
        refreshes=_since(usage.refreshes, recent),
        sessions=kept,
        replays=_kept_keys(usage, now),
        finished=finished,
        granted=tuple(g for g in usage.granted if g[0] > recent)[-CHARGES_KEPT:],
    )


def _kept_keys(usage: Usage, now: int) -> tuple[Replay, ...]:
    """All keys whose token has not expired, and the day's newest others, without their tokens."""
    living = {r.key for r in usage.replays if now < usage.token_expires(r.session_id, r.charge_id)}
    over = [r for r in usage.replays if r.key not in living and r.start_before > now - DAY_MS]
    old = {r.key for r in over[-OLD_KEYS_KEPT:]}
    kept = (r for r in usage.replays if r.key in living | old)
    return tuple(r if r.key in living else replace(r, sealed="") for r in kept)


def _kept_sessions(sessions: Sequence[Session], now: int) -> tuple[Session, ...]:
    """Those that have a token that lives, and of the others the newest: the day's, or just over."""
    over = [s.id for s in sessions if s.expires <= now]
    since = {s.id for s in sessions if s.started > now - DAY_MS or s.expires > now - LATE_MS}
    recent = [name for name in over if name in since]
    room = max(SESSIONS_KEPT - (len(sessions) - len(over)), 0)
    dropped = {*over} - {*recent[max(len(recent) - room, 0) :]}
    return tuple(s for s in sessions if s.id not in dropped)


def _since(log: tuple[int, ...], moment: int) -> tuple[int, ...]:
    """Those after a moment; if there are too many, the newest."""
    return log[bisect_right(log, moment) :][-CHARGES_KEPT:]
