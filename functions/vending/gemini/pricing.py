"""What a talk costs: by the price of its model, and how a talk uses tokens.

Prices are those of `models`, a model each. Speech is 25 tokens
a second both ways (Live API best practices). Every turn is billed for all that the context holds by
then, earlier speech as speech again (discuss.ai.google.dev 140340 and 173248: turns added up so
match the bill within 3 %); what bounds it is the compression that `shape` locks into every token.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil

from vending.gemini.models import DEAREST, PRICES, Price

COMPRESSED_AT, COMPRESSED_TO = 16_000, 8_000  # tokens of context, as in `tokens.setup.COMPRESSION`
SPEECH_PER_S = 25
SETUP_TOKENS = 1_000  # instruction and tools
# A conversation: twice a minute the user speaks for 10 s and hears an answer of 12 s, transcribed.
TURNS, ASKED, ANSWERED, TRANSCRIBED = 2, 10 * SPEECH_PER_S, 12 * SPEECH_PER_S, 70
# What a client can drive a talk to: a turn each five seconds with the context always full, and
# without a pause speech, and as much text of thoughts, transcripts or tools.
WORST_TURNS, WORST_ANSWERED = 12, 60 * SPEECH_PER_S


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a talk so far, as `usageMetadata` tells them, all turns added up."""

    text_in: int = 0
    audio_in: int = 0
    image_in: int = 0
    other_in: int = 0
    text_out: int = 0
    audio_out: int = 0
    other_out: int = 0


def price_of(model: str) -> Price:
    """Look a model's price up; an unknown one costs what the dearest does."""
    return PRICES.get(model, DEAREST)


@lru_cache(maxsize=4096)
def expected_micros(model: str, minutes: int) -> int:
    """What a conversation of so many minutes costs."""
    price, speech, micros = price_of(model), 0, 0.0
    for _ in range(minutes * TURNS):
        speech += ASKED
        micros += SETUP_TOKENS * price.text_in + speech * price.audio_in
        micros += ANSWERED * price.audio_out + TRANSCRIBED * price.text_out
        speech += ANSWERED
        if SETUP_TOKENS + speech >= COMPRESSED_AT:
            speech = COMPRESSED_TO - SETUP_TOKENS
    return ceil(micros)


def worst_micros(model: str, minutes: int) -> int:
    """What so many minutes can cost at most."""
    price = price_of(model)
    context = WORST_TURNS * COMPRESSED_AT * price.dearest_in
    return ceil(minutes * (context + WORST_ANSWERED * (price.dearest_out + price.text_out)))


def reported_micros(model: str, tokens: Tokens) -> int:
    """What these tokens cost."""
    price = price_of(model)
    return ceil(
        tokens.text_in * price.text_in
        + tokens.audio_in * price.audio_in
        + tokens.image_in * price.image_in
        + tokens.other_in * price.dearest_in
        + tokens.text_out * price.text_out
        + tokens.audio_out * price.audio_out
        + tokens.other_out * price.dearest_out
    )
