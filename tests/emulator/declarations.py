"""Declared functions that the service refuses, though each of their fields is one that it knows.

A socket is closed with 1007 and no word of what was wrong (livekit/agents#7349, 2026-09-19), where
a call of the general API is told the field, in the words quoted here. Guess: that the two refuse
the same; that a mint does not look, so that a bad token is vended and opens nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from emulator.masks import Setup
from emulator.refusals import bad_argument

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:\-]{0,63}", re.ASCII)
_TYPES = ("STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL")
_SCHEMA = frozenset(  # ai.google.dev/api/caching#Schema
    {
        *("type", "format", "title", "description", "nullable", "enum", "items", "properties"),
        *("required", "propertyOrdering", "anyOf", "minimum", "maximum", "minItems", "maxItems"),
        *("minLength", "maxLength", "minProperties", "maxProperties", "pattern", "default"),
        *("example",),
    }
)
_MOST_FUNCTIONS = 128  # ai-dashboad/flutter-skill#32
_BEHAVIORS = ("UNSPECIFIED", "BLOCKING", "NON_BLOCKING")


def check_declarations(setup: Setup) -> None:
    """Refuse a setup whose functions the service would not take. Raises Closed."""
    if any(True for _ in problems(setup)):
        raise bad_argument()


def problems(setup: Setup) -> Iterator[str]:
    """Say what is wrong, in the words of the general API."""
    declared = [f for tool in setup.get("tools", []) for f in tool.get("functionDeclarations", [])]
    names = [function.get("name", "") for function in declared]
    for name in names:
        # kaitranntt/ccs#25, google-gemini/gemini-cli#7869
        if not _NAME.fullmatch(name):
            yield "Invalid function name. Must start with a letter or an underscore."
    if len(set(names)) != len(names):  # rikkahub/rikkahub#1311
        yield "Duplicate function declaration found"
    if len(declared) > _MOST_FUNCTIONS:
        yield f"at most {_MOST_FUNCTIONS} function declarations"  # Guess: the words
    for function in declared:
        if function.get("behavior", "UNSPECIFIED") not in _BEHAVIORS:
            yield "Invalid value at 'behavior'"
        yield from _parameters(function)


def _parameters(function: Mapping[str, Any]) -> Iterator[str]:
    for told, other in (("parameters", "parametersJsonSchema"), ("response", "responseJsonSchema")):
        if told in function and other in function:
            yield f"{told} and {other} are mutually exclusive"  # ai.google.dev/api/caching
        if told in function:
            yield from _schema(function[told], told)
    if "parametersJsonSchema" in function:
        schema = function["parametersJsonSchema"]
        if _type(schema) != "OBJECT":  # "must describe an object", ai.google.dev/api/caching
            yield "parametersJsonSchema should be of type object"  # Guess: the words
    if "parameters" in function and _type(function["parameters"]) != "OBJECT":
        yield "parameters schema should be of type OBJECT"  # googleapis/python-genai#981


def _schema(schema: Any, at: str) -> Iterator[str]:
    if not isinstance(schema, dict):
        yield f"Invalid value at '{at}'"
        return
    for name in schema.keys() - _SCHEMA:  # router-for-me/CLIProxyAPI#97
        yield f"Unknown name \"{name}\" at '{at}': Cannot find field."
    kind, properties = _type(schema), schema.get("properties") or {}
    if kind not in _TYPES and "anyOf" not in schema:  # zereight/gitlab-mcp#166
        yield f"Invalid value at '{at}.type'"
    if kind == "OBJECT" and not properties:  # pipecat-ai/pipecat-flows#110
        yield f"{at}.properties: should be non-empty for OBJECT type"
    if kind == "ARRAY" and "items" not in schema:  # cline/cline#7339
        yield f"{at}.items: missing field"
    yield from _enum(schema, kind, at)
    if "required" in schema and not _requires_its_own(schema["required"], properties):
        yield f"{at}.required: property is not defined"
    yield from _below(schema, properties, at)


def _enum(schema: Mapping[str, Any], kind: str, at: str) -> Iterator[str]:
    if "enum" in schema and kind != "STRING":  # decolua/9router#359
        yield f"{at}.enum: only allowed for STRING type"
    if "" in schema.get("enum", ()):  # anomalyco/opencode#46676, Smana/runlore#40
        yield f"{at}.enum[{schema['enum'].index('')}]: cannot be empty"
    if schema.get("format") == "enum" and not schema.get("enum"):  # elastic/kibana#286302
        yield f"{at}.enum: should be non-empty for STRING type with enum format"


def _requires_its_own(required: Any, properties: Mapping[str, Any]) -> bool:
    # 1jehuang/jcode#655: a name that is no property, and an empty list
    return isinstance(required, list) and bool(required) and set(required) <= properties.keys()


def _below(schema: Mapping[str, Any], properties: Mapping[str, Any], at: str) -> Iterator[str]:
    for name, inner in properties.items():
        yield from _schema(inner, f"{at}.properties.{name}")
    if "items" in schema:
        yield from _schema(schema["items"], f"{at}.items")
    for number, inner in enumerate(schema.get("anyOf", ())):
        yield from _schema(inner, f"{at}.any_of[{number}]")


def _type(schema: Any) -> str:
    # Lower case is what JSON Schema writes, and what the SDKs' users send; both are taken.
    return str(schema.get("type", "")).upper() if isinstance(schema, dict) else ""
