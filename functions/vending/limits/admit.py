"""The grant is *admitted* against what the caller has used: one pure decision, exact, all limits
together.

Nothing here reads a clock or a store.
"""

from __future__ import annotations

from dataclasses import replace

from vending.clock import MINUTE_MS
from vending.errors import MintingPaused, QuotaExceeded, SessionEnded, SessionExpired
from vending.gemini.pricing import expected_micros
from vending.limits.grant import Grant
from vending.limits.retention import pruned
from vending.limits.usage import Session, Usage
from vending.limits.violations import TOKENS_KEPT, Case, refusals, session_ends, wait_s
from vending.policy import Limits


def admit(
    usage: Usage,
    now: int,
    grant: Grant,
    limits: Limits,
    *,
    held_until: int = 0,
    pause_s: int = 0,
    paused_since: int = 0,
) -> Session:
    """Decide, and give the session as it would stand with the new token in it.

    Args:
        usage: all the caller has used.
        now: milliseconds, from `Reading.now`.
        grant: what is asked for.
        limits: those of the caller's tier; 0 is off.
        held_until: when the token expires that is in hand already; it is not made shorter.
        pause_s: seconds until another try may be worth it while minting is paused; 0 when it is not
            paused.
        paused_since: when the pause began, in milliseconds; 0: it cannot be told from others.

    Raises:
        NoSuchSession, SessionEnded, SessionExpired: there is nothing to refresh.
        MintingPaused: nothing begins, and each live session is handed over once.
        QuotaExceeded: naming every limit that refuses, and when the last of them resets; never, if
            the session to be refreshed is over by then.
    """
    session = _begun(now, grant) if grant.kind == "mint" else _found(usage, now, grant, limits)
    case = Case(usage, now, session, grant, limits, held_until)
    predecessor = case.predecessor
    if pause_s:
        if not predecessor or _had_its_handover(session, paused_since):
            raise MintingPaused(retry_after_s=pause_s)
        session = replace(session, pause_handover=max(now, paused_since))
    if refused := refusals(case):
        raise QuotaExceeded(tuple(name for name, _ in refused), wait_s(case, refused))
    return _with_token(session, now, grant, case.expires, predecessor)


def begin(now: int, grant: Grant, expires: int) -> Session:
    """Make the session that a mint starts, with its token in it."""
    return _with_token(_begun(now, grant), now, grant, expires)


def charge(usage: Usage, now: int, grant: Grant, session: Session, limits: Limits) -> Usage:
    """Count a grant that was admitted at `now` and whose token is in `session`, and what talking
    until that token expires is expected to cost; its minutes, where they are limited. A handover
    counts from when the token expires whose talk it continues.
    """
    predecessor = session.handovers.get(grant.charge_id)
    counted_from = session.tokens[predecessor] if predecessor else now
    ms = max(session.tokens[grant.charge_id] - counted_from, 0)
    if limits.minutes_per_day:
        usage = usage.granting(now, ms * grant.uses)
    micros = grant.uses * _expected(session, grant, counted_from, ms)
    counted = replace(session, micros=session.micros + micros)
    if grant.kind == "mint":
        charged = usage.with_session(counted, last=now, mints=(*usage.mints, now))
    else:
        charged = usage.with_session(counted, last=now, refreshes=(*usage.refreshes, now))
    return pruned(charged.spending(now, micros), now)


def _expected(session: Session, grant: Grant, counted_from: int, ms: int) -> int:
    """The expected cost of `ms` more of a talk: each turn bills the earlier ones again."""
    talked_ms = max(counted_from - session.talk_began(grant.charge_id), 0)
    before, whole = -(-talked_ms // MINUTE_MS), -(-(talked_ms + ms) // MINUTE_MS)
    return expected_micros(session.model, whole) - expected_micros(session.model, before)


def end(usage: Usage, now: int, session_id: str) -> Usage:
    """End a session: it takes no more tokens, and its slot is free. Charges stay.

    Raises:
        NoSuchSession: the caller has none of this id.
    """
    session = usage.required_session(session_id)
    if not session.is_live(now):
        return usage
    return pruned(usage.with_session(replace(session, ended=True), last=now), now)


def _begun(now: int, grant: Grant) -> Session:
    return Session(grant.session_id, grant.model, now, now, tokens={}, requested=grant.requested)


def _found(usage: Usage, now: int, grant: Grant, limits: Limits) -> Session:
    session = usage.required_session(grant.session_id)
    if session.ended:
        raise SessionEnded(f"session {session.id} was ended")
    if now >= session_ends(session, limits):
        raise SessionExpired(f"session {session.id} has expired")
    return session


def _had_its_handover(session: Session, paused_since: int) -> bool:
    """Whether the session has had the one handover that this pause allows it."""
    return bool(session.pause_handover) and session.pause_handover >= paused_since


def _with_token(
    session: Session, now: int, grant: Grant, expires: int, predecessor: str = ""
) -> Session:
    """Add the token; if there are too many, drop the oldest expired ones."""
    over = [c for c, ends in session.tokens.items() if ends <= now]
    dropped = {*over[: max(len(session.tokens) + 1 - TOKENS_KEPT, 0)]}
    tokens = {c: ends for c, ends in session.tokens.items() if c not in dropped}
    issued = {c: at for c, at in session.issued.items() if c in tokens}
    uses = {c: n for c, n in session.uses.items() if c in tokens}
    handovers = {c: p for c, p in session.handovers.items() if c in tokens}
    return replace(
        session,
        active=now,
        tokens={**tokens, grant.charge_id: expires},
        issued={**issued, grant.charge_id: now},
        uses=uses if grant.uses == 1 else {**uses, grant.charge_id: grant.uses},
        handovers={**handovers, grant.charge_id: predecessor} if predecessor else handovers,
    )
