"""What a function takes and returns, in the part of JSON Schema that Gemini knows.

Google's rules are that parameters are an object (ai.google.dev/api/caching#FunctionDeclaration),
and what stands beside a `$ref` (ai.google.dev/api/generate-content#GenerationConfig,
`responseJsonSchema`; su-kaka/gcli2api#374 saw description and default there). The same page lists
the keywords that it supports; others "may be sent" and do nothing. JSON Schema's rules are types
and kinds of values (json-schema.org/draft/2020-12/json-schema-validation, 6), and lists with
something in them (json-schema-core, 10.2.1 and 10.3.1.1). Ours are the rest: `$id` at the root
alone, since elsewhere each `$ref` below it would lead to another place (8.2.1 there), no
keyword that does nothing, sizes and depth, bounds in order, `enum` and `required` without
repetition, names that are among the properties, and no way back, which Gemini unrolls "to a limited
degree" where it is not required.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from vending.gemini.declared_text import hidden, texts
from vending.gemini.parameters import MAX_PARAMETER_NAME, MAX_SCHEMA_DEPTH, MAX_TEXT

_KEYWORDS = frozenset(
    {
        *("$id", "$defs", "$ref", "$anchor", "type", "format", "title", "description", "enum"),
        *("items", "prefixItems", "minItems", "maxItems", "minimum", "maximum", "anyOf", "oneOf"),
        *("properties", "additionalProperties", "required", "default", "propertyOrdering"),
    }
)
_TYPES = ("string", "number", "integer", "boolean", "array", "object", "null")
_LISTS = ("anyOf", "oneOf", "prefixItems")
_PLAIN = "without control or invisible characters"
_MOST_STEPS = 32  # from one part to the next, by `$ref` or inwards
_ROOT = "#"


def check_json_schema(schema: Any) -> Any:
    """Return a schema that Gemini takes.

    Raises:
        ValueError: it is no such schema; the message ends with the place, a JSON pointer.
    """
    parts = dict(_parts(schema, _ROOT))
    for place, part in parts.items():
        for problem in _problems(part):
            raise _wrong(problem, place)
        if "$id" in part and place != _ROOT:
            raise _wrong("must have $id at its root alone", place)
    known: dict[str, int] = {}
    for place in parts:
        if _levels(place, parts, (), known) > MAX_SCHEMA_DEPTH:
            raise ValueError(f"must have schemas of at most {MAX_SCHEMA_DEPTH} levels")
    return schema


def _wrong(problem: str, place: str) -> ValueError:
    return ValueError(f"{problem}, at {place.encode('ascii', 'backslashreplace').decode():.200}")


def _parts(schema: object, place: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each schema with its place; true and false, which allow everything or nothing, have none."""
    if isinstance(schema, bool):
        return
    if not isinstance(schema, dict):
        raise _wrong("must have a JSON Schema that is an object, wherever there is one", place)
    yield place, schema
    for name, inner in _inner(schema, place):
        yield from _parts(inner, name)


def _inner(schema: Mapping[str, Any], place: str) -> Iterator[tuple[str, object]]:
    for keyword in ("properties", "$defs"):
        members = schema.get(keyword, {})
        if not isinstance(members, dict):
            raise _wrong(f"must have {keyword} by name", place)
        for name, inner in members.items():
            yield f"{place}/{keyword}/{name.replace('~', '~0').replace('/', '~1')}", inner
    for keyword in _LISTS:
        alternatives = schema.get(keyword, [])
        if not isinstance(alternatives, list):
            raise _wrong(f"must have {keyword} as a list", place)
        yield from ((f"{place}/{keyword}/{n}", inner) for n, inner in enumerate(alternatives))
    for keyword in ("items", "additionalProperties"):
        if keyword in schema:
            yield f"{place}/{keyword}", schema[keyword]


