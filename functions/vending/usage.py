"""What one caller has used: the value that is decided on, and its one document in the store.

Times are whole milliseconds since 1970-01-01T00:00Z by the store's clock. Fields that another
revision of the code has added to a session or a replay are carried along untouched, since old and
new revisions run side by side during a deploy; the ledgers do the same for the document's own
fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self, TypeVar

T = TypeVar("T")

HOUR_MS = 3_600_000
DAY_MS = 86_400_000
YEAR_9000_MS = 221_845_392_000_000
VERSION = 1
REPLAYS_KEPT = 8
SESSIONS_KEPT = 100
CHARGES_KEPT = 1000

State = Literal["active", "ended", "expired"]
Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Session:
    """A talk: one mint and its refreshes.

    `tokens` maps the id of each charge to the moment its token expires; `wish` is what the caller
    asked for, kept while the session is live so that a refresh is shaped like the mint.
    """

    id: str
    model: str
    started: int
    active: int
    tokens: Mapping[str, int]
    wish: Document = field(default_factory=dict)
    ended: bool = False
    unknown: Document = field(default_factory=dict, repr=False)

    @property
    def expires(self) -> int:
        """When the newest token expires, and the session with it."""
        return max(self.tokens.values())

    def state(self, now: int) -> State:
        """Tell whether it can still be refreshed at `now`."""
        if self.ended:
            return "ended"
        return "active" if now < self.expires else "expired"

    def is_live(self, now: int) -> bool:
        """Tell whether it takes one of the caller's slots."""
        return self.state(now) == "active"

    def document(self, now: int) -> Document:
        """As stored; a session that is over needs its wish no more."""
        return {
            **self.unknown,
            "id": self.id,
            "model": self.model,
            "started": self.started,
            "active": self.active,
            "tokens": dict(self.tokens),
            "wish": dict(self.wish) if self.is_live(now) else {},
            "ended": self.ended,
        }

    @classmethod
    def of(cls, document: Document) -> Self:
        """Read what `document` wrote."""
        known, unknown = _split(document, _SESSION_FIELDS)
        return cls(**known, unknown=unknown)


@dataclass(frozen=True, slots=True)
class Replay:
    """What it takes to answer a repeated request: see `replay`. `start_before` ends its use."""

    key: str
    fingerprint: str
    session: str
    charge: str
    start_before: int
    sealed: str = field(repr=False)
    unknown: Document = field(default_factory=dict, repr=False)

    def document(self) -> Document:
        """As stored."""
        return {**self.unknown, **{name: getattr(self, name) for name in _REPLAY_FIELDS}}

    @classmethod
    def of(cls, document: Document) -> Self:
        """Read what `document` wrote."""
        known, unknown = _split(document, _REPLAY_FIELDS)
        return cls(**known, unknown=unknown)


_SESSION_FIELDS: Mapping[str, type] = {
    "id": str,
    "model": str,
    "started": int,
    "active": int,
    "tokens": Mapping,
    "wish": Mapping,
    "ended": bool,
}
_REPLAY_FIELDS: Mapping[str, type] = {
    "key": str,
    "fingerprint": str,
    "session": str,
    "charge": str,
    "start_before": int,
    "sealed": str,
}


@dataclass(frozen=True, slots=True)
class Usage:
    """All that limits are decided on. `mints` and `refreshes` are ascending; sessions are in order
    of their start.
    """

    last: int = 0
    mints: tuple[int, ...] = ()
    refreshes: tuple[int, ...] = ()
    sessions: tuple[Session, ...] = ()
    replays: tuple[Replay, ...] = ()
    blocked_until: int = 0

    def session(self, session_id: str) -> Session | None:
        """Find one of the caller's sessions."""
        return next((s for s in self.sessions if s.id == session_id), None)

    def holds(self, session_id: str, charge: str) -> bool:
        """Tell whether a charge has been counted, whoever wrote it down."""
        session = self.session(session_id)
        return session is not None and charge in session.tokens

    def live_sessions(self, now: int) -> tuple[Session, ...]:
        """List the sessions that take a slot at `now`."""
        return tuple(s for s in self.sessions if s.is_live(now))

    def sessions_of_the_day(self, now: int) -> tuple[Session, ...]:
        """List the sessions of the last 24 hours, and older ones that still live."""
        return tuple(s for s in self.sessions if s.started > now - DAY_MS or s.is_live(now))

    def with_session(self, session: Session) -> Usage:
        """Put a session in the place of the one with its id, or behind the others."""
        if self.session(session.id) is None:
            return replace(self, sessions=(*self.sessions, session))
        return replace(
            self, sessions=tuple(session if s.id == session.id else s for s in self.sessions)
        )

    def pruned(self, now: int) -> Usage:
        """Forget what no limit and no answer needs: what is older than a day, and more than is
        kept.
        """
        recent = now - DAY_MS
        return replace(
            self,
            mints=_newest((t for t in self.mints if t > recent), CHARGES_KEPT),
            refreshes=_newest((t for t in self.refreshes if t > recent), CHARGES_KEPT),
            sessions=self._sessions_to_keep(now),
            replays=_newest((r for r in self.replays if r.start_before > recent), REPLAYS_KEPT),
        )

    def _sessions_to_keep(self, now: int) -> tuple[Session, ...]:
        """The newest, but those that are over go first: a live one holds a slot."""
        sessions = self.sessions_of_the_day(now)
        over = [s.id for s in sessions if not s.is_live(now)]
        dropped = set(over[: max(len(sessions) - SESSIONS_KEPT, 0)])
        return _newest((s for s in sessions if s.id not in dropped), SESSIONS_KEPT)

    def document(self) -> Document:
        """As stored, but for `expireAt`, which is the ledger's."""
        return {
            "v": VERSION,
            "last": self.last,
            "mints": list(self.mints),
            "refreshes": list(self.refreshes),
            "sessions": [s.document(self.last) for s in self.sessions],
            "replays": [r.document() for r in self.replays],
            "blockedUntil": self.blocked_until,
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
            blocked_until=document.get("blockedUntil", 0),
        )
        moments = [usage.last, usage.blocked_until, *usage.mints, *usage.refreshes]
        for session in usage.sessions:
            if not session.tokens:
                raise ValueError("a session without a token")
            moments += [session.started, session.active, *session.tokens.values()]
        if not all(type(moment) is int and 0 <= moment < YEAR_9000_MS for moment in moments):
            raise ValueError("a moment is not a whole number of milliseconds")
        return usage


def _split(document: Document, fields: Mapping[str, type]) -> tuple[dict[str, Any], dict[str, Any]]:
    if not isinstance(document, Mapping):
        raise ValueError("not an object")
    known = {name: document[name] for name in fields if name in document}
    for name, value in known.items():
        if not isinstance(value, fields[name]) or (type(value) is bool) != (fields[name] is bool):
            raise ValueError(f"{name} is a {type(value).__name__}")
    return known, {name: value for name, value in document.items() if name not in fields}


def _newest(items: Iterable[T], kept: int) -> tuple[T, ...]:
    return tuple(items)[-kept:]
