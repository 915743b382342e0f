"""An app's functions are accepted whole, or refused with the reason."""

from __future__ import annotations

import json

from support.fakes.environ import problems, taken


def test_function_that_no_model_on_offer_can_call_is_a_problem() -> None:
    waits = json.dumps([{"name": "f", "behavior": "BLOCKING"}])
    only = {"LIVE_API_DEFAULT_MODEL": "gemini-3.8-live-extended-thinking"}
    only["LIVE_API_ALLOWED_MODELS"] = only["LIVE_API_DEFAULT_MODEL"]

    assert [each.name for each in taken(LIVE_API_TOOLS=waits).functions] == ["f"]
    assert problems(LIVE_API_TOOLS=waits, **only) == [
        "LIVE_API_TOOLS declares 'f' BLOCKING, which no model on offer can call"
    ]


def test_declarations_are_told_by_their_variable() -> None:
    assert problems(LIVE_API_TOOLS='[{"name": "get_weather"}, {"name": "b", "x": 1}]') == [
        "LIVE_API_TOOLS at 1.x of b: is not a field of a declaration"
    ]
    assert problems(LIVE_API_TOOLS='[{"name": "get_weather"}]') == [
        "LIVE_API_TOOLS at 0.name of get_weather: must not be that of a tool that there is"
    ]
