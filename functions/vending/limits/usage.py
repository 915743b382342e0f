"""What one caller has used: the value that is decided on, and its one document in the store.

Times are whole milliseconds since 1970-01-01T00:00Z by the store's clock. Fields that another
revision of the code has added to a session or a replay are carried along untouched, since old and
new revisions run side by side during a deploy; the ledgers do the same for the document's own
fields.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Any, Self

from vending.clock import DAY_MS, day_of
from vending.errors import NoSuchSession
from vending.limits.finished import checked, find, lines_of_records, sessions_of
from vending.limits.session import Document, Session, split
from vending.policy import Counted

Granted = tuple[int, int]  # when, and how long, in ms

YEAR_9000_MS = 221_845_392_000_000
VERSION = 1
SPENT_DAYS_KEPT = 3
__all__ = ["Document", "Replay", "Session", "Usage"]


@dataclass(frozen=True, slots=True)
class Replay:
    """What it takes to answer a repeated request: see `tokens.idempotency`. It is of use as long as
    its token lives, which can start nothing from `start_before` on.
    """

    key: str
    fingerprint: str
    session_id: str
    charge_id: str
    start_before: int
    sealed: str = field(repr=False)
    unknown: Document = field(default_factory=dict, repr=False)

    def document(self) -> Document:
        """As stored."""
        return {
            **self.unknown,
            **{name: getattr(self, _NAMES.get(name, name)) for name in _REPLAY_FIELDS},
        }

    @classmethod
    def of(cls, document: Document) -> Self:
        """Read what `document` wrote."""
        known, unknown = split(document, _REPLAY_FIELDS)
        named = {_NAMES.get(name, name): value for name, value in known.items()}
        return cls(**named, unknown=unknown)


_REPLAY_FIELDS: Mapping[str, type] = {
    "key": str,
    "fingerprint": str,
    "session": str,
    "charge": str,
    "start_before": int,
    "sealed": str,
}
_NAMES = {"session": "session_id", "charge": "charge_id"}  # of what is stored by a shorter name


@dataclass(frozen=True, slots=True)
class Usage:
    """All that limits are decided on. `mints` and `refreshes` are ascending; sessions are in order
    of their start, those that are over and done with as lines in `finished`. `spent` has micros by
    UTC day, of the newest days; `granted` is ascending and kept only where minutes are limited.
    """

    last: int = 0
    mints: tuple[int, ...] = ()
    refreshes: tuple[int, ...] = ()
    sessions: tuple[Session, ...] = ()
    replays: tuple[Replay, ...] = ()
    finished: str = ""
    spent: Mapping[str, int] = field(default_factory=dict)
    granted: tuple[Granted, ...] = ()

    def charged_at(self, counts: Counted) -> Sequence[int]:
        """List the moments of what a limit counts, ascending; tokens are mints and refreshes."""
        if counts == "tokens":
            return sorted((*self.mints, *self.refreshes)) if self.refreshes else self.mints
        return self.mints if counts == "mints" else self.refreshes

    def session(self, session_id: str) -> Session | None:
        """Find one of the caller's sessions."""
        found = next((s for s in self.sessions if s.id == session_id), None)
        return found or find(self.finished, session_id)

    def required_session(self, session_id: str) -> Session:
        """Find one of the caller's sessions.

        Raises:
            NoSuchSession: the caller has none of this id.
        """
        session = self.session(session_id)
        if session is None:
            raise NoSuchSession(session_id)
        return session

    def token_expires(self, session_id: str, charge_id: str) -> int:
        """Tell when a token expires, or did; 0: it did, and its session is over."""
        session = next((s for s in self.sessions if s.id == session_id), None)
        return session.tokens.get(charge_id, 0) if session else 0

    def keys_until(self, now: int) -> list[int]:
        """List the moments at which the keys end whose token lives at `now`."""
        ends = (self.token_expires(r.session_id, r.charge_id) for r in self.replays)
        return [moment for moment in ends if now < moment]

    def holds(self, session_id: str, charge_id: str) -> bool:
        """Tell whether a charge has been counted, no matter by whom."""
        session = self.session(session_id)
        return session is not None and charge_id in session.tokens

    def live_sessions(self, now: int) -> tuple[Session, ...]:
        """List the sessions that take a slot at `now`."""
        return tuple(s for s in self.sessions if s.is_live(now))

    def sessions_of_the_day(self, now: int) -> tuple[Session, ...]:
        """List the sessions of the last 24 hours, and older ones that still live."""
        sessions = [*sessions_of(self.finished), *self.sessions]
        recent = [s for s in sessions if s.started > now - DAY_MS or s.is_live(now)]
        return tuple(sorted(recent, key=attrgetter("started")))

    def with_session(self, session: Session, **more: Any) -> Usage:
        """Put a session in the place of the one with its id, or behind the others, and `more`
        fields with it.
        """
        if all(s.id != session.id for s in self.sessions):
            sessions = (*self.sessions, session)
        else:
            sessions = tuple(session if s.id == session.id else s for s in self.sessions)
        return replace(self, sessions=sessions, **more)

    def spending(self, now: int, micros: int) -> Usage:
        """Add to what was spent on the day of `now`."""
        day = day_of(now)
        spent = sorted({**self.spent, day: self.spent.get(day, 0) + micros}.items())
        return replace(self, spent=dict(spent[-SPENT_DAYS_KEPT:]))

    def granting(self, now: int, ms: int) -> Usage:
        """Add to what was granted, if it is anything."""
        return replace(self, granted=(*self.granted, (now, ms))) if ms > 0 else self

    def document(self) -> Document:
        """As stored, but for `expireAt`, which is the ledger's."""
        return {
            "v": VERSION,
            "last": self.last,
            "mints": list(self.mints),
            "refreshes": list(self.refreshes),
            "sessions": [s.document(self.last) for s in self.sessions],
            "over": self.finished,
            "finished": {},  # where earlier revisions keep them: what they wrote has been read
            "past": {},
            "replays": [r.document() for r in self.replays],
            "spent": dict(self.spent),
            "granted": [number for pair in self.granted for number in pair],
        }

    @classmethod
    def of(cls, document: Document) -> Self:
        """Read what `document` wrote, in this revision or a neighbouring one.

        Raises:
            ValueError, TypeError: no revision writes such a document.
        """
        if not isinstance(document, Mapping):
            raise ValueError("not an object")
        usage = cls(
            last=document.get("last", 0),
            mints=tuple(document.get("mints", ())),
            refreshes=tuple(document.get("refreshes", ())),
            sessions=tuple(Session.of(s) for s in document.get("sessions", ())),
            replays=tuple(Replay.of(r) for r in document.get("replays", ())),
            finished=lines_of_records(document.get("past", {}))
            + checked(document.get("finished", {}))
            + checked(document.get("over", "")),
            spent=dict(document.get("spent", {})),
            granted=_pairs(document.get("granted", ())),
        )
        _check(usage)
        return usage


def _pairs(numbers: Sequence[int]) -> tuple[Granted, ...]:
    """Lists in lists are nothing that Firestore keeps: pairs are stored one after the other."""
    flat = tuple(numbers)
    return tuple(zip(flat[::2], flat[1::2], strict=True))


def _check(usage: Usage) -> None:
    _check_moments(usage)
    if any(log != (*sorted(log),) for log in (usage.mints, usage.refreshes)):
        raise ValueError("charges are not in the order of their time")
    costs = [0, *usage.spent.values(), *(s.micros for s in usage.sessions)]
    if {*map(type, costs)} != {int} or min(costs) < 0:
        raise ValueError("a cost is not a whole number of micros")


def _check_moments(usage: Usage) -> None:
    moments = [usage.last, *usage.mints, *usage.refreshes]
    moments += [number for pair in usage.granted for number in pair]
    for session in usage.sessions:
        if not session.tokens:
            raise ValueError("a session without a token")
        moments += [session.started, session.active]
        moments += [*session.tokens.values(), *session.issued.values()]
    if {*map(type, moments)} != {int} or not 0 <= min(moments) <= max(moments) < YEAR_9000_MS:
        raise ValueError("a moment is not a whole number of milliseconds")
