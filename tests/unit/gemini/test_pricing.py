"""The cost of a talk: prices as Gemini publishes them, summed over its turns."""

from __future__ import annotations

import pytest

from vending.gemini.models import DEAREST, catalog
from vending.gemini.pricing import (
    COMPRESSED_AT,
    COMPRESSED_TO,
    Tokens,
    expected_micros,
    price_of,
    reported_micros,
    worst_micros,
)
from vending.tokens import setup

MODEL = "gemini-3.8-live"


@pytest.mark.parametrize(
    ("minutes", "usd"),
    # Worked out by hand for a setup of 1,000 tokens and 2 turns a minute, without transcripts.
    [(1, 0.012), (5, 0.13), (10, 0.42), (30, 1.9)],
)
def test_conversation_costs_what_its_turns_add_up_to(minutes: int, usd: float) -> None:
    assert expected_micros(MODEL, minutes) / 1e6 == pytest.approx(usd, rel=0.05)


def test_cost_of_no_time_is_nothing() -> None:
    assert expected_micros(MODEL, 0) == worst_micros(MODEL, 0) == reported_micros(MODEL, Tokens())


@pytest.mark.parametrize("model", [*catalog(MODEL, ()), "gemini-of-next-year"])
def test_no_conversation_costs_more_than_the_worst(model: str) -> None:
    for minutes in range(1, 121):
        assert expected_micros(model, minutes) < worst_micros(model, minutes)
        assert expected_micros(model, minutes - 1) < expected_micros(model, minutes)


def test_usage_that_gemini_reported_is_billed_by_modality() -> None:
    # 332 text and 165 audio in, 25 of no modality; 42 audio and 136 thoughts out
    tokens = Tokens(text_in=332, audio_in=165, other_in=25, text_out=136, audio_out=42)

    assert reported_micros(MODEL, tokens) == 1935  # 249 + 495 + 75 + 612 + 504


def test_every_model_on_offer_has_a_price_and_an_unknown_one_is_dear() -> None:
    for model in catalog(MODEL, ()):
        assert price_of(model).dearest_in <= DEAREST.dearest_in
        assert price_of(model).text_out <= DEAREST.text_out
        assert price_of(model).dearest_out <= DEAREST.dearest_out
    assert price_of("gemini-of-next-year") == DEAREST


def test_context_is_bounded_as_the_tokens_lock_it() -> None:
    compression = setup.COMPRESSION

    assert compression["triggerTokens"] == str(COMPRESSED_AT)
    assert compression["slidingWindow"] == {"targetTokens": str(COMPRESSED_TO)}
