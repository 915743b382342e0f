"""The base of every pydantic model that reads JSON from outside."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class StrictModel(BaseModel):
    """Accepts strict types, fields by their camelCase names only, and no unknown field. Numbers are
    finite.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        strict=True,
        validate_by_name=False,
        validate_by_alias=True,
        allow_inf_nan=False,
        serialize_by_alias=True,
        defer_build=True,  # a first mint waits only for the models it needs
    )
