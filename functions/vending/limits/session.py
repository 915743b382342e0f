"""A session: one mint and its refreshes, whose tokens may hold several talks (see `counts`), its
place in the document, and which refresh only continues its talk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from vending.clock import MINUTE_MS
from vending.policy import Limits

SessionState = Literal["active", "ended", "expired"]
Document = Mapping[str, Any]
LIFE_SHARE = 5  # of a token's life, at most, two tokens of a handover may overlap: a fifth


@dataclass(frozen=True, slots=True)
class Session:
    """A session: one mint and its refreshes, whose tokens may hold several talks.

    `tokens` maps the id of each charge to the moment its token expires; `requested` is what the
    caller asked for, stored as `wish` and kept while the session is live so that a refresh is
    shaped like the mint. `micros` is what was counted for it so far, in millionths of a dollar.

    Of tokens by that id: `issued` has when each was counted, `uses` how many talks
    each may hold, where it is more than one, and `handovers` whose talk each continues. A token
    that an older revision has counted is in none of them. `pause_handover` is when it was last
    handed over while minting was paused; `reported` is the moment until which it has used up
    its reports, see `report`.
    """

    id: str
    model: str
    started: int
    active: int
    tokens: Mapping[str, int]
    requested: Document = field(default_factory=dict)
    ended: bool = False
    micros: int = 0
    issued: Mapping[str, int] = field(default_factory=dict)
    uses: Mapping[str, int] = field(default_factory=dict)
    handovers: Mapping[str, str] = field(default_factory=dict)
    pause_handover: int = 0
    reported: int = 0
    unknown: Document = field(default_factory=dict, repr=False)

    @property
    def expires(self) -> int:
        """When the newest token expires, and the session with it."""
        return max(self.tokens.values())

    @property
    def head(self) -> str:
        """The charge id of the token that lives longest."""
        return max(self.tokens, key=self.tokens.__getitem__)

    def talked_ms(self, now: int) -> int:
        """How long all its tokens could have been talked with by `now`: each of their uses, from
        when it was counted; a handover from when the token expires whose talk it continues.
        """
        return sum(
            self.uses.get(charge_id, 1) * max(min(now, ends) - self._counted_from(charge_id), 0)
            for charge_id, ends in self.tokens.items()
        )

    def talk_began(self, charge_id: str) -> int:
        """When the talk of a token began, followed back through its handovers."""
        while predecessor := self.handovers.get(charge_id):
            charge_id = predecessor
        return self.issued.get(charge_id, self.started)

    def _counted_from(self, charge_id: str) -> int:
        predecessor = self.handovers.get(charge_id, "")
        return max(self.issued.get(charge_id, self.started), self.tokens.get(predecessor, 0))

    def talks(self, now: int) -> int:
        """Count the talks that its living tokens can hold at `now`; a handover and the token whose
        talk it continues hold one between them.
        """
        living = {c for c, expires in self.tokens.items() if now < expires}
        shared = sum(self.handovers.get(c) in living for c in living)
        return sum(self.uses.get(c, 1) for c in living) - shared

    def state(self, now: int) -> SessionState:
        """Return whether it can still be refreshed at `now`, as its state."""
        if self.ended:
            return "ended"
        return "active" if now < self.expires else "expired"

    def is_live(self, now: int) -> bool:
        """Tell whether it takes one of the caller's slots."""
        return not self.ended and now < self.expires

    def document(self, now: int) -> Document:
        """As stored; a session that is over needs what was requested no more."""
        document = {
            **self.unknown,
            "id": self.id,
            "model": self.model,
            "started": self.started,
            "active": self.active,
            "tokens": dict(self.tokens),
            "wish": dict(self.requested) if self.is_live(now) else {},
            "ended": self.ended,
            "micros": self.micros,
        }
        optional = {"issued": self.issued, "uses": self.uses, "handovers": self.handovers}
        document |= {name: dict(value) for name, value in optional.items() if value}
        moments = {"pause_handover": self.pause_handover, "reported": self.reported}
        return document | {name: moment for name, moment in moments.items() if moment}

    @classmethod
    def of(cls, document: Document) -> Self:
        """Read what `document` wrote."""
        known, unknown = split(document, _SESSION_FIELDS)
        if unknown.pop("handed_over_in_pause", False):  # as an earlier revision says it
            known.setdefault("pause_handover", known["active"])
        session = cls(requested=known.pop("wish", {}), **known, unknown=unknown)
        uses, predecessors = [1, *session.uses.values()], session.handovers.values()
        if {*map(type, uses)} != {int} or min(uses) < 1:
            raise ValueError("a token's uses are not a whole number of 1 or more")
        if not all(isinstance(predecessor, str) for predecessor in predecessors):
            raise ValueError("what a handover continues is no charge")
        return session


_SESSION_FIELDS: Mapping[str, type] = {
    "id": str,
    "model": str,
    "started": int,
    "active": int,
    "tokens": dict,
    "wish": dict,
    "ended": bool,
    "micros": int,
    "issued": dict,
    "uses": dict,
    "handovers": dict,
    "pause_handover": int,
    "reported": int,
}


def split(document: Document, fields: Mapping[str, type]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Take what is known of a document apart from what is not.

    Raises:
        ValueError: it is no object, or a field is of another kind.
    """
    if not isinstance(document, Mapping):
        raise ValueError("not an object")
    known: dict[str, Any] = {}
    unknown: dict[str, Any] = {}
    for name, value in document.items():
        if name not in fields:
            unknown[name] = value
        elif type(value) is fields[name]:
            known[name] = value
        else:
            raise ValueError(f"{name} is a {type(value).__name__}")
    return known, unknown


def handover_from(session: Session, limits: Limits) -> int | None:
    """Tell from which moment, until its last token expires, a refresh is a handover; None: never.

    A *handover* is a refresh near the end of a session's longest token: the talk moves to the new
    token, so that the two hold one talk between them. All other refreshes start what could be
    another talk.

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
    """Whether the session's greatest age keeps any token from outliving its last."""
    oldest = session.started + limits.session_minutes * MINUTE_MS
    return bool(limits.session_minutes) and session.expires >= oldest
