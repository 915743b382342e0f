"""The emulator refuses the function declarations that the service refuses, and accepts all that we
vend.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from emulator.declarations import problems
from emulator.fields import SETUP as SETUP_FIELDS
from emulator.manners import LIVE_3_1
from emulator.process import EmulatedGemini
from emulator.raw_client import SETUP, live_url, mint, raw_live
from emulator.schema import Malformed, read
from support.requests.declared import BAD, GOOD, takes
from vending.settings.values import functions

STRING = {"type": "STRING"}
PROPERTIES = {"type": "OBJECT", "properties": {"a": STRING}}
REFUSED: Mapping[str, list[dict[str, Any]]] = {
    "no name": [{}],
    "name with a space": [{"name": "open door"}],
    "name with a digit first": [{"name": "1f"}],
    "name with a slash": [{"name": "server/f"}],
    "name of 65 characters": [{"name": "f" * 65}],
    "name in another script": [{"name": "открой"}],
    "same name twice": [{"name": "f"}, {"name": "f"}],
    "one function too many": [{"name": f"f{n}"} for n in range(129)],
    "unknown behaviour": [{"name": "f", "behavior": "LAZY"}],
    "empty OBJECT": [{"name": "f", "parameters": {"type": "OBJECT", "properties": {}}}],
    "empty OBJECT inside": [takes(a={"type": "OBJECT"})],
    "parameters that are no OBJECT": [{"name": "f", "parameters": STRING}],
    "ARRAY without items": [takes(a={"type": "ARRAY"})],
    "enum of numbers": [takes(a={"type": "INTEGER", "enum": ["1"]})],
    "enum of an empty text": [takes(a={"type": "STRING", "enum": ["on", ""]})],
    "format of an enum without one": [takes(a={"type": "STRING", "format": "enum"})],
    "no type": [takes(a={"description": "?"})],
    "unknown type": [takes(a={"type": "DATE"})],
    "$schema": [{"name": "f", "parameters": {**PROPERTIES, "$schema": "draft-07"}}],
    "additionalProperties": [takes(a={**PROPERTIES, "additionalProperties": False})],
    "readOnly": [takes(a={**STRING, "readOnly": True})],
    "const among alternatives": [takes(a={"anyOf": [{**STRING, "const": "x"}]})],
    "requires what is not there": [{"name": "f", "parameters": {**PROPERTIES, "required": ["b"]}}],
    "requires nothing": [{"name": "f", "parameters": {**PROPERTIES, "required": []}}],
    "JSON Schema of a string": [{"name": "f", "parametersJsonSchema": {"type": "string"}}],
    "parameters twice": [{"name": "f", "parameters": PROPERTIES, "parametersJsonSchema": {}}],
}


def setup(*declared: Any, **more: Any) -> dict[str, Any]:
    return {**SETUP, "tools": [{"functionDeclarations": list(declared)}], **more}


@pytest.mark.parametrize("case", REFUSED)
async def test_what_the_service_refuses_closes_the_socket_without_a_word(
    gemini: EmulatedGemini, case: str
) -> None:
    async with raw_live(live_url(gemini.url, key="key"), setup(*REFUSED[case])) as live:
        assert await live.closed() == (1007, "Request contains an invalid argument.")


async def test_snake_case_is_no_way_round(gemini: EmulatedGemini) -> None:
    asked = {**SETUP, "tools": [{"function_declarations": [{"name": "open door"}]}]}
    async with raw_live(live_url(gemini.url, key="key"), asked) as live:
        assert (await live.closed())[0] == 1007


async def test_mint_takes_it_and_the_talk_does_not_open(gemini: EmulatedGemini) -> None:
    token = mint(gemini.url, {"bidiGenerateContentSetup": setup({"name": "open door"})})
    async with raw_live(live_url(gemini.url, token=token), SETUP) as live:
        assert (await live.closed())[0] == 1007


async def test_kind_emulator_takes_it(gemini: EmulatedGemini) -> None:
    gemini.be_kind()
    async with raw_live(live_url(gemini.url, key="key"), setup({"name": "open door"})) as live:
        assert await live.receive() == {"setupComplete": {}}


async def test_functions_are_held_to_it_on_every_model(gemini: EmulatedGemini) -> None:
    asked = setup({"name": "open door"}, model=LIVE_3_1)
    async with raw_live(live_url(gemini.url, key="key"), asked) as live:
        assert (await live.closed())[0] == 1007


@pytest.mark.parametrize("case", GOOD)
def test_what_may_be_declared_here_is_taken_there(case: str) -> None:
    (declared,) = functions(f"[{json.dumps(GOOD[case])}]")

    assert list(problems(setup(declared.document()))) == []


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_there_may_not_be_declared_here(case: str) -> None:
    with pytest.raises(ValueError, match=r"must|at "):
        functions(json.dumps(REFUSED[case]))


def test_more_is_refused_here_than_there() -> None:
    there = [case for case, (declared, _, _) in BAD.items() if _refused_there(declared)]

    assert len(there) > 20
    assert len(BAD) - len(there) > 10  # sizes, reserved names, depth: ours


def _refused_there(declared: Any) -> bool:
    try:
        return any(problems(read(SETUP_FIELDS, setup(declared))))
    except Malformed:
        return True
