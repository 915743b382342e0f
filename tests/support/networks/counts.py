"""What came of a talk: each word that was said, sent, heard and played is counted."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from emulator.marks import ASKS, WordEar
from support.networks.script import ASKS_EACH, WORD_S, WORDS, Script

Entry = dict[str, Any]
MINUTE_MS = 60_000
GOING = ("live", "reconnecting")


@dataclass(frozen=True, slots=True)
class Held:
    """A talk, as each side tells of it."""

    script: Script
    began_ms: float
    """When the microphone was opened, by the page's clock."""
    page: Entry
    journal: Sequence[Entry]
    talks: Sequence[Entry]
    captured: bytes
    """What the microphone gave: a busy machine may drop some of it before any network does."""
    played: bytes
    """What the speaker played."""

    def of_kind(self, kind: str) -> list[Entry]:
        """Return entries of the emulator's journal."""
        return [entry for entry in self.journal if entry["kind"] == kind]

    def events(self, name: str) -> list[Entry]:
        """Return what the client told of."""
        return [event for event in self.page["events"] if event["name"] == name]


def count(held: Held) -> dict[str, Any]:
    """Return the figures of a talk."""
    spoken = list(_spoken(held))
    understood = Counter(_numbers(entry["text"] for entry in held.of_kind("utterance")))
    lost = [number for number in spoken if not understood[number]]
    runs = Counter(map(_sentence_asked, held.events("toolcall")))
    sent, played = list(_sent(held)), Counter(_words_in(held.played, held))
    return {
        "state": held.page["state"],
        "spoken": len(spoken),
        "reached": len(spoken) - len(lost),
        "lost": lost,
        "twice": sum(times - 1 for times in understood.values()),
        "sent": len(sent),
        "played": (Counter(sent) & played).total(),
        "without_a_word": _is_silent_end(held, understood),
        "sockets": len(held.page["sockets"]),
        "sockets_a_minute": _worst_minute(held.page["sockets"]),
        "tools": len(runs),
        "tools_twice": sum(times - 1 for times in runs.values()),
        "refreshes": len(held.events("tokenrefresh")),
        "refreshes_wasted": _unused_tokens(held),
        "events": _story(held),
        "heard": _heard(held),
    }


def _spoken(held: Held) -> Iterator[int]:
    # What is said while a token is asked for is nobody's yet.
    states = {event["detail"]["state"]["name"]: event["at"] for event in held.events("state")}
    kept_s = (states["connecting"] - held.began_ms) / 1000 + WORD_S
    closed = [event["at"] for event in held.events("close")]
    over = held.page["state"] not in GOING
    ended_s = (closed[0] - held.began_ms) / 1000 if closed and over else float("inf")
    captured = set(_words_in(held.captured, held))
    for word in held.script.words():
        if word.number in captured and kept_s < word.ended_s < ended_s:
            yield word.number


def _numbers(texts: Iterable[str]) -> Iterator[int]:
    for text in texts:
        yield from (int(each) for each in text.split() if each.isdecimal())


def _sent(held: Held) -> Iterator[int]:
    lines = [line for talk in held.talks for line in talk["lines"] if line["role"] == "model"]
    answers = (line["text"] for line in lines if "says" not in line["text"])
    yield from (number for number in _numbers(answers) if number < ASKS)


def _words_in(pcm: bytes, held: Held) -> Iterator[int]:
    samples = array("h")
    samples.frombytes(pcm)
    return WordEar(held.page["rate"]).hear(samples)


def _sentence_asked(event: Entry) -> int:
    place = event["detail"]["args"].get("place", "")
    first = next(_numbers([place]), ASKS)
    return (first - ASKS) * ASKS_EACH // WORDS


def _is_silent_end(held: Held, understood: Counter[int]) -> bool:
    """Whether it ended, or nobody heard the last words, and the person was not told."""
    if held.page["state"] not in GOING:
        return not held.events("error")
    last = list(held.script.words())[-WORDS:]
    said_ms = held.began_ms + last[0].ended_s * 1000
    return not any(understood[word.number] for word in last) and _is_live_since(held, said_ms)


def _is_live_since(held: Held, moment_ms: float) -> bool:
    states = [(event["at"], event["detail"]["state"]["name"]) for event in held.events("state")]
    before = [name for at, name in states if at <= moment_ms][-1:]
    return {*before, *(name for at, name in states if at > moment_ms)} == {"live"}


def _worst_minute(opened: Sequence[float]) -> int:
    return max((sum(at <= each < at + MINUTE_MS for each in opened) for at in opened), default=0)


def _unused_tokens(held: Held) -> int:
    minted = {entry["name"] for entry in held.of_kind("token")}
    return len(minted - {entry["token"] for entry in held.of_kind("setup")})


def _heard(held: Held) -> list[str]:
    told = {"socket", "session", "utterance", "tool_call", "closed", "cut"}
    return [f"{entry}"[:160] for entry in held.journal if entry["kind"] in told]


def _story(held: Held) -> list[str]:
    told = {"reconnecting", "reconnected", "reconnectfailed", "tokenrefresh", "error", "wire"}
    told |= {"toolcall", "interrupted"}
    return [
        f"{(event['at'] - held.began_ms) / 1000:.1f} {event['name']} {event['detail']}"[:160]
        for event in held.page["events"]
        if event["name"] in told
    ]
