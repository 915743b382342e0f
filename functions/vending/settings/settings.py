"""What the operator decides, read from the environment once and checked as a whole before anything
starts.

`Settings.from_env` is the only reader of Livepass's own variables; proxies and the emulators of
stores are looked up where they count. It never stops at the first problem: `SettingsError` lists
all of them, by variable name. Unknown `LIVE_API_...` names are problems too, since a misspelt limit
would silently not hold.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import Field, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import urlsplit

from vending.policy import LIMITS, MAX_TOKEN_MINUTES, Issuer, Limits, Mode
from vending.settings import urls, values
from vending.settings.conflicts import conflicts
from vending.settings.issuers import issuers
from vending.settings.tiers import tiers

if TYPE_CHECKING:
    from vending.gemini.declarations import FunctionDeclaration

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
WEATHER_URL = "https://api.open-meteo.com"
PLACES_URL = "https://geocoding-api.open-meteo.com"
GEMINI_URL = "https://generativelanguage.googleapis.com"
PREFIX = "LIVE_API_"
MAX_LEEWAY_SECONDS = 300  # more is a clock to be set, not to be borne with
MAX_ID_TOKEN_MINUTES = 31 * 24 * 60
NEAR = 0.7  # of names without the prefix; the difference of two spellings is less


class SettingsError(Exception):
    """The settings as a whole cannot be used. `problems` has one sentence each, variable name
    first.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("Livepass cannot start:\n" + "\n".join(f"  - {p}" for p in problems))
        self.problems = problems


class CloudParser(Protocol[T_co]):
    """Parses a value that may be other things on one machine than in Google Cloud."""

    def __call__(self, raw: str, *, in_google_cloud: bool) -> T_co:
        """Parse, or raise ValueError with what it must be."""
        ...


def _setting(default: T, variable: str, parse: Callable[[str], T], *, shown: bool = True) -> T:
    def parse_anywhere(raw: str, *, in_google_cloud: bool) -> T:  # noqa: ARG001 - all the same
        return parse(raw)

    return _by_place(default, variable, parse_anywhere, shown=shown)


def _by_place(default: T, variable: str, parse: CloudParser[T], *, shown: bool = True) -> T:
    return field(default=default, repr=shown, metadata={"variable": variable, "parse": parse})


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an operator may set, a row each: its default, its variable, and what reads that;
    see `README.md` for what to choose and why. `_Reader` reads those by name that must be set, or
    that depend on others.
    """

    gemini_api_key: str = field(repr=False)
    issuers: tuple[Issuer, ...]
    ledger: str
    tiers: Mapping[str, Limits]
    gemini_url: str = _by_place(GEMINI_URL, "GOOGLE_GEMINI_BASE_URL", urls.url)
    weather_url: str = _by_place(WEATHER_URL, "LIVE_API_WEATHER_URL", urls.url)
    places_url: str = _by_place(PLACES_URL, "LIVE_API_PLACES_URL", urls.url)
    api_version: str = _setting("v1beta", "LIVE_API_VERSION", values.one_of("v1alpha", "v1beta"))
    default_model: str = _setting("gemini-3.8-live", "LIVE_API_DEFAULT_MODEL", values.model)
    allowed_models: tuple[str, ...] = _setting((), "LIVE_API_ALLOWED_MODELS", values.models)
    token_minutes: int = _setting(
        30, "LIVE_API_TOKEN_DURATION_MINUTES", values.whole(1, MAX_TOKEN_MINUTES)
    )
    max_token_minutes: int = _setting(
        60, "LIVE_API_MAX_TOKEN_DURATION_MINUTES", values.whole(1, MAX_TOKEN_MINUTES)
    )
    start_window_minutes: int = _setting(
        2, "LIVE_API_SESSION_START_WINDOW_MINUTES", values.whole(1, 60)
    )
    default_instruction: str = _setting("", "LIVE_API_DEFAULT_SYSTEM_INSTRUCTION", str, shown=False)
    allow_custom_instructions: bool = _setting(
        False, "LIVE_API_ALLOW_CUSTOM_INSTRUCTIONS", values.boolean
    )
    functions: tuple[FunctionDeclaration, ...] = _setting((), "LIVE_API_TOOLS", values.functions)
    client_tools: bool = _setting(False, "LIVE_API_CLIENT_TOOLS", values.boolean)
    allow_anonymous: bool = _setting(False, "LIVE_API_ALLOW_ANONYMOUS", values.boolean)
    allowed_origins: frozenset[str] = _setting(
        frozenset(), "LIVE_API_ALLOWED_ORIGINS", values.origins
    )
    abuse: Mode = _setting("enforce", "LIVE_API_ABUSE", values.mode)  # noqa: RUF009 - a field
    app_check: Mode = _setting("off", "LIVE_API_APP_CHECK", values.mode)  # noqa: RUF009
    app_check_project_number: str = _setting("", "LIVE_API_APP_CHECK_PROJECT_NUMBER", values.digits)
    app_check_consume: bool = _setting(False, "LIVE_API_APP_CHECK_CONSUME", values.boolean)
    minting_paused: bool = _setting(False, "LIVE_API_MINTING_PAUSED", values.boolean)
    lock_resumption: bool = _setting(False, "LIVE_API_LOCK_RESUMPTION", values.boolean)
    budget_day: int = _setting(0, "LIVE_API_BUDGET_DAY_USD", values.usd)  # micros
    budget_month: int = _setting(0, "LIVE_API_BUDGET_MONTH_USD", values.usd)
    trusted_proxy_hops: int = _setting(0, "LIVE_API_TRUSTED_PROXY_HOPS", values.whole(0, 8))
    admin_claim: str = _setting("admin", "LIVE_API_ADMIN_CLAIM", values.claim)
    clock_leeway_seconds: int = _setting(
        60, "LIVE_API_CLOCK_LEEWAY_SECONDS", values.whole(0, MAX_LEEWAY_SECONDS)
    )
    max_id_token_minutes: int = _setting(
        24 * 60, "LIVE_API_MAX_ID_TOKEN_MINUTES", values.whole(1, MAX_ID_TOKEN_MINUTES)
    )
    max_admin_id_token_minutes: int = _setting(
        60, "LIVE_API_MAX_ADMIN_ID_TOKEN_MINUTES", values.whole(1, MAX_ID_TOKEN_MINUTES)
    )
    audit_trail: str = _by_place("", "LIVE_API_AUDIT_TRAIL", urls.audit_trail)
    source: str = _setting("", "LIVE_API_SOURCE", values.source)
    google_cloud_project: str = ""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read and check all settings.

        Raises:
            SettingsError: naming every variable that is missing, wrong, unknown, or unfit beside
                another.
        """
        return _Reader(environ).settings()


