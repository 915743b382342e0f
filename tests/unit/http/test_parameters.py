"""What is wrong with a parameter of an address is said as it is, or nothing is."""

from __future__ import annotations

import pytest

from vending.http.operation import Parameter

PLACE = Parameter(name="place", description="A place", max_length=100, required=True)


@pytest.mark.parametrize("text", ["Þ", "Lisbon ", "東京", "São Tomé", "x" * 100, f" {'x' * 100} "])
def test_name_of_a_place_is_taken_in_any_script(text: str) -> None:
    assert PLACE.problem(text) is None


@pytest.mark.parametrize(
    "text", [None, "", "  ", "x" * 101, "Q\ue000PÞ", "a\u200bb", "a\x0cb", "a\u2028b", "\ud800"]
)
def test_what_does_not_print_is_said_to_be_that(text: str | None) -> None:
    problem = PLACE.problem(text)

    assert problem
    assert problem.message == "must be 1 to 100 printable characters"
