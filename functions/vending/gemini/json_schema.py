"""What a function takes and returns, in the part of JSON Schema that Gemini knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vending.gemini.parameters import CONTROL, MAX_PARAMETER_NAME, MAX_SCHEMA_DEPTH, MAX_TEXT

_KEYWORDS = frozenset(  # ai.google.dev/gemini-api/docs/structured-output, "JSON Schema support"
    {
        *("$id", "$defs", "$ref", "$anchor", "type", "format", "title", "description", "enum"),
        *("items", "prefixItems", "minItems", "maxItems", "minimum", "maximum", "anyOf", "oneOf"),
        *("properties", "additionalProperties", "required", "default"),
    }
)
_TYPES = ("string", "number", "integer", "boolean", "array", "object", "null")
_PLAIN = "without control characters"


def check_json_schema(schema: object, levels: int = MAX_SCHEMA_DEPTH) -> None:
    """Check that a schema has no keyword but those that Gemini knows, with values that JSON Schema
    allows (json-schema.org/draft/2020-12/json-schema-validation, 6.1.1 and 6.5.3), in so many
    levels. A `$ref` leads to a part of itself; sizes are ours.

    Raises:
        ValueError: it is no such schema.
    """
    if schema is None or isinstance(schema, bool):
        return
    if not isinstance(schema, dict):
        raise ValueError("must have a JSON Schema that is an object, wherever there is one")
    if levels == 0:
        raise ValueError(f"must have schemas of at most {MAX_SCHEMA_DEPTH} levels")
    if unknown := schema.keys() - _KEYWORDS:
        raise ValueError(f"must have no keyword that Gemini does not know, as {min(unknown)!a:.40}")
    _check_values(schema)
    for inner in _inner(schema):
        check_json_schema(inner, levels - 1)


def _check_values(schema: Mapping[str, Any]) -> None:
    kinds = _listed(schema.get("type", []))
    if strange := [kind for kind in kinds if kind not in _TYPES]:
        raise ValueError(f"must have types that JSON Schema has, not {strange[0]!a:.40}")
    required = schema.get("required", [])
    if not isinstance(required, list) or not all(isinstance(name, str) for name in required):
        raise ValueError("must have required as a list of names")
    if not str(schema.get("$ref", "#")).startswith("#"):
        raise ValueError("must have a $ref to a part of itself, as #/$defs/name")
    texts = [schema.get(keyword, "") for keyword in ("title", "description", "format", "$ref")]
    if not all(_is_text(text, MAX_TEXT) for text in (*texts, *_listed(schema.get("enum", [])))):
        raise ValueError(f"must have texts of at most {MAX_TEXT} characters, {_PLAIN}")
    members = (schema.get(keyword) for keyword in ("properties", "$defs"))
    names = [name for each in members if isinstance(each, dict) for name in each]
    if not all(name and _is_text(name, MAX_PARAMETER_NAME) for name in (*names, *required)):
        raise ValueError(f"must have names of 1 to {MAX_PARAMETER_NAME} characters, {_PLAIN}")


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _is_text(value: object, most: int) -> bool:
    """Whether it is short and has no control characters; what is no text is."""
    if not isinstance(value, str):
        return True
    return len(value) <= most and not CONTROL.search(value)


def _inner(schema: Mapping[str, Any]) -> Iterator[object]:
    for keyword in ("properties", "$defs"):
        members = schema.get(keyword, {})
        if not isinstance(members, dict):
            raise ValueError(f"must have {keyword} by name")
        yield from members.values()
    for keyword in ("anyOf", "oneOf", "prefixItems"):
        alternatives = schema.get(keyword, [])
        if not isinstance(alternatives, list):
            raise ValueError(f"must have {keyword} as a list")
        yield from alternatives
    yield from (
        schema[keyword] for keyword in ("items", "additionalProperties") if keyword in schema
    )
