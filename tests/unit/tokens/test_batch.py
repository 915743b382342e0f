"""A batch is several mints at once: all or none, each counted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.fakes.livepass import Livepass, id_token
from support.fakes.memory import NOON, USER, FakeMinter, MemoryLedger
from support.fakes.vend_requests import GEMINI_DOWN, MODEL, ask, key, rival_mint, vending
from vending.clock import HOUR_MS
from vending.errors import QuotaExceeded, SessionEnded, StoreUnavailable, UpstreamUnavailable
from vending.limits.admit import admit, charge
from vending.limits.grant import Grant
from vending.limits.usage import Usage
from vending.policy import Limits
from vending.tokens.vended import Vended

ROOMY = Limits(cooldown_minutes=0, sessions=10)


def batch(count: int, name: str = "b") -> Grant:
    first, *others = (
        Grant("mint", f"{name}{n}", f"c-{name}{n}", 30, model=MODEL) for n in range(count)
    )
    return replace(first, others=tuple(others))


def told(vended: Vended) -> list[tuple[str, str, str]]:
    return [(each.token, each.session.id, each.charge_id) for each in vended.all]


async def test_batch_costs_one_read_and_one_write_and_its_tokens_are_made_at_once() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()

    vended = await vending(minter).vend(ask(ledger, batch(3), ROOMY))

    assert [each.session.id for each in vended.all] == ["b0", "b1", "b2"]
    assert len({each.token for each in vended.all}) == 3
    assert (ledger.reads, ledger.writes, minter.most_at_once) == (1, 1, 3)
    assert ledger.usage().mints == (NOON,) * 3
    assert all(ledger.usage().holds(f"b{n}", f"c-b{n}") for n in range(3))


async def test_what_a_batch_costs_is_that_of_its_tokens_one_by_one() -> None:
    together, apart = MemoryLedger(), MemoryLedger()

    await vending(FakeMinter()).vend(ask(together, batch(3), ROOMY))
    for grant in batch(3).all:
        await vending(FakeMinter()).vend(ask(apart, replace(grant, others=()), ROOMY))

    assert together.document() == apart.document()


@pytest.mark.parametrize("failing", [0, 1, 2])
async def test_one_token_that_is_not_made_is_none_and_nothing_counted(failing: int) -> None:
    script = [GEMINI_DOWN if n == failing else None for n in range(3)]
    ledger, minter = MemoryLedger(), FakeMinter(script)

    with pytest.raises(UpstreamUnavailable):
        await vending(minter).vend(ask(ledger, batch(3), ROOMY))

    assert ledger.document() == {}


async def test_batch_that_cannot_be_written_is_not_given_out() -> None:
    ledger = MemoryLedger()
    ledger.write_faults.extend(["down"])

    with pytest.raises(StoreUnavailable):
        await vending(FakeMinter()).vend(ask(ledger, batch(3), ROOMY))

    assert ledger.document() == {}


async def test_batch_without_room_for_all_gets_none() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    limits = replace(ROOMY, mints_per_hour=4)
    await vending(minter).vend(ask(ledger, batch(2, "a"), limits))

    with pytest.raises(QuotaExceeded) as refused:
        await vending(minter).vend(ask(ledger, batch(3), limits))

    assert (refused.value.violated, refused.value.retry_after_s) == (("hour",), 3600)
    assert len(ledger.usage().mints) == 2
    assert len(minter.orders) == 2


async def test_batch_that_never_fits_is_told_that_waiting_does_not_help() -> None:
    with pytest.raises(QuotaExceeded) as refused:
        admit(Usage(), NOON, batch(4), replace(ROOMY, sessions=3))

    assert (refused.value.violated, refused.value.retry_after_s) == (("sessions",), None)


async def test_batch_that_loses_the_write_is_decided_again_as_a_whole() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    ledger.rivals.append(rival_mint)

    with pytest.raises(QuotaExceeded):
        await vending(minter).vend(ask(ledger, batch(3), replace(ROOMY, sessions=3)))

    assert len(minter.orders) == 3
    assert len(ledger.usage().mints) == 1


@pytest.mark.parametrize("fault", ["outcome unknown after effect", "hang after effect"])
async def test_batch_whose_write_has_an_unknown_outcome_is_counted_once(fault: str) -> None:
    ledger = MemoryLedger()
    ledger.write_faults.append(fault)  # type: ignore[arg-type]

    vended = await vending(FakeMinter()).vend(ask(ledger, batch(3), ROOMY))

    assert len(vended.all) == 3
    assert len(ledger.usage().mints) == 3


async def test_repeated_batch_gets_all_its_tokens_again_uncounted() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    vend = vending(minter)

    first = await vend.vend(ask(ledger, batch(3), ROOMY, key()))
    again = await vend.vend(ask(ledger, batch(3, "new"), ROOMY, key()))

    assert told(again) == told(first)
    assert again.replayed
    assert len(minter.orders) == 3
    assert len(ledger.usage(USER).mints) == 3
    assert "auth_tokens" not in str(ledger.document())


async def test_batch_of_which_a_session_was_ended_is_not_given_again() -> None:
    ledger, minter = MemoryLedger(), FakeMinter()
    vend = vending(minter)
    first = await vend.vend(ask(ledger, batch(3), ROOMY, key()))

    await vend.end(ask(ledger, batch(3)).account, first.all[1].session.id)

    with pytest.raises(SessionEnded):
        await vend.vend(ask(ledger, batch(3, "new"), ROOMY, key()))


@given(
    used=st.lists(st.integers(0, 2 * HOUR_MS), max_size=8),
    limit=st.integers(1, 6),
    count=st.integers(1, 6),
)
def test_batch_is_admitted_when_each_one_after_the_other_would_be(
    used: list[int], limit: int, count: int
) -> None:
    """And its wait is the earliest whole second at which it would be."""
    limits = Limits(limit, 0, 0, 0, 0, 0, 0)
    usage = Usage(mints=tuple(sorted(NOON - ago for ago in used)))

    def fits(now: int) -> bool:
        after = usage
        for grant in batch(count).all:
            single = replace(grant, others=())
            try:
                session = admit(after, now, single, limits)
            except QuotaExceeded:
                return False
            after = charge(after, now, single, session, limits)
        return True

    if fits(NOON):
        admit(usage, NOON, batch(count), limits)
        return
    with pytest.raises(QuotaExceeded) as refused:
        admit(usage, NOON, batch(count), limits)

    wait_s = refused.value.retry_after_s
    assert (wait_s is None) == (count > limit)
    if wait_s is not None:
        assert fits(NOON + wait_s * 1000)
        assert not fits(NOON + wait_s * 1000 - 1000)


async def test_batch_shares_what_is_left_of_the_minutes() -> None:
    ledger, limits = MemoryLedger(), replace(ROOMY, minutes_per_day=60)

    vended = await vending(FakeMinter()).vend(ask(ledger, batch(3), limits))

    assert {each.session.expires for each in vended.all} == {NOON + 20 * 60_000}
    assert ledger.usage().granted == ((NOON, 20 * 60_000),) * 3
    with pytest.raises(QuotaExceeded) as refused:
        admit(ledger.usage(), NOON, batch(1, "c"), limits)
    assert refused.value.violated == ("minutes",)


@pytest.mark.parametrize(("least", "fits"), [(29_999, False), (30_000, True)])
def test_batch_needs_the_least_minutes_for_each(least: int, fits: bool) -> None:
    limits = replace(ROOMY, minutes_per_day=60)
    usage = Usage(granted=((NOON - 5, 60 * 60_000 - least),))

    if fits:
        assert admit(usage, NOON, batch(3), limits).expires == NOON + 10_000
        return
    with pytest.raises(QuotaExceeded) as refused:
        admit(usage, NOON, batch(3), limits)
    assert (refused.value.violated, refused.value.retry_after_s) == (("minutes",), 24 * 3600)


# --- over HTTP ------------------------------------------------------------------------------------


async def test_answer_has_all_tokens_beside_one_usage() -> None:
    livepass = Livepass(replace(ROOMY, batch=3))

    answer = await livepass.mint(id_token("alice"), {"count": 3}, "a-key-of-sixteen-characters")
    again = await livepass.mint(id_token("alice"), {"count": 3}, "a-key-of-sixteen-characters")

    assert answer.status == 201
    one = (await Livepass(ROOMY).mint(id_token("alice"))).body  # the shape is that of one token
    assert answer.body.keys() == {*one, "tokens"}
    assert {**answer.body["tokens"][0], **answer.body} == answer.body
    assert answer.body["usage"]["hour"]["used"] == 3
    assert [*answer.body["tokens"][0]] == [
        *("token", "expiresAt", "startBefore", "uses", "session", "connect"),
    ]
    assert len({each["session"]["id"] for each in answer.body["tokens"]}) == 3
    assert again.body["tokens"] == answer.body["tokens"]
    assert again.headers["idempotent-replayed"] == "true"
    assert not [t for t in livepass.gemini.minted if t in answer.logged]
    assert len(answer.line["batch"]) == 2


@pytest.mark.parametrize("count", [None, 1])
async def test_one_token_is_answered_as_ever(count: int | None) -> None:
    livepass = Livepass(replace(ROOMY, batch=3))

    answer = await livepass.mint(id_token("alice"), {"count": count} if count else {})

    assert [*answer.body] == [
        *("token", "expiresAt", "startBefore", "uses", "session", "connect", "usage"),
    ]


@pytest.mark.parametrize(("batch", "count"), [(1, 2), (3, 4), (10, 11), (3, 0)])
async def test_more_than_the_tier_allows_is_named(batch: int, count: int) -> None:
    livepass = Livepass(replace(ROOMY, batch=batch))

    answer = await livepass.mint(id_token("alice"), {"count": count})

    assert (answer.status, answer.body["errors"][0]["field"]) == (400, "count")
    assert livepass.gemini.minted == []
