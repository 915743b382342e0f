"""Settings are accepted or refused as a whole, and secrets are never shown."""

from __future__ import annotations

import json

import pytest

from support.fakes.environ import API_KEY, CLOUD, ISSUER, NEEDED, problems, taken
from support.requests.origins import NEVER_SENT, OTHERWISE_SPELT, SENT
from vending.policy import LIMITS, MAX_TOKEN_MINUTES, Issuer, Limits
from vending.settings import Settings, SettingsError


def test_what_is_needed_is_enough() -> None:
    settings = taken()

    assert settings == Settings(
        gemini_api_key=API_KEY,
        issuers=(Issuer("https://issuer.example.com", "livepass"),),
        ledger="firestore://a-project/livepass",
        tiers={"default": Limits(), "guest": Limits()},
        google_cloud_project="a-project",
    )


def test_defaults_are_those_of_the_contract() -> None:
    settings = taken()

    assert settings.tiers["default"] == Limits(10, 100, 5, 12, 12, 120, 3, 1)
    assert (settings.token_minutes, settings.max_token_minutes) == (30, 60)
    assert settings.start_window_minutes == 2
    assert (settings.api_version, settings.app_check) == ("v1beta", "off")
    assert not settings.allow_anonymous
    assert not settings.allow_custom_instructions


@pytest.mark.parametrize("name", NEEDED)
@pytest.mark.parametrize("value", [None, "", "  "])
def test_what_is_needed_and_missing_is_named(name: str, value: str | None) -> None:
    environ = {**NEEDED, name: value} if value is not None else {**NEEDED}
    if value is None:
        del environ[name]

    assert problems({n: v for n, v in environ.items() if v is not None}) == [f"{name} is missing"]


def test_all_problems_are_told_together_each_by_its_name() -> None:
    told = problems(
        {},
        LIVE_API_MAX_TOKENS_PER_HOUR="ten",
        LIVE_API_ALLOW_ANONYMOUS="yes",
        LIVE_API_VERSION="v1",
        LIVE_API_MAX_TOKEN_PER_DAY="5",
        LIVE_API_APP_CHECK="enforce",
    )

    names = [problem.partition(" ")[0] for problem in told]
    assert sorted(names) == [
        "GEMINI_API_KEY",
        "LIVE_API_ALLOW_ANONYMOUS",
        "LIVE_API_APP_CHECK_PROJECT_NUMBER",
        "LIVE_API_ISSUERS",
        "LIVE_API_LEDGER",
        "LIVE_API_MAX_TOKENS_PER_HOUR",
        "LIVE_API_MAX_TOKEN_PER_DAY",
        "LIVE_API_VERSION",
    ]


def test_error_reads_as_a_list() -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_env({})

    assert str(refused.value).splitlines() == [
        "Livepass cannot start:",
        *(f"  - {problem}" for problem in refused.value.problems),
    ]


# --- numbers --------------------------------------------------------------------------------------

NUMBERS = {
    **{row.variable: (row.least, row.most) for row in LIMITS.values()},
    "LIVE_API_TOKEN_DURATION_MINUTES": (1, 60),
    "LIVE_API_MAX_TOKEN_DURATION_MINUTES": (30, MAX_TOKEN_MINUTES),
    "LIVE_API_SESSION_START_WINDOW_MINUTES": (1, 60),
    "LIVE_API_TRUSTED_PROXY_HOPS": (0, 8),
}
FIELDS = {
    "LIVE_API_TOKEN_DURATION_MINUTES": "token_minutes",
    "LIVE_API_MAX_TOKEN_DURATION_MINUTES": "max_token_minutes",
    "LIVE_API_SESSION_START_WINDOW_MINUTES": "start_window_minutes",
    "LIVE_API_TRUSTED_PROXY_HOPS": "trusted_proxy_hops",
}


