"""The decision against a model: a plain list of all tokens ever granted, and of the talks that
could be open if every one of them is used.

1,000 runs of up to 100 steps, 100 in `make check`; LIVEPASS_RUNS=10000 for more, in rounds, each
from a seed of its own. A failure prints its steps and a blob that repeats it.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from support.fakes.memory import NOON, USER
from support.runs import tables
from support.runs.quick import LEFT_TO_TEST, QUICK, examples
from vending import errors
from vending.errors import LivepassError
from vending.limits import admit as admit_module
from vending.limits import counts, session, violations
from vending.limits.grant import Grant
from vending.limits.reading import Reading
from vending.limits.retention import pruned
from vending.limits.usage import Usage
from vending.policy import Limits
from vending.tokens.idempotency import RequestKey

HOUR, DAY, MINUTE = 3_600_000, 86_400_000, 60_000
RUNS = int(os.environ.get("LIVEPASS_RUNS", examples(1000)))
ROUND = 1000  # all that was tried in one is kept in memory: about a megabyte a run
FIRST_SEED = int(os.environ.get("LIVEPASS_SEED", "6"))
STEPS = 100
WINDOW = 2 * MINUTE
LARGEST_DOCUMENT = 200_000
DEFAULTS = Limits()
EVERYDAY = (
    DEFAULTS,
    Limits(cooldown_minutes=0),
    Limits(mints_per_hour=3, cooldown_minutes=1, tokens_per_day=5, session_minutes=45),
    Limits(mints_per_hour=0, cooldown_minutes=0, tokens_per_day=4, sessions=2),
    Limits(mints_per_hour=2, cooldown_minutes=0, tokens_per_day=0, sessions=0),
    Limits(tokens_per_session=3, refreshes_per_hour=2, cooldown_minutes=0, sessions=0),
    Limits(0, 0, 0, 0, 0, 0, 0),
    Limits(0, 0, 0, 0, 0, 0, 0, minutes_per_day=75),
    Limits(cooldown_minutes=0, session_minutes=45, sessions=2, minutes_per_day=100),
    Limits(0, 0, 0, 0, 0, 0, 3),
    Limits(0, 0, 0, 0, 0, 0, 1, handover_minutes=60),
    Limits(0, 0, 0, 0, 0, 0, 4, minutes_per_day=300, handover_minutes=10),
    Limits(0, 0, 0, 0, 0, 0, 2, handover_minutes=0),
)
LITTLE = st.integers(0, 7)
EDGES = st.integers(0, 95)
MINUTES = st.sampled_from((1, 4, 30, 60))
USES = st.sampled_from((1, 1, 1, 2, 3))
KEYS = st.sampled_from(
    [RequestKey(USER, f"key {n}", body, bytes(32)) for body in ("one", "other") for n in range(10)]
)


@dataclass(eq=False)
class Granted:
    """A token that was granted: for how many talks, what of its time was counted, and whose talk it
    continues.
    """

    kind: str
    at: int
    session: str
    expires: int
    counted_from: int
    uses: int = 1
    continues: Granted | None = None

    @property
    def ms(self) -> int:
        return max(self.expires - self.counted_from, 0) * self.uses

    def lives(self, now: int) -> bool:
        return now < self.expires

    def is_under_way(self, now: int) -> bool:
        """Whether it is a handover and the token whose talk it continues lives, too."""
        return self.lives(now) and bool(self.continues and self.continues.lives(now))


@dataclass
class Model:
    """All that was ever granted; nothing is forgotten."""

    limits: Limits
    last: int = 0
    granted: list[Granted] = field(default_factory=list)
    ended: set[str] = field(default_factory=set)
    answered: dict[str, tuple[str, Granted]] = field(default_factory=dict)
    paused: bool = False
    paused_since: int = 0
    handed_over: set[str] = field(default_factory=set)  # in this pause

    def of(self, session: str) -> list[Granted]:
        return [g for g in self.granted if g.session == session]

    def over(self, session: str, now: int) -> int:
        """When a session can be refreshed no more."""
        end = max(g.expires for g in self.of(session))
        oldest = self.of(session)[0].at + self.limits.session_minutes * MINUTE - 10_000
        return min(end, oldest) if self.limits.session_minutes else end

    def forgettable(self, session: str, now: int) -> bool:
        """Whether a session began more than a day ago and its tokens have expired."""
        is_over = now >= max(g.expires for g in self.of(session))
        return is_over and now - self.of(session)[0].at >= DAY

    def slots(self, now: int) -> int:
        """Slots in use: of what lives a talk for each use, of a handover under way one for two."""
        living = [(g, g.session in self.ended) for g in self.granted if g.lives(now)]
        talks = [(g.uses - g.is_under_way(now), ended) for g, ended in living]
        of_ended = sum(n for n, ended in talks if ended)
        of_live = sum(n for n, ended in talks if not ended)
        return of_live + max(of_ended - self.limits.sessions, 0)

    def open_at_most(self, now: int) -> tuple[int, int]:
        """How many talks can be open, if all tokens were opened as often as they can be; and how
        many handovers are under way.
        """
        talks = sum(g.uses for g in self.granted if g.lives(now))
        return talks, sum(g.is_under_way(now) for g in self.granted)

    def count(self, window: int, now: int, *kinds: str) -> int:
        return sum(g.kind in kinds and now - g.at < window for g in self.granted)

    def left(self, now: int) -> int:
        """What is left of the minutes of 24 hours, in ms."""
        used = sum(g.ms for g in self.granted if now - g.at < DAY)
        return self.limits.minutes_per_day * MINUTE - used

    def head(self, session: str) -> Granted | None:
        return max(self.of(session), key=lambda g: g.expires, default=None)

    def handover_begins(self, head: Granted) -> int | None:
        if not self.limits.handover_minutes:
            return None
        most = min(self.limits.handover_minutes * MINUTE, (head.expires - head.at) // 5)
        return max(head.expires - most, head.continues.expires if head.continues else 0)

    def token(self, grant: Grant, now: int) -> Granted:
        """The token as it must be if it is admitted."""
        head = self.head(grant.session_id) if grant.kind == "refresh" else None
        begins = self.handover_begins(head) if head else None
        if head and begins is not None and now >= begins:
            expires = self._expires(grant, now, head.expires)
            if expires > head.expires:
                return Granted("refresh", now, grant.session_id, expires, head.expires, 1, head)
        expires = self._expires(grant, now, now)
        return Granted(grant.kind, now, grant.session_id, expires, now, grant.uses)

    def _expires(self, grant: Grant, now: int, counted_from: int) -> int:
        ends = [now + grant.minutes * MINUTE]
        if self.limits.session_minutes:
            begun = next((g.at for g in self.of(grant.session_id)), now)
            ends.append(begun + self.limits.session_minutes * MINUTE)
        if self.limits.minutes_per_day:
            ends.append(counted_from + self.left(now) // grant.uses)
        return min(ends)

    def verdict(self, grant: Grant, now: int) -> object:
        """What must be decided: a refusal's class, the limits that refuse, or ()."""
        kind, session = grant.kind, grant.session_id
        if kind == "refresh":
            if not self.of(session):
                return errors.NoSuchSession
            if session in self.ended:
                return errors.SessionEnded
            if now >= self.over(session, now):
                return errors.SessionExpired
        continues = self.token(grant, now).continues
        if self.paused and (not continues or session in self.handed_over):
            return errors.MintingPaused
        most, mints = self.limits, [g.at for g in self.granted if g.kind == "mint"]
        day = self.count(DAY, now, "mint", "refresh")
        no_slot = 0 < most.sessions < self.slots(now) + grant.uses
        full = {
            "mint": {
                "hour": 0 < most.mints_per_hour <= self.count(HOUR, now, "mint"),
                "day": 0 < most.tokens_per_day <= day,
                "cooldown": bool(mints) and now - max(mints) < most.cooldown_minutes * MINUTE,
            },
            "refresh": {
                "day": 0 < most.tokens_per_day <= day,
                "refreshHour": 0 < most.refreshes_per_hour <= self.count(HOUR, now, "refresh"),
                "refreshesPerSession": 0 < most.tokens_per_session <= len(self.of(session)),
            },
        }
        full[kind]["sessions"] = not continues and no_slot
        least = 10_000 * grant.uses
        full[kind]["minutes"] = bool(most.minutes_per_day) and self.left(now) < least
        return tuple(name for name, holds in full[kind].items() if holds)

    def edges(self, now: int) -> list[int]:
        """The moments at which something changes."""
        spans = (HOUR, DAY, self.limits.cooldown_minutes * MINUTE, WINDOW)
        ages = [g.at + self.limits.session_minutes * MINUTE - 10_000 for g in self.granted]
        moments = [g.at + span for g in self.granted[-12:] for span in spans]
        heads = [self.head(name) for name in {g.session for g in self.granted[-12:]}]
        begins = [self.handover_begins(head) or 0 for head in heads if head]
        ends = [g.expires for g in self.granted]
        return [m for m in (*moments, *ages, *ends, *begins) if m > now]


