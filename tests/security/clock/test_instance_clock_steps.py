"""An instance's own clock is wrong: it affects only whether ID tokens are valid; counts and windows
use the store's clock.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import vending
from support.fakes.livepass import Livepass, id_token
from support.fakes.memory import Clock, MemoryLedger
from support.fakes.network import NOW
from support.identity.hostile_tokens import AUDIENCE, ISSUER, JWKS_URI, network
from support.people.story import LIMITS, tell
from vending.identity.authenticate import Authenticator
from vending.policy import Issuer, Limits

pytestmark = pytest.mark.usefixtures("figures")

ALICE = id_token("alice")  # from NOW to an hour later
HOUR = 3600
STEPS = {"-1 h": -HOUR, "-1 s": -1, "+1 s": 1, "+1 h": HOUR, "+25 h": 25 * HOUR}


def gate(now: Callable[[], float]) -> Authenticator:
    issuers = [Issuer(ISSUER, AUDIENCE, JWKS_URI)]
    return Authenticator(issuers, {"default"}, keys_of=network().keys, now=now)


@pytest.mark.parametrize(
    ("second", "status", "code"),
    [
        (-HOUR, 401, "unauthenticated"),
        (-61, 401, "unauthenticated"),
        (-60.001, 401, "unauthenticated"),
        (-60, 200, ""),
        (-1, 200, ""),
        (0, 200, ""),
        (1, 200, ""),
        (HOUR - 0.001, 200, ""),
        (HOUR, 200, ""),
        (HOUR + 59.999, 200, ""),
        (HOUR + 60, 401, "token-expired"),
        (HOUR + 60.001, 401, "token-expired"),
        (25 * HOUR, 401, "token-expired"),
    ],
)
async def test_token_is_good_a_minute_around_its_hour_to_the_millisecond(
    second: float, status: int, code: str
) -> None:
    livepass = Livepass(gate=gate(lambda: NOW + second))

    answer = await livepass.get("/usage", ALICE)

    assert (answer.status, answer.code) == (status, code)


@pytest.mark.parametrize("step", STEPS)
async def test_step_of_the_instance_changes_no_count_and_no_time(step: str) -> None:
    """In the midst of it requests are refused as not signed in, or nothing is noticed at all."""
    instance = NOW + 0.0
    livepass = Livepass(Limits(cooldown_minutes=5), gate=gate(lambda: instance))
    first = await livepass.mint(ALICE)

    instance += STEPS[step]
    livepass.clock.forward(minutes=5, ms=-1)
    meanwhile = await livepass.mint(ALICE)
    instance = NOW + 299.999
    early = await livepass.mint(ALICE)
    livepass.clock.forward(ms=1)
    in_time = await livepass.mint(ALICE)

    assert meanwhile.status == (429 if abs(STEPS[step]) == 1 or step == "+1 h" else 401)
    assert (first.status, early.status, in_time.status) == (201, 429, 201)
    assert early.body["retryAfterSeconds"] == 1
    assert len(livepass.gemini.minted) == 2


@pytest.mark.parametrize("apart_s", [1, 10, 300, HOUR])
async def test_two_instances_with_different_clocks_share_one_limit(apart_s: int) -> None:
    """Each is asked by somebody whose token is good by that instance's own clock."""
    clock = Clock(NOW * 1000)
    ledger = MemoryLedger(clock)
    instances = []
    for off in (-apart_s, apart_s):
        livepass = Livepass(LIMITS, gate=gate(lambda off=off: NOW + off), ledger=ledger)  # type: ignore[misc]
        token = id_token("alice", iat=NOW + off, auth_time=NOW + off, exp=NOW + off + HOUR)
        instances.append((livepass, token))

    seen = []
    for n, ms in enumerate((0, 299_999, 300_000, 600_000, 3_599_999, 3_600_000)):
        livepass, token = instances[n % 2]
        clock.ms = NOW * 1000 + ms
        seen.append((await livepass.mint(token)).status)

    assert seen == [201, 429, 201, 429, 429, 201]


async def test_whole_story_reads_the_same_whatever_the_instance_thinks() -> None:
    usual = await tell(Livepass(LIMITS), NOW * 1000)

    for off in (-10.0, -1.0, 1.0, 9.999):
        livepass = Livepass(LIMITS, gate=gate(lambda off=off: NOW + off))  # type: ignore[misc]
        assert await tell(livepass, NOW * 1000) == usual


def test_wall_clock_is_read_in_known_places_only() -> None:
    """The verifiers of tokens, SQLite, the query of rulings (an hour's error does not matter), the
    memory of readings (2 s) and rulings (20 s), and the admins' operations.
    """
    reads = re.compile(
        r"\btime\.time|datetime\.(?:now|today|utcnow)|date\.today|time\.localtime"
        r"|import (?:\([^)]*|.*)\bclock_ms\b"
    )
    folder = Path(vending.__path__[0])

    found = {path.name for path in folder.rglob("*.py") if reads.search(path.read_text())}

    assert found == {
        *("authenticate.py", "app_check.py", "sqlite_ledger.py", "sqlite_documents.py"),
        *("sqlite_reader.py", "firestore.py", "clock.py", "admin.py"),
    }
