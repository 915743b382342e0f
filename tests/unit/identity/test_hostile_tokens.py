"""Every hostile token is refused quickly, and makes us fetch nothing."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.identity.hostile_tokens import (
    CASES,
    CURVED,
    HONEST,
    JWKS_URI,
    OURS,
    Case,
    authenticator,
    claims,
    network,
    signed,
)
from support.identity.hostile_variants import NEW_CASES
from support.runs import tables
from support.runs.margin import TRIES
from support.runs.quick import examples
from vending.errors import Forbidden, LivepassError, Unauthenticated
from vending.identity.authenticate import Authenticator, Caller
from vending.identity.bearer import MAX_TOKEN_BYTES, bearer

EVERY = (*CASES, *NEW_CASES)
every_case = pytest.mark.parametrize("case", EVERY, ids=str)
MOST_S = 0.050
RUNNER = asyncio.Runner()
GATE = authenticator(network())


@pytest.fixture(scope="module", autouse=True)
def _runner_is_closed() -> Iterator[None]:
    yield
    RUNNER.close()


async def come(gate: Authenticator, headers: tuple[str, ...]) -> Caller:
    """What the edge does with the Authorization headers of a request."""
    return await gate.authenticate(bearer(headers))


def test_the_corpus_has_66_of_the_70_numbers() -> None:
    numbers = {int("".join(filter(str.isdigit, case.number))) for case in CASES}

    assert numbers == set(range(1, 71)) - {59, 60, 68, 70}


def test_what_is_newly_taken_brought_as_many_hostile_tokens_again() -> None:
    assert len(NEW_CASES) >= len(CASES)
    assert len({str(case) for case in EVERY}) == len(EVERY)
    row = (len(CASES), len(NEW_CASES), len(EVERY))
    tables.add("Hostile tokens", ("cases", "of what is new", "all"), row)


@every_case
async def test_hostile_token_is_refused_and_its_twin_is_not(case: Case) -> None:
    net = network()
    gate = authenticator(net)

    before = await come(gate, case.twin)
    with pytest.raises(case.error) as refusal:
        await come(gate, case.hostile)
    after = await come(gate, case.twin)

    assert before == after
    assert isinstance(refusal.value, LivepassError)
    assert refusal.value.status == (403 if case.error is Forbidden else 401)
    assert set(net.fetched) == {JWKS_URI}
    assert len(net.fetched) <= 3  # the first twin's, and one for each key that is not known


@every_case
async def test_what_slips_past_the_header_is_refused_by_the_verifier(case: Case) -> None:
    gate = authenticator(network())

    for header in case.hostile:
        token = header.removeprefix("Bearer ")
        if token == HONEST:
            continue  # it was the header that was hostile
        with pytest.raises((Unauthenticated, Forbidden)):
            await gate.authenticate(token)


@every_case
async def test_cold_instance_fetches_from_its_issuer_only(case: Case) -> None:
    net = network()

    with pytest.raises(LivepassError):
        await come(authenticator(net), case.hostile)

    assert set(net.fetched) <= {JWKS_URI}


@every_case
async def test_refusal_takes_less_than_50_ms(case: Case) -> None:
    gate = authenticator(network())
    await come(gate, case.twin)

    taken_s = []
    for _ in range(TRIES):
        start = time.thread_time()
        with pytest.raises(LivepassError):
            await come(gate, case.hostile)
        taken_s.append(time.thread_time() - start)

    assert min(taken_s) < MOST_S


@every_case
async def test_refusal_tells_the_log_nothing_of_the_token(
    case: Case, caplog: pytest.LogCaptureFixture
) -> None:
    gate = authenticator(network())

    with caplog.at_level(0), pytest.raises(LivepassError) as refusal:
        await come(gate, case.hostile)

    told = f"{refusal.value} {refusal.value!r} {refusal.value.public} {caplog.text}"
    assert "alice" not in told
    assert "example.com" not in told
    for header in case.hostile:
        for segment in header.removeprefix("Bearer ").split("."):
            assert len(segment) < 8 or segment not in told
    assert len(str(refusal.value)) < 120


def of_length(length: int) -> str:
    """An honest token of exactly this many characters; base64 needs both ends to come out even."""

    def padded(characters: int, more: int) -> str:
        header = {"alg": "ES256", "kid": CURVED.kid, "more": "x" * more}
        payload = {**claims(), "padding": "x" * characters}
        return CURVED.sign_bytes(json.dumps(header).encode(), json.dumps(payload).encode())

    about = (length - len(padded(0, 0))) * 3 // 4
    tokens = (padded(about + near, more) for near in range(-4, 4) for more in range(4))
    return next(token for token in tokens if len(token) == length)


async def test_token_of_16_kib_is_taken_and_one_byte_more_is_not() -> None:
    gate = authenticator(network())

    assert await gate.authenticate(of_length(MAX_TOKEN_BYTES))
    with pytest.raises(Unauthenticated):
        await gate.authenticate(of_length(MAX_TOKEN_BYTES + 1))


async def test_kid_of_one_character_is_one() -> None:
    assert await authenticator(network()).authenticate(OURS.sign(claims(), kid="k"))


async def test_shortest_subject_and_earliest_moment_are_some() -> None:
    token = signed(sub="s", auth_time=0, nbf=0)

    assert await authenticator(network()).authenticate(token)


def is_refused(token: str) -> bool:
    try:
        RUNNER.run(GATE.authenticate(token))
    except Unauthenticated as error:
        return error.status == 401
    return False


CHARACTERS = st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=")


@st.composite
def mutations(draw: st.DrawFn) -> str:
    """The honest token with one thing changed, inserted, taken out or put elsewhere."""
    at = draw(st.integers(0, len(HONEST) - 1))
    to = draw(st.integers(at, min(len(HONEST), at + 40)))
    kind = draw(st.sampled_from(["replace", "insert", "delete", "double", "swap"]))
    match kind:
        case "replace":
            return HONEST[:at] + draw(CHARACTERS) + HONEST[at + 1 :]
        case "insert":
            return HONEST[:at] + draw(CHARACTERS) + HONEST[at:]
        case "delete":
            return HONEST[:at] + HONEST[to + 1 :]
        case "double":
            return HONEST[:to] + HONEST[at:]
        case _:
            return ".".join(draw(st.permutations(HONEST.split("."))))


@st.composite
def payload_mutations(draw: st.DrawFn) -> str:
    """The honest token with bytes of its payload changed under the old signature."""
    header, payload, signature = HONEST.split(".")
    raw = bytearray(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    for _ in range(draw(st.integers(1, 4))):
        raw[draw(st.integers(0, len(raw) - 1))] = draw(st.integers(0, 255))
    changed = base64.urlsafe_b64encode(bytes(raw)).rstrip(b"=").decode()
    return f"{header}.{changed}.{signature}"


@settings(max_examples=examples(5000))
@given(token=mutations() | payload_mutations())
def test_changed_token_is_never_accepted(token: str) -> None:
    if token != HONEST:
        assert is_refused(token)


@settings(max_examples=examples(1000))
@given(token=st.text() | st.from_regex(r"[\w-]{1,40}\.[\w-]{1,40}\.[\w-]{1,40}", fullmatch=True))
def test_nonsense_is_never_accepted_and_never_an_error_of_ours(token: str) -> None:
    assert is_refused(token)