class Machine(RuleBasedStateMachine):
    """Drives the real decision and the model side by side."""

    decide: Any = admit_module

    @initialize(which=st.integers(0, len(EVERYDAY) - 1))
    def begin(self, which: int) -> None:
        self.model = Model(EVERYDAY[which])
        self.usage = Usage()
        self.clock = NOON
        self.charges = 0

    @rule(minutes=MINUTES, uses=USES)
    def mint(self, minutes: int, uses: int) -> None:
        self._vend(Grant("mint", self._name(), self._name(), minutes, uses))

    @rule(key=KEYS)
    def mint_or_replay(self, key: RequestKey) -> None:
        self._vend(Grant("mint", self._name(), self._name(), 30), key)

    @rule(which=LITTLE, minutes=MINUTES)
    def refresh(self, which: int, minutes: int) -> None:
        self._vend(Grant("refresh", self._session(which), self._name(), minutes))

    @rule(which=LITTLE, minutes=MINUTES, late=st.integers(-1, 1))
    def refresh_when_it_is_a_handover(self, which: int, minutes: int, late: int) -> None:
        head = self.model.head(self._session(which))
        begins = self.model.handover_begins(head) if head else None
        if begins and begins > self.now:
            self.clock = begins + late
        self._vend(Grant("refresh", self._session(which), self._name(), minutes))

    @rule(which=LITTLE)
    def refresh_twice_in_the_last_minute(self, which: int) -> None:
        for left_ms in (55_000, 11_000):
            head = self.model.head(self._session(which))
            if head and head.expires - left_ms > self.now:
                self.clock = head.expires - left_ms
            self._vend(Grant("refresh", self._session(which), self._name(), 1))

    @rule(paused=st.sampled_from((True, False, False)))  # most of the time something can begin
    def pause(self, paused: bool) -> None:
        if paused and not self.model.paused:
            self.clock = self.now + 1
            self.model.paused_since = self.now
            self.model.handed_over.clear()
        self.model.paused = paused

    @rule(which=LITTLE)
    def refresh_twice_in_another_pause(self, which: int) -> None:
        self.pause(paused=False)
        self.pause(paused=True)
        for _ in range(2):
            self.refresh_when_it_is_a_handover(which, 60, 0)
        self.pause(paused=False)

    @rule(key=KEYS)
    def refresh_or_replay(self, key: RequestKey) -> None:
        self._vend(Grant("refresh", self._session(1), self._name(), 60), key)

    @rule(which=LITTLE)
    def upstream_fails(self, which: int) -> None:
        before = self.usage.document()
        self._decided(Grant("mint", self._name(), self._name(), 30))
        self._decided(Grant("refresh", self._session(which), self._name(), 30))
        assert self.usage.document() == before

    @rule(which=LITTLE)
    def end(self, which: int) -> None:
        session = self._session(which)
        granted = self.model.of(session)
        try:
            ended = self.decide.end(self.usage, self.now, session)
        except errors.NoSuchSession:
            assert not granted or self.model.forgettable(session, self.now)
            return
        if self.now < max(g.expires for g in granted):
            self.model.ended.add(session)
        self._store(ended)

    @rule(minutes=MINUTES)
    def mint_and_end(self, minutes: int) -> None:
        self.mint(minutes, 1)
        self.end(1)

    @rule(which=EDGES)
    def clock_to_an_edge(self, which: int) -> None:
        if edges := sorted(set(self.model.edges(self.now))):
            self.clock = edges[which // 3 % len(edges)] + which % 3 - 1

    @rule(which=EDGES)
    def mint_at_an_edge(self, which: int) -> None:
        self.clock_to_an_edge(which)
        self._vend(Grant("mint", self._name(), self._name(), 30))

    @rule(which=EDGES)
    def refresh_at_an_edge(self, which: int) -> None:
        self.clock_to_an_edge(which)
        self._vend(Grant("refresh", self._session(1), self._name(), 30))

    @rule(ms=st.integers(0, 10 * MINUTE))
    def clock_forward(self, ms: int) -> None:
        self.clock += ms

    @rule(ms=st.integers(0, 2 * DAY))
    def clock_far_forward(self, ms: int) -> None:
        self.clock += ms

    @rule(ms=st.integers(1, 2 * DAY))
    def clock_back(self, ms: int) -> None:
        self.clock -= ms

    @property
    def now(self) -> int:
        now = Reading.at(self.clock, self.usage, None).now
        assert now == max(self.clock, self.model.last)
        return now

    def teardown(self) -> None:
        if hasattr(self, "usage"):
            assert len(json.dumps(self.usage.document())) < LARGEST_DOCUMENT

    def _name(self) -> str:
        self.charges += 1
        return f"{self.charges:012x}"

    def _session(self, which: int) -> str:
        """One of the newest sessions, or one that never was."""
        names = [*dict.fromkeys(g.session for g in self.model.granted[-12:])]
        return names[-which] if 0 < which <= len(names) else "nobody's"

    def _vend(self, grant: Grant, request: RequestKey | None = None) -> None:
        if request and self._was_answered(request):
            return
        wanted = self.model.token(grant, self.now)
        session = self._decided(grant)
        if session is None:
            return
        now = self.now
        charged = self.decide.charge(self.usage, now, grant, session, self.model.limits)
        assert session.tokens[grant.charge_id] == wanted.expires
        assert bool(wanted.continues) == (grant.charge_id in session.handovers)
        if request:
            until = min(now + WINDOW, wanted.expires)
            sealed = request.seal("auth_tokens/x", grant.session_id, grant.charge_id, until)
            charged = pruned(replace(charged, replays=(*charged.replays, sealed)), now)
        self._store(charged)
        self.model.granted.append(wanted)
        if self.model.paused:
            assert wanted.continues
            self.model.handed_over.add(grant.session_id)
        if request:
            self.model.answered.pop(request.name, None)
            self.model.answered[request.name] = (request.fingerprint, wanted)
        self._assert_nothing_too_much(grant, now)

    def _assert_nothing_too_much(self, grant: Grant, now: int) -> None:
        most, model = self.model.limits, self.model
        assert self.usage.holds(grant.session_id, grant.charge_id)
        assert not most.tokens_per_day or model.count(DAY, now, "mint", "refresh") <= (
            most.tokens_per_day
        )
        assert not most.mints_per_hour or model.count(HOUR, now, "mint") <= most.mints_per_hour
        assert not most.minutes_per_day or model.left(now) >= 0
        assert bool(self.usage.granted) <= bool(most.minutes_per_day)
        talks, under_way = model.open_at_most(now)
        assert not most.sessions or talks <= 2 * most.sessions + under_way
        talked_ms = sum((g.expires - g.at) * g.uses for g in model.granted)
        assert talked_ms * 4 <= 5 * sum(g.ms for g in model.granted)

    def _decided(self, grant: Grant) -> Any:
        """Let both decide, compare, and give the session if it was admitted."""
        session, verdict, wait_s = self._decision(grant)
        if verdict is errors.NoSuchSession:
            granted = self.model.of(grant.session_id)
            assert not granted or self.model.forgettable(grant.session_id, self.now)
        else:
            assert verdict == self.model.verdict(grant, self.now)
        if isinstance(verdict, tuple) and verdict:
            self._assert_true(grant, wait_s)
        return session

    def _decision(self, grant: Grant) -> tuple[Any, object, int | None]:
        try:
            pause = {"pause_s": 60, "paused_since": self.model.paused_since}
            pause = pause if self.model.paused else {}
            limits = self.model.limits
            return self.decide.admit(self.usage, self.now, grant, limits, **pause), (), None
        except errors.QuotaExceeded as refusal:
            return None, refusal.violated, refusal.retry_after_s
        except errors.LivepassError as refusal:
            return None, type(refusal), None

    def _assert_true(self, grant: Grant, wait_s: int | None) -> None:
        """What was told to wait is what it takes, if nothing else happens."""
        if wait_s is None:
            assert grant.kind == "refresh" or grant.uses > self.model.limits.sessions > 0
            return
        then = self.now + wait_s * 1000
        assert self.model.verdict(grant, then) == ()
        assert self.model.verdict(grant, then - 1000) != ()

    def _was_answered(self, request: RequestKey) -> bool:
        fingerprint, granted = self.model.answered.get(request.name, (None, None))
        if granted is None:
            assert request.find(self.usage, self.now) is None
            return False
        if not granted.lives(self.now) and request.name not in self._remembered():
            return False  # it was forgotten
        if fingerprint != request.fingerprint:
            with pytest.raises(errors.IdempotencyKeyReused):
                request.find(self.usage, self.now)
        elif not granted.lives(self.now):
            with pytest.raises(errors.ReplayExpired):
                request.find(self.usage, self.now)
        else:
            replay = request.find(self.usage, self.now)
            assert replay is not None
            assert replay.session_id == granted.session
            assert request.open(replay) == "auth_tokens/x"
        return True

    def _remembered(self) -> set[str]:
        return {replay.key for replay in self.usage.replays}

    def _store(self, changed: Usage) -> None:
        """As a ledger would, by way of the document."""
        self.usage = Usage.of(changed.document())
        self.model.last = max(self.model.last, changed.last)


def run(machine: type[Machine], runs: int, **more: Any) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=runs,
            stateful_step_count=STEPS,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
            **more,
        ),
    )


