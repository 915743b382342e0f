"""What a function takes and returns, in Google's subset of OpenAPI 3.0, without what it refuses.

Fields: ai.google.dev/api/caching#Schema. Refused by the service: OBJECT without properties
(agno-agi/agno#2112), ARRAY without items (cline/cline#7339), an empty `required` or one of what is
not there (1jehuang/jcode#655), keywords that are not of its schema (zed-industries/zed#44875), an
empty text in an `enum` (anomalyco/opencode#46676, Smana/runlore#40), and the format "enum" without
one (elastic/kibana#286302, by Vertex AI).
Its reference says nothing of the rest, which is ours: sizes and depth, bounds in order, lists
without repetition, and an operator's `pattern`, which some engine must take.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationInfo,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import SchemaError, SchemaValidator, core_schema

from vending.gemini.declared_text import visible, visible_throughout
from vending.strict_model import StrictModel

MAX_SCHEMA_DEPTH = 6
MAX_TEXT = 2000
MAX_PARAMETER_NAME = 64
OPERATOR = "operator"  # the context in which an operator's declarations are validated
_BOUNDS = (
    ("minimum", "maximum"),
    *((f"min_{of}", f"max_{of}") for of in ("items", "length", "properties")),
)


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _whole(value: object) -> object:
    """Google writes 64-bit numbers as text."""
    return int(value) if isinstance(value, str) and re.fullmatch(r"\d{1,9}", value) else value


def _regular(pattern: str, info: ValidationInfo) -> str:
    """Google says neither which syntax it reads nor what it refuses: RE2's, without look-around,
    or JavaScript's, which Python's is close to, will do. A client's is not tried: 8 KiB have room
    for patterns that take seconds to compile.
    """
    if info.context != OPERATOR:
        return pattern
    try:
        SchemaValidator(core_schema.str_schema(pattern=pattern))  # Rust's, which is RE2's
    except SchemaError:
        try:
            re.compile(pattern)
        except (re.error, OverflowError, RecursionError):
            raise ValueError("must be a regular expression") from None
    return pattern


def _distinct(listed: list[str]) -> list[str]:
    if len(set(listed)) < len(listed):
        raise ValueError("must have each value once")
    return listed


def _told_apart(listed: list[str]) -> list[str]:
    if "" in listed:
        raise ValueError("must have no empty value; leave the parameter out of required instead")
    return _distinct(listed)


DeclaredText = Annotated[str, StringConstraints(max_length=MAX_TEXT), AfterValidator(visible)]
DeclaredValue = Annotated[Any, AfterValidator(visible_throughout)]
ParameterName = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_PARAMETER_NAME), AfterValidator(visible)
]
Bound = Annotated[int, Field(ge=0), BeforeValidator(_whole)]


class ParameterSchema(StrictModel):
    """What a parameter is, in Google's subset of OpenAPI 3.0. Types in lower case are accepted."""

    type: (
        Annotated[
            Literal["STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"],
            BeforeValidator(_upper),
        ]
        | None
    ) = None
    format: DeclaredText | None = None
    title: DeclaredText | None = None
    description: DeclaredText | None = None
    nullable: bool | None = None
    enum: (
        Annotated[
            list[DeclaredText], Field(min_length=1, max_length=200), AfterValidator(_told_apart)
        ]
        | None
    ) = None
    items: ParameterSchema | None = None
    properties: dict[ParameterName, ParameterSchema] | None = None
    required: (
        Annotated[list[ParameterName], Field(min_length=1), AfterValidator(_distinct)] | None
    ) = None
    property_ordering: Annotated[list[ParameterName], AfterValidator(_distinct)] | None = None
    any_of: Annotated[list[ParameterSchema], Field(min_length=1, max_length=16)] | None = None
    minimum: float | None = None
    maximum: float | None = None
    min_items: Bound | None = None
    max_items: Bound | None = None
    min_length: Bound | None = None
    max_length: Bound | None = None
    min_properties: Bound | None = None
    max_properties: Bound | None = None
    pattern: Annotated[DeclaredText, AfterValidator(_regular)] | None = None
    default: DeclaredValue = None
    example: DeclaredValue = None

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        if self.type is None and self.any_of is None:
            raise ValueError("must have a type, or anyOf")
        if self.type == "ARRAY" and self.items is None:
            raise ValueError("must have items, as an ARRAY")
        if self.type == "OBJECT" and not self.properties:
            raise ValueError("must have properties, as an OBJECT; leave out what has none")
        if self.enum is not None and self.type != "STRING":
            raise ValueError("must be a STRING to have an enum")
        if self.enum is None and self.format == "enum":
            raise ValueError("must have an enum to have that as its format")
        for name in (*(self.required or ()), *(self.property_ordering or ())):
            if name not in (self.properties or {}):
                raise ValueError("must require and order only what is among its properties")
        return self

    @model_validator(mode="after")
    def _has_bounds_in_order(self) -> Self:
        for low, high in _BOUNDS:
            least, most = getattr(self, low), getattr(self, high)
            if least is not None and most is not None and least > most:
                raise ValueError(
                    f"must have a {to_camel(low)} that is at most its {to_camel(high)}"
                )
        return self

    def depth(self) -> int:
        """Count its levels."""
        inner = [*(self.properties or {}).values(), *(self.any_of or ())]
        inner += [self.items] if self.items else []
        return 1 + max((each.depth() for each in inner), default=0)
