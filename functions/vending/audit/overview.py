"""Audit entries of a day -> what an operator sees at a glance. Pure; nothing here reads a clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from vending.audit.reader import Entry
from vending.clock import DAY_MS, HOUR_MS

HOURS = DAY_MS // HOUR_MS
BUSIEST = 20
TOKENS = {"TOKEN_CREATED": "minted", "TOKEN_REFRESHED": "refreshed", "TOKEN_REPLAYED": "replayed"}
COUNTED_OPERATIONS = ("mint", "refresh", "end_session")


@dataclass(slots=True)
class Hour:
    """What happened in the hour from `start` (ms): tokens by kind, refusals by reason."""

    start: int
    tokens: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    latencies_ms: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Tally:
    """A day, by hours (the oldest first), by sessions that live, and by users."""

    hours: tuple[Hour, ...]
    live: tuple[Entry, ...]
    busiest: tuple[tuple[str, int, int], ...]

    @property
    def latencies_ms(self) -> list[float]:
        """Of all tokens that were handed out."""
        return [each for hour in self.hours for each in hour.latencies_ms]


def first_hour(now: int) -> int:
    """When the oldest of the hours starts of the overview at `now`."""
    return now // HOUR_MS * HOUR_MS - DAY_MS + HOUR_MS


def tally(entries: Iterable[Entry], now: int) -> Tally:
    """Count entries, whatever their order."""
    first = first_hour(now)
    hours = [Hour(first + n * HOUR_MS) for n in range(HOURS)]
    recent = sorted((e for e in entries if first <= e.at), key=lambda entry: entry.at)
    handed_out, refused = Counter[str](), Counter[str]()
    for entry in recent:
        hour = hours[min((entry.at - first) // HOUR_MS, HOURS - 1)]  # a clock may be ahead of ours
        if kind := TOKENS.get(entry.event):
            hour.tokens[kind] += len(entry.sessions)
            hour.latencies_ms.append(entry.total_ms)
            handed_out[entry.user] += len(entry.sessions)
        elif entry.operation in ("mint", "refresh"):
            hour.refused[reason(entry)] += 1
            refused[entry.user] += 1
    users = (handed_out + refused).most_common()
    busiest = tuple((u, handed_out[u], refused[u]) for u, _ in users if u)[:BUSIEST]
    return Tally(tuple(hours), _live(recent, now), busiest)


def reason(entry: Entry) -> str:
    """Why it was refused: the first limit that did, or the refusal's code."""
    if entry.event == "CLIENT_GONE":
        return "client-gone"
    return entry.violated[0] if entry.violated else entry.code or "internal"


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that `share` of all are not above (nearest rank); None without any."""
    ranked = sorted(values)
    return ranked[max(-(-int(share * 100) * len(ranked) // 100), 1) - 1] if ranked else None


def _live(entries: Iterable[Entry], now: int) -> tuple[Entry, ...]:
    """The newest token of each session that lives at `now`, the newest session last."""
    live: dict[str, Entry] = {}
    for entry in entries:
        if entry.event in TOKENS and entry.session and entry.expires:
            live |= {session: replace(entry, session=session) for session in entry.sessions}
        elif entry.event == "SESSION_ENDED":
            live.pop(entry.session, None)
    return tuple(entry for entry in live.values() if now < entry.expires)
