"""The decision against a model of it: a plain list of all that was ever granted.

1,000 runs of up to 100 steps; LIVEPASS_RUNS=10000 for more, in rounds, each from a seed of its own.
A failure prints its steps and a blob that repeats it.
"""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from e2e import tables
from unit.fakes import NOON, USER
from vending import admit as admit_module
from vending import errors, usage
from vending.admit import Grant
from vending.ledger import Reading
from vending.policy import Limits
from vending.replay import RequestKey
from vending.usage import Usage

HOUR, DAY, MINUTE = 3_600_000, 86_400_000, 60_000
RUNS = int(os.environ.get("LIVEPASS_RUNS", "1000"))
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
)
LITTLE = st.integers(0, 7)
EDGES = st.integers(0, 95)
MINUTES = st.sampled_from((1, 30, 60))
KEYS = st.sampled_from(
    [RequestKey(USER, f"key {n}", body, bytes(32)) for body in ("one", "other") for n in range(10)]
)


@dataclass
class Granted:
    """A token that was granted, and what it was granted for."""

    kind: str
    at: int
    session: str
    expires: int
    ms: int


@dataclass
class Model:
    """All that was ever granted; nothing is forgotten."""

    limits: Limits
    last: int = 0
    granted: list[Granted] = field(default_factory=list)
    ended: set[str] = field(default_factory=set)
    answered: dict[str, tuple[str, Granted]] = field(default_factory=dict)

    def of(self, session: str) -> list[Granted]:
        return [g for g in self.granted if g.session == session]

    def over(self, session: str, now: int) -> int:
        """When a session can be refreshed no more."""
        end = max(g.expires for g in self.of(session))
        oldest = self.of(session)[0].at + self.limits.session_minutes * MINUTE - 10_000
        return min(end, oldest) if self.limits.session_minutes else end

    def forgettable(self, session: str, now: int) -> bool:
        """Whether a session began more than a day ago and is over."""
        is_over = session in self.ended or now >= max(g.expires for g in self.of(session))
        return is_over and now - self.of(session)[0].at >= DAY

    def live(self, now: int) -> int:
        names = {g.session for g in self.granted if now < g.expires}
        return len(names - self.ended)

    def count(self, window: int, now: int, *kinds: str) -> int:
        return sum(g.kind in kinds and now - g.at < window for g in self.granted)

    def counted_until(self, session: str, now: int) -> int:
        """Until when a session's minutes were granted by earlier tokens."""
        return max([now, *(g.expires for g in self.of(session))])

    def left(self, now: int) -> int:
        """What is left of the minutes of 24 hours, in ms."""
        used = sum(g.ms for g in self.granted if now - g.at < DAY)
        return self.limits.minutes_per_day * MINUTE - used

    def expires(self, kind: str, session: str, minutes: int, now: int) -> int:
        """When a token that is admitted must expire."""
        ends = [now + minutes * MINUTE]
        if self.limits.session_minutes:
            begun = now if kind == "mint" else self.of(session)[0].at
            ends.append(begun + self.limits.session_minutes * MINUTE)
        if self.limits.minutes_per_day:
            ends.append(self.counted_until(session, now) + self.left(now))
        return min(ends)

    def verdict(self, kind: str, session: str, now: int) -> object:
        """What must be decided: a refusal's class, the limits that refuse, or ()."""
        if kind == "refresh":
            if not self.of(session):
                return errors.NotFound
            if session in self.ended:
                return errors.SessionEnded
            if now >= self.over(session, now):
                return errors.SessionExpired
        most, mints = self.limits, [g.at for g in self.granted if g.kind == "mint"]
        day = self.count(DAY, now, "mint", "refresh")
        full = {
            "mint": {
                "hour": 0 < most.mints_per_hour <= self.count(HOUR, now, "mint"),
                "day": 0 < most.tokens_per_day <= day,
                "cooldown": bool(mints) and now - max(mints) < most.cooldown_minutes * MINUTE,
                "sessions": 0 < most.sessions <= self.live(now),
            },
            "refresh": {
                "day": 0 < most.tokens_per_day <= day,
                "refreshHour": 0 < most.refreshes_per_hour <= self.count(HOUR, now, "refresh"),
                "refreshesPerSession": 0 < most.tokens_per_session <= len(self.of(session)),
            },
        }
        full[kind]["minutes"] = bool(most.minutes_per_day) and self.left(now) < 10_000
        return tuple(name for name, holds in full[kind].items() if holds)

    def edges(self, now: int) -> list[int]:
        """The moments at which something changes."""
        spans = (HOUR, DAY, self.limits.cooldown_minutes * MINUTE, WINDOW)
        ages = [g.at + self.limits.session_minutes * MINUTE - 10_000 for g in self.granted]
        moments = [g.at + span for g in self.granted[-12:] for span in spans]
        return [m for m in (*moments, *ages, *(g.expires for g in self.granted)) if m > now]


