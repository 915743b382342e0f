"""What a client may ask for: each Live model with what it can do and what it must not be sent.

One row a model. A model that the settings allow and the table does not know gets a generic row, so
that next year's model, or last year's, is a setting and not a release. Sources: the models' pages
and the Live API reference, ai.google.dev.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
class Model:
    """A Live model. `thinking_required` without a level asked for means the first of
    `thinking_levels`.
    """

    name: str
    response_modalities: tuple[str, ...] = ("AUDIO",)
    thinking_levels: tuple[str, ...] = ()
    thinking_required: bool = False
    voices: tuple[str, ...] = VOICES
    tools: tuple[str, ...] = tuple(TOOLS)


_TABLE = (
    # Interleaved thinking: any thinkingConfig closes the socket with 1007.
    Model("gemini-3.8-live"),
    # The opposite: without a level it does not connect; `minimal` is refused.
    Model(
        "gemini-3.8-live-extended-thinking",
        thinking_levels=("low", "medium", "high"),
        thinking_required=True,
    ),
    Model(
        "gemini-3.1-flash-live-preview",
        thinking_levels=("minimal", "low", "medium", "high"),
    ),
    # Thinks by budget, not by level; the budget is left to its default, dynamic.
    Model("gemini-2.5-flash-native-audio-preview-12-2025"),
)
NAMES = tuple(model.name for model in _TABLE)


def catalog(default_model: str, allowed_models: tuple[str, ...]) -> Mapping[str, Model]:
    """List the models on offer by name, the default one first.

    With no names allowed explicitly, those of the table are.
    """
    known = {model.name: model for model in _TABLE}
    names = dict.fromkeys((default_model, *(allowed_models or known)))
    return {
        name: known.get(name) or Model(name, response_modalities=("AUDIO", "TEXT"))
        for name in names
    }
