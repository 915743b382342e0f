"""Settings written as JSON: issuers, tiers, and functions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from vending import strict_json
from vending.gemini.models import TOOLS
from vending.policy import DEFAULT_TIER, GUEST, LIMITS, Issuer, Limits
from vending.settings.urls import url

if TYPE_CHECKING:
    from vending.gemini.declarations import FunctionDeclaration

T = TypeVar("T")
_ISSUER_SHAPE = (
    'must be a list of objects such as {"issuer": "https://...", "audience": "..."}; '
    "audience may be a list"
)


def issuers(raw: str, *, in_google_cloud: bool) -> tuple[Issuer, ...]:
    """A JSON list of issuers; see `Issuer`."""
    entries = _json(raw, list)
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


def _json(raw: str, kind: type[T]) -> T:
    wanted, reason = f"must be a JSON {'list' if kind is list else 'object'}", ""
    try:
        value = strict_json.parse(raw.encode(), max_depth=8)
    except ValueError as error:
        value, reason = None, f" ({error})"
    if not isinstance(value, kind):
        raise ValueError(f"{wanted}, got '{raw[:40]}'{reason}")
    return value


def tiers(raw: str, default: Limits) -> Mapping[str, Limits]:
    """Tiers by name; each overrides some numbers of the default tier: {"guest": {"mints_per_hour":
    2}}.
    """
    named = dict.fromkeys((DEFAULT_TIER, GUEST), default)
    for name, limits in _json(raw, dict).items():
        if not name.strip():
            raise ValueError(f"has a tier without a name, '{name}'")
        if not isinstance(limits, dict):
            raise ValueError(f"must map each tier to an object, but '{name}' is not one")
        tools = _tools(name, limits.get("tools"))
        numbers = {key: number for key, number in limits.items() if key != "tools"}
        for key, number in numbers.items():
            _check_limit(name, key, number)
        named[name] = replace(default, **numbers, tools=tools)
    return named


def _check_limit(tier: str, key: str, number: object) -> None:
    if key not in LIMITS:
        known = ", ".join((*LIMITS, "tools"))
        raise ValueError(f"has an unknown limit '{key}' in tier '{tier}'; known are {known}")
    least, most = LIMITS[key].least, LIMITS[key].most
    if type(number) is not int or not least <= number <= most:
        got = f"'{key}' in tier '{tier}', got {json.dumps(number)[:40]}"
        raise ValueError(f"must have a whole number from {least} to {most} for {got}")


def _tools(tier: str, names: object) -> tuple[str, ...] | None:
    if names is None:
        return None
    if not isinstance(names, list) or not all(isinstance(each, str) for each in names):
        raise ValueError(f"must have a list of names for 'tools' in tier '{tier}'")
    return tuple(names)


def functions(raw: str) -> tuple[FunctionDeclaration, ...]:
    """An app's own functions, a JSON list of declarations as Google writes them."""
    from vending.gemini.declarations import operator_functions  # noqa: PLC0415 - pydantic, where there are any

    return operator_functions(raw, TOOLS)
