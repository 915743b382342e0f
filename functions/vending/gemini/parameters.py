"""What a function takes and returns, in Google's subset of OpenAPI 3.0, without what it refuses.

Fields: ai.google.dev/api/caching#Schema. Refused by the service: OBJECT without properties
(agno-agi/agno#2112), ARRAY without items (cline/cline#7339), an empty `required`
(1jehuang/jcode#655), and keywords that are not of its schema (zed-industries/zed#44875). Sizes and
depth are ours.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from vending.strict_model import StrictModel

MAX_SCHEMA_DEPTH = 6
MAX_TEXT = 2000
MAX_PARAMETER_NAME = 64
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def _printable(text: str) -> str:
    if CONTROL.search(text):
        raise ValueError("must have no control characters")
    return text


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _whole(value: object) -> object:
    """Google writes 64-bit numbers as text."""
    return int(value) if isinstance(value, str) and re.fullmatch(r"\d{1,9}", value) else value


DeclaredText = Annotated[str, StringConstraints(max_length=MAX_TEXT), AfterValidator(_printable)]
ParameterName = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_PARAMETER_NAME), AfterValidator(_printable)
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
    enum: Annotated[list[DeclaredText], Field(min_length=1, max_length=200)] | None = None
    items: ParameterSchema | None = None
    properties: dict[ParameterName, ParameterSchema] | None = None
    required: Annotated[list[ParameterName], Field(min_length=1)] | None = None
    property_ordering: list[ParameterName] | None = None
    any_of: Annotated[list[ParameterSchema], Field(min_length=1, max_length=16)] | None = None
    minimum: float | None = None
    maximum: float | None = None
    min_items: Bound | None = None
    max_items: Bound | None = None
    min_length: Bound | None = None
    max_length: Bound | None = None
    min_properties: Bound | None = None
    max_properties: Bound | None = None
    pattern: DeclaredText | None = None
    default: Any = None
    example: Any = None

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
        for name in (*(self.required or ()), *(self.property_ordering or ())):
            if name not in (self.properties or {}):
                raise ValueError("must require and order only what is among its properties")
        return self

    def depth(self) -> int:
        """Count its levels."""
        inner = [*(self.properties or {}).values(), *(self.any_of or ())]
        inner += [self.items] if self.items else []
        return 1 + max((each.depth() for each in inner), default=0)
