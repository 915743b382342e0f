"""A request becomes a grant, or a refusal that names each field; a grant becomes a setup."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.fakes.memory import USER
from vending.contract.requests import MintRequest, RefreshRequest
from vending.errors import InvalidRequest
from vending.gemini.models import TOOLS, VOICES
from vending.policy import Limits
from vending.settings import Settings
from vending.tokens.locked_fields import LOCKED
from vending.tokens.setup import COMPRESSION
from vending.tokens.shape import Shaper

SETTINGS = Settings(
    gemini_api_key="a key", issuers=(), ledger="", tiers={}, token_minutes=20, max_token_minutes=40
)
THINKING = "gemini-3.8-live-extended-thinking"
PREVIEW = "gemini-3.1-flash-live-preview"
SESSION = "0123456789abcdef01234567"


def ask(**fields: Any) -> MintRequest:
    return MintRequest.model_validate(fields)


def refused(request: MintRequest, limits: Limits | None = None, **settings: Any) -> dict[str, str]:
    with pytest.raises(InvalidRequest) as caught:
        Shaper(replace(SETTINGS, **settings)).mint(request, limits or Limits(), USER)
    return {error.field: error.message for error in caught.value.errors}


def setup(model: str = "gemini-3.8-live", /, **requested: Any) -> Mapping[str, Any]:
    return Shaper(SETTINGS).setup(model, requested)


# --- mint -----------------------------------------------------------------------------------------


def test_empty_request_is_a_grant_of_the_defaults() -> None:
    grant = Shaper(SETTINGS).mint(ask(), Limits(), USER)

    assert (grant.kind, grant.model, grant.minutes, grant.uses) == (
        "mint",
        "gemini-3.8-live",
        20,
        1,
    )
    assert grant.requested == {}
    assert len(grant.session_id) == 24
    assert len(grant.charge_id) == 12


def test_no_two_grants_share_a_session_or_a_charge() -> None:
    shaper = Shaper(SETTINGS)

    grants = [shaper.mint(ask(), Limits(), USER) for _ in range(1000)]

    assert len({g.session_id for g in grants}) == len({g.charge_id for g in grants}) == 1000


def test_wish_keeps_what_a_refresh_must_be_shaped_by_and_nothing_else() -> None:
    request = ask(
        model=PREVIEW, voice="Kore", thinkingLevel="low", tools=["google_search"],
        temperature=0.5, durationMinutes=5, uses=1, turnDetection={"mode": "manual"},
    )  # fmt: skip

    grant = Shaper(SETTINGS).mint(request, Limits(), USER)

    assert grant.requested == {
        "voice": "Kore",
        "thinkingLevel": "low",
        "tools": ["google_search"],
        "temperature": 0.5,
        "turnDetection": {"mode": "manual"},
    }
    assert MintRequest.model_validate(grant.requested).voice == "Kore"


@pytest.mark.parametrize("name", ["duration", "durationMinutes"])
def test_duration_beyond_the_greatest_is_refused_by_its_name(name: str) -> None:
    assert Shaper(SETTINGS).mint(ask(**{name: 40}), Limits(), USER).minutes == 40
    assert refused(ask(**{name: 41})) == {name: "must be from 1 to 40"}


def test_uses_are_those_of_the_tier() -> None:
    assert Shaper(SETTINGS).mint(ask(uses=3), Limits(max_uses=3), USER).uses == 3
    assert refused(ask(uses=4), Limits(max_uses=3)) == {"uses": "must be from 1 to 3"}
    assert refused(ask(uses=2)) == {"uses": "must be from 1 to 1"}


def test_model_that_is_not_offered_is_refused_with_those_that_are() -> None:
    told = refused(ask(model="gemini-1"), allowed_models=("gemini-3.8-live", PREVIEW))

    assert told == {"model": f"must be one of gemini-3.8-live, {PREVIEW}"}


@pytest.mark.parametrize(
    ("model", "field", "value", "message"),
    [
        ("gemini-3.8-live", "voice", "puck", f"must be one of {', '.join(VOICES)}"),
        ("gemini-3.8-live", "responseModality", "TEXT", "must be one of AUDIO"),
        ("gemini-3.8-live", "thinkingLevel", "low", "must be left out here"),
        (THINKING, "thinkingLevel", "minimal", "must be one of low, medium, high"),
        ("gemini-3.8-live", "systemInstruction", "Hi", "is not accepted: the server sets it"),
    ],
)
def test_field_outside_the_catalogue_is_named_with_what_is_allowed(
    model: str, field: str, value: str, message: str
) -> None:
    assert refused(ask(model=model, **{field: value})) == {field: message}


def test_tool_that_nobody_has_is_named_by_its_place() -> None:
    told = refused(ask(tools=["get_weather", "rob_bank"]))

    assert told == {"tools.1": f"must be one of {', '.join(TOOLS)}"}


def test_tool_that_is_named_twice_is_refused() -> None:
    told = refused(ask(tools=["get_weather", "get_weather"]))

    assert told == {"tools": "must name each tool once"}


def test_all_bad_fields_are_named_together() -> None:
    request = ask(voice="x", thinkingLevel="low", tools=["y"], durationMinutes=99, uses=9)

    assert set(refused(request)) == {"voice", "thinkingLevel", "tools.0", "durationMinutes", "uses"}


def test_instruction_is_taken_when_the_settings_say_so() -> None:
    shaper = Shaper(replace(SETTINGS, allow_custom_instructions=True, default_instruction="Ours."))

    grant = shaper.mint(ask(systemInstruction="Theirs."), Limits(), USER)

    assert shaper.setup(grant.model, grant.requested)["systemInstruction"] == {
        "parts": [{"text": "Theirs."}]
    }


# --- refresh --------------------------------------------------------------------------------------


def test_refresh_asks_for_a_session_and_a_duration() -> None:
    shaper = Shaper(SETTINGS)

    default = shaper.refresh(RefreshRequest.model_validate({"sessionId": SESSION}))
    short = shaper.refresh(
        RefreshRequest.model_validate({"sessionId": SESSION, "durationMinutes": 3})
    )

    assert (default.kind, default.session_id, default.minutes) == ("refresh", SESSION, 20)
    assert short.minutes == 3
    assert default.uses == short.uses == 1
    assert default.charge_id != short.charge_id


def test_refresh_beyond_the_greatest_duration_is_refused() -> None:
    request = RefreshRequest.model_validate({"sessionId": SESSION, "durationMinutes": 41})

    with pytest.raises(InvalidRequest, match="durationMinutes: must be from 1 to 40"):
        Shaper(SETTINGS).refresh(request)


def test_handle_is_not_taken_where_tokens_lock_none() -> None:
    request = RefreshRequest.model_validate({"sessionId": SESSION, "resumptionHandle": "h1"})

    with pytest.raises(InvalidRequest, match="resumptionHandle: is not accepted"):
        Shaper(SETTINGS).refresh(request)


@pytest.mark.parametrize("handle", ["", "a b", "h\u00e9", "h\n", "x" * 1025])
def test_handle_is_visible_ascii_of_a_bounded_length(handle: str) -> None:
    with pytest.raises(ValueError, match="resumptionHandle"):
        RefreshRequest.model_validate({"sessionId": SESSION, "resumptionHandle": handle})


def test_handle_is_shown_in_nothing_that_is_printed() -> None:
    request = RefreshRequest.model_validate({"sessionId": SESSION, "resumptionHandle": "h" * 1024})

    grant = Shaper(replace(SETTINGS, lock_resumption=True)).refresh(request)

    assert grant.handle == "h" * 1024
    assert "hhh" not in f"{request!r} {grant!r}"


# --- setup ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("handle", "locked"), [("", {}), ("h1", {"handle": "h1"})])
def test_locked_resumption_is_by_one_handle_or_by_none(handle: str, locked: dict[str, str]) -> None:
    shaper = Shaper(replace(SETTINGS, lock_resumption=True))

    setup = shaper.setup("gemini-3.8-live", {}, handle)

    assert setup == {**Shaper(SETTINGS).setup("gemini-3.8-live", {}), "sessionResumption": locked}
    assert shaper.locked("gemini-3.8-live")[-1] == "sessionResumption"
    assert "sessionResumption" not in Shaper(SETTINGS).locked("gemini-3.8-live")


def test_bare_setup_has_the_model_a_voice_and_what_bounds_the_bill() -> None:
    assert setup() == {
        "model": "models/gemini-3.8-live",
        "generationConfig": {
            "responseModalities": ["AUDIO"],
            "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Puck"}}},
        },
        "contextWindowCompression": COMPRESSION,
        "inputAudioTranscription": {},
        "outputAudioTranscription": {},
    }


def test_model_that_must_think_thinks_at_its_first_level() -> None:
    assert setup(THINKING)["generationConfig"]["thinkingConfig"] == {"thinkingLevel": "LOW"}
    assert setup(THINKING, thinkingLevel="high")["generationConfig"]["thinkingConfig"] == {
        "thinkingLevel": "HIGH"
    }


def test_model_that_may_think_is_left_to_its_default() -> None:
    assert "thinkingConfig" not in setup(PREVIEW)["generationConfig"]
    assert "thinkingConfig" not in setup()["generationConfig"]


def test_text_has_no_voice() -> None:
    shaper = Shaper(replace(SETTINGS, default_model="next", allowed_models=("next",)))

    generation = shaper.setup("next", {"responseModality": "TEXT"})["generationConfig"]

    assert generation == {"responseModalities": ["TEXT"]}


@pytest.mark.parametrize("temperature", [0, 0.0, 0.7, 2])
def test_temperature_is_sent_as_asked_zero_too(temperature: float) -> None:
    assert setup(temperature=temperature)["generationConfig"]["temperature"] == temperature


def test_tools_are_declared_as_the_catalogue_has_them() -> None:
    tools = setup(tools=["google_search", "get_weather"])["tools"]

    assert tools == [TOOLS["google_search"], TOOLS["get_weather"]]
    assert "tools" not in setup(tools=[])


@pytest.mark.parametrize(
    ("turns", "expected"),
    [
        ({"mode": "manual"}, {"disabled": True}),
        ({}, {}),
        ({"silenceMs": 0}, {"silenceDurationMs": 0}),
        (
            {"mode": "automatic", "startSensitivity": "low", "endSensitivity": "high"},
            {
                "startOfSpeechSensitivity": "START_SENSITIVITY_LOW",
                "endOfSpeechSensitivity": "END_SENSITIVITY_HIGH",
            },
        ),
    ],
)
def test_turn_detection_is_told_in_gemini_s_words(
    turns: Mapping[str, Any], expected: Mapping[str, Any]
) -> None:
    assert setup(turnDetection=turns)["realtimeInputConfig"] == {
        "automaticActivityDetection": expected
    }


def test_model_no_longer_offered_is_named() -> None:
    with pytest.raises(
        InvalidRequest, match="sessionId: uses model gone, which is no longer offered"
    ):
        setup("gone")


MODELS = Shaper(SETTINGS).models
REQUESTS = st.fixed_dictionaries(
    {},
    optional={
        "model": st.sampled_from(list(MODELS)),
        "voice": st.sampled_from(VOICES),
        "thinkingLevel": st.sampled_from(["minimal", "low", "medium", "high"]),
        "temperature": st.floats(0, 2),
        "tools": st.lists(st.sampled_from(list(TOOLS)), unique=True),
        "systemInstruction": st.text(max_size=50),
        "turnDetection": st.fixed_dictionaries({}, optional={"silenceMs": st.integers(0, 10_000)}),
    },
)


@given(REQUESTS)
def test_no_setup_has_a_field_outside_the_mask(request: dict[str, Any]) -> None:
    shaper = Shaper(replace(SETTINGS, allow_custom_instructions=True))
    try:
        grant = shaper.mint(ask(**request), Limits(), USER)
    except InvalidRequest as error:
        assert [e.field for e in error.errors] == ["thinkingLevel"]  # noqa: PT017 - some models
        return

    assert set(shaper.setup(grant.model, grant.requested)) <= set(shaper.locked(grant.model))
    assert "sessionResumption" not in LOCKED
