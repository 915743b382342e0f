"""What is changed in the JSON Schemas that pydantic makes of requests and answers."""

from __future__ import annotations

import json
from typing import Any

Schema = dict[str, Any]
REF = "#/components/schemas/{model}"


def reached(schemas: Schema, names: set[str]) -> set[str]:
    """List these schemas and all that they refer to."""
    text = json.dumps([schemas[name] for name in names])
    more = {name for name in schemas if f'"{REF.format(model=name)}"' in text} - names
    return reached(schemas, names | more) if more else names


def that_may_grow(schema: Any) -> Any:
    """Open the schema of an answer to new fields and values: a client that refused them would
    break as soon as there is one.
    """
    if isinstance(schema, list):
        return [that_may_grow(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {k: that_may_grow(v) for k, v in schema.items()}
    if changed.get("additionalProperties") is False:
        changed["additionalProperties"] = True
    if isinstance(changed.get("enum"), list):
        changed["x-extensible-enum"] = changed.pop("enum")
    return changed


def without_defaults(schema: Any) -> Any:
    """Move defaults into descriptions: some generators send a default, or require a field that has
    one.
    """
    if isinstance(schema, list):
        return [without_defaults(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {k: without_defaults(v) for k, v in schema.items() if k != "default"}
    default = schema.get("default")
    if isinstance(default, str | int | float):
        changed["description"] = f"{default} if it is left out."
    return changed


def without_titles(schema: Any) -> Any:
    """Drop the titles that pydantic derives from the fields' names."""
    if isinstance(schema, list):
        return [without_titles(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {k: v for k, v in schema.items() if not (k == "title" and isinstance(v, str))}
    return {k: without_titles(v) for k, v in kept.items()}
