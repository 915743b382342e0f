"""Functions of an app's own, as an operator declares them, and the ways to get one wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from vending.gemini.declarations import FunctionDeclaration
from vending.settings.values import functions

STRING = {"type": "STRING"}
OPEN_DOOR: Mapping[str, Any] = {"name": "open_door", "description": "Opens the front door."}
SLOW_REPORT: Mapping[str, Any] = {
    "name": "slow_report",
    "description": "Writes a report, which takes half a minute.",
    "behavior": "NON_BLOCKING",
    "parameters": {
        "type": "OBJECT",
        "properties": {
            "topic": {"type": "STRING", "description": "What it is about."},
            "pages": {"type": "INTEGER", "minimum": 1, "maximum": 9},
        },
        "required": ["topic"],
    },
}
SET_LIGHT: Mapping[str, Any] = {
    "name": "set_light",
    "description": "Sets the light of a room: Küche, Flur, …",
    "behavior": "BLOCKING",
    "parametersJsonSchema": {
        "type": "object",
        "properties": {"room": {"type": "string"}, "on": {"type": "boolean"}},
        "required": ["room", "on"],
        "additionalProperties": False,
    },
}
OWN = (OPEN_DOOR, SLOW_REPORT, SET_LIGHT)


def own_functions(*declared: Mapping[str, Any]) -> tuple[FunctionDeclaration, ...]:
    """Read declarations as the setting is read."""
    return functions(json.dumps(declared or OWN))


def takes(**properties: object) -> dict[str, Any]:
    """A function f that takes these."""
    return {"name": "f", "parameters": {"type": "OBJECT", "properties": properties}}


def nested(levels: int) -> dict[str, Any]:
    """A function whose parameters have so many levels."""
    schema: dict[str, Any] = {"type": "STRING"}
    for _ in range(levels - 1):
        schema = {"type": "OBJECT", "properties": {"in": schema}}
    return {"name": "f", "parameters": schema}


def nested_json(levels: int) -> dict[str, Any]:
    """The same in JSON Schema."""
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(levels - 1):
        schema = {"type": "object", "properties": {"in": schema}}
    return {"name": "f", "parametersJsonSchema": schema}


def described(description: object) -> dict[str, Any]:
    """A function f with a description."""
    return {"name": "f", "description": description}


def json_schema(**schema: object) -> dict[str, Any]:
    """A function f whose parameters are told in JSON Schema."""
    return {"name": "f", "parametersJsonSchema": {"type": "object", **schema}}


GOOD: Mapping[str, Any] = {
    "bare": {"name": "f"},
    "underscore first": {"name": "_f"},
    "all characters": {"name": "a.b:c-d_9"},
    "longest name": {"name": "f" * 64},
    "described in any language": described("فتح الباب 🚪\nHäuser\tund 門"),
    "longest description": described("d" * 2000),
    "types in lower case": {
        "name": "f",
        "parameters": {"type": "object", "properties": {"a": {"type": "string"}}},
    },
    "enum": takes(a={"type": "STRING", "enum": ["N", "S"]}),
    "array": takes(a={"type": "ARRAY", "items": STRING, "minItems": "1", "maxItems": 3}),
    "bounds": takes(a={"type": "NUMBER", "minimum": -1, "maximum": 1.5, "format": "double"}),
    "one of two": takes(a={"anyOf": [STRING, {"type": "INTEGER"}], "nullable": True}),
    "order": {
        "name": "f",
        "parameters": {
            "type": "OBJECT",
            "properties": {"a": STRING, "b": STRING},
            "required": ["b"],
            "propertyOrdering": ["b", "a"],
        },
    },
    "default and example": takes(a={"type": "STRING", "default": "x", "example": [["y"]]}),
    "parameter in any language": takes(größe=STRING),
    "deepest": nested(6),
    "JSON Schema": SET_LIGHT,
    "deepest JSON Schema": nested_json(6),
    "joiners of Persian and of emoji": described(
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \U0001f469\u200d\U0001f373\ufe0f"
    ),
    "patterns": takes(
        a={"type": "STRING", "pattern": "^\\p{L}+(?<year>\\d{4})$"},
        b={"type": "STRING", "pattern": "^(?!x)[a-z]+$"},
    ),
    "bounds that are equal": takes(
        a={"type": "ARRAY", "items": STRING, "minItems": 2, "maxItems": "2"}
    ),
    "JSON Schema with references": json_schema(
        properties={
            "a": {"$ref": "#/$defs/a~1b%20c", "description": "From."},
            "b": {"type": "array", "items": {"$ref": "#there"}, "minItems": 0, "maxItems": 9},
            "c": {"type": ["number", "null"], "minimum": -1, "maximum": 1.5, "enum": [1, True]},
        },
        required=["a"],
        propertyOrdering=["b", "a"],
        **{"$defs": {"a/b c": {"type": "string", "$anchor": "there"}}},
    ),
    "response": {"name": "f", "response": {"type": "STRING"}},
    "waits": {"name": "f", "behavior": "BLOCKING"},
    "does not wait": {"name": "f", "behavior": "NON_BLOCKING"},
    "null is not given": {"name": "f", "description": None, "parameters": None},
}
NAME = r"must match pattern '^[A-Za-z_][A-Za-z0-9_.:\-]{0,63}$'"
TAKEN = "must not be that of a tool that there is"
TYPES = "must be 'STRING', 'NUMBER', 'INTEGER', 'BOOLEAN', 'ARRAY', 'OBJECT' or 'NULL'"
P = "parameters.properties.a"
HIDDEN = "must have no control or invisible characters, got"
J = "parametersJsonSchema"
TEXTS = "must have texts of at most 2000 characters, without control or invisible characters"
# what is declared, the field that is wrong, and what is said of it
BAD: Mapping[str, tuple[Any, str, str]] = {
    "no name": ({}, "name", "Field required"),
    "empty name": ({"name": ""}, "name", NAME),
    "name with a space": ({"name": "open door"}, "name", NAME),
    "name with a digit first": ({"name": "1f"}, "name", NAME),
    "name that is too long": ({"name": "f" * 65}, "name", NAME),
    "name with a line break": ({"name": "f\n"}, "name", NAME),
    "name in Cyrillic that looks Latin": ({"name": "\u043e\u0440\u0435n"}, "name", NAME),
    "name with a zero-width space": ({"name": "open\u200bdoor"}, "name", NAME),
    "name that is a number": ({"name": 7}, "name", "must be a valid string"),
    "name of a prototype": ({"name": "f/../g"}, "name", NAME),
    "built-in name": ({"name": "get_weather"}, "name", TAKEN),
    "built-in name, spelt otherwise": ({"name": "GetWeather"}, "name", TAKEN),
    "search of Google's": ({"name": "google_search"}, "name", TAKEN),
    "tool of Google's, in its own spelling": ({"name": "codeExecution"}, "name", TAKEN),
    "unknown field": ({"name": "f", "strict": True}, "strict", "is not a field of this request"),
    "snake case": (
        {"name": "f", "parameters_json_schema": {}},
        "parameters_json_schema",
        "is not a field of this request",
    ),
    "description that is too long": (
        described("d" * 2001),
        "description",
        "must have at most 2000 characters",
    ),
    "description with NUL": (described("a\0b"), "description", f"{HIDDEN} U+0000"),
    "description that is a list": (described([]), "description", "must be a valid string"),
    "unknown behaviour": (
        {"name": "f", "behavior": "UNSPECIFIED"},
        "behavior",
        "must be 'BLOCKING' or 'NON_BLOCKING'",
    ),
    "parameters that are no object": (
        {"name": "f", "parameters": STRING},
        "",
        "must have parameters of type OBJECT",
    ),
    "parameters without properties": (
        {"name": "f", "parameters": {"type": "OBJECT", "properties": {}}},
        "parameters",
        "must have properties, as an OBJECT; leave out what has none",
    ),
    "parameters twice": (
        {**takes(a=STRING), "parametersJsonSchema": {"type": "object"}},
        "",
        "must have parameters or parametersJsonSchema, not both",
    ),
    "responses twice": (
        {"name": "f", "response": STRING, "responseJsonSchema": {"type": "string"}},
        "",
        "must have response or responseJsonSchema, not both",
    ),
    "unknown type": (takes(a={"type": "DATE"}), f"{P}.type", TYPES),
    "list of types": (takes(a={"type": ["STRING"]}), f"{P}.type", TYPES),
    "no type": (takes(a={"description": "?"}), P, "must have a type, or anyOf"),
    "array of nothing": (takes(a={"type": "ARRAY"}), P, "must have items, as an ARRAY"),
    "enum of a number": (
        takes(a={"type": "INTEGER", "enum": ["1"]}),
        P,
        "must be a STRING to have an enum",
    ),
    "empty enum": (
        takes(a={"type": "STRING", "enum": []}),
        f"{P}.enum",
        "must have at least 1 item after validation, not 0",
    ),
    "enum of an empty text": (
        takes(a={"type": "STRING", "enum": ["", "on"]}),
        f"{P}.enum",
        "must have no empty value; leave the parameter out of required instead",
    ),
    "format of an enum without one": (
        takes(a={"type": "STRING", "format": "enum"}),
        P,
        "must have an enum to have that as its format",
    ),
    "required that is not there": (
        {"name": "f", "parameters": {**takes(a=STRING)["parameters"], "required": ["b"]}},
        "parameters",
        "must require and order only what is among its properties",
    ),
    "empty list of what is required": (
        {"name": "f", "parameters": {**takes(a=STRING)["parameters"], "required": []}},
        "parameters.required",
        "must have at least 1 item after validation, not 0",
    ),
    "additionalProperties of OpenAPI": (
        {
            "name": "f",
            "parameters": {**takes(a=STRING)["parameters"], "additionalProperties": False},
        },
        "parameters.additionalProperties",
        "is not a field of this request",
    ),
    "const": (
        takes(a={"type": "STRING", "const": "x"}),
        f"{P}.const",
        "is not a field of this request",
    ),
    "negative bound": (
        takes(a={"type": "STRING", "minLength": -1}),
        f"{P}.minLength",
        "must be greater than or equal to 0",
    ),
    "parameter without a name": (
        takes(**{"": STRING}),
        "parameters.properties..[key]",
        "must have at least 1 character",
    ),
    "parameter with a bell": (
        takes(**{"a\x07": STRING}),
        "parameters.properties.a\x07.[key]",
        f"{HIDDEN} U+0007",
    ),
    "too deep": (nested(7), "", "must have schemas of at most 6 levels"),
    "too deep in JSON Schema": (nested_json(7), J, "must have schemas of at most 6 levels"),
    "JSON Schema that is no object": (
        {"name": "f", "parametersJsonSchema": {"type": "string"}},
        "",
        "must have a parametersJsonSchema of type object",
    ),
    "empty JSON Schema": (
        {"name": "f", "parametersJsonSchema": {}},
        "",
        "must have a parametersJsonSchema of type object",
    ),
    "keyword that Gemini does not know": (
        json_schema(patternProperties={}),
        J,
        "must have no keyword that Gemini does not know, as 'patternProperties', at #",
    ),
    "JSON Schema of a list": (
        json_schema(properties=["a"]),
        J,
        "must have properties by name, at #",
    ),
    "JSON Schema of a number": (json_schema(properties=5), J, "must have properties by name, at #"),
    "alternatives that are no list": (json_schema(anyOf={}), J, "must have anyOf as a list, at #"),
    "alternatives of which there are none": (
        json_schema(properties={"a": {"anyOf": []}}),
        J,
        "must have no empty anyOf, at #/properties/a",
    ),
    "JSON Schema of no type": (
        json_schema(properties={"a": {"type": []}}),
        J,
        "must have no empty type, at #/properties/a",
    ),
    "JSON Schema whose references lead elsewhere below an $id": (
        json_schema(
            properties={"a": {"$id": "https://example.com/a", "items": {"$ref": "#/$defs/b"}}},
            **{"$defs": {"b": {"type": "string"}}},
        ),
        J,
        "must have $id at its root alone, at #/properties/a",
    ),
    "schema that is a word": (
        json_schema(properties={"a": "string"}),
        J,
        "must have a JSON Schema that is an object, wherever there is one, at #/properties/a",
    ),
    "JSON Schema of a type that there is not": (
        json_schema(properties={"a": {"type": "banana"}}),
        J,
        "must have types that JSON Schema has, not 'banana', at #/properties/a",
    ),
    "JSON Schema that requires a word": (
        json_schema(required="a"),
        J,
        "must have required as a list of names, at #",
    ),
    "JSON Schema that requires a number": (
        json_schema(required=[1]),
        J,
        "must have required as a list of names, at #",
    ),
    "JSON Schema that lies elsewhere": (
        json_schema(properties={"a": {"$ref": "https://example.com/schema.json"}}),
        J,
        "must have a $ref to a part of itself, as #/$defs/name, at #/properties/a",
    ),
    "JSON Schema with a long description": (
        json_schema(properties={"a": {"type": "string", "description": "a" * 2001}}),
        J,
        f"{TEXTS}, at #/properties/a",
    ),
    "JSON Schema with a null character": (
        json_schema(properties={"a": {"enum": ["on", "off\x00"]}}),
        J,
        f"{TEXTS}, at #/properties/a",
    ),
    "JSON Schema with a bell in a name": (
        json_schema(properties={"a\x07": {"type": "string"}}),
        J,
        "must have names of 1 to 64 characters, without control or invisible characters, at #",
    ),
    "JSON Schema with an empty name": (
        json_schema(properties={"": {"type": "string"}}),
        J,
        "must have names of 1 to 64 characters, without control or invisible characters, at #",
    ),
    "description that runs backwards": (described("a\u202eb"), "description", f"{HIDDEN} U+202E"),
    "description isolated from left to right": (
        described("a\u2066b\u2069"),
        "description",
        f"{HIDDEN} U+2066",
    ),
    "description with a right-to-left mark": (
        described("a\u200f"),
        "description",
        f"{HIDDEN} U+200F",
    ),
    "description with a zero-width space": (
        described("open\u200bdoor"),
        "description",
        f"{HIDDEN} U+200B",
    ),
    "description with a joiner that joins nothing": (
        described("open\u200ddoor"),
        "description",
        f"{HIDDEN} U+200D",
    ),
    "description in tags that nobody sees": (
        described("a\U000e0062\U000e0063"),
        "description",
        f"{HIDDEN} U+E0062",
    ),
    "description with a byte order mark": (
        described("\ufeffa"),
        "description",
        f"{HIDDEN} U+FEFF",
    ),
    "parameter that runs backwards": (
        takes(**{"a\u202e": STRING}),
        "parameters.properties.a\\u202e.[key]",
        f"{HIDDEN} U+202E",
    ),
    "value that runs backwards": (
        takes(a={"type": "STRING", "enum": ["on", "\u202eoff"]}),
        f"{P}.enum.1",
        f"{HIDDEN} U+202E",
    ),
    "default that runs backwards": (
        takes(a={"type": "STRING", "default": {"x": ["\u202e"]}}),
        f"{P}.default",
        f"{HIDDEN} U+202E",
    ),
    "minimum above the maximum": (
        takes(a={"type": "NUMBER", "minimum": 2, "maximum": 1.5}),
        P,
        "must have a minimum that is at most its maximum",
    ),
    "more items at least than at most": (
        takes(a={"type": "ARRAY", "items": STRING, "minItems": "3", "maxItems": 2}),
        P,
        "must have a minItems that is at most its maxItems",
    ),
    "longer at least than at most": (
        takes(a={"type": "STRING", "minLength": 3, "maxLength": 2}),
        P,
        "must have a minLength that is at most its maxLength",
    ),
    "more properties at least than at most": (
        takes(a={**takes(b=STRING)["parameters"], "minProperties": 2, "maxProperties": 1}),
        P,
        "must have a minProperties that is at most its maxProperties",
    ),
    "pattern that is none": (
        takes(a={"type": "STRING", "pattern": "a(b"}),
        f"{P}.pattern",
        "must be a regular expression",
    ),
    "pattern of brackets alone": (
        takes(a={"type": "STRING", "pattern": "(" * 1000 + ")" * 1000}),
        f"{P}.pattern",
        "must be a regular expression",
    ),
    "value twice": (
        takes(a={"type": "STRING", "enum": ["on", "off", "on"]}),
        f"{P}.enum",
        "must have each value once",
    ),
    "required twice": (
        {"name": "f", "parameters": {**takes(a=STRING)["parameters"], "required": ["a", "a"]}},
        "parameters.required",
        "must have each value once",
    ),
    "JSON Schema that runs backwards": (
        json_schema(properties={"a": {"type": "string", "description": "\u202e"}}),
        J,
        f"{TEXTS}, at #/properties/a",
    ),
    "JSON Schema with a default that runs backwards": (
        json_schema(properties={"a": {"type": "string", "default": ["\u202e"]}}),
        J,
        f"{TEXTS}, at #/properties/a",
    ),
    "JSON Schema with a minimum above the maximum": (
        json_schema(properties={"a": {"type": "number", "minimum": 2, "maximum": 1.5}}),
        J,
        "must have a minimum that is at most its maximum, at #/properties/a",
    ),
    "JSON Schema with a minimum that is a word": (
        json_schema(properties={"a": {"type": "number", "minimum": "2"}}),
        J,
        "must have minimum and maximum as numbers, at #/properties/a",
    ),
    "JSON Schema with more items at least than at most": (
        json_schema(properties={"a": {"items": {"type": "array", "minItems": 3, "maxItems": 2}}}),
        J,
        "must have a minItems that is at most its maxItems, at #/properties/a/items",
    ),
    "JSON Schema with fewer items than none": (
        json_schema(properties={"a": {"type": "array", "minItems": -1}}),
        J,
        "must have a minItems and maxItems of 0 or more, at #/properties/a",
    ),
    "JSON Schema with a value twice": (
        json_schema(properties={"a": {"enum": ["on", 1, True, "on"]}}),
        J,
        "must have each value of an enum once, at #/properties/a",
    ),
    "JSON Schema with an enum that is a word": (
        json_schema(properties={"a": {"enum": "on"}}),
        J,
        "must have enum as a list, at #/properties/a",
    ),
    "JSON Schema that requires what is not there": (
        json_schema(properties={"a": {"type": "string"}}, required=["b"]),
        J,
        "must require and order only what is among its properties, each once, at #",
    ),
    "JSON Schema with a pattern": (
        json_schema(properties={"a": {"type": "string", "pattern": "a(b"}}),
        J,
        "must have no keyword that Gemini does not know, as 'pattern', at #/properties/a",
    ),
    "JSON Schema with a title that is a number": (
        json_schema(title=5),
        J,
        "must have texts where JSON Schema has them, at #",
    ),
    "JSON Schema that leads back to itself": (
        json_schema(properties={"a": {"$ref": "#"}}),
        J,
        "must have no $ref that leads back to where it is, at #",
    ),
    "JSON Schema that leads back in two steps": (
        json_schema(
            properties={"a": {"$ref": "#/$defs/b"}},
            **{"$defs": {"b": {"items": {"$ref": "#/$defs/c"}}, "c": {"$ref": "#/$defs/b"}}},
        ),
        J,
        "must have no $ref that leads back to where it is, at #/$defs/b",
    ),
    "JSON Schema that leads nowhere": (
        json_schema(properties={"a": {"$ref": "#/$defs/b"}}),
        J,
        "must have a $ref to a part of itself, as #/$defs/name, at #/properties/a",
    ),
    "JSON Schema with a type beside a reference": (
        json_schema(
            properties={"a": {"$ref": "#/$defs/b", "type": "string"}},
            **{"$defs": {"b": {"type": "string"}}},
        ),
        J,
        "must have nothing beside a $ref but a description, not type, at #/properties/a",
    ),
    "JSON Schema that is deep by references": (
        json_schema(
            properties={"a": {"$ref": "#/$defs/0"}},
            **{
                "$defs": {
                    **{f"{n}": {"items": {"$ref": f"#/$defs/{n + 1}"}} for n in range(5)},
                    "5": {"type": "string"},
                }
            },
        ),
        J,
        "must have schemas of at most 6 levels",
    ),
    "JSON Schema of references alone": (
        json_schema(
            properties={"a": {"$ref": "#/$defs/0"}},
            **{
                "$defs": {
                    **{f"{n}": {"$ref": f"#/$defs/{n + 1}"} for n in range(100)},
                    "100": {"type": "string"},
                }
            },
        ),
        J,
        "must have schemas of at most 6 levels",
    ),
    "no declaration": (
        "open_door",
        "",
        "must be a valid dictionary or instance of FunctionDeclaration",
    ),
}
