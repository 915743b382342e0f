"""An app's own functions: valid declarations are accepted, others refused by name, with the same
words at startup and at a mint.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from support.fakes.memory import USER
from support.requests.declared import BAD, GOOD, OPEN_DOOR, OWN, own_functions, takes
from vending.contract.requests import MAX_CLIENT_BYTES, MintRequest
from vending.errors import InvalidRequest
from vending.gemini import parameters
from vending.gemini.declarations import MAX_DECLARATIONS, MAX_DECLARED_BYTES
from vending.http.body import parse_body
from vending.limits.grant import Grant
from vending.policy import Limits
from vending.settings import Settings
from vending.settings.values import functions
from vending.tokens.shape import Shaper

ALLOWING = Settings(gemini_api_key="a key", issuers=(), ledger="", tiers={}, client_tools=True)
BLOCKING = "gemini-3.1-flash-live-preview"
ASYNC = "gemini-3.8-live-extended-thinking"
NO_PATTERN = "must be a regular expression"  # told at the start alone


def minted(
    *declared: Any, settings: Settings = ALLOWING, limits: Limits | None = None, **more: Any
) -> Grant:
    body = json.dumps({"functionDeclarations": declared, **more}).encode()
    return Shaper(settings).mint(parse_body(body, MintRequest), limits or Limits(), USER)


def refused(*declared: Any, **more: Any) -> dict[str, str]:
    with pytest.raises(InvalidRequest) as caught:
        minted(*declared, **more)
    return {error.field: error.message for error in caught.value.errors}


def problem(*declared: Any) -> str:
    with pytest.raises(ValueError, match="at ") as caught:
        functions(json.dumps(declared))
    return str(caught.value)


def named(declared: Any) -> str:
    name = str(declared.get("name", "")) if isinstance(declared, dict) else ""
    return f" of {name}" if re.fullmatch(r"[A-Za-z_][\w.:-]{0,63}", name, re.ASCII) else ""


def declared_in(setup: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    declared: list[Mapping[str, Any]] = setup["tools"][-1]["functionDeclarations"]
    return declared


# --- 120 of them, at the start and at a mint ------------------------------------------------------


@pytest.mark.parametrize("case", GOOD)
def test_good_declaration_is_taken_and_sent_as_it_was_written(case: str) -> None:
    declared = GOOD[case]
    (taken,) = functions(json.dumps([declared]))
    grant = minted(declared)

    sent = declared_in(Shaper(ALLOWING).setup(grant.model, grant.requested))

    assert sent == [taken.document()]
    assert taken.name == declared["name"]
    assert taken.document().keys() == {
        name for name, value in declared.items() if value is not None
    }


@pytest.mark.parametrize("case", BAD)
def test_bad_declaration_stops_the_start_and_is_named(case: str) -> None:
    declared, field, message = BAD[case]

    told = message.replace("of this request", "of a declaration")
    assert problem(OPEN_DOOR, declared) == f"at {f'1.{field}'.strip('.')}{named(declared)}: {told}"


@pytest.mark.parametrize("case", [case for case in BAD if BAD[case][2] != NO_PATTERN])
def test_bad_declaration_is_refused_at_a_mint_and_named(case: str) -> None:
    declared, field, message = BAD[case]

    assert refused(OPEN_DOOR, declared) == {f"functionDeclarations.1.{field}".strip("."): message}


def test_lower_case_types_are_sent_as_the_service_spells_them() -> None:
    grant = minted(GOOD["types in lower case"])

    (sent,) = declared_in(Shaper(ALLOWING).setup(grant.model, grant.requested))

    assert sent["parameters"] == takes(a={"type": "STRING"})["parameters"]


# --- together -------------------------------------------------------------------------------------


@pytest.mark.parametrize("other", ["open_door", "openDoor", "OPEN-DOOR"])
def test_two_functions_that_sound_alike_are_refused(other: str) -> None:
    message = "must differ from the others in letters or digits"

    assert problem(OPEN_DOOR, {"name": other}) == f"at 1.name of {other}: {message}"
    assert refused(OPEN_DOOR, {"name": other}) == {"functionDeclarations.1.name": message}


def test_client_s_function_may_not_be_called_like_the_operator_s() -> None:
    settings = replace(ALLOWING, functions=own_functions(OPEN_DOOR))

    told = refused({"name": "OpenDoor"}, settings=settings)

    assert told == {"functionDeclarations.0.name": "must not be that of a tool that there is"}


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ("{}", "at body: must be a valid list"),
        ("[", "must be a JSON list of function declarations (not JSON at line 1, column 2)"),
        ('[{"name": "f", "name": "g"}]', "must be a JSON list of function declarations (a name"),
        ("[" * 17 + "]" * 17, "must be a JSON list of function declarations (too deep)"),
        ('[{"name": "\\ud800"}]', "must be a JSON list of function declarations (a string is not"),
        ("[" + " " * MAX_DECLARED_BYTES + "]", "must have at most 16384 bytes, got 16386"),
        (
            json.dumps([{"name": f"f{n}"} for n in range(MAX_DECLARATIONS + 1)]),
            "must have at most 64 functions, got 65",
        ),
    ],
)
def test_setting_that_is_no_list_of_declarations_is_told(raw: str, told: str) -> None:
    with pytest.raises(ValueError, match="must") as caught:
        functions(raw)

    assert str(caught.value).startswith(told)


def test_client_brings_so_many_and_so_much() -> None:
    assert len(minted(*({"name": f"f{n}"} for n in range(16))).requested) == 1
    assert refused(*({"name": f"f{n}"} for n in range(17))) == {
        "functionDeclarations": "must have at most 16 items after validation, not 17"
    }
    large = [{"name": f"f{n}", "description": "ü" * 1000} for n in range(5)]
    told = {"functionDeclarations": f"must have at most {MAX_CLIENT_BYTES} bytes"}
    assert refused(*large) == told
    assert refused(*({"name": "", "description": ["d" * MAX_CLIENT_BYTES]} for _ in "ab")) == told


def test_client_s_pattern_is_sent_as_it_is_and_not_compiled() -> None:
    costly = takes(**{f"a{n}": {"type": "STRING", "pattern": r"\w{999}"} for n in range(100)})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parameters, "SchemaValidator", None)
        grant = minted(costly)

    (sent,) = declared_in(Shaper(ALLOWING).setup(grant.model, grant.requested))
    assert sent == costly


# --- who may, and on which model ------------------------------------------------------------------


def test_client_brings_nothing_where_the_settings_do_not_say_so() -> None:
    told = {"functionDeclarations": "is not accepted: the server declares functions"}

    assert refused(OPEN_DOOR, settings=replace(ALLOWING, client_tools=False)) == told
    assert refused(OPEN_DOOR, limits=Limits(tools=("get_weather",))) == told
    assert minted(settings=replace(ALLOWING, client_tools=False)).requested == {}


def test_tier_names_the_tools_it_may_ask_for() -> None:
    settings = replace(ALLOWING, functions=own_functions(*OWN))
    few = Limits(tools=("open_door",))

    grant = minted(tools=["open_door"], settings=settings, limits=few)

    assert grant.requested == {"tools": ["open_door"]}
    assert refused(tools=["slow_report"], settings=settings, limits=few) == {
        "tools.0": "must be one of open_door"
    }
    assert refused(tools=["open_door"], settings=settings, limits=Limits(tools=())) == {
        "tools.0": "must be left out here"
    }


def test_model_offers_the_functions_it_can_call_as_they_are_declared() -> None:
    models = Shaper(replace(ALLOWING, functions=own_functions(*OWN))).models
    built_in = ("google_search", "get_weather")

    assert models["gemini-3.8-live"].tools == (*built_in, "open_door", "slow_report", "set_light")
    assert models[BLOCKING].tools == (*built_in, "open_door", "set_light")
    assert models[ASYNC].tools == (*built_in, "open_door", "slow_report")


@pytest.mark.parametrize(
    ("model", "behavior", "allowed"),
    [(BLOCKING, "NON_BLOCKING", "BLOCKING"), (ASYNC, "BLOCKING", "NON_BLOCKING")],
)
def test_client_s_function_must_suit_its_model(model: str, behavior: str, allowed: str) -> None:
    told = refused({"name": "f", "behavior": behavior}, model=model)

    assert told == {"functionDeclarations.0.behavior": f"must be one of {allowed}"}


def test_behaviour_that_a_model_has_anyway_is_not_sent() -> None:
    grant = minted({"name": "f", "behavior": "BLOCKING"}, model=BLOCKING)

    assert declared_in(Shaper(ALLOWING).setup(BLOCKING, grant.requested)) == [{"name": "f"}]


@pytest.mark.parametrize("declared", [{}, {"behavior": "NON_BLOCKING"}])
def test_behaviour_is_always_sent_to_a_model_that_never_blocks(declared: dict[str, str]) -> None:
    grant = minted({"name": "f", **declared}, model=ASYNC)

    sent = declared_in(Shaper(ALLOWING).setup(ASYNC, grant.requested))
    assert sent == [{"name": "f", "behavior": "NON_BLOCKING"}]


# --- what is locked -------------------------------------------------------------------------------


def test_functions_go_into_one_entry_after_all_other_tools() -> None:
    shaper = Shaper(replace(ALLOWING, functions=own_functions(OPEN_DOOR)))
    body = {"tools": ["open_door", "google_search"], "functionDeclarations": [{"name": "f"}]}
    grant = shaper.mint(parse_body(json.dumps(body).encode(), MintRequest), Limits(), USER)

    tools = shaper.setup(grant.model, grant.requested)["tools"]

    assert tools == [{"googleSearch": {}}, {"functionDeclarations": [OPEN_DOOR, {"name": "f"}]}]
    assert shaper.locked_names(grant.model, grant.requested)["tools"] == [
        "open_door",
        "google_search",
        "f",
    ]


def test_what_is_locked_is_told_though_nothing_of_it_is_on_offer_any_more() -> None:
    requested = {"tools": ["gone"], "voice": "Kore"}

    told = Shaper(ALLOWING).locked_names("gone", requested)

    assert (told["tools"], told["voice"], told["responseModality"]) == (["gone"], "Kore", "AUDIO")


def test_talk_whose_tool_is_no_longer_offered_is_not_refreshed() -> None:
    with pytest.raises(InvalidRequest, match="sessionId: uses tool gone, which is no longer"):
        Shaper(ALLOWING).setup("gemini-3.8-live", {"tools": ["gone"]})


def test_declarations_are_kept_as_text_which_any_store_takes() -> None:
    grant = minted(GOOD["default and example"])

    assert isinstance(grant.requested["functionDeclarations"], str)
    assert MintRequest.of_requested(grant.requested).function_declarations
