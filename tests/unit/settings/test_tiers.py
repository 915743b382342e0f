"""Tiers are accepted whole, or refused with the reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.fakes.environ import problems, taken
from vending.gemini.models import TOOLS
from vending.policy import Limits


def test_tiers_override_the_numbers_of_the_default_one() -> None:
    settings = taken(
        LIVE_API_MAX_TOKENS_PER_HOUR="20",
        LIVE_API_TIERS='{"guest": {"mints_per_hour": 2}, "gold": {"sessions": 0, "max_uses": 5}}',
    )

    default = replace(Limits(), mints_per_hour=20)
    assert settings.tiers == {
        "default": default,
        "guest": replace(default, mints_per_hour=2),
        "gold": replace(default, sessions=0, max_uses=5),
    }


def test_default_tier_may_be_overridden_too() -> None:
    settings = taken(LIVE_API_TIERS='{"default": {"sessions": 1}}')

    assert settings.tiers["default"].sessions == 1
    assert settings.tiers["guest"].sessions == 3


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("[]", "must be a JSON object"),
        ("gold", "must be a JSON object, got 'gold'"),
        ('{"gold": 5}', "must map each tier to an object, but 'gold' is not one"),
        ('{"gold": {"mintsPerHour": 5}}', "has an unknown limit 'mintsPerHour' in tier 'gold'"),
        (
            '{"gold": {}, "gold": {}}',
            'must be a JSON object, got \'{"gold": {}, "gold": {}}\' (a name',
        ),
        ('{"": {}}', "has a tier without a name, ''"),
        ('{" ": {"sessions": 1}}', "has a tier without a name, ' '"),
        ('{"gold": {"sessions": "5"}}', "must have a whole number from 0 to 100 for 'sessions'"),
        (
            '{"gold": {"sessions": "5"}}',
            "must have a whole number from 0 to 100 for 'sessions' in tier 'gold', got \"5\"",
        ),
        ('{"gold": {"sessions": 5.5}}', "must have a whole number"),
        ('{"gold": {"sessions": true}}', "must have a whole number"),
        ('{"gold": {"sessions": -1}}', "must have a whole number"),
        ('{"gold": {"sessions": 101}}', "must have a whole number"),
        ('{"gold": {"max_uses": 0}}', "must have a whole number from 1 to 100 for 'max_uses'"),
        ('{"gold": {"sessions": null}}', "must have a whole number"),
    ],
)
def test_tiers_that_say_nothing_sensible_are_refused(value: str, reason: str) -> None:
    (problem,) = problems(LIVE_API_TIERS=value)

    assert problem.startswith(f"LIVE_API_TIERS {reason}")


@pytest.mark.parametrize("names", ['"all"', "[1]", "{}"])
def test_tools_of_a_tier_are_a_list_of_names(names: str) -> None:
    assert problems(LIVE_API_TIERS=f'{{"gold": {{"tools": {names}}}}}') == [
        "LIVE_API_TIERS must have a list of names for 'tools' in tier 'gold'"
    ]


def test_tools_of_a_tier_are_those_that_there_are() -> None:
    gold = '{"gold": {"tools": ["open_door"]}, "guest": {"tools": []}}'

    assert problems(LIVE_API_TIERS=gold) == [
        f"LIVE_API_TIERS names the tool 'open_door' in tier 'gold'; known are {', '.join(TOOLS)}"
    ]
    tiers = taken(LIVE_API_TIERS=gold, LIVE_API_TOOLS='[{"name": "open_door"}]').tiers
    assert (tiers["gold"].tools, tiers["guest"].tools, tiers["default"].tools) == (
        ("open_door",),
        (),
        None,
    )
