"""Sessions that are over and whose tokens have expired: a day of them in 4 KB, read when asked for.

Nothing is decided on them but that they are over, so they are kept as records of one length and not
taken apart by a mint, which would cost more than everything else it does.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from struct import Struct
from typing import Any, Self

from vending.session import Session

_RECORD = Struct(">12s6s4s4sBB")  # id; start; activity and expiry in ms after it; tokens; model
_ID_BYTES, _STARTED = 12, 18  # where the id ends, and the start
_YEAR_8900 = 0xC7  # the first byte of a start, in ms since 1970, soon after
_ENDED = 0x80  # of the byte that tells the model
_NUMBERS = bytes(number & ~_ENDED for number in range(256))  # of a model, by its byte
_MOST_MODELS = 0x10  # of 128 that have a number, so that a hundred put away at once get theirs
_MOST_TOKENS = 0xFF
_NONE = {"models": [], "records": ""}


@dataclass(frozen=True, slots=True)
class Past:
    """The records, in the order in which they were put away, and the models they name by number."""

    records: bytes = b""
    models: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.records) // _RECORD.size

    def __iter__(self) -> Iterator[Session]:
        return map(self._session, self._each())

    def session(self, session_id: str) -> Session | None:
        """Find one by its id."""
        sought, size = _id_bytes(session_id), _RECORD.size
        at = self.records.find(sought) if sought else -1
        while at != -1 and at % size:  # bytes that look like it, elsewhere in a record
            at = self.records.find(sought, at + 1)
        return None if at == -1 else self._session(self.records[at : at + size])

    def since(self, moment: int, most: int) -> Self:
        """Drop those put away first, as long as they started by then or are more than `most`."""
        after, size = moment.to_bytes(6), _RECORD.size
        start = max(len(self) - most, 0) * size
        while (
            start < len(self.records)
            and self.records[start + _ID_BYTES : start + _STARTED] <= after
        ):
            start += size
        kept = self.records[start:]
        return type(self)(kept, self.models if kept else ())

    def plus(self, sessions: Iterable[Session]) -> Self:
        """Put more away; each of them `takes`."""
        models, records = [*self.models], [self.records]
        for session in sessions:
            if session.model not in models:
                models.append(session.model)
            records.append(_record(session, models.index(session.model)))
        return type(self)(b"".join(records), tuple(models))

    def takes(self, session: Session, now: int) -> bool:
        """Tell whether a session can be put away at `now`; one with what we do not know cannot."""
        return (
            now >= session.expires
            and not session.unknown
            and len(session.tokens) <= _MOST_TOKENS
            and len(_id_bytes(session.id)) == _ID_BYTES
            and max(session.active, session.expires) - session.started < 1 << 32
            and session.started <= min(session.active, session.expires)
            and len(self.models) < _MOST_MODELS
        )

    def document(self) -> Mapping[str, Any]:
        """As stored."""
        return {"models": list(self.models), "records": base64.b64encode(self.records).decode()}

    @classmethod
    def of(cls, document: object) -> Self:
        """Read what `document` wrote.

        Raises:
            ValueError, TypeError: nobody writes such a document.
        """
        if not isinstance(document, Mapping):
            raise ValueError("the sessions that are over are no object")
        if not document or document == _NONE:
            return cls()
        records, size = base64.b64decode(str(document.get("records")), validate=True), _RECORD.size
        models = (*document.get("models", ()),)
        numbers = records[size - 1 :: size].translate(_NUMBERS)
        if len(records) % size or max(numbers, default=-1) >= len(models):
            raise ValueError("the sessions that are over are not as we write them")
        if 0 in records[size - 2 :: size]:
            raise ValueError("a session that is over has no token")
        if not all(isinstance(model, str) for model in models):
            raise ValueError("a model is no text")
        if max(records[_ID_BYTES::size], default=0) >= _YEAR_8900:
            raise ValueError("a session that is over started in the far future")
        return cls(records, models)

    def _each(self) -> Iterator[bytes]:
        size = _RECORD.size
        return (self.records[at : at + size] for at in range(0, len(self.records), size))

    def _session(self, record: bytes) -> Session:
        name, start, activity, expiry, tokens, number = _RECORD.unpack(record)
        started = int.from_bytes(start)
        expires = started + int.from_bytes(expiry)
        return Session(
            name.hex(),
            self.models[number & ~_ENDED],
            started,
            started + int.from_bytes(activity),
            {str(n): expires for n in range(tokens)},  # which they were is forgotten
            ended=bool(number & _ENDED),
        )


def _record(session: Session, number: int) -> bytes:
    started = session.started
    return _RECORD.pack(
        bytes.fromhex(session.id),
        started.to_bytes(6),
        (session.active - started).to_bytes(4),
        (session.expires - started).to_bytes(4),
        len(session.tokens),
        number | (_ENDED if session.ended else 0),
    )


def _id_bytes(session_id: str) -> bytes:
    """The bytes that a session's id writes in lower-case hex; none for other ids."""
    try:
        name = bytes.fromhex(session_id)
    except ValueError:
        return b""
    return name if name.hex() == session_id else b""
