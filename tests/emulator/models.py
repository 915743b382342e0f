"""The Live models and what each must, may and must not be sent; checked when a socket is set up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from emulator.declarations import check_declarations
from emulator.manners import (
    BLOCKING_REFUSED,
    DECLARATIONS_CHECKED,
    EXTENDED_3_8,
    LIVE_3_1,
    LIVE_3_8,
    NATIVE_2_5,
)
from emulator.masks import Setup
from emulator.refusals import Closed, bad_argument, bad_modality, model_not_found, unknown_name
from emulator.settings import EmulatorSettings


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
    """Whether it may be declared otherwise. Guess: where not, what is declared is ignored, but
    for what `blocking_refused` says of one model.
    """
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

OF_3_8 = Model(
    thinking="never",
    affective=False,
    proactive="always",
    transcribes_output=True,
    reports_activity=True,
)

MODELS: dict[str, Model] = {
    LIVE_3_8: OF_3_8,
    EXTENDED_3_8: replace(
        OF_3_8,
        thinking="required",
        levels=("low", "medium", "high"),
        declares_blocking=False,
        reports_interaction=True,
    ),
    LIVE_3_1: Model(
        thinking="optional",
        levels=("minimal", "low", "medium", "high"),
        affective=False,
        proactive="never",
        blocking_tools=True,
        declares_blocking=False,
        transcribes_input=True,
    ),
    NATIVE_2_5: Model(blocking_tools=True, tools=EVERY_TOOL),
    "models/gemini-3.5-live-translate-preview": GENERIC,
    "models/gemini-3.5-transcribe-live": GENERIC,
}
"""Guess: the last two are held to no rule, and only talk like the others here."""


def model_of(setup: Setup, version: str, settings: EmulatorSettings) -> Model:
    """Return the model that a setup names, after holding the setup to its rules. Raises Closed."""
    name = setup.get("model", "")
    if not name:
        raise bad_argument()  # Guess: a setup without a model
    model = MODELS.get(name) or (GENERIC if name in settings.extra_models else None)
    if model is None:
        raise model_not_found(name, version)
    config = setup.get("generationConfig", {})
    _check_modalities(model, config)
    _check_thinking(model, config.get("thinkingConfig"))
    _check_extras(model, setup, config)
    _check_tools(model, setup)
    if settings.shows(BLOCKING_REFUSED, name):
        _check_behaviors(setup)
    if settings.shows(DECLARATIONS_CHECKED, name):
        check_declarations(setup)
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


def _check_behaviors(setup: Setup) -> None:
    declared = [f for tool in setup.get("tools", []) for f in tool.get("functionDeclarations", [])]
    if any(function.get("behavior") == "BLOCKING" for function in declared):
        raise bad_argument()  # Guess: the words; reported is that it is an error


def _unknown(name: str, path: str) -> Closed:
    return bad_argument(unknown_name(name, path))
