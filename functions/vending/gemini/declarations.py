"""An app's own functions: declarations as Google writes them, held to what Google refuses.

A declaration that Gemini would refuse is refused here, at the start or at the mint, not when the
talk is opened. Fields: ai.google.dev/api/caching#FunctionDeclaration. The
service refuses a name that does not match, or is longer than 64 (google-gemini/gemini-cli#7869,
kaitranntt/ccs#25; the reference says 128 by now).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from vending import strict_json
from vending.errors import FieldError
from vending.field_errors import field_errors
from vending.gemini.json_schema import check_json_schema
from vending.gemini.parameters import MAX_SCHEMA_DEPTH, OPERATOR, DeclaredText, ParameterSchema
from vending.strict_model import StrictModel

JsonSchema = Annotated[dict[str, Any], AfterValidator(check_json_schema)]
Behavior = Literal["BLOCKING", "NON_BLOCKING"]
MAX_DECLARATIONS = 64
MAX_DECLARED_BYTES = 16 * 1024  # half of what all variables of a function may hold
_MAX_JSON_DEPTH = 16
_NAME = r"^[A-Za-z_][A-Za-z0-9_.:\-]{0,63}$"
# What Google calls tools of its own: a function of such a name is one of two things to the model.
_GOOGLE_S_OWN = (
    *("google_search", "google_search_retrieval", "retrieval", "code_execution", "url_context"),
    *("google_maps", "file_search", "computer_use", "mcp_servers", "function_declarations"),
)


class FunctionDeclaration(StrictModel):
    """A function of an app's own. What it takes is told by `parameters` or, in JSON Schema, by
    `parametersJsonSchema`; one without parameters has neither. `behavior` is whether the talk waits
    for its answer, where the model leaves a choice.
    """

    name: Annotated[str, StringConstraints(pattern=_NAME)]
    description: DeclaredText | None = None
    behavior: Behavior | None = None
    parameters: ParameterSchema | None = None
    parameters_json_schema: JsonSchema | None = None
    response: ParameterSchema | None = None
    response_json_schema: JsonSchema | None = None

    @model_validator(mode="after")
    def _can_be_called(self) -> Self:
        if self.parameters and self.parameters.type != "OBJECT":
            raise ValueError("must have parameters of type OBJECT")
        if self.parameters and self.parameters_json_schema is not None:
            raise ValueError("must have parameters or parametersJsonSchema, not both")
        if self.response and self.response_json_schema is not None:
            raise ValueError("must have response or responseJsonSchema, not both")
        json_schema = self.parameters_json_schema
        if json_schema is not None and json_schema.get("type") != "object":
            raise ValueError("must have a parametersJsonSchema of type object")
        schemas = (self.parameters, self.response)
        if any(schema and schema.depth() > MAX_SCHEMA_DEPTH for schema in schemas):
            raise ValueError(f"must have schemas of at most {MAX_SCHEMA_DEPTH} levels")
        return self

    def document(self) -> dict[str, Any]:
        """As Google writes it, without what was not written."""
        return self.model_dump(mode="json", exclude_none=True)


def operator_functions(raw: str, taken: Iterable[str]) -> tuple[FunctionDeclaration, ...]:
    """Read an operator's: a JSON list of declarations, none called like a tool that there is.

    Raises:
        ValueError: naming everything that is wrong.
    """
    if len(raw.encode()) > MAX_DECLARED_BYTES:
        raise ValueError(f"must have at most {MAX_DECLARED_BYTES} bytes, got {len(raw.encode())}")
    try:
        value = strict_json.parse(raw.encode(), max_depth=_MAX_JSON_DEPTH)
    except ValueError as error:
        raise ValueError(f"must be a JSON list of function declarations ({error})") from None
    try:
        found = _list_of_declarations().validate_python(value, context=OPERATOR)
    except ValidationError as error:
        raise ValueError(_message(field_errors(error), value)) from None
    if len(found) > MAX_DECLARATIONS:
        raise ValueError(f"must have at most {MAX_DECLARATIONS} functions, got {len(found)}")
    if errors := [*name_errors(found, taken)]:
        raise ValueError(_message(errors, value))
    return tuple(found)


def name_errors(
    declarations: Sequence[FunctionDeclaration], taken: Iterable[str]
) -> Iterator[FieldError]:
    """Tell which names stand for something else already: a tool that there is, one of Google's, or
    a function before it.
    """
    reserved = {_plain(name) for name in (*taken, *_GOOGLE_S_OWN)}
    seen: set[str] = set()
    for index, declaration in enumerate(declarations):
        plain = _plain(declaration.name)
        if plain in reserved:
            yield FieldError(f"{index}.name", "must not be that of a tool that there is")
        elif plain in seen:
            yield FieldError(f"{index}.name", "must differ from the others in letters or digits")
        seen.add(plain)


def stored(declarations: Iterable[FunctionDeclaration]) -> str:
    """Write declarations as text, which is how a store keeps them: Firestore has no list of lists,
    and at most 20 levels.
    """
    documents = [each.document() for each in declarations]
    return json.dumps(documents, separators=(",", ":"), ensure_ascii=False)


def _list_of_declarations() -> TypeAdapter[list[FunctionDeclaration]]:
    return TypeAdapter(list[FunctionDeclaration])


def _plain(name: str) -> str:
    """As it sounds: people and models mix up what differs by case or by dashes alone."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _message(errors: Iterable[FieldError], declared: object) -> str:
    return "; ".join(
        f"at {error.field}{_of_function(error.field, declared)}: "
        f"{error.message.replace('of this request', 'of a declaration')}"
        for error in errors
    )


def _of_function(field: str, declared: object) -> str:
    """Name the function a field is of, if it has a name."""
    number = field.split(".", maxsplit=1)[0]
    one = declared[int(number)] if isinstance(declared, list) and number.isdecimal() else None
    name = one.get("name") if isinstance(one, dict) else None
    return f" of {name}" if isinstance(name, str) and re.fullmatch(_NAME, name) else ""
