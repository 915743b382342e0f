"""The models on offer."""

from __future__ import annotations

import pytest

from vending.gemini.models import TOOLS, VOICES, catalog

KNOWN = catalog("gemini-3.8-live", ())


def test_default_model_comes_first_whatever_else_is_offered() -> None:
    models = catalog("gemini-3.1-flash-live-preview", ())

    assert next(iter(models)) == "gemini-3.1-flash-live-preview"
    assert set(models) == set(KNOWN)


def test_only_what_the_settings_allow_is_offered() -> None:
    models = catalog("gemini-3.8-live", ("gemini-3.8-live", "gemini-3.8-live-extended-thinking"))

    assert list(models) == ["gemini-3.8-live", "gemini-3.8-live-extended-thinking"]


def test_model_that_nobody_knows_gets_a_generic_row() -> None:
    model = catalog("gemini-5-live", ())["gemini-5-live"]

    assert model.response_modalities == ("AUDIO", "TEXT")
    assert model.thinking_levels == ()
    assert model.voices == VOICES


@pytest.mark.parametrize(
    ("name", "levels", "required"),
    [
        ("gemini-3.8-live", (), False),
        ("gemini-3.8-live-extended-thinking", ("low", "medium", "high"), True),
        ("gemini-3.1-flash-live-preview", ("minimal", "low", "medium", "high"), False),
        ("gemini-2.5-flash-native-audio-preview-12-2025", (), False),
    ],
)
def test_thinking_is_what_the_model_takes(
    name: str, levels: tuple[str, ...], required: bool
) -> None:
    model = KNOWN[name]

    assert (model.thinking_levels, model.thinking_required) == (levels, required)


def test_known_models_speak_and_nothing_else() -> None:
    assert {model.response_modalities for model in KNOWN.values()} == {("AUDIO",)}


def test_voices_are_the_thirty_of_gemini_each_once() -> None:
    assert len(VOICES) == len(set(VOICES)) == 30
    assert VOICES[1] == "Puck"


def test_every_model_has_every_tool() -> None:
    assert {model.tools for model in KNOWN.values()} == {tuple(TOOLS)}
