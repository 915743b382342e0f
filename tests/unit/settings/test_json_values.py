"""Issuers, tiers and functions are accepted whole, or refused with the reason."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from support.fakes.environ import ISSUER, problems, taken
from vending.gemini.models import TOOLS
from vending.policy import Issuer, Limits


def test_issuers_are_read_with_all_they_may_have() -> None:
    full = {**ISSUER, "jwksUri": "https://keys.example.com/jwks", "tierClaim": "plan"}
    other = {"issuer": "https://other.example.com", "audience": "x"}

    settings = taken(LIVE_API_ISSUERS=json.dumps([full, other]))

    assert settings.issuers == (
        Issuer(ISSUER["issuer"], "livepass", "https://keys.example.com/jwks", "plan"),
        Issuer("https://other.example.com", "x"),
    )


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("https://issuer.example.com", "must be a JSON list"),
        ("[", "must be a JSON list"),
        ("{}", "must be a JSON list"),
        ([], "must name at least one issuer"),
        ([7], "must be a list of objects"),
        ([{}], "has an issuer without 'audience'"),
        ([{"issuer": "https://a.example"}], "has an issuer without 'audience'"),
        ([{"audience": "a"}], "has an issuer without 'issuer'"),
        ([{**ISSUER, "audience": ""}], "must be a list of objects"),
        ([{**ISSUER, "audience": []}], "must be a list of objects"),
        ([{**ISSUER, "audience": ["a", ""]}], "must be a list of objects"),
        ([{**ISSUER, "audience": ["a", 7]}], "must be a list of objects"),
        ([{**ISSUER, "audience": [["a"]]}], "must be a list of objects"),
        ([{**ISSUER, "tierClaim": ["a"]}], "must be a list of objects"),
        ([{**ISSUER, "jwks_uri": "https://a.example"}], "has an unknown key 'jwks_uri'"),
        (
            [{**ISSUER, "issuer": "http://a.example"}],
            "has an issuer whose 'issuer' must be an https:// URL",
        ),
        (
            [{**ISSUER, "issuer": "https://a.example|b"}],
            "has an issuer whose 'issuer' must be a URL without",
        ),
        (
            [{**ISSUER, "jwksUri": "file:///etc/passwd"}],
            "has an issuer whose 'jwksUri' must be an https:// URL",
        ),
        ('[{"issuer": "https://a.example", "audience": "a", "audience": "b"}]', "must be a JSON"),
        ([ISSUER, ISSUER], "must name each issuer once"),
    ],
    ids=lambda value: json.dumps(value)[:40],
)
def test_issuers_that_cannot_be_believed_are_refused(value: Any, reason: str) -> None:
    raw = value if isinstance(value, str) else json.dumps(value)

    (problem,) = problems(LIVE_API_ISSUERS=raw)

    assert problem.startswith(f"LIVE_API_ISSUERS {reason}")


def test_issuer_may_have_several_audiences() -> None:
    (issuer,) = taken(
        LIVE_API_ISSUERS=json.dumps([{**ISSUER, "audience": ["web", "ios", "web"]}])
    ).issuers

    assert (issuer.audience, issuer.other_audiences) == ("web", ("ios",))
    assert issuer.audiences == {"web", "ios"}


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


def test_function_that_no_model_on_offer_can_call_is_a_problem() -> None:
    waits = json.dumps([{"name": "f", "behavior": "BLOCKING"}])
    only = {"LIVE_API_DEFAULT_MODEL": "gemini-3.8-live-extended-thinking"}
    only["LIVE_API_ALLOWED_MODELS"] = only["LIVE_API_DEFAULT_MODEL"]

    assert [each.name for each in taken(LIVE_API_TOOLS=waits).functions] == ["f"]
    assert problems(LIVE_API_TOOLS=waits, **only) == [
        "LIVE_API_TOOLS declares 'f' BLOCKING, which no model on offer can call"
    ]


def test_declarations_are_told_by_their_variable() -> None:
    assert problems(LIVE_API_TOOLS='[{"name": "get_weather"}, {"name": "b", "x": 1}]') == [
        "LIVE_API_TOOLS at 1.x of b: is not a field of a declaration"
    ]
    assert problems(LIVE_API_TOOLS='[{"name": "get_weather"}]') == [
        "LIVE_API_TOOLS at 0.name of get_weather: must not be that of a tool that there is"
    ]


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