def _levels(
    place: str, parts: Mapping[str, Any], above: tuple[str, ...], known: dict[str, int]
) -> int:
    """Count the levels from a place on, following each `$ref`, each place once."""
    if place in above:
        raise _wrong("must have no $ref that leads back to where it is", place)
    if len(above) > _MOST_STEPS:
        raise ValueError(f"must have schemas of at most {MAX_SCHEMA_DEPTH} levels")
    if place not in known:
        way, part = (*above, place), parts[place]
        here = f"{place}/$defs/"
        inside = [name for name, _ in _inner(part, place) if not name.startswith(here)]
        levels = [1 + _levels(name, parts, way, known) for name in inside if name in parts]
        if "$ref" in part:
            levels.append(_levels(_target(part["$ref"], place, parts), parts, way, known))
        known[place] = max(levels, default=1)
    return known[place]


def _target(ref: str, place: str, parts: Mapping[str, Any]) -> str:
    anchors = {f"#{part['$anchor']}": name for name, part in parts.items() if "$anchor" in part}
    wanted = unquote(ref)
    if (found := anchors.get(wanted, wanted)) not in parts:
        raise _wrong("must have a $ref to a part of itself, as #/$defs/name", place)
    return found


def _problems(schema: Mapping[str, Any]) -> Iterator[str]:
    if unknown := schema.keys() - _KEYWORDS:
        yield f"must have no keyword that Gemini does not know, as {min(unknown)!a:.40}"
    if empty := [name for name in ("type", *_LISTS) if schema.get(name) == []]:
        yield f"must have no empty {empty[0]}"
    if strange := [kind for kind in _listed(schema.get("type", [])) if kind not in _TYPES]:
        yield f"must have types that JSON Schema has, not {strange[0]!a:.40}"
    yield from _wrong_names(schema)
    yield from _wrong_texts(schema)
    yield from _wrong_bounds(schema)
    if "enum" in schema and not isinstance(schema["enum"], list):
        yield "must have enum as a list"
    values = Counter(json.dumps(value, sort_keys=True) for value in _listed(schema.get("enum", [])))
    if any(times > 1 for times in values.values()):
        yield "must have each value of an enum once"
    beside = {name for name in schema if not name.startswith("$")} - {"description", "default"}
    if "$ref" in schema and beside:
        yield f"must have nothing beside a $ref but a description, not {min(beside)}"


def _wrong_names(schema: Mapping[str, Any]) -> Iterator[str]:
    members = [schema.get(keyword, {}) for keyword in ("properties", "$defs")]
    names = [name for each in members for name in each]
    for keyword in ("required", "propertyOrdering"):
        listed = schema.get(keyword, [])
        if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
            yield f"must have {keyword} as a list of names"
        elif len(set(listed)) < len(listed) or not set(listed) <= members[0].keys():
            yield "must require and order only what is among its properties, each once"
    if not all(name and _is_text(name, MAX_PARAMETER_NAME) for name in names):
        yield f"must have names of 1 to {MAX_PARAMETER_NAME} characters, {_PLAIN}"


def _wrong_texts(schema: Mapping[str, Any]) -> Iterator[str]:
    singles = ("title", "description", "format", "$ref", "$id", "$anchor")
    words = [schema[keyword] for keyword in singles if keyword in schema]
    if not all(isinstance(word, str) for word in words):
        yield "must have texts where JSON Schema has them"
        return
    free = texts([schema.get("default"), schema.get("enum")])
    if not all(_is_text(text, MAX_TEXT) for text in (*words, *free)):
        yield f"must have texts of at most {MAX_TEXT} characters, {_PLAIN}"


def _wrong_bounds(schema: Mapping[str, Any]) -> Iterator[str]:
    for low, high in (("minimum", "maximum"), ("minItems", "maxItems")):
        bounds = [schema[keyword] for keyword in (low, high) if keyword in schema]
        kinds = (int,) if low == "minItems" else (int, float)
        if not all(type(bound) in kinds for bound in bounds):
            yield f"must have {low} and {high} as numbers"
        elif low == "minItems" and any(bound < 0 for bound in bounds):
            yield f"must have a {low} and {high} of 0 or more"
        elif bounds != sorted(bounds):
            yield f"must have a {low} that is at most its {high}"


def _listed(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def _is_text(value: str, most: int) -> bool:
    return len(value) <= most and not hidden(value)
