"""Each thing has one name in Python, Terraform, the page and the runbooks."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from typing import Any

from infra.terraform import INFRA
from vending.audit.event import _EVENTS, AuditEvent, Trace
from vending.audit.log import AuditLog
from vending.clock import Stopwatch
from vending.contract.public import HealthAnswer
from vending.gemini.models import NAMES
from vending.guard import budget_check, offences, ruling_store
from vending.limits.usage import Usage
from vending.operations.table import OPERATIONS
from vending.policy import LIMITS, Limits
from vending.settings import Settings, SettingsError
from vending.settings.urls import audit_trail
from vending.store.firestore import USERS_COLLECTION

README = (INFRA / "README.md").read_text()
PAGE = (INFRA.parent / "web" / "index.html").read_text()


def text(name: str) -> str:
    return (INFRA / name).read_text()


def variables(file: str) -> set[str]:
    return set(re.findall(r'^variable "(\w+)"', text(file), re.MULTILINE))


def headings() -> set[str]:
    titles = re.findall(r"^#+ (.+)$", README, re.MULTILINE)
    return {title.lower().replace(" ", "-") for title in titles}


def test_every_setting_terraform_makes_is_known_to_the_function() -> None:
    named = re.findall(r"^    (LIVE_API_\w+)", text("settings.tf"), re.MULTILINE)

    try:
        Settings.from_env(dict.fromkeys(named, "x"))
    except SettingsError as error:
        unknown = [problem for problem in error.problems if "is not a setting" in problem]
    else:
        unknown = ["x is no value for all of them"]

    assert len(named) > 20
    assert unknown == []


def test_audit_trail_is_one_that_the_function_takes() -> None:
    made = re.search(r'LIVE_API_AUDIT_TRAIL += "(.+)"$', text("settings.tf"), re.MULTILINE)
    view = re.search(r'^  name += "(.+)"$', text("audit.tf"), re.MULTILINE)
    assert made is not None
    assert view is not None

    url = made[1].replace("${var.project_id}", "livepass-dev")
    url = url.replace("${google_logging_log_view.audit.name}", view[1])

    assert (
        audit_trail(url, in_google_cloud=True)
        == "logging://livepass-dev/global/_Default/livepass-audit"
    )


def test_limits_have_the_names_they_have_in_the_function() -> None:
    tiers = text("variables.tf").split("tiers = optional(map(object({")[1].split("})), {})")[0]

    assert set(re.findall(r"(\w+) += optional", tiers)) == {field.name for field in fields(Limits)}


def read_of(file: str) -> list[Any]:
    """What Terraform's regular expression finds in a file of the function."""
    found = re.search(rf'regexall\("(.+)", file\(".+/{file}"\)', text("settings.tf"))
    assert found is not None
    pattern = found[1].encode().decode("unicode_escape")
    return re.findall(pattern, (INFRA.parent / "functions" / "vending" / file).read_text())


def test_every_limit_can_be_set() -> None:
    made = {name: f"LIVE_API_{variable}" for name, variable in read_of("policy.py")}

    assert made == {row.name: row.variable for row in LIMITS.values()}
    assert LIMITS.keys() <= set(re.findall(r"(\w+) += optional\(number\)", text("variables.tf")))


def test_default_models_are_the_rows_of_the_catalogue() -> None:
    assert tuple(read_of("gemini/models.py")) == NAMES


def test_the_database_is_told_of_the_collection_and_the_field_that_is_summed() -> None:
    fields_told = set(re.findall(r'field +(?:= )"([\w*]+)"', text("firestore.tf")))

    assert set(re.findall(r'collection += "(\w+)"', text("firestore.tf"))) == {USERS_COLLECTION}
    assert fields_told == {"*", "expireAt", "spent"}
    assert "spent" in Usage().document()


def test_the_database_is_told_of_the_collections_beside_the_ledger() -> None:
    beside = re.search(r"toset\(\[(.+)\]\)", text("firestore.tf").split('"expire_beside"')[1])

    assert beside is not None
    assert set(re.findall(r'"(\w+)"', beside[1])) == {
        ruling_store.RULINGS_COLLECTION,
        offences.STRIKES_COLLECTION,
        budget_check.SPENDING_COLLECTION,
    }


def test_alerts_look_for_events_that_the_function_writes() -> None:
    asked = "|".join(re.findall(r'\\"([A-Z_|]{6,})\\"', text("alerts.tf") + text("metrics.tf")))
    written = {*_EVENTS.values(), *(route.event for route in OPERATIONS)}
    written |= {
        "BUDGET_CHECKED",
        "BUDGET_WARNED",
        "TOKEN_REFUSED",
        "REQUEST_REFUSED",
        "INTERNAL_ERROR",
    }

    assert len(set(asked.split("|"))) > 5
    assert set(asked.split("|")) - written == set()


def test_metrics_read_fields_that_an_audit_line_has() -> None:
    trail = AuditEvent("r", "POST", Trace(), stopwatch=Stopwatch())
    trail.facts |= {"operation": "mint", "code": "internal"}
    with trail.stopwatch.span("gemini"):
        pass
    line = AuditLog("p")._structured(trail)

    for path in set(re.findall(r"jsonPayload\.([\w.]+)", text("metrics.tf"))):
        assert f'"{path.split(".")[0]}":' in line, path
    for span in re.findall(r'field = "(\w+)"', text("metrics.tf")):
        assert f'"{span}":' in line.split('"latencyMs":')[1], span


def test_the_header_policy_is_the_pages_own_and_more() -> None:
    own = re.search(r'Content-Security-Policy" content="([^"]+)"', PAGE)
    sent = re.findall(
        r'^    "([a-z-]+ .+|upgrade-insecure-requests)",$', text("headers.tf"), re.MULTILINE
    )
    directives = [each for each in (own[1] if own else "").split("; ") if each]

    assert len(directives) > 8
    assert [each for each in directives if not each.startswith("connect-src")] == [
        each for each in sent if each in directives
    ]
    assert "frame-ancestors 'none'" in sent


def test_uptime_check_looks_for_what_a_healthy_function_answers() -> None:
    expected = re.search(r'live-token/health", expect = "(.+)" }', text("alerts.tf"))
    healthy = HealthAnswer(status="ok", checks={"ledger": "ok"}, issuers=[])

    assert expected is not None
    assert expected[1].replace('\\"', '"') in json.dumps(healthy, separators=(",", ":"))


def test_every_alert_has_a_runbook() -> None:
    alerts = text("alerts.tf").split("alerts = {")[1].split("uptime_checks = {")[0]
    names = re.findall(r"^    ([a-z-]+) = \{$", alerts, re.MULTILINE)

    assert len(names) > 8
    assert {*names, "unreachable"} - headings() == set()


def test_the_tables_have_every_variable() -> None:
    tables = README.split("## Variables")[1].split("## What it costs")[0]
    rows = set(re.findall(r"^\| `(\w+)` \|", tables, re.MULTILINE))

    assert rows == variables("variables.tf") | variables("bootstrap/variables.tf")
