"""Parse LIVE_API_ISSUERS: the issuers whose ID tokens are believed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vending.policy import Issuer
from vending.settings.urls import url
from vending.settings.values import json_value

_ISSUER_SHAPE = (
    'must be a list of objects such as {"issuer": "https://...", "audience": "..."}; '
    "audience may be a list"
)


def issuers(raw: str, *, in_google_cloud: bool) -> tuple[Issuer, ...]:
    """A JSON list of issuers; see `Issuer`."""
    entries = json_value(raw, list)
    if not entries:
        raise ValueError("must name at least one issuer")
    issuers = tuple(_issuer(entry, in_google_cloud=in_google_cloud) for entry in entries)
    if len({issuer.issuer for issuer in issuers}) < len(issuers):
        raise ValueError(
            "must name each issuer once; several audiences of one are a list, "
            '"audience": ["...", "..."]'
        )
    return issuers


def _issuer(entry: object, *, in_google_cloud: bool) -> Issuer:
    keys = {
        "issuer": "issuer",
        "audience": "audience",
        "jwksUri": "jwks_uri",
        "tierClaim": "tier_claim",
    }
    if not isinstance(entry, dict) or not all(isinstance(v, str) and v for v in _texts(entry)):
        raise ValueError(_ISSUER_SHAPE)
    if unknown := entry.keys() - keys.keys():
        raise ValueError(f"has an unknown key '{min(unknown)}'; known are {', '.join(keys)}")
    if missing := {"issuer", "audience"} - entry.keys():
        raise ValueError(f"has an issuer without '{min(missing)}'")
    for name in ("issuer", "jwksUri"):
        if name in entry:
            _url_of(entry, name, in_google_cloud=in_google_cloud)
    first, *others = dict.fromkeys(_audiences(entry))
    values = {keys[name]: value for name, value in entry.items() if name != "audience"}
    return Issuer(**values, audience=first, other_audiences=tuple(others))


def _texts(entry: Mapping[str, Any]) -> list[object]:
    """The values that must be texts, with each audience by itself; an empty list of audiences
    counts as None.
    """
    rest = [value for name, value in entry.items() if name != "audience"]
    return [*rest, *(_audiences(entry) or [None])] if "audience" in entry else rest


def _audiences(entry: Mapping[str, Any]) -> list[Any]:
    named = entry["audience"]
    return named if isinstance(named, list) else [named]


def _url_of(entry: Mapping[str, str], name: str, *, in_google_cloud: bool) -> None:
    try:
        url(entry[name], in_google_cloud=in_google_cloud)
    except ValueError as error:
        raise ValueError(f"has an issuer whose '{name}' {error}") from None
