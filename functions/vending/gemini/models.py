"""What a client may ask for: each Live model with what it can do, what it must not be sent, and
what it costs.

One row a model. A model that the settings allow and the table does not know gets a generic row, and
is billed as the dearest, so that next year's model, or last year's, is a setting and not a release.
Sources: the models' pages and the Live API reference, ai.google.dev. Prices are those of the paid
tier, in USD per million tokens, which is millionths of a dollar (micros) per token:
ai.google.dev/gemini-api/docs/pricing, read in October 2026.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vending.gemini.declarations import FunctionDeclaration

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
FUNCTIONS = tuple(name for name, entry in TOOLS.items() if "functionDeclarations" in entry)


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
    `thinking_levels`. `behaviors` are those that a function may be declared with: whether the talk
    waits for its answer (ai.google.dev/gemini-api/docs/live-api/tools). `seeds_history`: a client
    may announce, by `historyConfig`, that its first `clientContent` is history and no question. 3.1
    takes `clientContent` in no other way (livekit/agents#5251), and pipecat announces it on 2.5,
    3.1 and 3.8; it says nothing that the turns themselves could not.
    """

    name: str
    price: Price
    response_modalities: tuple[str, ...] = ("AUDIO",)
    thinking_levels: tuple[str, ...] = ()
    thinking_required: bool = False
    voices: tuple[str, ...] = VOICES
    tools: tuple[str, ...] = tuple(TOOLS)
    behaviors: tuple[str, ...] = ("BLOCKING", "NON_BLOCKING")
    seeds_history: bool = True


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
        behaviors=("NON_BLOCKING",),
    ),
    Model(
        "gemini-3.1-flash-live-preview",
        _LIVE,
        thinking_levels=("minimal", "low", "medium", "high"),
        behaviors=("BLOCKING",),
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


def catalog(
    default_model: str,
    allowed_models: tuple[str, ...],
    functions: Iterable[FunctionDeclaration] = (),
) -> Mapping[str, Model]:
    """List the models on offer by name, the default one first, each with the operator's functions
    that it can call as they are declared.

    With no names allowed explicitly, those of the table are.
    """
    known = {model.name: model for model in _TABLE}
    names = dict.fromkeys((default_model, *(allowed_models or known)))
    models = (
        known.get(name)
        or Model(name, DEAREST, response_modalities=("AUDIO", "TEXT"), seeds_history=False)
        for name in names
    )
    own = [*functions]
    return {
        each.name: replace(each, tools=(*each.tools, *(f.name for f in own if calls(each, f))))
        for each in models
    }


def calls(model: Model, function: FunctionDeclaration) -> bool:
    """Tell whether a model can call a function as it is declared."""
    return function.behavior is None or function.behavior in model.behaviors


def tool_entries(
    model: Model, functions: Iterable[Mapping[str, Any]]
) -> Iterator[Mapping[str, Any]]:
    """Write the functions of a setup, all in one entry, as Google's SDKs do.

    A model that only blocks is not known to take the field `behavior`; one that never does was
    reported to want it in each declaration (livekit/agents#7302, firebase-android-sdk#8616).
    """
    only = model.behaviors if len(model.behaviors) == 1 else ()
    written = {"behavior": only[0]} if only == ("NON_BLOCKING",) else {}
    declared = [
        {k: v for k, v in each.items() if k != "behavior" or v not in only} | written
        for each in functions
    ]
    if declared:
        yield {"functionDeclarations": declared}
