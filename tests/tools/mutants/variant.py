"""What a defect is: edits of the functions, the test that must turn red, and what it must say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """A piece of a file under functions/vending, which must be there exactly once."""

    file: str
    right: str
    wrong: str


@dataclass(frozen=True, slots=True)
class Variant:
    """A defect, the test that turns red, and words of the assertion that shows it."""

    name: str
    test: str
    shows: str
    edits: tuple[Edit, ...]


def variant(name: str, test: str, shows: str, *edits: tuple[str, str, str]) -> Variant:
    """Write a defect, its test by its path under tests/."""
    return Variant(name, f"tests/{test}", shows, tuple(Edit(*edit) for edit in edits))
