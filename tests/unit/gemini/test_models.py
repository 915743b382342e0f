"""The models on offer."""

from __future__ import annotations

from vending.gemini.models import VOICES, catalog

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


def test_voices_are_the_thirty_of_gemini_each_once() -> None:
    assert len(VOICES) == len(set(VOICES)) == 30
    assert VOICES[1] == "Puck"
