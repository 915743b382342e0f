"""The Live models and what each must, may and must not be sent; checked when a socket is set up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from emulator.masks import Setup
from emulator.refusals import Closed, bad_argument, bad_modality, model_not_found, unknown_name


@dataclass(frozen=True, slots=True)
class Model:
    """One row of the published model pages (read in September 2026)."""

    thinking: Literal["never", "required", "optional", "any"] = "any"
    levels: tuple[str, ...] = ()
    affective: bool = True
    proactive: Literal["always", "never", "optional"] = "optional"
    audio_only: bool = True
    blocking_tools: bool = False
    """Whether a function blocks unless it is declared otherwise."""
    declares_blocking: bool = True
    """Whether it may be declared otherwise. Guess: where not, what is declared is ignored."""
    reports_interaction: bool = False
    """Whether it says IN_PROGRESS and IDLE, beside turnComplete."""
    transcribes_input: bool = False
    """Whether it transcribes what it hears though nobody asked."""
    transcribes_output: bool = False
    """Whether it transcribes what it says though nobody asked."""
    reports_activity: bool = False
    """Whether it sends voiceActivity. Guess: "newer models" are those of September 2026."""
    tools: frozenset[str] = frozenset({"functionDeclarations", "googleSearch"})


EVERY_TOOL = frozenset({"functionDeclarations", "googleSearch", "codeExecution", "urlContext"})

GENERIC = Model(audio_only=False, tools=EVERY_TOOL)

LIVE_3_8 = Model(
    thinking="never",
    affective=False,
    proactive="always",
    transcribes_output=True,
    reports_activity=True,
)

MODELS: dict[str, Model] = {
    "models/gemini-3.8-live": LIVE_3_8,
    "models/gemini-3.8-live-extended-thinking": replace(
        LIVE_3_8,
        thinking="required",
        levels=("low", "medium", "high"),
        declares_blocking=False,
        reports_interaction=True,
    ),
    "models/gemini-3.1-flash-live-preview": Model(
        thinking="optional",
        levels=("minimal", "low", "medium", "high"),
        affective=False,
        proactive="never",
        blocking_tools=True,
        declares_blocking=False,
        transcribes_input=True,
    ),
    "models/gemini-2.5-flash-native-audio-preview-12-2025": Model(
        blocking_tools=True, tools=EVERY_TOOL
    ),
    "models/gemini-3.5-live-translate-preview": GENERIC,
    "models/gemini-3.5-transcribe-live": GENERIC,
}
"""Guess: the last two are held to no rule, and only talk like the others here."""


def model_of(setup: Setup, version: str, extra: tuple[str, ...] = ()) -> Model:
    """Return the model that a setup names, after holding the setup to its rules. Raises Closed."""
    name = setup.get("model", "")
    if not name:
        raise bad_argument()  # Guess: a setup without a model
    model = MODELS.get(name) or (GENERIC if name in extra else None)
    if model is None:
        raise model_not_found(name, version)
    config = setup.get("generationConfig", {})
    _check_modalities(model, config)
    _check_thinking(model, config.get("thinkingConfig"))
    _check_extras(model, setup, config)
    _check_tools(model, setup)
    return model


def _check_modalities(model: Model, config: dict[str, Any]) -> None:
    asked = config.get("responseModalities") or ["TEXT"]
    if model.audio_only and asked != ["AUDIO"]:
        raise bad_modality(", ".join(asked))


def _check_thinking(model: Model, thinking: dict[str, Any] | None) -> None:
    level = (thinking or {}).get("thinkingLevel")
    if model.thinking == "never" and thinking is not None:
        raise bad_argument()
    if model.thinking == "required" and level is None:
        raise bad_argument()  # Guess: one report has no answer at all for 20 s instead
    if model.levels and level is not None and level.lower() not in model.levels:
        raise bad_argument()


def _check_extras(model: Model, setup: Setup, config: dict[str, Any]) -> None:
    if not model.affective and "enableAffectiveDialog" in config:
        raise _unknown("enableAffectiveDialog", "setup.generation_config")
    proactivity = setup.get("proactivity")
    if proactivity is None:
        return
    if model.proactive == "never":
        raise _unknown("proactivity", "setup")
    if model.proactive == "always" and proactivity.get("proactiveAudio") is False:
        raise bad_argument()


def _check_tools(model: Model, setup: Setup) -> None:
    offered = {name for tool in setup.get("tools", []) for name in tool}
    if model is not GENERIC and offered - model.tools:
        raise bad_argument()  # Guess: the model pages say no to them, not how


def _unknown(name: str, path: str) -> Closed:
    return bad_argument(unknown_name(name, path))
