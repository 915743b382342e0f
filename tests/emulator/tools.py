"""Declared functions: which a user asks for, with which arguments, and who waits for whom."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from emulator.masks import Setup
from emulator.models import Model

Declaration = dict[str, Any]


def declared(setup: Setup) -> Iterator[Declaration]:
    """Return every function that a setup declares."""
    for tool in setup.get("tools", []):
        yield from tool.get("functionDeclarations", [])


def searches(setup: Setup) -> bool:
    """Whether search is on."""
    return any("googleSearch" in tool for tool in setup.get("tools", []))


def asked_for(text: str, setup: Setup) -> list[Declaration]:
    """Return the functions a text asks for: by name, in any spelling, or about the weather."""
    plain = _plain(text)
    return [
        function
        for function in declared(setup)
        if function.get("name") and _is_asked_for(_plain(function["name"]), plain)
    ]


def blocks(function: Declaration, model: Model) -> bool:
    """Whether the talk waits for a function's answer."""
    behavior = function.get("behavior", "UNSPECIFIED")
    if behavior == "UNSPECIFIED" or not model.declares_blocking:
        return model.blocking_tools
    return bool(behavior == "BLOCKING")


def arguments(function: Declaration, text: str) -> dict[str, Any]:
    """Return a value for every parameter; for a text, what was said after `in` or `for`."""
    schema = function.get("parameters") or function.get("parametersJsonSchema") or {}
    place = re.search(r"\b(?:in|for)\s+([^?.!,]+)", text)
    return _members(schema, place[1].strip() if place else "here")


def result_words(name: str, response: Any) -> str:
    """Return what the model says of a function's answer."""
    value = response
    if isinstance(response, dict):
        value = next(
            (response[key] for key in ("output", "result", "error") if key in response), response
        )
    told = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"{name} says: {told}"


def grounding(query: str) -> dict[str, Any]:
    """Return what search adds to a turn. Guess: the values; the members are documented."""
    page = {"uri": "https://example.com/", "title": "example.com"}
    return {
        "webSearchQueries": [query],
        "groundingChunks": [{"web": page}],
        "searchEntryPoint": {"renderedContent": f"<div>{len(query)} characters searched</div>"},
    }


def _is_asked_for(name: str, text: str) -> bool:
    named = bool(name) and f" {name} " in f" {text} "
    return named or ("weather" in text and "weather" in name)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", text).lower()))


def _value(parameter: Any, said: str) -> Any:
    if not isinstance(parameter, dict):
        return said
    choices = parameter.get("enum")
    if isinstance(choices, list) and choices:
        return choices[0]
    match str(parameter.get("type")).upper():
        case "OBJECT":
            return _members(parameter, said)
        case "ARRAY":
            return [_value(parameter["items"], said)] if "items" in parameter else []
        case kind:
            return {"NUMBER": 1, "INTEGER": 1, "BOOLEAN": True}.get(kind, said)


def _members(schema: Any, said: str) -> dict[str, Any]:
    declared = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(declared, dict):
        return {}
    return {name: _value(parameter, said) for name, parameter in declared.items()}
