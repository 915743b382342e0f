"""Each word of a talk is counted: spoken, reached, lost, heard twice, sent and played."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from emulator.marks import silence, word
from emulator.pcm import encode
from support.networks.counts import Held, count
from support.networks.report import broken, lines, summed
from support.networks.script import RATE, Script

Entry = dict[str, Any]
SCRIPT = Script(1)
SAID = [each.number for each in SCRIPT.words()]
STATES = ({"at": 900, "name": "state", "detail": {"state": {"name": "connecting"}}},)


def sound(numbers: Iterable[int]) -> bytes:
    recorded = silence(0.1, RATE)
    for number in numbers:
        recorded.extend(word(number, RATE))
    return encode(recorded)


def utterance(numbers: Iterable[int]) -> Entry:
    return {"kind": "utterance", "text": " ".join(map(str, numbers))}


def talk(
    journal: Sequence[Entry],
    *,
    captured: Sequence[int] = SAID,
    events: Sequence[Entry] = (),
    state: str = "live",
    sockets: Sequence[float] = (900,),
    answers: Sequence[int] = (),
    played: Sequence[int] = (),
) -> Entry:
    lines_said = [{"role": "model", "text": " ".join(map(str, answers))}]
    page = {"state": state, "events": [*STATES, *events], "sockets": sockets, "rate": RATE}
    recordings = [sound(captured), sound(played)]
    return count(Held(SCRIPT, 0.0, page, journal, [{"lines": lines_said}], *recordings))


def row(came: Entry, *, dead_s: float) -> Entry:
    return {"trouble": "t", "seed": "1-2", "at_s": 4.0, "dead_s": dead_s, **came}


def test_word_that_nobody_understood_is_lost() -> None:
    came = talk([utterance(SAID[1:])])

    assert (came["spoken"], came["reached"], came["lost"]) == (4, 3, SAID[:1])


def test_word_that_the_microphone_never_gave_was_not_spoken() -> None:
    came = talk([utterance(SAID[1:])], captured=SAID[1:])

    assert (came["spoken"], came["lost"]) == (3, [])


def test_word_understood_again_is_heard_twice() -> None:
    came = talk([utterance(SAID), utterance(SAID[2:])])

    assert (came["lost"], came["twice"]) == ([], 2)


def test_answer_is_compared_with_what_the_speaker_played() -> None:
    came = talk([utterance(SAID)], answers=[1, 2, 3, 3], played=[1, 3, 3])

    assert (came["sent"], came["played"]) == (4, 3)


def test_tool_that_runs_again_for_the_same_question_has_run_twice() -> None:
    calls = [
        {"at": 1, "name": "toolcall", "detail": {"args": {"place": place}}}
        for place in ("448 449 450 451", "448 449 450 451", "452 453 454 455")
    ]

    came = talk([utterance(SAID)], events=calls)

    assert (came["tools"], came["tools_twice"]) == (2, 1)


def test_end_without_an_error_is_one_without_a_word() -> None:
    error = {"at": 9, "name": "error", "detail": {}}

    assert talk([utterance(SAID)], state="failed")["without_a_word"]
    assert not talk([utterance(SAID)], state="failed", events=[error])["without_a_word"]


def test_token_that_opened_nothing_is_wasted() -> None:
    tokens = [{"kind": "token", "name": name} for name in "ab"]

    came = talk([utterance(SAID), *tokens, {"kind": "setup", "token": "a"}])

    assert came["refreshes_wasted"] == 1


def test_worst_minute_is_any_minute() -> None:
    came = talk([utterance(SAID)], sockets=[0, 50_000, 70_000, 100_000, 109_999, 110_000])

    assert (came["sockets"], came["sockets_a_minute"]) == (6, 4)


def test_loss_breaks_the_promise_only_where_the_ring_would_have_held_it() -> None:
    came = talk([utterance(SAID[1:])])
    short, long = row(came, dead_s=3.0), row(came, dead_s=30.0)

    sums = summed([short, long])

    assert (sums["lost"], sums["beyond"]) == (1, 1)
    assert [each.partition(" (")[0] for each in broken([short, long])] == ["t: lost [0]"]


def test_talk_that_could_not_be_held_is_no_proof() -> None:
    rows = [row(talk([utterance(SAID)]), dead_s=0), {"trouble": "t", "seed": "1-3", "broke": "no"}]

    assert summed(rows)["talks"] == 1
    assert len(list(broken(rows))) == 1
    assert list(lines(rows))[1].split()[1] == "1"