def number(settings: Settings, variable: str) -> int:
    limits = {row.variable: row.name for row in LIMITS.values()}
    if variable in limits:
        return int(getattr(settings.tiers["default"], limits[variable]))
    return int(getattr(settings, FIELDS[variable]))


@pytest.mark.parametrize("variable", NUMBERS)
def test_number_is_taken_at_both_its_ends(variable: str) -> None:
    beside = {"LIVE_API_MAX_SESSIONS": "0"} if variable == "LIVE_API_MAX_USES" else {}
    for value in NUMBERS[variable]:
        assert number(taken(**{**beside, variable: f" {value} "}), variable) == value


def test_token_for_more_talks_than_there_are_slots_is_a_problem_of_both_settings() -> None:
    must = "LIVE_API_MAX_USES must be at most LIVE_API_MAX_SESSIONS"
    gold = '{"gold": {"sessions": 1, "max_uses": 2}, "free": {"sessions": 0, "max_uses": 100}}'

    assert problems(LIVE_API_MAX_USES="4") == [f"{must} (3), got 4"]
    assert problems(LIVE_API_TIERS=gold) == [
        "LIVE_API_TIERS must set max_uses to at most sessions (1) in tier 'gold', got 2"
    ]
    assert taken(LIVE_API_MAX_USES="3").tiers["default"].max_uses == 3


@pytest.mark.parametrize("variable", NUMBERS)
def test_number_beyond_its_ends_is_refused(variable: str) -> None:
    least, most = NUMBERS[variable]

    for value in (least - 1, most + 1):
        assert [p.partition(" ")[0] for p in problems(**{variable: str(value)})] == [
            "LIVE_API_TOKEN_DURATION_MINUTES"
            if (variable, value) == ("LIVE_API_MAX_TOKEN_DURATION_MINUTES", 29)
            else variable
        ]


@pytest.mark.parametrize(
    "value",
    ["ten", "5.0", "1e1", "+5", "-1", "0x5", "5 5", "\u0665", "\u00b2", f"{9999:016}", "9" * 5000],
)
def test_what_is_no_whole_number_is_refused(value: str) -> None:
    (problem,) = problems(LIVE_API_MAX_TOKENS_PER_HOUR=value)

    assert problem == (
        f"LIVE_API_MAX_TOKENS_PER_HOUR must be a whole number from 0 to 1000, got '{value}'"
    )


def test_default_duration_fits_into_the_greatest() -> None:
    told = problems(LIVE_API_TOKEN_DURATION_MINUTES="61")

    greatest = "LIVE_API_MAX_TOKEN_DURATION_MINUTES (60)"
    assert told == [f"LIVE_API_TOKEN_DURATION_MINUTES must be at most {greatest}, got 61"]


# --- words ----------------------------------------------------------------------------------------

BOOLEANS = {
    "LIVE_API_ALLOW_CUSTOM_INSTRUCTIONS": "allow_custom_instructions",
    "LIVE_API_ALLOW_ANONYMOUS": "allow_anonymous",
    "LIVE_API_MINTING_PAUSED": "minting_paused",
    "LIVE_API_LOCK_RESUMPTION": "lock_resumption",
}
MODES = ("off", "monitor", "enforce")
WORDS = {
    "LIVE_API_VERSION": ("api_version", ("v1alpha", "v1beta")),
    "LIVE_API_ABUSE": ("abuse", MODES),
    "LIVE_API_APP_CHECK": ("app_check", MODES),
}
PROJECT = {"LIVE_API_APP_CHECK_PROJECT_NUMBER": "123456"}


@pytest.mark.parametrize("variable", BOOLEANS)
def test_switch_is_true_or_false(variable: str) -> None:
    for value, expected in (("true", True), ("TRUE", True), ("false", False), ("", False)):
        assert getattr(taken(**{variable: value}), BOOLEANS[variable]) is expected
    for value in ("yes", "1", "on", "tru"):
        assert problems(**{variable: value}) == [
            f"{variable} must be one of true, false, got '{value}'"
        ]


