"""What was vended, and how a repeated request gets the same answer.

The answer of a request with an Idempotency-Key is kept sealed in the usage: its token, and below it
each other of its batch with its session and charge.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from vending.errors import ReplayExpired, SessionEnded
from vending.gemini.order import Token
from vending.limits.grant import Grant
from vending.limits.reading import Reading
from vending.limits.retention import pruned
from vending.limits.usage import Session, Usage
from vending.tokens.idempotency import RequestKey


@dataclass(frozen=True, slots=True)
class Vended:
    """A token that was counted, and everything its answer tells. Times are milliseconds."""

    token: str = field(repr=False)
    session: Session
    charge_id: str
    start_before: int
    reading: Reading
    replayed: bool = False
    first: bool = False
    others: tuple[Vended, ...] = ()

    @property
    def all(self) -> tuple[Vended, ...]:
        """This token and the others of its batch."""
        return (self, *self.others)


def vended(
    grant: Grant, tokens: Sequence[Token], settled: Reading, start_before: int, *, first: bool
) -> Vended:
    """Return what was vended for a grant whose charges are settled."""
    named = [(t.value, g.session_id, g.charge_id) for t, g in zip(tokens, grant.all, strict=True)]
    return _together(
        Vended(token, _session(settled, session_id), charge_id, start_before, settled, first=first)
        for token, session_id, charge_id in named
    )


def keep(
    usage: Usage,
    now: int,
    key: RequestKey,
    grant: Grant,
    tokens: Sequence[Token],
    *,
    start_before: int,
) -> Usage:
    """Keep an answer in the usage, sealed under its key."""
    others = zip(tokens[1:], grant.others, strict=True)
    lines = [tokens[0].value, *(f"{t.value} {g.session_id} {g.charge_id}" for t, g in others)]
    sealed = key.seal("\n".join(lines), grant.session_id, grant.charge_id, start_before)
    return pruned(replace(usage, replays=(*usage.replays, sealed)), now)


def vended_before(key: RequestKey | None, reading: Reading) -> Vended | None:
    """Give the answer that a request with this key got before, if it did.

    Raises:
        IdempotencyKeyReused, ReplayExpired: as `RequestKey.find` and `open` do.
        SessionEnded: a session of it was ended since.
    """
    replay = key.find(reading.usage, reading.now) if key else None
    if key is None or replay is None:
        return None
    first, *others = key.open(replay).split("\n")
    named = [(first, replay.session_id, replay.charge_id), *(_parts(line) for line in others)]
    return _together(
        Vended(
            token,
            _live(reading, session_id),
            charge_id,
            replay.start_before,
            reading,
            replayed=True,
        )
        for token, session_id, charge_id in named
    )


def _parts(line: str) -> tuple[str, str, str]:
    token, session_id, charge_id = line.split()
    return token, session_id, charge_id


def _session(reading: Reading, session_id: str) -> Session:
    session = reading.usage.session(session_id)
    if session is None:
        raise ReplayExpired(f"its session {session_id} is over and forgotten")
    return session


def _live(reading: Reading, session_id: str) -> Session:
    session = _session(reading, session_id)
    if session.ended:
        raise SessionEnded(f"session {session_id} was ended, and its token is not given again")
    return session


def _together(tokens: Iterable[Vended]) -> Vended:
    first, *others = tokens
    return replace(first, others=tuple(others)) if others else first