class Machine(RuleBasedStateMachine):
    """Drives the real decision and the model side by side."""

    decide: Any = admit_module

    @initialize(which=st.integers(0, len(EVERYDAY) - 1))
    def begin(self, which: int) -> None:
        self.model = Model(EVERYDAY[which])
        self.usage = Usage()
        self.clock = NOON
        self.charges = 0

    @rule(minutes=MINUTES)
    def mint(self, minutes: int) -> None:
        self._vend(Grant("mint", self._name(), self._name(), minutes))

    @rule(key=KEYS)
    def mint_or_replay(self, key: RequestKey) -> None:
        self._vend(Grant("mint", self._name(), self._name(), 30), key)

    @rule(which=LITTLE)
    def refresh(self, which: int) -> None:
        self._vend(Grant("refresh", self._session(which), self._name(), 30))

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
        except errors.NotFound:
            assert not granted or self.model.forgettable(session, self.now)
            return
        if self.now < max(g.expires for g in granted):
            self.model.ended.add(session)
        self._store(ended)

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
        session = self._decided(grant)
        if session is None:
            return
        charged = self.decide.charge(self.usage, self.now, grant, session, self.model.limits)
        now, expires = self.now, session.tokens[grant.charge]
        assert expires == self.model.expires(grant.kind, grant.session, grant.minutes, now)
        ms = max(expires - self.model.counted_until(grant.session, now), 0)
        if request:
            until = min(now + WINDOW, expires)
            sealed = request.seal("auth_tokens/x", grant.session, grant.charge, until)
            charged = replace(charged, replays=(*charged.replays, sealed)).pruned(now)
        self._store(charged)
        granted = Granted(grant.kind, now, grant.session, expires, ms)
        self.model.granted.append(granted)
        if request:
            self.model.answered.pop(request.name, None)
            self.model.answered[request.name] = (request.fingerprint, granted)
        self._assert_nothing_too_much(grant, now)

    def _assert_nothing_too_much(self, grant: Grant, now: int) -> None:
        most, model = self.model.limits, self.model
        assert self.usage.holds(grant.session, grant.charge)
        assert not most.tokens_per_day or model.count(DAY, now, "mint", "refresh") <= (
            most.tokens_per_day
        )
        assert not most.mints_per_hour or model.count(HOUR, now, "mint") <= most.mints_per_hour
        assert not most.minutes_per_day or model.left(now) >= 0
        assert bool(self.usage.granted) <= bool(most.minutes_per_day)
        assert not most.sessions or grant.kind == "refresh" or model.live(now) <= most.sessions

    def _decided(self, grant: Grant) -> Any:
        """Let both decide, compare, and give the session if it was admitted."""
        session, verdict, wait_s = self._decision(grant)
        if verdict is errors.NotFound:
            granted = self.model.of(grant.session)
            assert not granted or self.model.forgettable(grant.session, self.now)
        else:
            assert verdict == self.model.verdict(grant.kind, grant.session, self.now)
        if isinstance(verdict, tuple) and verdict:
            self._assert_true(grant, wait_s)
        return session

    def _decision(self, grant: Grant) -> tuple[Any, object, int | None]:
        try:
            return self.decide.admit(self.usage, self.now, grant, self.model.limits), (), None
        except errors.QuotaExceeded as refusal:
            return None, refusal.violated, refusal.retry_after_s
        except errors.LivepassError as refusal:
            return None, type(refusal), None

    def _assert_true(self, grant: Grant, wait_s: int | None) -> None:
        """What was told to wait is what it takes, if nothing else happens."""
        if wait_s is None:
            assert grant.kind == "refresh"
            return
        then = self.now + wait_s * 1000
        assert self.model.verdict(grant.kind, grant.session, then) == ()
        assert self.model.verdict(grant.kind, grant.session, then - 1000) != ()

    def _was_answered(self, request: RequestKey) -> bool:
        newest = list(self.model.answered.items())[-usage.REPLAYS_KEPT :]
        fingerprint, granted = dict(newest).get(request.name, (None, None))
        if granted is None:
            assert request.find(self.usage, self.now) is None
            return False
        start_before = min(granted.at + WINDOW, granted.expires)
        if self.now >= start_before + DAY:  # kept no longer; it may be gone
            try:
                return request.find(self.usage, self.now) is not None
            except errors.LivepassError:
                return True
        if fingerprint != request.fingerprint:
            with pytest.raises(errors.IdempotencyKeyReused):
                request.find(self.usage, self.now)
        elif self.now >= start_before:
            with pytest.raises(errors.ReplayExpired):
                request.find(self.usage, self.now)
        else:
            replay = request.find(self.usage, self.now)
            assert replay is not None
            assert replay.session == granted.session
            assert request.open(replay) == "auth_tokens/x"
        return True

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
            deadline=None,
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


def broken(change: Callable[[str], str]) -> type[Machine]:
    """A machine around the decision with one thing changed in its source."""
    path = Path(str(admit_module.__file__))
    source = path.read_text()
    assert change(source) != source
    spec = importlib.util.spec_from_loader("vending.admit", loader=None, origin=str(path))
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    exec(compile(change(source), str(path), "exec"), module.__dict__)
    return type("BrokenMachine", (Machine,), {"decide": module})


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        pytest.param("bisect_right", "bisect_left", id="a window closed at both ends"),
        pytest.param("< cooldown", "<= cooldown", id="a cooldown one millisecond too long"),
        pytest.param(
            "count > limits.sessions:", "count > limits.sessions + 1:", id="one session too many"
        ),
        pytest.param(
            "sorted((*usage.mints, *usage.refreshes))", "usage.mints", id="refreshes are for free"
        ),
        pytest.param(
            "(expires - until)", "(expires - now)", id="a refresh counts what was counted"
        ),
        pytest.param("LEAST_TOKEN_MS * grant.talks", "0", id="a token of no time"),
        pytest.param("now >= _end(", "now > _end(", id="a session one millisecond too long"),
    ],
)
def test_broken_decision_is_found(right: str, wrong: str) -> None:
    machine = broken(lambda source: source.replace(right, wrong))

    with pytest.raises(AssertionError):
        run(machine, 2000, phases=[Phase.generate], database=None)
