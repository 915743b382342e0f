"""What a client requested -> the setup that its token locks, as Gemini writes it.

Clients send names; everything Gemini reads is written here. Fields:
ai.google.dev/api/live#BidiGenerateContentSetup.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vending.contract.requests import MintRequest, TurnDetection
from vending.gemini.models import TOOLS, Model, tool_entries

DEFAULT_VOICE = "Puck"
# Every turn is billed over its whole context, so that a talk's price grows with the square of its
# length. A window sliding from 16k to 8k tokens bounds it, and no talk ends for want of context.
COMPRESSION = {"triggerTokens": "16000", "slidingWindow": {"targetTokens": "8000"}}


def write_setup(
    requested: MintRequest,
    model: Model,
    functions: Mapping[str, Mapping[str, Any]],
    *,
    default_instruction: str,
) -> Mapping[str, Any]:
    """Write the setup. `functions` are the operator's declarations by name."""
    instruction = requested.system_instruction or default_instruction
    return {
        "model": f"models/{model.name}",
        "generationConfig": _generation(requested, model),
        **({"systemInstruction": {"parts": [{"text": instruction}]}} if instruction else {}),
        **_tools(requested, model, functions),
        **_realtime_input(requested.turn_detection),
        "contextWindowCompression": COMPRESSION,
        "inputAudioTranscription": {},
        "outputAudioTranscription": {},
    }


def _tools(
    requested: MintRequest, model: Model, declared: Mapping[str, Mapping[str, Any]]
) -> Mapping[str, Any]:
    """List tools requested by name and functions the client declared; all functions are in one
    entry, the last.
    """
    entries, functions = [], []
    for name in requested.tools or ():
        entry = TOOLS.get(name, {"functionDeclarations": [declared.get(name)]})
        functions += entry.get("functionDeclarations", [])
        entries += [] if "functionDeclarations" in entry else [entry]
    functions += [each.document() for each in requested.function_declarations or ()]
    entries += tool_entries(model, functions)
    return {"tools": entries} if entries else {}


def _generation(requested: MintRequest, model: Model) -> Mapping[str, Any]:
    modality = requested.response_modality or model.response_modalities[0]
    level = requested.thinking_level or (
        model.thinking_levels[0] if model.thinking_required else None
    )
    voice = {
        "voiceConfig": {"prebuiltVoiceConfig": {"voiceName": requested.voice or DEFAULT_VOICE}}
    }
    return {
        "responseModalities": [modality],
        **({} if requested.temperature is None else {"temperature": requested.temperature}),
        **({"speechConfig": voice} if modality == "AUDIO" else {}),
        **({"thinkingConfig": {"thinkingLevel": level.upper()}} if level else {}),
    }


def _realtime_input(turns: TurnDetection | None) -> Mapping[str, Any]:
    if turns is None:
        return {}
    if turns.mode == "manual":
        return {"realtimeInputConfig": {"automaticActivityDetection": {"disabled": True}}}
    detection: dict[str, Any] = {}
    if turns.start_sensitivity:
        detection["startOfSpeechSensitivity"] = (
            f"START_SENSITIVITY_{turns.start_sensitivity}".upper()
        )
    if turns.end_sensitivity:
        detection["endOfSpeechSensitivity"] = f"END_SENSITIVITY_{turns.end_sensitivity}".upper()
    if turns.silence_ms is not None:
        detection["silenceDurationMs"] = turns.silence_ms
    return {"realtimeInputConfig": {"automaticActivityDetection": detection}}
