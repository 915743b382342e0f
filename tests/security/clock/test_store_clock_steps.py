"""The store's clock steps while a caller is at a limit: forward frees what is over by then, back
frees nothing, and no step ever hands out more than a limit.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from support.fakes.livepass import Answer, Livepass, id_token
from support.people.story import DAY, HOUR
from vending.policy import Limits

pytestmark = pytest.mark.usefixtures("figures")

ALICE = id_token("alice")
OFF = Limits(0, 0, 0, 0, 0, 0, 0)
MINUTE = 60_000
STEPS = {
    "-25 h": -25 * HOUR,
    "-1 h": -HOUR,
    "-1 s": -1000,
    "-1 ms": -1,
    "none": 0,
    "+1 ms": 1,
    "+1 s": 1000,
    "+1 h": HOUR,
    "+25 h": 25 * HOUR,
}
# one limit each, and after how long it lets go
LIMITS: Mapping[str, tuple[Limits, int]] = {
    "cooldown": (Limits(0, 0, 5, 0, 0, 0, 0), 5 * MINUTE),
    "hour": (Limits(1, 0, 0, 0, 0, 0, 0), HOUR),
    "day": (Limits(0, 1, 0, 0, 0, 0, 0), DAY),
    "sessions": (Limits(0, 0, 0, 0, 0, 0, 1), 30 * MINUTE),
}


async def stepped(livepass: Livepass, ms: int) -> Answer:
    """One mint, a step of the store's clock, and another mint."""
    assert (await livepass.mint(ALICE)).status == 201
    livepass.clock.forward(ms=ms)
    return await livepass.mint(ALICE)


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("step", STEPS)
async def test_step_frees_what_is_over_by_then_and_nothing_else(step: str, limit: str) -> None:
    limits, lasts = LIMITS[limit]

    answer = await stepped(Livepass(limits), STEPS[step])

    passed = max(STEPS[step], 0)
    assert answer.status == (201 if passed >= lasts else 429)
    if answer.status == 429:
        assert answer.body["violated"] == [limit]
        assert answer.body["retryAfterSeconds"] == -(-(lasts - passed) // 1000)


@pytest.mark.parametrize("step", STEPS)
async def test_retry_after_is_true_after_a_step(step: str) -> None:
    """Counted from the newest moment that was written: so far the clock must come again."""
    livepass = Livepass(Limits(cooldown_minutes=5))
    began = livepass.clock.ms
    refused = await stepped(livepass, STEPS[step])
    if refused.status == 201:
        refused = await livepass.mint(ALICE)
        began = livepass.clock.ms

    passed = max(livepass.clock.ms, began)
    livepass.clock.ms = passed + 1000 * (int(refused.body["retryAfterSeconds"]) - 1)
    early = await livepass.mint(ALICE)
    livepass.clock.forward(s=1)
    in_time = await livepass.mint(ALICE)

    assert (early.status, in_time.status) == (429, 201)


async def test_no_sequence_of_steps_hands_out_more_than_the_limit() -> None:
    """The clock goes forward and back a hundred times; charges stay in the order they were made."""
    livepass = Livepass(Limits(mints_per_hour=3, cooldown_minutes=0, sessions=0))
    admitted: list[int] = []
    begin = livepass.clock.ms
    newest = begin
    for n in range(200):
        livepass.clock.ms = begin + (n % 7 - 3) * HOUR + n * MINUTE
        newest = max(newest, livepass.clock.ms) if admitted else livepass.clock.ms
        if (await livepass.mint(ALICE)).status == 201:
            admitted.append(newest)

    assert admitted == sorted(admitted)
    assert all(later - t >= HOUR for t, later in zip(admitted, admitted[3:], strict=False))
    assert len(admitted) > 9


@pytest.mark.parametrize("step", ["-25 h", "-1 h", "-1 s"])
async def test_step_back_prolongs_no_token(step: str) -> None:
    livepass = Livepass(OFF)
    first = await livepass.mint(ALICE)
    session = first.body["session"]["id"]

    livepass.clock.forward(ms=STEPS[step])
    second = await livepass.refresh(ALICE, session)

    assert second.body["expiresAt"] == first.body["expiresAt"]
    assert second.body["usage"]["serverTime"] == first.body["usage"]["serverTime"]


async def test_step_forward_and_back_keeps_a_caller_out_but_never_lets_one_in() -> None:
    """A user who minted meanwhile waits until the clock has caught up."""
    livepass = Livepass(Limits(cooldown_minutes=5))
    await livepass.mint(ALICE)
    livepass.clock.forward(hours=25)
    await livepass.mint(ALICE)

    livepass.clock.forward(hours=-25, minutes=10)
    answer = await livepass.mint(ALICE)

    assert (answer.status, answer.body["violated"]) == (429, ["cooldown"])
