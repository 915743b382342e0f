"""What a client may ask for: each Live model with what it can do, what it must not be sent, and
what it costs.

One row a model. A model that the settings allow and the table does not know gets a generic row, and
is billed as the dearest, so that next year's model, or last year's, is a setting and not a release.
Sources: the models' pages and the Live API reference, ai.google.dev. Prices are those of the paid
tier, in USD per million tokens, which is millionths of a dollar (micros) per token:
ai.google.dev/gemini-api/docs/pricing, read in October 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from typing import Any

VOICES = (
    *("Zephyr", "Puck", "Charon", "Kore", "Fenrir", "Leda", "Orus", "Aoede", "Callirrhoe"),
    *("Autonoe", "Enceladus", "Iapetus", "Umbriel", "Algieba", "Despina", "Erinome", "Algenib"),
    *("Rasalgethi", "Laomedeia", "Achernar", "Alnilam", "Schedar", "Gacrux", "Pulcherrima"),
    *("Achird", "Zubenelgenubi", "Vindemiatrix", "Sadachbia", "Sadaltager", "Sulafat"),
)

# name a client asks by: the entry of the setup's `tools`
TOOLS: Mapping[str, Mapping[str, Any]] = {
    "google_search": {"googleSearch": {}},
    "get_weather": {
        "functionDeclarations": [
            {
                "name": "get_weather",
                "description": "Current weather and a short forecast for a place.",
                "parameters": {
                    "type": "OBJECT",
                    "properties": {
                        "place": {"type": "STRING", "description": "City, with country if unclear."}
                    },
                    "required": ["place"],
                },
            }
        ]
    },
}


@dataclass(frozen=True, slots=True)
class Price:
    """Micros a token. What is in images counts for video, too."""

    text_in: float
    audio_in: float
    image_in: float
    text_out: float
    audio_out: float

    @property
    def dearest_in(self) -> float:
        """Of a token whose kind is not told."""
        return max(self.text_in, self.audio_in, self.image_in)

    @property
    def dearest_out(self) -> float:
        """Of a token whose kind is not told."""
        return max(self.text_out, self.audio_out)


@dataclass(frozen=True, slots=True)
class Model:
    """A Live model. `thinking_required` without a level asked for means the first of
    `thinking_levels`.
    """

    name: str
    price: Price
    response_modalities: tuple[str, ...] = ("AUDIO",)
    thinking_levels: tuple[str, ...] = ()
    thinking_required: bool = False
    voices: tuple[str, ...] = VOICES
    tools: tuple[str, ...] = tuple(TOOLS)


_LIVE = Price(text_in=0.75, audio_in=3.0, image_in=1.0, text_out=4.5, audio_out=12.0)
_TABLE = (
    # Interleaved thinking: any thinkingConfig closes the socket with 1007.
    Model("gemini-3.8-live", _LIVE),
    # The opposite: without a level it does not connect; `minimal` is refused.
    Model(
        "gemini-3.8-live-extended-thinking",
        _LIVE,
        thinking_levels=("low", "medium", "high"),
        thinking_required=True,
    ),
    Model(
        "gemini-3.1-flash-live-preview",
        _LIVE,
        thinking_levels=("minimal", "low", "medium", "high"),
    ),
    # Thinks by budget, not by level; the budget is left to its default, dynamic.
    Model(
        "gemini-2.5-flash-native-audio-preview-12-2025",
        Price(text_in=0.5, audio_in=3.0, image_in=3.0, text_out=2.0, audio_out=12.0),
    ),
)
NAMES = tuple(model.name for model in _TABLE)
PRICES: Mapping[str, Price] = {model.name: model.price for model in _TABLE}
# Of a model that we know no price of: each kind of token as the dearest model has it.
DEAREST = Price(*(max(kind) for kind in zip(*map(astuple, PRICES.values()), strict=True)))


def catalog(default_model: str, allowed_models: tuple[str, ...]) -> Mapping[str, Model]:
    """List the models on offer by name, the default one first.

    With no names allowed explicitly, those of the table are.
    """
    known = {model.name: model for model in _TABLE}
    names = dict.fromkeys((default_model, *(allowed_models or known)))
    return {
        name: known.get(name) or Model(name, DEAREST, response_modalities=("AUDIO", "TEXT"))
        for name in names
    }
