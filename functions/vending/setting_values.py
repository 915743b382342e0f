"""Text of the environment -> a setting's value, or a ValueError that says what it must be."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, TypeVar, get_args
from urllib.parse import urlsplit

from vending import strict_json
from vending.gemini.models import TOOLS
from vending.origins import origin
from vending.policy import DEFAULT_TIER, GUEST, LIMITS, Issuer, Limits, Mode

if TYPE_CHECKING:
    from vending.gemini.declarations import FunctionDeclaration

T = TypeVar("T")
SQLITE = "sqlite:///"
_FIRESTORE = re.compile(r"firestore://[a-z0-9.:\-]+(?:/(?:[a-z0-9\-]+|\(default\))?)?", re.ASCII)
_LOGGING = re.compile(
    r"logging://[a-z0-9.:\-]+/[a-z0-9\-]+/[A-Za-z0-9_\-.]+/[A-Za-z0-9_\-.]+", re.ASCII
)
_CLAIM = re.compile(r"[\w.:/\-]{1,100}", re.ASCII)
_ISSUER_SHAPE = (
    'must be a list of objects such as {"issuer": "https://...", "audience": "..."}; '
    "audience may be a list"
)
_HOST = re.compile(r"[A-Za-z0-9.\-]+(?::\d{1,5})?|\[[0-9a-fA-F:]+\](?::\d{1,5})?", re.ASCII)
_USD = re.compile(r"\d{1,9}(?:\.\d{1,2})?", re.ASCII)
_WHOLE = re.compile(r"\d{1,9}", re.ASCII)


def url(raw: str, *, in_google_cloud: bool) -> str:
    """An https URL; plain http only to this machine, and only outside Google Cloud."""
    parts = urlsplit(raw)
    if "@" in raw or "?" in raw or "#" in raw or "|" in raw:
        raise ValueError("must be a URL without user, query, fragment or '|' (not shown)")
    plain = parts.scheme == "http" and _is_loopback(parts.hostname) and not in_google_cloud
    named = _HOST.fullmatch(parts.netloc) and _can_be_called(raw)
    if not named or not (parts.scheme == "https" or plain):
        raise ValueError(
            "must be an https:// URL (http:// only on 127.0.0.1, outside Google Cloud), "
            f"got '{raw}'"
        )
    return raw


def _can_be_called(raw: str) -> bool:
    """Tell whether a host's labels and port are within their bounds: sockets raise what is no
    OSError when they are not.
    """
    parts = urlsplit(raw)
    try:
        return bool((parts.hostname or "").encode("idna")) and parts.port != 0
    except ValueError:
        return False


def ledger(raw: str, *, in_google_cloud: bool) -> str:
    """A ledger's URL; see `app.build_store`."""
    if raw.startswith(SQLITE) and len(raw) > len(SQLITE):
        if in_google_cloud:
            raise ValueError(
                "must be firestore://PROJECT/DATABASE in Google Cloud: instances do not share files"
            )
        return raw
    if _FIRESTORE.fullmatch(raw):
        return raw
    raise ValueError("must be sqlite:///PATH or firestore://PROJECT/DATABASE (not shown)")


def audit_trail(raw: str, *, in_google_cloud: bool) -> str:
    """Where audit lines are read back from; see `audit.choose`."""
    if raw.startswith(SQLITE) and len(raw) > len(SQLITE) and not in_google_cloud:
        return raw
    if _LOGGING.fullmatch(raw):
        return raw
    raise ValueError(
        "must be logging://PROJECT/LOCATION/BUCKET/VIEW, or sqlite:///PATH on one machine, "
        f"got '{raw}'"
    )


def claim(raw: str) -> str:
    """The name of a claim of the operator's own: one that issuers set for everybody is no role."""
    if raw.endswith("_verified") or not _CLAIM.fullmatch(raw):
        raise ValueError(f"must be the name of a claim that only admins have, got '{raw}'")
    return raw


def origins(raw: str) -> frozenset[str]:
    """Exact origins, separated by commas."""
    return frozenset(origin(name) for name in names(raw))


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
    """What must be texts: all there is, and each of several audiences, of which there is one."""
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
            if key not in LIMITS:
                known = ", ".join((*LIMITS, "tools"))
                raise ValueError(
                    f"has an unknown limit '{key}' in tier '{name}'; known are {known}"
                )
            least, most = LIMITS[key].least, LIMITS[key].most
            if type(number) is not int or not least <= number <= most:
                told = f"'{key}' in tier '{name}', got {json.dumps(number)[:40]}"
                raise ValueError(f"must have a whole number from {least} to {most} for {told}")
        named[name] = replace(default, **numbers, tools=tools)
    return named


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


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


def whole(least: int, most: int) -> Callable[[str], int]:
    """A whole number within bounds."""

    def parse(raw: str) -> int:
        if not _WHOLE.fullmatch(raw) or not least <= int(raw) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}, got '{raw}'")
        return int(raw)

    return parse


def usd(raw: str) -> int:
    """Dollars and cents, in micros."""
    if not _USD.fullmatch(raw):
        raise ValueError(f"must be dollars such as 20 or 19.99, or 0 for no limit, got '{raw}'")
    return round(Decimal(raw) * 1_000_000)


def one_of(*allowed: str) -> Callable[[str], str]:
    """One of a few words."""

    def parse(raw: str) -> str:
        if raw not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}, got '{raw}'")
        return raw

    return parse


def mode(raw: str) -> Mode:
    """Whether something is off, only watched, or enforced."""
    for known in get_args(Mode):
        if raw == known:
            return known  # type: ignore[no-any-return]
    raise ValueError(f"must be one of {', '.join(get_args(Mode))}, got '{raw}'")


def boolean(raw: str) -> bool:
    """`true` or `false`."""
    return one_of("true", "false")(raw.lower()) == "true"


def digits(raw: str) -> str:
    """A Google Cloud project number."""
    if not (raw.isascii() and raw.isdigit()):
        raise ValueError(f"must be a project number (digits only), got '{raw}'")
    return raw


def source(raw: str) -> str:
    """The hash of the zip the function was built from."""
    if not re.fullmatch(r"[0-9a-f]{16,64}", raw, re.ASCII):
        raise ValueError(f"must be a hash, 16 to 64 hexadecimal digits, got '{raw}'")
    return raw


def secret(raw: str) -> str:
    """A key; never quoted."""
    if not raw.isascii() or not raw.isprintable() or " " in raw:
        raise ValueError("must be visible ASCII (not shown)")
    return raw


def names(raw: str) -> tuple[str, ...]:
    """Names separated by commas, each once."""
    return tuple(dict.fromkeys(part.strip() for part in raw.split(",") if part.strip()))


def model(raw: str) -> str:
    """A model's name, without `models/`."""
    if "/" in raw or " " in raw or "," in raw:
        raise ValueError(f"must be a model's name without 'models/', got '{raw}'")
    return raw


def models(raw: str) -> tuple[str, ...]:
    """Models' names, separated by commas."""
    return tuple(model(name) for name in names(raw))
