"""Parse LIVE_API_TIERS: the limits of each tier."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from vending.policy import DEFAULT_TIER, GUEST, LIMITS, Limits
from vending.settings.values import json_value


def tiers(raw: str, default: Limits) -> Mapping[str, Limits]:
    """Tiers by name; each overrides some numbers of the default tier: {"guest": {"mints_per_hour":
    2}}.
    """
    named = dict.fromkeys((DEFAULT_TIER, GUEST), default)
    for name, limits in json_value(raw, dict).items():
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
