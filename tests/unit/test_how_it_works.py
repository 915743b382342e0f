"""HOW-IT-WORKS.md names code that exists and has a diagram for each room; README links to it."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from vending.policy import Limits
from vending.settings import Settings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "HOW-IT-WORKS.md").read_text()
ROOMS = ("functions", "infra", "tests", "web")
QUOTED = re.findall(r"`([\w.-]+(?:/[\w.-]*)+)`", PAGE)
LINKED = re.findall(r"\]\(([^)#:]+)\)", PAGE)
BARE = re.findall(rf"\b(?:{'|'.join(ROOMS)})/[\w./-]*\w", PAGE)


@pytest.mark.parametrize("path", sorted({*QUOTED, *LINKED, *BARE}))
def test_path_it_names_exists(path: str) -> None:
    assert (ROOT / path).exists()


def test_it_names_the_steps_of_the_pipeline() -> None:
    named = {path for path in QUOTED if path.startswith("functions/vending/")}

    assert {
        f"functions/vending/{step}.py"
        for step in (
            "identity/authenticate",
            "tokens/shape",
            "limits/admit",
            "gemini/auth_tokens",
            "tokens/vend",
            "audit/log",
        )
    } <= named


def test_each_room_has_a_diagram() -> None:
    sections = PAGE.split("\n## ")[1:]

    assert [section.count("```mermaid") for section in sections] == [1, 1, 1, 1]


def test_figures_are_those_of_the_defaults() -> None:
    limits, told = Limits(), " ".join(PAGE.split())
    defaults = {field.name: field.default for field in fields(Settings)}
    start, token = defaults["start_window_minutes"], defaults["token_minutes"]

    for figure in (
        f"the hour ({limits.mints_per_hour} mints)",
        f"the day ({limits.tokens_per_day} tokens",
        f"({limits.cooldown_minutes} minutes since the last mint)",
        f"the slots ({limits.sessions})",
        f"within {start} minutes and lives for {token}.",
        f"its last {limits.handover_minutes} minutes",
        f"after {limits.tokens_per_session} tokens or {limits.session_minutes} minutes",
    ):
        assert figure in told


def test_readme_links_to_it() -> None:
    assert "](HOW-IT-WORKS.md)" in (ROOT / "README.md").read_text()
