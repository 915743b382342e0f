"""Sessions that are over and whose tokens have expired: a line of text each, parsed only when a
request lists or names them.

A mint needs only to know that they are over, so it does not parse a day of them: that would cost
more than all the rest of a mint. All lines are one text, since Firestore's client takes a third of
a millisecond to read and write a day of them as a map. A line reads
`id start +activity +expiry tokens state model`, times in milliseconds, the second and third after
the start.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from struct import Struct

from vending.limits.session import Session

_FORM = (  # starts until the year 9000, as `Usage.of` takes them
    r"([0-9A-Za-z]++) (2[01][0-9]{13}|22[01][0-9]{12}|[01]?[0-9]{1,14}+) "
    r"\+([0-9]{1,13}+) \+([0-9]{1,13}+) ([1-9][0-9]{0,3}+) (ended|expired) ([^\n]++)\n"
)
_LINE = re.compile(_FORM)
_LINES = re.compile(rf"(?>{_FORM.replace('(', '(?:')})*+")
_STARTED = re.compile(r"([^ ]++ ([0-9]++) [^\n]++\n)")  # a line that was checked, and its start
_MOST_TOKENS = 9999
# What revisions up to 19c6b32 wrote under `past`: id; start; activity and expiry in ms after it;
# the number of its tokens; that of its model, with a bit for sessions that were ended.
_RECORD = Struct(">12s6s4s4sBB")
_ENDED = 0x80


def can_finish(session: Session, now: int) -> bool:
    """Tell whether a line can hold a session at `now`; not what a newer revision has added."""
    return (
        now >= session.expires
        and session.started <= min(session.active, session.expires)
        and not session.unknown
        and session.id.isalnum()
        and session.id.isascii()
        and bool(session.model)
        and "\n" not in session.model
        and len(session.tokens) <= _MOST_TOKENS
    )


def lines_of(sessions: Iterable[Session]) -> str:
    """Write the lines of sessions that `can_finish`."""
    return "".join(map(_line, sessions))


def find(lines: str, session_id: str) -> Session | None:
    """Read one session of lines that were checked."""
    at = 0 if lines.startswith(f"{session_id} ") else lines.find(f"\n{session_id} ") + 1
    found = _LINE.match(lines, at) if at or lines.startswith(f"{session_id} ") else None
    return _session(found) if found else None


def sessions_of(lines: str) -> list[Session]:
    """Read all sessions of lines that were checked."""
    return [_session(found) for found in _LINE.finditer(lines)]


def newest(lines: str, since: int, most: int) -> str:
    """Take the lines of sessions that started after `since`, of too many the newest, in the order
    of their start.
    """
    by_start = sorted([(int(start), line) for line, start in _STARTED.findall(lines)])
    kept = [line for start, line in by_start if start > since]
    return "".join(kept[max(len(kept) - most, 0) :])


def checked(document: object) -> str:
    """Read lines as stored, or in a map by their id, as they once were.

    Raises:
        ValueError: these are not lines that this module writes.
    """
    if isinstance(document, Mapping):
        document = "".join(f"{name} {line}\n" for name, line in document.items())
    if not isinstance(document, str) or not _LINES.fullmatch(document):
        raise ValueError("the sessions that are over are not as we write them")
    return document


def lines_of_records(document: object) -> str:
    """Read as lines the records of revisions up to 19c6b32; Firestore forgets the last two days
    after one of those has run.

    Raises:
        ValueError, TypeError: these are not records that an earlier revision wrote.
    """
    if not isinstance(document, Mapping):
        raise ValueError("the sessions that are over are no object")
    if not document.get("records"):
        return ""
    packed = base64.b64decode(str(document["records"]), validate=True)
    models = [*map(str, document.get("models", ()))]
    try:
        return checked(lines_of(_sessions_of(packed, models)))
    except (LookupError, ArithmeticError) as error:
        raise ValueError("the sessions that are over are not as they were written") from error


def _sessions_of(packed: bytes, models: list[str]) -> Iterator[Session]:
    if len(packed) % _RECORD.size:
        raise ValueError("a record of another length")
    for name, start, activity, expiry, tokens, number in _RECORD.iter_unpack(packed):
        started = int.from_bytes(start)
        expires = started + int.from_bytes(expiry)
        yield Session(
            name.hex(),
            models[number & ~_ENDED],
            started,
            started + int.from_bytes(activity),
            {str(n): expires for n in range(tokens)},
            ended=bool(number & _ENDED),
        )


def _line(session: Session) -> str:
    started, state = session.started, "ended" if session.ended else "expired"
    times = f"{started} +{session.active - started} +{session.expires - started}"
    return f"{session.id} {times} {len(session.tokens)} {state} {session.model}\n"


def _session(line: re.Match[str]) -> Session:
    session_id, start, activity, expiry, tokens, state, model = line.groups()
    expires = int(start) + int(expiry)
    return Session(
        session_id,
        model,
        int(start),
        int(start) + int(activity),
        {str(n): expires for n in range(int(tokens))},  # which they were is forgotten
        ended=state == "ended",
    )
