"""Issuers are accepted whole, or refused with the reason."""

from __future__ import annotations

import json
from typing import Any

import pytest

from support.fakes.environ import ISSUER, problems, taken
from vending.policy import Issuer


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
