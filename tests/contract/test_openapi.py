"""The OpenAPI document in the repository matches the code; `e2e` tests the functions against it."""

from __future__ import annotations

from pathlib import Path

import yaml

from vending.openapi.document import document

SCHEMA = Path(__file__).parents[2] / "functions" / "openapi.yaml"


def test_document_in_the_repository_is_what_the_code_says() -> None:
    committed = yaml.safe_load(SCHEMA.read_text())

    assert committed == document(), "run `make openapi` and look at what changed"