class _Reader:
    """Reads variables one by one and collects what is wrong with them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.problems: list[str] = []
        self.known: set[str] = set()
        self.in_google_cloud = bool(environ.get("K_SERVICE"))

    def settings(self) -> Settings:
        numbers: dict[str, Any] = {name: self.limit(name) for name in LIMITS}
        limits = Limits(**numbers)
        rows = {each.name: self.row(each) for each in fields(Settings) if each.metadata}
        settings = Settings(
            gemini_api_key=self.key(),
            issuers=self.required("LIVE_API_ISSUERS", issuers),
            ledger=self.required("LIVE_API_LEDGER", urls.ledger),
            tiers=self.read(
                "LIVE_API_TIERS",
                tiers("{}", limits),
                lambda v: tiers(v, limits),
            ),
            google_cloud_project=self.project(),
            **rows,
        )
        self.problems += conflicts(settings, limits, self.environ)
        self.problems += self.unknown()
        if self.problems:
            raise SettingsError(self.problems)
        return settings

    def row(self, row: Field[Any]) -> Any:
        return self.read(
            row.metadata["variable"], row.default, self.in_place(row.metadata["parse"])
        )

    def read(self, name: str, default: T, parse: Callable[[str], T]) -> T:
        self.known.add(name)
        raw = self.environ.get(name, "").strip()
        if not raw:
            return default
        try:
            return parse(raw)
        except ValueError as error:
            self.problems.append(f"{name} {error}")
            return default

    def required(self, name: str, parse: CloudParser[T]) -> T:
        if not self.environ.get(name, "").strip():
            self.known.add(name)
            self.problems.append(f"{name} is missing")
        # None is never seen: settings with a problem are not handed out.
        return self.read(name, None, self.in_place(parse))  # type: ignore[return-value]

    def in_place(self, parse: CloudParser[T]) -> Callable[[str], T]:
        return lambda raw: parse(raw, in_google_cloud=self.in_google_cloud)

    def key(self) -> str:
        """The key to Gemini; the budget's guard has none."""
        if self.environ.get("FUNCTION_TARGET") == "budget_guard":
            return ""
        return self.required("GEMINI_API_KEY", lambda raw, **_: values.secret(raw))

    def project(self) -> str:
        """The project that logs and traces go to: as told, or the ledger's."""
        ledger = self.environ.get("LIVE_API_LEDGER", "").strip()
        of_ledger = urlsplit(ledger).netloc if ledger.startswith("firestore://") else ""
        return self.environ.get("GOOGLE_CLOUD_PROJECT", "").strip() or of_ledger

    def limit(self, name: str) -> int:
        row, default = LIMITS[name], getattr(Limits(), name)
        limit: int = self.read(row.variable, default, values.whole(row.least, row.most))
        return limit

    def unknown(self) -> Iterator[str]:
        """Name what looks like a setting and is none."""
        for name in self.environ:
            if name.startswith(PREFIX) and name not in self.known:
                yield f"{name} is not a setting{self.meant(name)}"

    def meant(self, name: str) -> str:
        """Suggest a setting, if one is near: what all begin with says nothing."""
        known = {each.removeprefix(PREFIX): each for each in self.known}
        near = difflib.get_close_matches(name.removeprefix(PREFIX), known, 1, NEAR)
        return f"; did you mean {known[near[0]]}?" if near else ""