@pytest.mark.parametrize("variable", WORDS)
def test_word_is_one_of_those_there_are(variable: str) -> None:
    field, words = WORDS[variable]

    for word in words:
        assert getattr(taken(**PROJECT, **{variable: word}), field) == word
    must = f"{variable} must be one of {', '.join(words)}, got 'v1'"
    assert problems(**{variable: "v1"}) == [must]


def test_app_check_tokens_are_used_up_only_where_they_are_verified() -> None:
    on = {"LIVE_API_APP_CHECK": "enforce", **PROJECT}

    assert taken(**on).app_check_consume is False
    assert taken(**on, LIVE_API_APP_CHECK_CONSUME="true").app_check_consume is True
    assert problems(LIVE_API_APP_CHECK_CONSUME="true") == [
        "LIVE_API_APP_CHECK_CONSUME needs LIVE_API_APP_CHECK to be on"
    ]


def test_app_check_without_a_project_is_refused() -> None:
    assert problems(LIVE_API_APP_CHECK="monitor") == [
        "LIVE_API_APP_CHECK_PROJECT_NUMBER is missing, but LIVE_API_APP_CHECK is on"
    ]
    assert problems(LIVE_API_APP_CHECK_PROJECT_NUMBER="my-project") == [
        "LIVE_API_APP_CHECK_PROJECT_NUMBER must be a project number (digits only), got 'my-project'"
    ]


@pytest.mark.parametrize("variable", ["LIVE_API_BUDGET_DAY_USD", "LIVE_API_BUDGET_MONTH_USD"])
@pytest.mark.parametrize(
    ("usd", "micros"), [("0", 0), ("20", 20_000_000), ("0.01", 10_000), ("19.9", 19_900_000)]
)
def test_budget_is_dollars_and_cents(variable: str, usd: str, micros: int) -> None:
    settings = taken(**{variable: usd})

    assert {"DAY": settings.budget_day, "MONTH": settings.budget_month} == {
        "DAY": micros if "DAY" in variable else 0,
        "MONTH": micros if "MONTH" in variable else 0,
    }


@pytest.mark.parametrize("usd", ["-1", "1.999", "1e3", "$20", "20 USD", ".5", "9" * 10])
def test_budget_that_is_no_money_is_refused(usd: str) -> None:
    [problem] = problems(LIVE_API_BUDGET_DAY_USD=usd)

    assert problem.startswith("LIVE_API_BUDGET_DAY_USD must be dollars such as 20 or 19.99")


def test_budgets_guard_needs_no_key_and_takes_none() -> None:
    without = {name: value for name, value in NEEDED.items() if name != "GEMINI_API_KEY"}

    assert Settings.from_env({**without, "FUNCTION_TARGET": "budget_guard"}).gemini_api_key == ""
    assert taken(FUNCTION_TARGET="budget_guard").gemini_api_key == ""
    assert problems({**without, "FUNCTION_TARGET": "token_api"}) == ["GEMINI_API_KEY is missing"]


def test_models_are_names_separated_by_commas() -> None:
    settings = taken(LIVE_API_ALLOWED_MODELS=" b , a,,b ", LIVE_API_DEFAULT_MODEL="a")

    assert (settings.allowed_models, settings.default_model) == (("b", "a"), "a")


@pytest.mark.parametrize("name", ["models/gemini-3.8-live", "gemini 3.8"])
def test_name_that_is_no_model_s_is_refused(name: str) -> None:
    told = f"must be a model's name without 'models/', got '{name}'"

    assert problems(LIVE_API_DEFAULT_MODEL=name) == [f"LIVE_API_DEFAULT_MODEL {told}"]
    assert problems(LIVE_API_ALLOWED_MODELS=f"gemini-3.8-live,{name}") == [
        f"LIVE_API_ALLOWED_MODELS {told}"
    ]