def test_decision_is_that_of_a_plain_list_of_all_grants() -> None:
    for number, done in enumerate(range(0, RUNS, ROUND)):
        seeded = seed(FIRST_SEED + number)(type("SeededMachine", (Machine,), {}))
        size = min(ROUND, RUNS - done)
        try:
            run(seeded, size, derandomize=False, database=None)
        except BaseException as error:
            error.add_note(f"again: LIVEPASS_SEED={FIRST_SEED + number} LIVEPASS_RUNS={size}")
            raise

    row = (f"{RUNS:,}", f"{RUNS:,}", f"{STEPS} steps", FIRST_SEED)
    tables.add("The decision beside its model", ("cases", "passed", "worst", "seed"), row)


SOURCES = {module.__name__: module for module in (session, counts, violations, admit_module)}


def broken(right: str, wrong: str) -> type[Machine]:
    """A machine around the decision with one thing changed in its source."""
    changed, found = dict[str, ModuleType](), 0
    with pytest.MonkeyPatch.context() as patched:
        for name, module in SOURCES.items():
            path = Path(str(module.__file__))
            source = path.read_text()
            found += right in source
            spec = importlib.util.spec_from_loader(name, loader=None, origin=str(path))
            assert spec is not None
            changed[name] = importlib.util.module_from_spec(spec)
            patched.setitem(sys.modules, name, changed[name])
            exec(compile(source.replace(right, wrong), str(path), "exec"), changed[name].__dict__)
    assert found == 1
    return type("BrokenMachine", (Machine,), {"decide": changed[admit_module.__name__]})


