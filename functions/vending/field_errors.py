"""What pydantic finds wrong with a value -> each field by its path, and a message without what was
sent.
"""

from __future__ import annotations

import re
from typing import Any

from pydantic import ValidationError

from vending.errors import FieldError

MAX_ERRORS = 50  # told at once; a body of nothing but unknown fields has thousands
MAX_NAME = 60
_SHOULD = re.compile(r"^\w+ should ")  # "Input should be", "String should have"


def field_errors(error: ValidationError) -> list[FieldError]:
    """List what is wrong, the first 50."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [_field(problem) for problem in found[:MAX_ERRORS]]


def _field(problem: Any) -> FieldError:
    path = ".".join(printable_name(str(part)) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return FieldError(path, "is not a field of this request")
    message = _SHOULD.sub("must ", problem["msg"].removeprefix("Value error, "))
    return FieldError(path or "body", message)


def printable_name(name: str) -> str:
    """A field's name as it may stand in an answer and a log."""
    return name.encode("ascii", "backslashreplace").decode()[:MAX_NAME]