def test_minutes_of_the_variables_are_told_once_and_by_their_names() -> None:
    told = problems(LIVE_API_MAX_MINUTES_PER_DAY="60", LIVE_API_MAX_TOKENS_PER_DAY="0")

    assert told == [
        "LIVE_API_MAX_MINUTES_PER_DAY needs LIVE_API_MAX_TOKENS_PER_DAY to be 1 or more"
    ]


def test_default_model_that_nobody_knows_must_be_allowed_by_name() -> None:
    (problem,) = problems(LIVE_API_DEFAULT_MODEL="gemini-9-live")

    assert problem.startswith(
        "LIVE_API_DEFAULT_MODEL 'gemini-9-live' is unknown: list it in LIVE_API_ALLOWED_MODELS"
    )
    assert "gemini-3.8-live" in problem
    next_years = taken(
        LIVE_API_DEFAULT_MODEL="gemini-9-live", LIVE_API_ALLOWED_MODELS="gemini-9-live"
    )
    assert next_years.default_model == "gemini-9-live"


def test_default_model_is_one_of_the_allowed() -> None:
    assert problems(LIVE_API_ALLOWED_MODELS="a,b") == [
        "LIVE_API_DEFAULT_MODEL must be one of LIVE_API_ALLOWED_MODELS, got 'gemini-3.8-live'"
    ]


def test_instruction_is_taken_as_it_is() -> None:
    assert taken(LIVE_API_DEFAULT_SYSTEM_INSTRUCTION="Be kind, {user}.").default_instruction == (
        "Be kind, {user}."
    )


# --- claims and origins --------------------------------------------------------------------------


def test_admin_claim_is_one_that_issuers_do_not_set_for_everybody() -> None:
    assert taken().admin_claim == "admin"
    claim = "https://example.com/admin"
    assert taken(LIVE_API_ADMIN_CLAIM=claim).admin_claim == claim
    for everybodys in ("email_verified", "phone_number_verified", "a claim", "ad\u00admin"):
        (problem,) = problems(LIVE_API_ADMIN_CLAIM=everybodys)
        assert problem.startswith("LIVE_API_ADMIN_CLAIM must be the name of a claim that only")


@pytest.mark.parametrize("origin", SENT)
def test_origin_that_a_browser_or_a_hybrid_app_sends_is_taken(origin: str) -> None:
    given = f"https://other.example.com, {origin},"

    told = taken(LIVE_API_ALLOWED_ORIGINS=given)

    assert told.allowed_origins == {"https://other.example.com", origin}


@pytest.mark.parametrize("origin", NEVER_SENT)
def test_origin_that_no_browser_sends_is_refused(origin: str) -> None:
    told = problems(LIVE_API_ALLOWED_ORIGINS=f"https://good.example.com,{origin}")

    exact = "must be exact origins such as https://app.example.com"
    assert told == [f"LIVE_API_ALLOWED_ORIGINS {exact}, got '{origin}'"]


@pytest.mark.parametrize(("origin", "sent"), OTHERWISE_SPELT.items())
def test_origin_that_is_spelt_otherwise_is_refused_with_how_browsers_spell_it(
    origin: str, sent: str
) -> None:
    told = problems(LIVE_API_ALLOWED_ORIGINS=origin)

    exact = f"must be exact origins: browsers send '{sent}'"
    assert told == [f"LIVE_API_ALLOWED_ORIGINS {exact}, got '{origin}'"]
    assert taken(LIVE_API_ALLOWED_ORIGINS=sent)


# --- names, secrets, Google Cloud -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("LIVE_API_MAX_TOKEN_PER_HOUR", "LIVE_API_MAX_TOKENS_PER_HOUR"),
        ("LIVE_API_COOLDOWN_MINUTES", "LIVE_API_COOLDOWN_PERIOD_MINUTES"),
        ("LIVE_API_ALLOWED_ORIGIN", "LIVE_API_ALLOWED_ORIGINS"),
    ],
)
def test_misspelt_name_is_refused_with_what_was_meant(name: str, meant: str) -> None:
    assert problems(**{name: API_KEY}) == [f"{name} is not a setting; did you mean {meant}?"]