@pytest.mark.skipif(QUICK, reason=LEFT_TO_TEST)
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        pytest.param("bisect_right", "bisect_left", id="a window closed at both ends"),
        pytest.param(
            "if case.now < ends", "if case.now <= ends", id="a cooldown one millisecond too long"
        ),
        pytest.param("+ needed > most:", "+ needed > most + 1:", id="one talk too many"),
        pytest.param(
            "in_window(case.usage.charged_at(quota.counts)",
            "in_window(case.usage.charged_at(quota.counts.replace('tokens', 'mints'))",
            id="refreshes are for free",
        ),
        pytest.param(
            "counted_from = session.tokens[predecessor] if predecessor else now\n    ms",
            "counted_from = now\n    ms",
            id="a handover counts what was counted",
        ),
        pytest.param("least_ms = LEAST_TOKEN_MS * talks", "least_ms = 0", id="a token of no time"),
        pytest.param("now >= session_ends(", "now > session_ends(", id="a session too long"),
        pytest.param("or self.now < since:", "or self.now < since - 1:", id="a handover too early"),
        pytest.param("LIFE_SHARE = 5", "LIFE_SHARE = 4", id="a handover that overlaps too long"),
        pytest.param(
            "session.tokens.get(predecessor, 0))", "0)", id="a handover of a handover under way"
        ),
        pytest.param(
            "> session.expires\n        return",
            ">= 0\n        return",
            id="a handover that ends first",
        ),
        pytest.param("max(ended - most, 0)", "0", id="ended sessions hold no slot ever"),
        pytest.param(
            "or _had_its_handover(session, paused_since):", ":", id="a pause without an end"
        ),
        pytest.param(">= paused_since", ">= 0", id="one handover for all pauses"),
        pytest.param(
            "uses if grant.uses == 1 else", "uses if grant.uses else", id="uses are for free"
        ),
    ],
)
def test_broken_decision_is_found(right: str, wrong: str) -> None:
    machine = broken(right, wrong)

    with pytest.raises((AssertionError, LivepassError)):
        run(machine, 2000, phases=[Phase.generate], database=None)
