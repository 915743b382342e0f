"""Sessions that are over and whose tokens have expired: a line of text each, under the session's
id, parsed only when somebody asks for it.

Nothing is decided on them but that they are over, so a mint does not take a day of them apart:
that would cost more than everything else it does. A line reads `start +activity +expiry tokens
state model`, times in milliseconds, the second and third after the start.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from struct import Struct

from vending.limits.session import Session

Lines = Mapping[str, str]
_LINE = re.compile(  # starts until the year 9000, as `Usage.of` takes them
    r"(2[01]\d{13}|22[01]\d{12}|[01]?\d{1,14}) "
    r"\+(\d{1,13}) \+(\d{1,13}) ([1-9]\d{0,3}) (ended|expired) (.+)",
    re.ASCII | re.DOTALL,
)
_MOST_TOKENS = 9999
# What the revision before wrote under `past`: id; start; activity and expiry in ms after it; the
# number of its tokens; that of its model, with a bit for sessions that were ended.
_RECORD = Struct(">12s6s4s4sBB")
_ENDED = 0x80


def can_finish(session: Session, now: int) -> bool:
    """Tell whether a line can hold a session at `now`; not what a newer revision has added."""
    return (
        now >= session.expires
        and session.started <= min(session.active, session.expires)
        and not session.unknown
        and session.id.isalnum()
        and bool(session.model)
        and len(session.tokens) <= _MOST_TOKENS
    )


def lines_of(sessions: Iterable[Session]) -> Lines:
    """Write the lines of sessions that `can_finish`."""
    return {session.id: _line(session) for session in sessions}


def session_of(session_id: str, line: str) -> Session:
    """Read a line that was checked."""
    start, activity, expiry, tokens, state, model = _parts(line)
    expires = int(start) + int(expiry)
    return Session(
        session_id,
        model,
        int(start),
        int(start) + int(activity),
        {str(n): expires for n in range(int(tokens))},  # which they were is forgotten
        ended=state == "ended",
    )


def newest(lines: Lines, since: int, most: int) -> Lines:
    """Take the lines of sessions that started after `since`, of too many the newest."""
    kept = {name: line for name, line in lines.items() if _started(line) > since}
    if len(kept) <= most:
        return kept
    by_start = sorted(kept.items(), key=lambda pair: _started(pair[1]))
    return dict(by_start[-most:] if most > 0 else ())


def checked(document: object) -> Lines:
    """Read lines as stored.

    Raises:
        ValueError: nobody writes such lines.
    """
    if not isinstance(document, Mapping):
        raise ValueError("the sessions that are over are no object")
    for line in document.values():
        if not isinstance(line, str) or not _LINE.fullmatch(line):
            raise ValueError("a session that is over is not as we write it")
    return document


def lines_of_records(document: object) -> Lines:
    """Read the records of the revision before as lines; Firestore forgets the last two days later.

    Raises:
        ValueError, TypeError: nobody wrote such records.
    """
    if not isinstance(document, Mapping):
        raise ValueError("the sessions that are over are no object")
    if not document.get("records"):
        return {}
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
    return f"{times} {len(session.tokens)} {state} {session.model}"


def _parts(line: str) -> tuple[str, ...]:
    found = _LINE.fullmatch(line)
    if found is None:
        raise ValueError("a session that is over is not as we write it")
    return found.groups()


def _started(line: str) -> int:
    return int(line.partition(" ")[0])