@pytest.mark.parametrize(
    "name",
    ["LIVE_API_QQQQQQQQQQQQQQQQQQQQ", "LIVE_API_FOO", "LIVE_API_", "LIVE_API_MAX", "LIVE_API_KEY"],
)
def test_name_that_is_like_no_other_is_refused(name: str) -> None:
    assert problems(**{name: "1"}) == [f"{name} is not a setting"]


def test_names_of_others_are_left_alone() -> None:
    assert taken(PATH="/bin", live_api_x="1", LIVE_APIX="1").gemini_api_key == API_KEY


def test_key_never_prints() -> None:
    settings = taken(LIVE_API_DEFAULT_SYSTEM_INSTRUCTION="canary of an instruction")

    assert "canary" not in repr(settings)
    assert "canary" not in str(settings)


def test_key_is_not_shown_beside_other_problems() -> None:
    told = problems(LIVE_API_MAX_SESSIONS="many", LIVE_API_KEY=API_KEY)

    assert len(told) == 2
    assert API_KEY not in str(told)


@pytest.mark.parametrize("key", [f"{API_KEY} x", f"{API_KEY}\nx", f"{API_KEY}é", f"{API_KEY}\x7f"])
def test_key_that_cannot_be_one_is_refused_and_not_shown(key: str) -> None:
    assert problems(GEMINI_API_KEY=key) == ["GEMINI_API_KEY must be visible ASCII (not shown)"]


def test_white_space_around_a_value_does_not_matter() -> None:
    assert taken(GEMINI_API_KEY=f" {API_KEY}\n").gemini_api_key == API_KEY


def test_project_of_logs_is_the_one_that_is_told() -> None:
    assert taken(GOOGLE_CLOUD_PROJECT="another").google_cloud_project == "another"


@pytest.mark.parametrize("field", ["issuer", "jwksUri"])
def test_local_issuer_is_refused_in_google_cloud(field: str) -> None:
    local = json.dumps([{**ISSUER, field: "http://127.0.0.1:8080/local/identity"}])

    assert taken(LIVE_API_ISSUERS=local).issuers
    (problem,) = problems(**CLOUD, LIVE_API_ISSUERS=local)
    assert problem.startswith(f"LIVE_API_ISSUERS has an issuer whose '{field}' must be an https://")


def test_emulated_sign_in_is_refused_in_google_cloud() -> None:
    emulated = {"FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:9099"}

    assert taken(**emulated)
    assert problems(**CLOUD, **emulated) == [
        "FIREBASE_AUTH_EMULATOR_HOST must not be set in Google Cloud"
    ]


@pytest.mark.parametrize("named", ["httpx", "httpx2", "aiohttp", "auto"])
def test_transport_of_the_sdk_is_not_the_environment_s_to_choose(named: str) -> None:
    assert problems(GOOGLE_GENAI_HTTP_CLIENT=named) == [
        "GOOGLE_GENAI_HTTP_CLIENT must not be set: minting uses aiohttp"
    ]


def test_minutes_need_a_bound_of_tokens_in_every_tier() -> None:
    tiers = '{"gold": {"tokens_per_day": 0}, "free": {"minutes_per_day": 0, "tokens_per_day": 0}}'

    told = problems(LIVE_API_MAX_MINUTES_PER_DAY="60", LIVE_API_TIERS=tiers)

    (only,) = told
    assert only.startswith(
        "LIVE_API_TIERS limits minutes_per_day in tier 'gold', which needs tokens"
    )
    assert taken(LIVE_API_MAX_MINUTES_PER_DAY="60").tiers["default"].minutes_per_day == 60
